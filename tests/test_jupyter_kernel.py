"""A real Jupyter kernel: interrupted, restarted, shut down or killed, it never stands in the way of the next cell."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.manager import KernelManager

from lpresearch.sim import Limits, serve
from lpresearch.sim.threaded import Running

pytestmark = pytest.mark.slow

WAIT_S = 60.0
SHUTDOWN_S = 15.0  # it takes one or two; a busy machine is given more
AGAIN_S = 2.0  # an interrupt that a destructor swallowed is sent again
LINKS = 2  # one for quotes, one for orders: an account has no more

#: The first cell: a stream, and the link of the orders.
CONNECT = """
import threading
import lpresearch as lp

live = lp.stream(["700.HK", "AAPL.US"], kinds=("quote", "trade"))
session = lp.session()
session.io(session.source.watch_orders()).block()
assert session.register.holds_link
"""

#: A cell that sees pushes come over both links.
HEAR = f"""
pushed, ordered = threading.Event(), threading.Event()
ends = [live.on(lambda changed: pushed.set()), session.on_order(lambda push: ordered.set())]
lp.buy("700.HK", 100, again=True)
assert pushed.wait({WAIT_S}) and ordered.wait({WAIT_S})
for end in ends:
    end()
assert lp.session() is session and session.healthy
assert not live.closed and not live.stale and not live.missed, live
"""

#: Cells that run until they are interrupted. Of one that awaits, a kernel sees that when it next wakes: at a push.
RUNNING = {
    "computes": "while True: pass",
    "sleeps": "import time; time.sleep(3600)",
    "asks": "while True: lp.quote('700.HK')",
    "opens and closes streams": """
while True:
    with lp.stream(["700.HK", "5.HK"], kinds=("quote", "depth")) as other:
        other.latest
""",
    "awaits pushes": "async for push in live: pass",
}


class Kernel:
    """A kernel of a process of its own, and the cells that are run in it."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._manager = KernelManager(kernel_name="python3", shutdown_wait_time=2 * WAIT_S)
        self._manager.start_kernel(env=environment, cwd=str(folder))
        self._listen()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        found = self._manager.provisioner.process  # type: ignore[union-attr]
        assert isinstance(found, subprocess.Popen)
        return found

    def run(self, cell: str) -> None:
        """Run a cell, which must succeed and complain of nothing."""
        complaints: list[str] = []

        def hear(message: dict[str, dict[str, str]]) -> None:
            if message["content"].get("name") == "stderr":
                complaints.append(message["content"]["text"])

        reply = self._client.execute_interactive(cell, timeout=WAIT_S, output_hook=hear)["content"]
        assert reply["status"] == "ok", "\n".join(reply.get("traceback", [str(reply)]))
        assert not complaints, "".join(complaints)

    def begin(self, cell: str) -> str:
        """Run a cell that does not end; returns as soon as it runs."""
        # The cells after one that failed are dropped where they come very soon: not here.
        asked: str = self._client.execute(f"print('begun', flush=True)\n{cell}", stop_on_error=False)
        self._await(lambda: self._client.get_iopub_msg(timeout=AGAIN_S), asked, "stream")
        return asked

    def interrupt(self, cell: str) -> str:
        """Interrupt a cell as soon as it runs; the name of the error that it ends with."""
        asked = self.begin(cell)
        self._manager.interrupt_kernel()
        reply = self._await(
            lambda: self._client.get_shell_msg(timeout=AGAIN_S),
            asked,
            "execute_reply",
            meanwhile=self._manager.interrupt_kernel,
        )
        return reply["ename"]

    def restart(self, *, now: bool) -> None:
        """As the button does; with ``now`` the process is killed."""
        self._client.stop_channels()
        self._manager.restart_kernel(now=now)
        self._listen()

    def shut_down(self) -> int | None:
        """As closing the notebook does; the exit code."""
        process = self.process
        self._manager.shutdown_kernel()
        return process.returncode

    def end(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def _listen(self) -> None:
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=WAIT_S)

    def _await(
        self,
        get: Callable[[], dict[str, dict[str, str]]],
        asked: str,
        kind: str,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> dict[str, str]:
        """The content of the first message of a kind about what was asked."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            try:
                message = get()
            except Empty:
                meanwhile()
                continue
            if message["parent_header"].get("msg_id") == asked and message["header"]["msg_type"] == kind:
                return message["content"]
        raise AssertionError(f"no {kind} within {WAIT_S} s")


@pytest.fixture
def broker() -> Iterator[Running]:
    """A broker that allows no link more than a kernel needs: what is left behind would be in the way."""
    with serve(seed=7, limits=replace(Limits.unpaced(), connections=LINKS)) as running:
        yield running


@contextmanager
def started(broker: Running, folder: Path) -> Iterator[Kernel]:
    """A kernel of the account, with Jupyter's own files below a folder."""
    places = {"JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_CONFIG_DIR": "config", "IPYTHONDIR": "ipython"}
    environment = {name: str(folder / place) for name, place in places.items()}
    kernel = Kernel(os.environ | environment | broker.environment(), folder)
    try:
        yield kernel
    finally:
        kernel.end()


@pytest.fixture
def kernel(broker: Running, tmp_path: Path) -> Iterator[Kernel]:
    """A kernel in which the first cell was run."""
    with started(broker, tmp_path) as one:
        one.run(CONNECT)
        assert broker.served().clients == LINKS
        yield one


def ends_without_link(broker: Running) -> bool:
    """Whether the broker counts no link any more; it may notice the end a moment later."""
    deadline = time.monotonic() + WAIT_S
    while broker.served().clients:
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


@pytest.mark.parametrize("way", RUNNING)
def test_after_an_interrupt_the_next_cell_goes_on_with_the_same_links(
    way: str, kernel: Kernel, broker: Running
) -> None:
    for _ in range(3):
        assert kernel.interrupt(RUNNING[way]) in {"KeyboardInterrupt", "CancelledError"}
        kernel.run(HEAR)
    assert broker.served().clients == LINKS


@pytest.mark.parametrize("now", [pytest.param(False, id="asked to end"), pytest.param(True, id="killed")])
def test_after_a_restart_the_first_cell_has_the_links_at_once(now: bool, kernel: Kernel, broker: Running) -> None:
    for _ in range(2):
        kernel.restart(now=now)
        kernel.run(CONNECT)
        kernel.run(HEAR)
        assert broker.served().clients == LINKS


def test_a_kernel_that_is_restarted_amid_a_cell_leaves_the_links_to_the_next(kernel: Kernel, broker: Running) -> None:
    kernel.begin(RUNNING["asks"])
    kernel.restart(now=False)
    kernel.run(CONNECT)
    kernel.run(HEAR)
    assert broker.served().clients == LINKS


@pytest.mark.parametrize("amid", [None, "asks", "awaits pushes"])
def test_a_kernel_that_is_shut_down_ends_by_itself_within_seconds_and_leaves_no_link(
    amid: str | None, kernel: Kernel, broker: Running
) -> None:
    if amid is not None:
        kernel.begin(RUNNING[amid])
    began = time.monotonic()
    assert kernel.shut_down() == 0
    assert time.monotonic() - began < SHUTDOWN_S
    assert ends_without_link(broker)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the platform has no such signal")
def test_after_a_kernel_was_killed_a_new_one_has_the_links(kernel: Kernel, broker: Running, tmp_path: Path) -> None:
    os.kill(kernel.process.pid, signal.SIGKILL)
    with started(broker, tmp_path) as another:
        another.run(CONNECT)
        another.run(HEAR)
        assert broker.served().clients == LINKS
