"""The accounts known on this machine: whose credentials are whose, as the server last said, and who holds the link.

A session over HTTP learns here which account it has, for no request over HTTP tells it. Holds no credentials, only
digests of them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from lpresearch.accounts.database import Database
from lpresearch.accounts.lease import Holder, Lease
from lpresearch.accounts.places import account_path
from lpresearch.base.errors import LinkTaken
from lpresearch.base.levels import QuoteLevel
from lpresearch.base.model import CommandRate, Profile
from lpresearch.base.settings import Settings

FILE = "members.sqlite"
_MIGRATIONS = (
    """
    CREATE TABLE members (
        credentials TEXT NOT NULL, mark TEXT NOT NULL, source TEXT NOT NULL, profile TEXT NOT NULL,
        PRIMARY KEY (credentials, mark)
    )
    """,
)
_READ = "SELECT source, profile FROM members WHERE credentials = ? AND mark = ?"
_TAKEN_HINT = "Stream there, or free the link with disconnect() there; pulls work here as well, over HTTP."


class Register:
    """What this machine knows of the account of some credentials. Every method is disk work.

    Parameters
    ----------
    state : the folder of state.
    settings : credentials and addresses.
    program : how other processes shall call this one.
    now : epoch seconds.
    """

    def __init__(self, state: Path, settings: Settings, *, program: str, now: Callable[[], float]) -> None:
        self._state = state
        self._settings = settings
        self._program = program
        self._now = now
        self._database = Database(state / FILE, _MIGRATIONS, subject="members", durable=False)
        self._lease: Lease | None = None
        self._lock = threading.RLock()

    def recall(self, mark: str) -> Profile | None:
        """What the server last said of the account; None where it never did.

        Parameters
        ----------
        mark : the mark of the simulator that answers, empty at a broker; another simulator is another account.
        """
        rows = self._database.rows(_READ, (self._digest(), mark))
        return _profile(str(rows[0][1])) if rows else None

    def take(self, mark: str) -> None:
        """Take the quote link of the account, before it is opened; nothing where the account is not known yet.

        Raises
        ------
        LinkTaken : another process holds it.
        """
        rows = self._database.rows(_READ, (self._digest(), mark))
        with self._lock:
            if self._lease is None and rows:
                self._open_lease(str(rows[0][0]), _profile(str(rows[0][1])).member_id)
            self._take()

    def confirm(self, source: str, profile: Profile) -> None:
        """Remember what the server said on the link; errors as for :meth:`take`."""
        with self._database.transaction() as connection:
            row = (self._digest(), profile.simulated, source, json.dumps(asdict(profile)))
            connection.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)", row)
        with self._lock:
            self._open_lease(source, profile.member_id)
            self._take()

    @property
    def holds_link(self) -> bool:
        """Whether the quote link is ours."""
        return self._lease is not None and self._lease.held

    def holder(self, source: str, member_id: str) -> Holder | None:
        """Who holds the quote link of an account."""
        with self._lock:
            return self._open_lease(source, member_id).holder()

    def give_back(self) -> None:
        """The link is closed; others may open theirs."""
        with self._lock:
            if self._lease is not None and self.holds_link:
                self._lease.give_back()

    def close(self) -> None:
        """Give back what is held, and let go of the files."""
        with self._lock:
            self.give_back()
            if self._lease is not None:
                self._lease.close()
            self._database.close()

    def _open_lease(self, source: str, member_id: str) -> Lease:
        path = account_path(self._state, source, member_id)
        if self._lease is not None and self._lease.path != path:  # the server named another account than the last time
            self.give_back()
            self._lease.close()
            self._lease = None
        if self._lease is None:
            self._lease = Lease(path, program=self._program, now=self._now)
        return self._lease

    def _take(self) -> None:
        holder = self._lease.take() if self._lease is not None else None
        if holder is not None:
            reason = f"the account's quote link is held by {holder}"
            raise LinkTaken(self._settings.quote_ws_url, reason, hint=_TAKEN_HINT)

    def _digest(self) -> str:
        credentials = self._settings.credentials
        parts = (self._settings.host, credentials.app_key.reveal(), credentials.access_token.reveal())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _profile(text: str) -> Profile:
    fields = json.loads(text)
    rates = {int(command): CommandRate(**rate) for command, rate in fields.pop("rates").items()}
    levels = tuple(QuoteLevel(**level | {"cards": tuple(level["cards"])}) for level in fields.pop("levels", ()))
    return Profile(**fields, rates=rates, levels=levels)
