"""The contexts of one official SDK, synchronous or asynchronous, under watch: which methods were called."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from tests.conformance.sdk_calls import wait_for

SHARE, US_SHARE, CHEAP_SHARE, CN_SHARE = "700.HK", "AAPL.US", "66.HK", "600519.SH"

Call = tuple[str, Callable[[], Any]]


class Context:
    """A context that notes which of its methods were called, and waits for what they promise."""

    def __init__(self, context: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self._context = context
        self._loop = loop
        self._called: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether this SDK knows a method."""
        return hasattr(self._context, name)

    def methods(self) -> dict[str, list[str]]:
        """Which there are, and which were called."""
        there = [name for name in dir(self._context) if not name.startswith("_") and name != "create"]
        return {"there": there, "called": sorted(self._called)}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._context, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._called.add(name)
            if self._loop is None:
                return method(*args, **kwargs)
            return self._loop.run_until_complete(awaited(partial(method, *args, **kwargs)))

        return call


async def awaited(work: Callable[[], Any]) -> Any:
    """What a call of an asynchronous context gives in the end: some are plain."""
    found = work()
    return await found if inspect.isawaitable(found) else found


class Sdk:
    """One SDK and what it was told: the parameters of the calls."""

    def __init__(self, brand: str, way: str, parameters: dict[str, Any]) -> None:
        self.api = import_module(f"{brand}.openapi")
        self.given = parameters
        self.loop = asyncio.new_event_loop() if way == "async" else None
        config = self.api.Config
        self.config = config.from_env() if brand == "longport" else config.from_apikey_env()

    def context(self, name: str) -> Context:
        """A context of this SDK, under our watch."""
        if self.loop is None:
            return Context(getattr(self.api, name)(self.config), None)
        made = getattr(self.api, f"Async{name}")
        loop = self.loop

        async def create() -> Any:
            return made.create(self.config, loop_=loop)

        return Context(loop.run_until_complete(create()), loop)

    def listen(self, hear: Callable[..., None]) -> Callable[..., Any]:
        """A callback: the asynchronous contexts are given coroutines."""
        if self.loop is None:
            return hear

        async def heard(*told: Any) -> None:
            hear(*told)

        return heard

    def wait(self, found: Callable[[], Any]) -> Any:
        """What ``found`` gives as soon as it gives something; the loop runs meanwhile."""
        loop = self.loop
        if loop is None:
            return wait_for(found)
        return wait_for(found, lambda: loop.run_until_complete(asyncio.sleep(0.01)))
