"""Who may come in: credentials, one-time tokens and the sessions they buy (longport.md 2.5, 3.3). Knows no sockets."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from lpresearch.sim.server.limits import Limits


@dataclass(frozen=True)
class Keys:
    """The credentials that the simulator accepts."""

    app_key: str = "sim-key"
    app_secret: str = "sim-secret"
    access_token: str = "sim-token"


@dataclass(frozen=True)
class LinkSession:
    """What an authenticated link holds: its id, and the epoch milliseconds until which the id can be resumed."""

    id: str
    expires_ms: int


class Door:
    """Hands out one-time tokens and sessions, each usable once.

    Parameters
    ----------
    limits : lifetimes and the number of connections.
    now : epoch seconds of the real time.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._otps: dict[str, float] = {}
        self._sessions: dict[str, float] = {}

    def issue_otp(self) -> str:
        """A new token for one connection."""
        self._forget_expired()
        otp = secrets.token_hex(16)
        self._otps[otp] = self._now() + self._limits.otp_life_s
        return otp

    def redeem(self, otp: str) -> LinkSession | None:
        """The session a token buys; None for a token that is unknown, used or too old."""
        expires = self._otps.pop(otp, 0.0)
        return self._open() if expires > self._now() else None

    def resume(self, session_id: str) -> LinkSession | None:
        """A new session in place of an earlier one, which is then used up; None where that is unknown or expired."""
        expires = self._sessions.pop(session_id, 0.0)
        return self._open() if expires > self._now() else None

    def end(self, session_id: str) -> None:
        """End the life of one session."""
        self._sessions.pop(session_id, None)

    def expire(self) -> None:
        """End the life of every session and token, as if its time were over; links that are open stay so."""
        self._otps.clear()
        self._sessions.clear()

    def _open(self) -> LinkSession:
        expires = self._now() + self._limits.session_life_s
        session = LinkSession(secrets.token_hex(16), int(expires * 1000))
        self._sessions[session.id] = expires
        return session

    def _forget_expired(self) -> None:
        now = self._now()
        self._otps = {otp: expires for otp, expires in self._otps.items() if expires > now}
        self._sessions = {name: expires for name, expires in self._sessions.items() if expires > now}
