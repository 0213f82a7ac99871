"""The simulated LongPort broker: market, exchange, account, server. ``serve`` runs it on a thread of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpresearch.sim.faults.fault import Fault
    from lpresearch.sim.market.clock import Clock
    from lpresearch.sim.server.limits import Limits
    from lpresearch.sim.threaded import Running, serve

__all__ = ["Clock", "Fault", "Limits", "Running", "serve"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from lpresearch.sim import threaded

        return getattr(threaded, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
