"""The quote pulls of the account, whichever way they come: by link or by HTTP, in one pace, each answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from lpresearch.sim.server.limits import Limits, PullMeter
from lpresearch.sim.server.quote_commands import FIRST_PULL, HISTORY, QuoteCommands
from lpresearch.wire.messages import Message


class QuotePulls:
    """Answers commands within the pace of the account.

    Parameters
    ----------
    commands : what answers them.
    meter : counts those that cost.
    limits : how long an answer takes.
    """

    def __init__(self, commands: QuoteCommands, meter: PullMeter, limits: Limits) -> None:
        self._commands = commands
        self._meter = meter
        self._limits = limits

    def ask(self, command: int, body: bytes) -> Awaitable[Message]:
        """Count a request that has come; what is returned must be awaited, and gives the answer or raises Refusal.

        Raises
        ------
        Refusal : at once, where requests come too fast.
        """
        if command < FIRST_PULL:
            return self._commands.answer(command, body)
        self._meter.begin(history=command == HISTORY)
        return self._answer(command, body)

    async def _answer(self, command: int, body: bytes) -> Message:
        try:
            if self._limits.answer_delay_s:
                await asyncio.sleep(self._limits.answer_delay_s)
            return await self._commands.answer(command, body)
        finally:
            self._meter.end()
