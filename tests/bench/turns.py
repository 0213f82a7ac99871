"""What the benches of calls share: a server that answers from memory, and clients that take turns beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.quote_commands import QuoteCommands
from lpresearch.sim.threaded import serve
from lpresearch.wire.messages import Message


class Encoded:
    """A message whose bytes are made already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def SerializeToString(self) -> bytes:  # noqa: N802 (as protobuf has it)
        """The bytes."""
        return self._body


def serve_from_memory(kept: int, *, now: float, history_quota: int = 100, universe: int = 0) -> None:
    """Print the environment of a server that makes each reply to one command once; end with stdin."""
    made: dict[bytes, Encoded] = {}
    answer: Callable[[QuoteCommands, int, bytes], Awaitable[Message]] = QuoteCommands.answer

    async def answer_once(self: QuoteCommands, command: int, body: bytes) -> Message | Encoded:
        if command != kept:
            return await answer(self, command, body)
        if body not in made:
            made[body] = Encoded((await answer(self, command, body)).SerializeToString())
        return made[body]

    QuoteCommands.answer = answer_once  # type: ignore[method-assign, assignment]  # the one thing that differs
    clock = ManualClock(now, "real")
    with serve(seed=7, clock=clock, limits=Limits.unpaced(), history_quota=history_quota, universe=universe) as running:
        print(json.dumps(running.environment()), flush=True)
        sys.stdin.read()


def take_turns(
    server: Sequence[str],
    clients: Mapping[str, Sequence[str]],
    *,
    measures: Collection[str],
    turns: int,
    settings: Mapping[str, str],
) -> dict[str, dict[str, list[float]]]:
    """The times that each client tells on its last line, by measure. In turns, lest a busy time be one client's alone.

    Parameters
    ----------
    server, clients : programs with their arguments.
    settings : environment variables of the clients.
    """
    times: dict[str, dict[str, list[float]]] = {name: {what: [] for what in measures} for name in clients}
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running,
    ):
        assert running.stdout is not None
        environment = os.environ | json.loads(running.stdout.readline()) | settings
        environment |= {"LPRESEARCH_CACHE_DIR": folder, "LPRESEARCH_STATE_DIR": folder}
        for name, client in [*clients.items()] * turns:
            said = subprocess.run(client, check=True, capture_output=True, text=True, env=environment).stdout
            for what, more in json.loads(said.splitlines()[-1]).items():  # an SDK prints a table first
                times[name][what] += more
        running.communicate()
    return times
