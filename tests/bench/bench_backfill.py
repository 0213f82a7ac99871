"""The rate of a backfill against the rate that the server permits: 60 calls of history in 30 s.

Run: ``python tests/bench/bench_backfill.py``; it takes four minutes. The simulated server keeps the broker's limits
and runs in a process of its own. The first window is left out, because it lets 60 calls through at once.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

PERMITTED_PER_S = 60 / 30
WINDOW = 60
CASES = (
    (["700.HK"], "2022-10-03", "2024-12-31"),
    (["700.HK", "5.HK", "9988.HK", "AAPL.US", "SPY.US", "600519.SH", "MSFT.US", "NVDA.US"], "2024-01-02", "2024-04-30"),
)


def main() -> None:
    for name in [name for name in os.environ if name.startswith(("LONGBRIDGE_", "LONGPORT_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"LPRESEARCH_CACHE_DIR": f"{folder}/cache", "LPRESEARCH_STATE_DIR": f"{folder}/state"}
        os.chdir(folder)
        for symbols, start, end in CASES:
            moments, stored = replies(symbols, start, end)
            # From the 60th to the last one: whole windows and a part of one, as they were permitted.
            windows = (len(moments) - 1) // WINDOW
            took_s = moments[windows * WINDOW] - moments[0]
            rate = windows * WINDOW / took_s
            print(
                f"{len(symbols):2} symbols, {len(moments)} calls: {rate:.3f} a second of {PERMITTED_PER_S:g} permitted,"
                f" {rate / PERMITTED_PER_S:.1%}; {stored / 1e6:.1f} MB of bars"
            )


def replies(symbols: list[str], start: str, end: str) -> tuple[list[float], int]:
    """When each reply of a backfill came, and the bytes it stored."""
    import lpresearch as lp

    lp.connect()
    source, moments = lp.session().source, list[float]()
    ask = source.history_bars

    async def noted(*args: object) -> object:
        reply = await ask(*args)  # type: ignore[arg-type]  # handed on as they came
        moments.append(time.monotonic())
        return reply

    source.history_bars = noted  # type: ignore[method-assign,assignment]
    lp.backfill(symbols, "1m", start=start, end=end)
    stored = sum(path.stat().st_size for path in Path(lp.session().cache_path).rglob("*.npy"))
    lp.disconnect()
    return moments, stored


if __name__ == "__main__":
    main()
