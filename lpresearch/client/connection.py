"""The one session of this process: connect, disconnect, and how every other function finds it."""

from __future__ import annotations

import atexit
import logging
import os
import tempfile
import threading
from pathlib import Path

from dotenv import dotenv_values

from lpresearch.base.model import Profile
from lpresearch.base.settings import Settings, resolve
from lpresearch.client.facade import Aside, Io, both
from lpresearch.client.session import Session
from lpresearch.client.simulator import Simulator

log = logging.getLogger("lpresearch.session")

_lock = threading.RLock()  # held while a session is opened or closed
_current: Session | None = None
_opening: Io[Profile] | None = None  # the call by which a session is being opened


def find_settings(**arguments: str | None) -> Settings | None:
    """Settings from arguments, the environment and ``.env`` here; None where no credential is given at all.

    Raises
    ------
    ConfigError : credentials half given, a malformed URL, an unknown language.
    """
    dotenv = {name: value or "" for name, value in dotenv_values(Path.cwd() / ".env").items()}
    return resolve(dotenv | dict(os.environ), **arguments)


@both
async def connect(
    *,
    app_key: str | None = None,
    app_secret: str | None = None,
    access_token: str | None = None,
    http_url: str | None = None,
    quote_ws_url: str | None = None,
    trade_ws_url: str | None = None,
    language: str | None = None,
    region: str | None = None,
    quote_transport: str | None = None,
    simulator: bool = False,
) -> Session:
    """Connect to the broker, or without any credentials to the embedded simulator; returns the session.

    Every other function connects by itself when it is first called, so this is needed only to give credentials here
    or to see the session. Called again with the same settings it returns the session that is open.

    Parameters
    ----------
    app_key, app_secret, access_token : from the broker's developer pages; else ``LONGBRIDGE_*``, then ``LONGPORT_*``
        of the environment, then of ``.env``. All three or none.
    http_url, quote_ws_url, trade_ws_url : other servers than the official ones.
    language : ``en``, ``zh-CN`` or ``zh-HK``.
    region : ``cn`` for the hosts of mainland China.
    quote_transport : ``ws``, the link, or ``http``: quotes are asked by signed requests and no link is opened.
    simulator : use the embedded simulator even where credentials are found.

    Raises
    ------
    ConfigError : credentials half given, or a malformed setting.
    AuthFailed : the server refused the credentials.
    LinkError : the server cannot be reached.
    LinkTaken : the account's long link is in use elsewhere.

    Notes
    -----
    Costs a socket token, an authentication and the quote profile (command 4); no history quota.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.connect()
    <Session SIMULATED seed-...>
    """
    if simulator:
        return await _connected(None)
    settings = find_settings(
        app_key=app_key,
        app_secret=app_secret,
        access_token=access_token,
        http_url=http_url,
        quote_ws_url=quote_ws_url,
        trade_ws_url=trade_ws_url,
        language=language,
        region=region,
        quote_transport=quote_transport,
    )
    return await _connected(settings)


@both
async def disconnect() -> None:
    """Close the session: links, subscriptions, and the embedded simulator with all it held.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.disconnect()
    """
    await Aside(_disconnect)


@both
async def session() -> Session:
    """The session that is open; connects if there is none.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.session().closed
    False
    """
    return await current()


async def current() -> Session:
    """The open session for a core to use; connects by itself."""
    found = _current
    if found is not None and found.healthy:
        return found
    return await _connected(find_settings() if found is None else found.asked)


def _connected(settings: Settings | None) -> Aside[Session]:
    return Aside(lambda: _connect(settings), interrupted=_give_up)


def _give_up() -> None:
    """Nobody waits for the session any more that is being opened."""
    opening = _opening
    if opening is not None:
        opening.give_up()


def _note_opening(call: Io[Profile]) -> None:
    global _opening
    _opening = call


def _connect(settings: Settings | None) -> Session:
    """Keep the open session if it was asked for with the same settings, else put a new one in its place."""
    global _current
    with _lock:
        if _current is not None and _current.healthy and _current.asked == settings:
            return _current
        _disconnect()
        atexit.register(_end)  # once is enough, more do no harm: closing twice is nothing
        _current = Session(settings, on_opening=_note_opening) if settings is not None else _simulated()
        return _current


def _simulated() -> Session:
    folder = Path(tempfile.mkdtemp(prefix="lpresearch-"))
    simulator = Simulator(folder)
    log.warning("This is the embedded simulator, not a broker: prices and orders are SIMULATED.")
    return Session(simulator.settings, simulator=simulator, folder=folder, on_opening=_note_opening)


def _disconnect() -> None:
    global _current
    with _lock:
        if _current is not None:
            _current.close()
            _current = None


def _forget_parent() -> None:
    """In a fork: threads of the parent hold nothing here."""
    global _lock, _opening
    _lock, _opening = threading.RLock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)


def _end() -> None:
    """The interpreter ends: wait for no server."""
    _give_up()
    _disconnect()
