"""The embedded simulator: a child process that speaks the broker's wire and ends with this one."""

from __future__ import annotations

import json
import logging
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from lpresearch.base.errors import LinkError
from lpresearch.base.settings import Settings, resolve

log = logging.getLogger("lpresearch.session")

READY_TIMEOUT_S = 30.0  # a cold disk and a busy machine; it is ready in 1 to 3 s


class Simulator:
    """A running child process, its settings, and the way to end it.

    Parameters
    ----------
    folder : where its messages go, as ``simulator.log``.
    options : more of the ``lpresearch sim`` command line.
    """

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        keys = {name: secrets.token_hex(8) for name in ("app_key", "app_secret", "access_token")}
        self._log = folder / "simulator.log"
        self._closing = False
        command = [sys.executable, "-m", "lpresearch", "sim", "--port", "0", "--until-stdin-closes", *options]
        for name, value in keys.items():
            command += [f"--{name.replace('_', '-')}", value]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        try:
            urls = json.loads(self._ready_line())
        except BaseException:
            self.close()
            raise
        settings = resolve({}, **keys, **urls, region="hk")
        assert settings is not None
        self.settings: Settings = settings

    def _ready_line(self) -> bytes:
        """The line that says where it listens; read on a thread, so that the wait can be interrupted."""
        lines: queue.Queue[bytes] = queue.Queue()
        output = self._process.stdout
        assert output is not None
        threading.Thread(target=lambda: lines.put(output.readline()), daemon=True, name="lpresearch-ready").start()
        deadline = time.monotonic() + READY_TIMEOUT_S
        line = b""
        while time.monotonic() < deadline:
            try:
                line = lines.get(timeout=0.2)
                break
            except queue.Empty:
                continue
        if not line:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            reason = said[-1] if said else f"it was not ready within {READY_TIMEOUT_S:g} s"
            raise LinkError("the embedded simulator", f"did not start: {reason}", hint="Try: lpresearch sim --port 0")
        return line

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process.poll() is None

    def on_death(self, listener: Callable[[], None]) -> None:
        """Call ``listener``, on a thread of its own, when the process ends without having been closed."""

        def watch() -> None:
            code = self._process.wait()
            if not self._closing:
                log.warning("The embedded simulator ended with code %d; the next call starts another.", code)
                listener()

        threading.Thread(target=watch, daemon=True, name="lpresearch-simulator").start()

    def close(self) -> None:
        """End the process; it ends by itself when its stdin closes."""
        self._closing = True
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
