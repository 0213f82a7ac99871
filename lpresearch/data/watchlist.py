"""The watchlist of the account: what is on it, put securities on it, take them off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from lpresearch.base.errors import InputError
from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.frames.reference_columns import WATCHLIST
from lpresearch.frames.tables import id_table

EVERYTHING = "all"  # the broker's group of all that is watched


@both
async def watchlist() -> pd.DataFrame:
    """The watchlist of the account, one row for each security in each group.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol`` (repeats where it is in several groups). Columns ``name``, ``market``, ``group_id`` (int64),
        ``group_name``, ``watched_price`` (float64), ``watched_at`` (UTC) and ``is_pinned`` (bool).
        ``attrs["lpresearch"]["groups"]`` names all groups, empty ones included.

    Notes
    -----
    Costs one request; no history quota. Source: ``GET /v1/watchlist/groups``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.watchlist().index.name
    'symbol'
    """
    return await _watchlist(await current())


@both
async def watchlist_add(symbols: str | Iterable[str], group: str | int = EVERYTHING) -> pd.DataFrame:
    """The watchlist after securities were put on it.

    Parameters
    ----------
    symbols : one symbol or several.
    group : a group's name or number; a name that no group has makes a new group. What is put on any group is also on
        ``"all"``.

    Returns
    -------
    pandas.DataFrame
        As of ``watchlist``.

    Raises
    ------
    SymbolError : a malformed symbol, or symbols the broker does not know (all of them are named).
    InputError : a number that no group has.

    Notes
    -----
    Costs three requests; no history quota. Source: ``PUT`` or ``POST /v1/watchlist/groups``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> "700.HK" in lp.watchlist_add("700.HK", group="internet").index
    True
    """
    wanted = parse_symbols(symbols)
    session = await current()
    _, groups = await session.io(session.source.watchlist())
    number = _number_of(group, groups)
    if number is not None:
        await session.io(session.source.change_watchlist_group(number, groups[number], wanted, "add"))
    elif isinstance(group, str) and group.strip():
        await session.io(session.source.create_watchlist_group(group.strip(), wanted))
    else:
        raise _no_group(group, groups)
    return await _watchlist(session)


@both
async def watchlist_remove(symbols: str | Iterable[str], group: str | int = EVERYTHING) -> pd.DataFrame:
    """The watchlist after securities were taken off it.

    Parameters
    ----------
    symbols : one symbol or several.
    group : the group's name or number. What is taken off ``"all"`` leaves every group.

    Returns
    -------
    pandas.DataFrame
        As of ``watchlist``.

    Raises
    ------
    SymbolError : a malformed symbol, or symbols the broker does not know (all of them are named).
    InputError : a group that there is not.

    Notes
    -----
    Costs three requests; no history quota. Source: ``PUT /v1/watchlist/groups``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> before = lp.watchlist_add("5.HK")
    >>> "5.HK" in lp.watchlist_remove("5.HK").index
    False
    """
    wanted = parse_symbols(symbols)
    session = await current()
    _, groups = await session.io(session.source.watchlist())
    number = _number_of(group, groups)
    if number is None:
        raise _no_group(group, groups)
    await session.io(session.source.change_watchlist_group(number, groups[number], wanted, "remove"))
    return await _watchlist(session)


async def _watchlist(session: Session) -> pd.DataFrame:
    columns, groups = await session.io(session.source.watchlist())
    names = {str(number): name for number, name in groups.items()}
    return id_table(columns, WATCHLIST, attrs={"groups": names, **session.marks()})


def _number_of(group: str | int, groups: Mapping[int, str]) -> int | None:
    """The number of a group by its name or number; None where there is no such group."""
    if isinstance(group, int):
        return group if group in groups else None
    return next((number for number, name in groups.items() if name == str(group).strip()), None)


def _no_group(group: str | int, groups: Mapping[int, str]) -> InputError:
    named = ", ".join(f"{name!r} ({number})" for number, name in groups.items())
    return InputError("group", group, f"the watchlist has the groups {named}", hint="Name one of them.")
