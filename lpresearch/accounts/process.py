"""Which process is which: by its number and the moment it began, so that a number used again is another process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_START_FIELD = 19  # of /proc/PID/stat after the name: clock ticks since the machine booted (proc(5), field 22)
_PS_S = 5.0
_NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"  # where Jupyter servers tell a kernel its notebook


@dataclass(frozen=True)
class ProcessId:
    """A process of this machine.

    Parameters
    ----------
    pid : its number.
    started : when it began, in the platform's own words; equal texts are equal moments.
    place : the machine since its last start, and the container: elsewhere the number means something else.
    """

    pid: int
    started: str
    place: str

    @property
    def alive(self) -> bool | None:
        """Whether it still runs; None where that cannot be seen from here."""
        if self.place != _place():
            return None
        return _started(self.pid) == self.started


def this_process() -> ProcessId:
    """The process that asks."""
    return ProcessId(os.getpid(), _started(os.getpid()) or "", _place())


def program_name(variables: Mapping[str, str], arguments: Sequence[str]) -> str:
    """What a person calls this process: its notebook, script or program.

    Parameters
    ----------
    variables, arguments : ``os.environ`` and ``sys.argv``.
    """
    notebook = variables.get(_NOTEBOOK_VARIABLE, "").strip()
    if notebook:
        return Path(notebook).name
    name = Path(arguments[0]).name if arguments else ""
    if name in {"ipykernel_launcher.py", "colab_kernel_launcher.py"}:
        return "a notebook"
    return "Python" if name in {"", "-c"} else name


def _place() -> str:
    """Machine, boot and process namespace, as far as the platform tells them."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return os.uname().nodename if sys.platform != "win32" else os.environ.get("COMPUTERNAME", "")


def _started(pid: int) -> str | None:
    """When a process began; None where there is none of that number, or it has ended and only its parent knows."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        return None if fields[0] in {b"Z", b"X"} else fields[_START_FIELD].decode()
    if sys.platform == "win32":
        return _started_on_windows(pid)
    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=_PS_S, check=False)
    return told.stdout.strip() or None


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _QUERY_LIMITED_INFORMATION = 0x1000
    _STILL_ACTIVE = 259

    def _started_on_windows(pid: int) -> str | None:
        """Creation time in the units of Windows."""
        kernel = ctypes.windll.kernel32
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = wintypes.HANDLE(kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid))
        if not handle:
            return None
        try:
            times = [wintypes.FILETIME() for _ in range(4)]
            code = wintypes.DWORD()
            kernel.GetExitCodeProcess(handle, ctypes.byref(code))
            if code.value != _STILL_ACTIVE or not kernel.GetProcessTimes(handle, *map(ctypes.byref, times)):
                return None
            return str(times[0].dwHighDateTime << 32 | times[0].dwLowDateTime)
        finally:
            kernel.CloseHandle(handle)
