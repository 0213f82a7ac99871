"""Interrupts, forks and ends of the interpreter: the session outlives the first, and goes quietly with the last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

import lpresearch as lp
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import Running, serve
from tests.conftest import MONDAY_NOON
from tests.tcp_proxy import TcpProxy
from tests.test_session import line

__all__ = ["line"]

WAIT_S = 60
START = """
import asyncio, faulthandler, os, signal, sys, threading, time
faulthandler.register(signal.SIGUSR1)  # a program that hangs says where
import lpresearch as lp
"""

#: Programs that end in one way or another while the session works. Each says "ok" when it begins to end.
ENDS = {
    "at the end of the program": "lp.quote('700.HK'); print('ok')",
    "by sys.exit": "lp.quote('700.HK'); print('ok'); sys.exit(0)",
    "with a call under way on another thread": """
def work():
    try:
        while True: lp.quote('700.HK')
    except lp.LpError: pass  # the session is closed
threading.Thread(target=work, daemon=True).start()
lp.quote('5.HK'); print('ok')
""",
    "with async calls under way": """
async def cell():
    calls = [asyncio.create_task(lp.quote.aio('700.HK')) for _ in range(20)]
    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    print('ok')
asyncio.run(cell())
""",
    "within an atexit function that asks": """
import atexit
lp.connect()
atexit.register(lambda: print('ok' if len(lp.quote('700.HK')) == 1 else 'none'))
""",
    "twice disconnected": "lp.quote('700.HK'); lp.disconnect(); lp.disconnect(); print('ok')",
    "by SIGTERM as a Jupyter server sends it, with a handler that exits": """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
lp.quote('700.HK'); print('ok', flush=True); os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)
""",
    "with the order link open": """
session = lp.connect(); session.io(session.source.watch_orders()).block(); print('ok')
""",
    "of a fork that asked and ended as any program does": """
lp.connect()
child = os.fork()
if child == 0:
    assert len(lp.quote('700.HK')) == 1
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert len(lp.quote('700.HK')) == 1
print('ok')
""",
    "by a destructor that asks when all is over": """
class Last:
    ask, refused = staticmethod(lp.quote), lp.UsageError
    def __del__(self):
        try: self.ask('700.HK')
        except self.refused: pass
last = Last(); lp.quote('700.HK'); print('ok', flush=True)
""",
    "of a fork amid connecting": """
thread = threading.Thread(target=lp.connect); thread.start()
child = os.fork()
if child == 0:
    assert len(lp.quote('700.HK')) == 1
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
thread.join(); print('ok')
""",
    "of a pool of forks": """
import multiprocessing
lp.connect()
with multiprocessing.get_context('fork').Pool(2) as pool:
    assert pool.map(len, pool.map(lp.quote, ['700.HK', '5.HK'])) == [1, 1]
assert len(lp.quote('700.HK')) == 1
print('ok')
""",
}
USUAL_ENDS = ("at the end of the program", "with a call under way on another thread")
INTERRUPTED = """
import random
random.seed(int(sys.argv[1]))
signal.signal(signal.SIGALRM, signal.default_int_handler)
session = lp.connect()
lp.quote('700.HK'), lp.candles('700.HK', count=5)  # all that is imported has been imported
interrupts = 0
while interrupts < 60:
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0005, 0.02), 0.05)  # again where a destructor swallows it
        while True:
            lp.quote('700.HK')
            lp.candles('700.HK', count=5, refresh=True)
    except KeyboardInterrupt:
        interrupts += 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert len(lp.quote('700.HK')) == 1
assert lp.session() is session
names = sorted(thread.name for thread in threading.enumerate() if thread.name.startswith('lpresearch'))
assert names == ['lpresearch-disk', 'lpresearch-io'], names
print('ok', interrupts)
"""
CONNECTING = """
import random
random.seed(int(sys.argv[1]))
signal.signal(signal.SIGALRM, signal.default_int_handler)
lp.quote('700.HK')  # all that is imported has been imported
for _ in range(20):
    lp.disconnect()
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0005, 0.02))
        lp.connect()
    except KeyboardInterrupt:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
assert len(lp.quote('700.HK')) == 1
assert lp.session().register.holds_link
names = [thread.name for thread in threading.enumerate() if thread.name == 'lpresearch-io']
assert len(names) == 1, names
print('ok')
"""


def end_of(program: str, broker: Running, *arguments: str) -> tuple[str, str, int]:
    """What a program says on both streams, and its exit code."""
    with subprocess.Popen(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore:This process:DeprecationWarning",
            "-c",
            START + program,
            *arguments,
        ],
        env=os.environ | broker.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said, complaints = running.communicate(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGUSR1)
            time.sleep(1.0)
            os.killpg(running.pid, signal.SIGKILL)
            said, complaints = running.communicate()
    return said, complaints, running.returncode


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork, and has no such signals")
@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[] if way in USUAL_ENDS else [pytest.mark.slow]) for way in ENDS]
)
def test_the_interpreter_ends_quietly(way: str, broker: Running) -> None:
    said, complaints, code = end_of(ENDS[way], broker)
    # A fork asks over HTTP, and must leave the databases of its parent open, which Python 3.13 warns of.
    usual = ("Quotes are asked over HTTP", "<sqlite3.Connection object") if "fork" in way else ()
    warnings = [text for text in complaints.splitlines() if not any(words in text for words in usual)]
    assert (said, warnings, code) == ("ok\n", [], 0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no such signals")
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_interrupts_at_any_moment_leave_the_session_as_it_was(seed: int, broker: Running) -> None:
    said, complaints, code = end_of(INTERRUPTED, broker, str(seed))
    assert (said, code) == ("ok 60\n", 0), complaints


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the platform has no such signals")
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_interrupts_while_connecting_leave_no_thread_and_no_link(seed: int, broker: Running) -> None:
    said, complaints, code = end_of(CONNECTING, broker, str(seed))
    assert (said, code) == ("ok\n", 0), complaints


def test_ctrl_c_while_connecting_to_a_silent_server_returns_within_a_second(line: TcpProxy) -> None:
    line.silent = True
    sent_at: list[float] = []

    def interrupt() -> None:
        if not sent_at:
            sent_at.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

    line.on_request = interrupt
    with pytest.raises(KeyboardInterrupt):
        lp.connect()
    assert time.monotonic() - sent_at[0] < 1.0
    line.silent = False
    assert lp.session().register.holds_link


@pytest.mark.slow
def test_closing_does_not_wait_for_answers_that_are_slow() -> None:
    slow = replace(Limits.unpaced(), answer_delay_s=30.0)
    program = """
threading.Thread(target=lambda: lp.quote('700.HK'), daemon=True).start()
while not threading.active_count() > 2: pass
print('ok')
"""
    with serve(clock=ManualClock(MONDAY_NOON), limits=slow) as running:
        began = time.monotonic()
        said, _, code = end_of(program, running)
        assert (said, code) == ("ok\n", 0)
        assert time.monotonic() - began < 20
