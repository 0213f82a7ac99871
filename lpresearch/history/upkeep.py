"""What the store holds and what of it may go: sizes and last use of series, pruning, packing of years that are over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lpresearch.base.errors import StoreError, StoreLocked
from lpresearch.base.model import SeriesKey
from lpresearch.history.layout import FOLDER, PLAIN, key_of
from lpresearch.history.store import Store


@dataclass(frozen=True)
class Stored:
    """One series on disk. ``last_used`` in epoch seconds; None where it was never read and has no file."""

    series: str
    key: SeriesKey
    files: int
    bars: int
    size_bytes: int
    last_used: float | None
    outcome: str = ""


@dataclass(frozen=True)
class Packed:
    """One year of minutes that was compressed, or would be (then without the size after)."""

    series: str
    key: SeriesKey
    file: str
    bytes_before: int
    bytes_after: int | None


def inventory(store: Store, chosen: Callable[[SeriesKey], bool] = lambda key: True) -> list[Stored]:
    """The series of a store with what they occupy, those set aside included, longest unused first."""
    names = {*store.index.series(), *_names_on_disk(store)}
    keys = {series: key for series in sorted(names) if (key := key_of(series)) is not None and chosen(key)}
    recorded = set(store.index.series())
    stored = (_stored(store, series, key) for series, key in keys.items())
    found = [one for one in stored if one.files or one.series in recorded]
    return sorted(found, key=lambda one: (one.last_used or 0, one.series))


def choose(stored: Iterable[Stored], *, unused_since: float | None, most_bytes: int | None) -> list[Stored]:
    """Those not used since a moment; of these, where the whole is larger than it may be, as many as it takes.

    Parameters
    ----------
    stored : longest unused first.
    unused_since : epoch seconds; None takes all.
    most_bytes : None takes all that is left by the other.
    """
    everything = list(stored)
    old = [one for one in everything if unused_since is None or (one.last_used or 0) < unused_since]
    if most_bytes is None:
        return old
    excess, taken = sum(one.size_bytes for one in everything) - most_bytes, []
    for one in old:
        if excess <= 0:
            break
        taken.append(one)
        excess -= one.size_bytes
    return taken


def prune(store: Store, chosen: Iterable[Stored]) -> Iterator[Stored]:
    """Delete series, one after the other; what another process writes or holds open stays, and the outcome says so."""
    for stored in chosen:
        try:
            with store.writing(stored.series):
                store.forget(stored.series)
                for path in _files_of(store, stored.series):
                    if path.suffix != ".lock":  # whoever waits for it must find the same file
                        path.unlink(missing_ok=True)
            yield replace(stored, outcome="deleted")
        except StoreLocked:
            yield replace(stored, outcome="kept: another process writes it")
        except (StoreError, OSError) as exc:
            yield replace(stored, outcome=f"kept: {getattr(exc, 'reason', exc)}")


def compact(store: Store, chosen: Callable[[SeriesKey], bool], *, before: int, dry_run: bool) -> Iterator[Packed]:
    """Compress the plain files of minutes of the years before one (UTC)."""
    for stored in inventory(store, chosen):
        if stored.key.period.minutes is None:
            continue
        for name in sorted(store.index.files(stored.series)):
            path = store.path(stored.series, name, PLAIN)
            if int(name) >= before or not path.exists():
                continue
            if dry_run:
                yield Packed(stored.series, stored.key, path.name, path.stat().st_size, None)
                continue
            sizes = store.pack(stored.series, name)
            if sizes is not None:
                yield Packed(stored.series, stored.key, path.name, *sizes)


def this_year(now: float) -> int:
    """The year (UTC) by which minutes are split; it is not over."""
    return datetime.fromtimestamp(now, UTC).year


def _stored(store: Store, series: str, key: SeriesKey) -> Stored:
    files = list(_files_of(store, series))
    data = [path for path in files if path.suffix not in {".lock", ".used"}]
    # A series that was written and never read counts from its writing.
    used = [path.stat().st_mtime for path in (store.path(series, "", ".used"), *store.paths(series)) if path.exists()]
    bars = sum(recorded.bars for recorded in store.index.files(series).values())
    size = sum(path.stat().st_size for path in data)
    return Stored(series, key, len(data), bars, size, max(used, default=None))


def _files_of(store: Store, series: str) -> Iterator[Path]:
    """Every file of a series, those set aside included."""
    stem = store.path(series, "", "")
    for pattern in (f"{stem.name}.*", f"{stem.name}-[0-9][0-9][0-9][0-9].*"):
        yield from sorted(stem.parent.glob(pattern))


def _names_on_disk(store: Store) -> Iterator[str]:
    root = store.cache / FOLDER
    for path in root.glob("*/*/*"):
        folder, stem = path.parent.relative_to(root).as_posix(), path.name.partition(".")[0]
        yield f"{folder}/{'-'.join(stem.split('-')[:3])}"
