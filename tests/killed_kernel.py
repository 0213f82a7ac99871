"""Kernels that are killed at any moment of a call; run as a script that is told what they do, line by line.

Each line read is JSON: the name of a function of ``lpresearch``, its arguments, and after how many seconds to kill. The
kernel is a fork made after everything is imported and before any thread runs. Printed for each: seconds until the
call ended, or null where the kernel was killed before.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

import lpresearch as lp

CONNECTED = b"c"


def run(name: str, arguments: dict[str, object], kill_after_s: float) -> float | None:
    """Let a kernel connect and call; how long the call took, None where it was killed."""
    told, tell = os.pipe()
    kernel = os.fork()
    if kernel == 0:
        failed = 1
        try:
            lp.connect()
            os.write(tell, CONNECTED)
            getattr(lp, name)(**arguments)
            failed = 0
        finally:
            os._exit(failed)  # only the kernel's: no cleaning up
    os.close(tell)
    if os.read(told, 1) != CONNECTED:
        raise RuntimeError("a kernel could not connect")
    begin = time.perf_counter()
    ended, _, _ = select.select([told], [], [], kill_after_s)  # closed when the kernel ends
    took_s = time.perf_counter() - begin
    os.kill(kernel, signal.SIGKILL)
    _, status = os.waitpid(kernel, 0)
    os.close(told)
    if ended and os.waitstatus_to_exitcode(status) > 0:
        raise RuntimeError(f"{name} failed")
    return took_s if ended else None


def main() -> None:
    """Answer each line with one."""
    for name in ("connect", "candles", "backfill"):
        getattr(lp, name)  # imported once, for all kernels
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
