"""Which pushes were missed, repeated or late, by the numbers that the server gives them. Pure.

Nothing documents that the numbers of pushes go up by one. So a step is taken for missing pushes only where they were
seen to do so, and a server that does not number, or numbers by time, is never doubted.
"""

from __future__ import annotations

MOST_MISSED = 1000  # a larger step says nothing of pushes missed
RENUMBERED = 3  # so many old numbers that go up, with no new one between, mean that the server counts anew


class Numbering:
    """The numbers of one channel.

    Attributes
    ----------
    last : the number of the newest push; 0 before the first.
    missed : how many never came.
    uncertain : whether pushes may be missing before the first one.
    """

    def __init__(self, *, missed: int = 0) -> None:
        self.last = 0
        self.missed = missed
        self.uncertain = False
        self._run_from = 0  # the number after which they went up by one
        self._by_ones = True  # unless a step says otherwise
        self._missing: set[int] = set()
        self._repeats = 0  # old numbers that went up since ``_repeats_after`` was the newest
        self._repeats_after = self._repeated = 0

    def is_new(self, number: int) -> bool:
        """Whether a push of that number did not come before. Sets :attr:`missed` and :attr:`uncertain`."""
        self.uncertain = False
        if not number:  # this server does not number
            return True
        if number > self.last:
            self._step_to(number)
            return True
        if number in self._missing:  # late
            self._missing.discard(number)
            self.missed -= 1
            return True
        if self._repeats_after != self.last or number < self._repeated:
            self._repeats, self._repeats_after, self._repeated = 0, self.last, 0
        self._repeats += number > self._repeated
        self._repeated = number
        if self._repeats < RENUMBERED:
            return False
        self.last = self._run_from = number
        self._missing.clear()
        self._repeats = self._repeated = 0
        self.uncertain = True
        return True

    def _step_to(self, number: int) -> None:
        skipped = number - self.last - 1
        if skipped:
            seen = self._by_ones or self.last > self._run_from
            self._by_ones = seen and skipped < MOST_MISSED
            if self._by_ones and self.last:
                self.missed += skipped
                self._missing.update(range(self.last + 1, number))
            self.uncertain = self._by_ones
            self._run_from = number
        self.last = number
