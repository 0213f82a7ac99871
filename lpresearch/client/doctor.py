"""What is installed, what was found, and whether the server answers. Spends nothing and changes nothing."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lpresearch.base.errors import LpError
from lpresearch.base.settings import Settings
from lpresearch.client.connection import current, find_settings
from lpresearch.client.facade import both
from lpresearch.client.session import Session

_PACKAGES = ("lpresearch", "pandas", "numpy", "httpx", "aiohttp", "protobuf", "ipywidgets", "bqplot", "matplotlib")
MAX_SKEW_S = 5.0  # a signature's time may not be far off, and bars must not count as final too early


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    subject: str
    finding: str
    good: bool = True


@dataclass(frozen=True)
class Report:
    """What ``doctor`` found; prints as a list."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether every check is good."""
        return all(check.good for check in self.checks)

    def __repr__(self) -> str:
        width = max(len(check.subject) for check in self.checks)
        return "\n".join(f"{'ok ' if c.good else 'BAD'}  {c.subject:<{width}}  {c.finding}" for c in self.checks)


@both
async def doctor() -> Report:
    """Versions, credentials (masked), endpoints, folders and their sizes, clock skew, and whether the server answers.

    Returns
    -------
    Report
        ``checks`` line by line and ``healthy``; prints as a list.

    Notes
    -----
    Connects if no session is open: with credentials to their server, without any to the embedded simulator. Asks for
    one quote profile and nothing else; no history quota.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.doctor().healthy
    True
    """
    checks = [Check("versions", _versions())]
    try:
        settings = find_settings()
        checks.append(Check("credentials", _credentials(settings)))
    except LpError as error:
        return Report((*checks, Check("credentials", str(error), good=False)))
    started = time.monotonic()
    try:
        session = await current()
    except LpError as error:
        endpoint = settings.http_url if settings else "the embedded simulator"
        return Report((*checks, Check("endpoints", endpoint), Check("server", str(error), good=False)))
    took = time.monotonic() - started
    used = session.settings
    checks.append(Check("endpoints", f"{used.http_url}  {used.quote_ws_url}  {used.trade_ws_url}"))
    checks.append(Check("server", f"{session!r} answered; quote level {session.profile.quote_level or 'not said'}"))
    checks.append(Check("quote cards", "; ".join(map(str, session.profile.levels)) or "not said"))
    checks.append(Check("connect", f"{took:.2f} s (0 where a session was open)"))
    checks.append(Check("quote link", await session.disk(_quote_link, session)))
    skew = session.source.skew_s or 0.0
    exact = abs(skew) <= MAX_SKEW_S or bool(session.simulated)  # a simulated broker may keep a time of its own
    checks.append(Check("clock", f"{skew:+.1f} s against the server", good=exact))
    for name, folder in (("cache", session.cache_path), ("state", session.state_path)):
        checks.append(Check(name, await session.disk(_folder, folder)))
    return Report(tuple(checks))


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def _credentials(settings: Settings | None) -> str:
    if settings is None:
        return "none found in LONGBRIDGE_*, LONGPORT_* or .env: the embedded simulator is used"
    given = settings.credentials
    return f"app key {given.app_key}, secret {given.app_secret}, token {given.access_token}"


def _quote_link(session: Session) -> str:
    holder = session.link_holder()
    if holder is None:
        return "held by no process here; quotes are asked over HTTP"
    over_http = "" if session.register.holds_link else "; quotes are asked over HTTP here"
    return f"held by {holder}{over_http}"


def _folder(path: Path) -> str:
    files = [file for file in path.rglob("*") if file.is_file()] if path.exists() else []
    size = sum(file.stat().st_size for file in files)
    return f"{path}  ({len(files)} files, {size / 1e6:.1f} MB)"
