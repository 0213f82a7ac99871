"""The files of bars that were read lately, kept open for the next read: verified once, and again when they change."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Lock

from lpresearch.history.bar_file import Opened, Stamp, open_bars
from lpresearch.history.layout import PACKED, PLAIN

MOST_MAPPED = 2048  # each costs address space, not memory
MOST_UNPACKED = 2  # each costs memory: 23 MB for a year of US minutes around the clock
_KEEP_MAPPED = os.name != "nt"  # Windows cannot replace a file that is mapped


class OpenFiles:
    """Files by their path without suffix; the plain one counts where there is a packed one as well."""

    def __init__(self) -> None:
        self._mapped: OrderedDict[str, Opened] = OrderedDict()
        self._unpacked: OrderedDict[str, Opened] = OrderedDict()
        self._lock = Lock()

    def get(self, stem: str) -> Opened:
        """The bars of a file, verified.

        Raises
        ------
        FileNotFoundError, StoreCorrupt : as ``open_bars``.
        """
        try:
            return self._opened(stem + PLAIN, self._mapped, MOST_MAPPED if _KEEP_MAPPED else 0)
        except FileNotFoundError:
            return self._opened(stem + PACKED, self._unpacked, MOST_UNPACKED)

    def clear(self) -> None:
        """Let go of all."""
        with self._lock:
            self._mapped.clear()
            self._unpacked.clear()

    def _opened(self, path: str, kept: OrderedDict[str, Opened], most: int) -> Opened:
        known = kept.get(path)
        if known is not None and known.stamp == Stamp.of(path):
            return known
        opened = open_bars(path)
        with self._lock:
            kept[path] = opened
            kept.move_to_end(path)
            while len(kept) > most:
                kept.popitem(last=False)
        return opened
