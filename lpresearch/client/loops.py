"""The user's own nested event loops, on request only. Nothing in lpresearch needs them."""

from __future__ import annotations

from importlib.util import find_spec


def allow_nested_loops() -> str:
    """Let your own code call ``asyncio.run`` and ``run_until_complete`` inside a running loop, as in a notebook cell.

    lpresearch itself never needs this: its functions are synchronous and have an ``.aio`` twin. The patch slows every
    task, and with ipykernel 7.1 or newer widget clicks may be lost, so it is applied only when asked for.

    Returns
    -------
    str
        The package that was applied: ``nest_asyncio2`` (the maintained fork) where installed, else ``nest_asyncio``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.allow_nested_loops()  # doctest: +SKIP
    'nest_asyncio'
    """
    if find_spec("nest_asyncio2") is not None:
        import nest_asyncio2

        nest_asyncio2.apply()
        return "nest_asyncio2"
    import nest_asyncio

    nest_asyncio.apply()
    return "nest_asyncio"
