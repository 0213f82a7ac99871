"""Writers of the candle store that are killed at a call of theirs; run as a script, which prints what was wrong.

::

    python tests/killed_writer.py every FOLDER          # each writer at its first call, its second, and so on
    python tests/killed_writer.py any FOLDER SEED N     # N writers, each at any call, one after the other

A writer is a fork that kills itself with SIGKILL just before its n-th call of the system, of a file or of SQLite. What
is in the store then is compared with what it held before and what the writer was about to make of it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpresearch.base.errors import StoreCorrupt
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.history.bar_file import open_bars
from lpresearch.history.bars import FIELDS, Bars, inside
from lpresearch.history.intervals import Intervals, union
from lpresearch.history.layout import series_name
from lpresearch.history.store import Store

DAY_S = 86_400
FIRST_DAY, LAST_DAY = 19_710, 19_740  # 2023-12-19 to 2024-01-18: two files of minutes
MOST_CALLS = 200  # about what a change of the store makes
REACH_THE_DISK = {"posix", "fcntl", "_io", "io", "sqlite3"}  # modules of functions and of the types of their objects
KEYS = (SeriesKey("broker", Symbol("700.HK"), Period.DAY), SeriesKey("broker", Symbol("700.HK"), Period.MIN_60))


@dataclass(frozen=True)
class State:
    """What a series has: complete spans, and which issue of its bars."""

    spans: Intervals = ()
    issue: int = 0


@dataclass(frozen=True)
class Change:
    """Something a writer does to a series, and the states in which it may leave it."""

    what: str
    run: Callable[[Store], object]
    allowed: tuple[State, ...]


def truth(key: SeriesKey, spans: Intervals, issue: int) -> Bars:
    """All the bars of some spans; every field tells which bar of which issue it belongs to."""
    step = DAY_S if key.period is Period.DAY else 3600
    at = np.concatenate([np.empty(0), *(np.arange(span.start, span.end, step, dtype=np.float64) for span in spans)])
    return np.stack([at, *(at + 10 * issue + row for row in range(1, len(FIELDS)))])


def any_change(dice: random.Random, key: SeriesKey, before: State) -> Change:
    """A write of one or two spans, a restatement, a packing or a deletion."""
    spans = union([any_span(dice)], [any_span(dice)] if dice.random() < 0.5 else [])
    what = dice.choice(("write", "write", "write", "write", "replace", "pack", "drop"))
    if what == "write":
        after = State(union(before.spans, spans), before.issue)
        bars = truth(key, spans, before.issue)
        return Change(what, lambda store: store.write(key, bars, spans), (before, after))
    if what == "replace":
        after = State(spans[:1], before.issue + 1)
        bars = truth(key, after.spans, after.issue)
        return Change(what, lambda store: store.replace(key, bars, spans[0]), (before, State((), after.issue), after))
    if what == "pack":
        name = "" if key.period is Period.DAY else dice.choice(("2023", "2024"))
        return Change(what, lambda store: store.pack(series_name(key), name), (before,))
    return Change(what, lambda store: store.drop(key), (before, State((), before.issue + 1)))


def any_span(dice: random.Random) -> Interval:
    """Some days."""
    first, end = sorted(dice.sample(range(FIRST_DAY, LAST_DAY), 2))
    return Interval(first * DAY_S, end * DAY_S)


def killed(change: Change, cache: Path, calls: int) -> bool:
    """Whether a writer was killed before it had made so many calls; it may end sooner."""
    writer = os.fork()
    if writer == 0:
        left = calls

        def count(_frame: object, event: str, called: object) -> None:
            nonlocal left
            if event == "c_call" and REACH_THE_DISK & {getattr(called, "__module__", ""), _type_of_owner(called)}:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        store = Store(cache)
        sys.setprofile(count)
        change.run(store)
        os._exit(0)  # only the writer's: no report, no cleaning up
    _, status = os.waitpid(writer, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"the writer failed at {change.what}")
    return os.WIFSIGNALED(status)


def _type_of_owner(called: object) -> str:
    return type(getattr(called, "__self__", None)).__module__


def found(cache: Path, key: SeriesKey, allowed: tuple[State, ...]) -> tuple[State | None, str]:
    """The state that a series is in, of those allowed; else what is wrong."""
    store = Store(cache)
    try:
        for path in store.paths(series_name(key)):
            open_bars(str(path))
        spans = store.coverage(key)
        bars = inside(store.read(key, -(2**62), 2**62, relied_on=spans), spans)
        for state in allowed:
            if state.spans == spans and np.array_equal(bars, truth(key, spans, state.issue)):
                return state, ""
        aside = [path.name for path in cache.rglob("*.corrupt-*")]
        return None, f"covered {spans} with {bars.shape[1]} bars, set aside {aside}, allowed {allowed}"
    except StoreCorrupt as exc:
        return None, f"corrupt: {exc}"
    finally:
        store.close()


def kill_any(cache: Path, seed: int, kills: int) -> Iterator[str]:
    """Kill so many writers of one store at any call of theirs; yields what went wrong."""
    dice, states, done = random.Random(seed), dict.fromkeys(KEYS, State()), 0
    while done < kills:
        key = dice.choice(KEYS)
        change, calls = any_change(dice, key, states[key]), dice.randrange(1, MOST_CALLS)
        was_killed = killed(change, cache, calls)
        done += was_killed
        # A drop or restatement that was cut off may have taken the old bars away already.
        state, problem = found(cache, key, change.allowed if was_killed else change.allowed[-1:])
        if state is None:
            yield f"seed {seed}, kill {done}, {change.what} before call {calls}: {problem}"
            return
        states[key] = state


def kill_every(folder: Path) -> Iterator[str]:
    """Kill a writer of each kind before its first call, its second and so on; yields what went wrong."""
    key = KEYS[1]
    year_end = (Interval(19_720 * DAY_S, 19_725 * DAY_S),)
    sound = folder / "sound"
    store = Store(sound)
    store.write(key, truth(key, year_end, 0), year_end)
    store.close()
    for what in ("write", "replace", "pack", "drop"):
        dice = random.Random(what)
        change = any_change(dice, key, State(year_end))
        while change.what != what:
            change = any_change(dice, key, State(year_end))
        calls, was_killed = 0, True
        while was_killed:
            calls += 1
            cache = folder / f"{what}"
            shutil.rmtree(cache, ignore_errors=True)
            shutil.copytree(sound, cache)
            was_killed = killed(change, cache, calls)
            state, problem = found(cache, key, change.allowed if was_killed else change.allowed[-1:])
            if state is None:
                yield f"{what} before call {calls}: {problem}"
        print(f"{what}: {calls} calls", file=sys.stderr)


def main(how: str, folder: str, *numbers: str) -> None:
    """Print what went wrong, as JSON."""
    kinds: dict[str, Callable[..., Iterator[str]]] = {"any": kill_any, "every": kill_every}
    print(json.dumps(list(kinds[how](Path(folder), *map(int, numbers)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
