"""A recording of a stream: begins with it or later, ends with it at the latest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from lpresearch.base.pushes import Kind
from lpresearch.base.symbols import Symbol
from lpresearch.client.stream_hub import Hub
from lpresearch.net.recorder import Recorder


class Recording:
    """Packets on their way to a file. Made by ``Stream.record``.

    Parameters
    ----------
    quotes : how things stand at the beginning, for pushes tell only what changes.

    Attributes
    ----------
    path : the file.
    closed : whether it has ended.
    packets : how many were taken so far.
    """

    def __init__(
        self,
        hub: Hub,
        path: Path,
        marks: Mapping[str, object],
        *,
        symbols: Sequence[Symbol],
        kinds: Sequence[Kind],
        quotes: Mapping[str, Mapping[str, object]],
    ) -> None:
        facts = {**marks, "symbols": list(symbols), "kinds": list(kinds), "quotes": quotes}
        self.path = path
        self.closed = False
        self._recorder = Recorder(path, facts, kinds=kinds, symbols=symbols)
        self._end = hub.on_packet(self._recorder.take)

    def __repr__(self) -> str:
        failure = self._recorder.failure
        state = f"failed ({failure})" if failure else "closed" if self.closed else "recording"
        return f"<Recording {self.path}, {state}: {self.packets} packet(s)>"

    @property
    def packets(self) -> int:
        """How many were taken so far."""
        return self._recorder.packets

    def close(self) -> None:
        """Write what came, and end. Again does nothing."""
        if not self.closed:
            self.closed = True
            self._end()
            self._recorder.close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
