"""Symbols to offer while typing: those this notebook used, then well-known ones. Asks no server whether they exist."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Large names of the four markets, most traded first.
_WELL_KNOWN = (
    "700.HK 9988.HK 3690.HK 1810.HK 5.HK 1299.HK 388.HK 941.HK 939.HK 1398.HK 3988.HK 2318.HK 1211.HK 9618.HK "
    "9999.HK 1024.HK 981.HK 16.HK 1.HK 2.HK 3.HK 11.HK 27.HK 66.HK 883.HK 857.HK 386.HK 2800.HK 2828.HK 3033.HK HSI.HK "
    "AAPL.US NVDA.US MSFT.US AMZN.US GOOGL.US META.US TSLA.US AVGO.US AMD.US NFLX.US INTC.US MU.US ORCL.US JPM.US "
    "BAC.US V.US MA.US UNH.US JNJ.US XOM.US WMT.US COST.US KO.US DIS.US BA.US BRK.A.US BRK.B.US BABA.US PDD.US "
    "JD.US NIO.US TSM.US COIN.US PLTR.US SPY.US QQQ.US IWM.US DIA.US TLT.US GLD.US .DJI.US .IXIC.US .SPX.US .VIX.US "
    "600519.SH 601318.SH 600036.SH 601398.SH 600900.SH 000001.SH 510300.SH 688981.SH "
    "000858.SZ 300750.SZ 000333.SZ 002594.SZ 399001.SZ D05.SG O39.SG U11.SG Z74.SG"
)
_IN_TEXT = re.compile(r"(?<![\w.])(\.?[A-Z0-9][A-Z0-9.\-]*\.(?:HK|US|SH|SZ|SG))(?![\w.])", re.IGNORECASE)


def symbols_in(texts: Iterable[str]) -> list[str]:
    """What looks like a symbol in texts, each once, the latest first."""
    found = [match.upper() for text in texts for match in _IN_TEXT.findall(text)]
    return list(dict.fromkeys(reversed(found)))


def completions(start: str, used: Iterable[str] = ()) -> list[str]:
    """Known symbols that begin with what was typed, those used before first."""
    typed = start.upper()
    return [symbol for symbol in dict.fromkeys([*used, *_WELL_KNOWN.split()]) if symbol.startswith(typed)]
