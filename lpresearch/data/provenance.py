"""Where bars came from and what they cost: what ``df.attrs["lpresearch"]`` tells of candles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lpresearch.base.markets import MARKETS
from lpresearch.base.symbols import Symbol
from lpresearch.client.session import Session
from lpresearch.data.journey import Answer
from lpresearch.data.request import Request
from lpresearch.history.bars import TIMESTAMP


def told_of(session: Session, request: Request, answers: Mapping[Symbol, Answer]) -> dict[str, object]:
    """Source, costs and forming bars of what answers a request, as JSON values."""
    all_of_them = answers.values()
    total = sum(answer.bars.shape[1] for answer in all_of_them)
    from_broker = sum(answer.from_broker for answer in all_of_them)
    late = [str(symbol) for symbol in answers if "delayed" in session.marks([symbol])]
    forming = {str(symbol): _last_start(symbol, answer) for symbol, answer in answers.items() if answer.forming}
    return {
        **session.marks(),
        **({"delayed": late} if late else {}),
        "adjust": str(request.adjust),
        "sessions": str(request.sessions),
        "from_cache": total - from_broker,
        "from_broker": from_broker,
        "calls": sum(answer.calls for answer in all_of_them),
        "quota_spent": sum(answer.units for answer in all_of_them),
        "as_of": datetime.fromtimestamp(session.now(), UTC).isoformat(timespec="seconds"),
        "forming": bool(forming),
        "forming_bars": forming,
        "complete": not any(answer.left_out for answer in all_of_them),
    }


def _last_start(symbol: Symbol, answer: Answer) -> str:
    """The start of the last bar in the exchange's time, so that a slice of the frame can tell whether it is in it."""
    zone = ZoneInfo(MARKETS[symbol.market].zone)
    return datetime.fromtimestamp(answer.bars[TIMESTAMP, -1], zone).isoformat()
