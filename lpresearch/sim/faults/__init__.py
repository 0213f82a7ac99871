"""Faults of the simulated broker, on request: what networks, gateways and brokers do to their clients.

``Fault`` says what is to happen, and to what; ``Faults`` counts and decides; ``link_faults`` and ``http_faults`` do it,
each at one place.
"""

from lpresearch.sim.faults.fault import Fault, Kind
from lpresearch.sim.faults.faults import Faults, Happened

__all__ = ["Fault", "Faults", "Happened", "Kind"]
