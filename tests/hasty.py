"""Our client with short waits: what it does after minutes, it does in a moment. For tests of faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import lpresearch as lp
from lpresearch.base.settings import SILENCE_S, resolve
from lpresearch.client import connection
from lpresearch.client.session import Session
from lpresearch.sim import Running

RECONNECT_DELAY_S = 0.02
TIMEOUT_S = 10.0


@contextmanager
def hasty_session(market: Running, *, timeout_s: float = TIMEOUT_S, silence_s: float = SILENCE_S) -> Iterator[Session]:
    """A session with a simulator; every public function finds it."""
    settings = resolve(market.environment())
    assert settings is not None
    lp.disconnect()
    session = Session(replace(settings, timeout_s=timeout_s, reconnect_delay_s=RECONNECT_DELAY_S, silence_s=silence_s))
    connection._current = session
    try:
        yield session
    finally:
        lp.disconnect()
