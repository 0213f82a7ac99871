"""How fast candlestick bytes become a bar matrix: ours against a loop over protobuf objects. Run it as a script.

::

    python -m tests.bench.bench_decode
"""

from __future__ import annotations

import random
import timeit
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lpresearch.wire.bars import decode_candlesticks
from lpresearch.wire.proto import quote_pb2

ROUNDS = 7


def reply(bars: int) -> bytes:
    """A reply with the texts of a Hong Kong share."""
    draw = random.Random(1)
    message = quote_pb2.SecurityCandlestickResponse(symbol="700.HK")
    for index in range(bars):
        price = 300 + 20 * draw.random()
        message.candlesticks.add(
            close=f"{price:.3f}",
            open=f"{price + draw.random():.3f}",
            low=f"{price - 1:.3f}",
            high=f"{price + 2:.3f}",
            volume=draw.randint(10**6, 3 * 10**7),
            turnover=f"{1e10 * draw.random():.3f}",
            timestamp=1_600_000_000 + 86_400 * index,
        )
    return message.SerializeToString()


def protobuf_loop(body: bytes) -> NDArray[np.float64]:
    """The obvious way."""
    message = quote_pb2.SecurityCandlestickResponse.FromString(body)
    rows = [
        (
            bar.timestamp,
            float(bar.open),
            float(bar.high),
            float(bar.low),
            float(bar.close),
            bar.volume,
            float(bar.turnover),
            bar.trade_session,
        )
        for bar in message.candlesticks
    ]
    return np.array(rows).T


def microseconds(decode: Callable[[bytes], NDArray[np.float64]], body: bytes) -> float:
    """Of one call: the best of some rounds."""
    timer = timeit.Timer(lambda: decode(body))
    number, _ = timer.autorange()
    return min(timer.repeat(ROUNDS, number)) / number * 1e6


def main() -> None:
    """Print the table."""
    print(f"{'bars':>6} {'protobuf loop us':>17} {'lpresearch us':>14} {'ratio':>6}")
    for bars in (1, 10, 100, 300, 1000):
        body = reply(bars)
        assert np.array_equal(protobuf_loop(body), decode_candlesticks(body))
        loop, ours = microseconds(protobuf_loop, body), microseconds(decode_candlesticks, body)
        print(f"{bars:6} {loop:17.0f} {ours:14.0f} {loop / ours:6.1f}")


if __name__ == "__main__":
    main()
