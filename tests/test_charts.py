"""Charts: what is drawn, read back from the figure; and that notebooks show it once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from lpresearch.base.errors import InputError
from lpresearch.ui.axis import date_ticks, decimals_of, short_number
from lpresearch.ui.charts import plot_candles

GREEN, RED = "#009e73", "#d55e00"


def candle_frame(index: pd.DatetimeIndex, closes: list[float], **facts: object) -> pd.DataFrame:
    close = np.array(closes, dtype=float)
    opening = np.r_[close[:1], close[:-1]]
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) + 1,
            "low": np.minimum(opening, close) - 1,
            "close": close,
            "volume": np.arange(1, len(close) + 1) * 1000,
            "turnover": 0.0,
        },
        index=index,
    )
    frame.attrs["lpresearch"] = {"symbol": "700.HK", "period": "1d", "forming": False, "simulated": ""} | facts
    return frame


def days(count: int, start: str = "2026-08-24") -> pd.DatetimeIndex:
    return pd.bdate_range(start, periods=count, tz="Asia/Hong_Kong")


def trading_minutes(day: str) -> pd.DatetimeIndex:
    morning = pd.date_range(f"{day} 09:30", periods=150, freq="1min", tz="Asia/Hong_Kong")
    return pd.DatetimeIndex(
        morning.append(pd.date_range(f"{day} 13:00", periods=180, freq="1min", tz="Asia/Hong_Kong"))
    )


def two_days() -> pd.DatetimeIndex:
    return pd.DatetimeIndex(trading_minutes("2026-11-19").append(trading_minutes("2026-11-20")))


def texts(figure: Figure) -> list[str]:
    inside = [text.get_text() for ax in figure.axes for text in ax.texts]
    return [text.get_text() for text in figure.texts] + inside


def bodies(figure: Figure) -> list[PolyCollection]:
    return [item for item in figure.axes[0].collections if isinstance(item, PolyCollection)]


def test_the_title_names_symbol_period_last_close_and_change() -> None:
    figure = plot_candles(candle_frame(days(3), [600.0, 610.0, 604.0]))
    assert texts(figure)[:4] == ["700.HK  1d", "24 Aug 2026 – 26 Aug 2026  ·  3 bars", "604.00", "−6.00 (−0.98%)"]


def test_the_change_of_minutes_counts_from_the_day_before() -> None:
    index = two_days()
    closes = [500.0] * 330 + [510.0] * 330
    figure = plot_candles(candle_frame(index, closes, period="1m"))
    assert texts(figure)[3] == "+10.00 (+2.00%)"


def test_closed_hours_leave_no_gap() -> None:
    figure = plot_candles(candle_frame(trading_minutes("2026-11-20"), [500.0 + i % 7 for i in range(330)]))
    middles = [np.asarray(path.vertices)[:, 0].mean() for path in bodies(figure)[0].get_paths()]
    assert np.allclose(np.diff([round(middle, 0) for middle in middles]), 1)


@pytest.mark.parametrize(("colors", "expected"), [("green-up", [GREEN, RED]), ("red-up", [RED, GREEN])])
def test_up_and_down_follow_the_convention(colors: str, expected: list[str]) -> None:
    draw: Callable[..., Figure] = plot_candles
    figure = draw(candle_frame(days(3), [10.0, 12.0, 11.0]), colors=colors)
    faces = [to_hex(face) for face in np.asarray(bodies(figure)[0].get_facecolor())]
    assert faces[1:] == expected


def four_days(**facts: object) -> pd.DataFrame:
    """24 to 27 August; the last still forms."""
    forming = {"700.HK": "2026-08-27T00:00:00+08:00"}
    return candle_frame(days(4), [10.0, 12.0, 11.0, 13.0], forming=True, **{"forming_bars": forming} | facts)


def test_a_forming_bar_is_hollow() -> None:
    figure = plot_candles(four_days())
    final, forming = bodies(figure)
    assert len(final.get_paths()) == 3
    assert [to_hex(face) for face in np.asarray(forming.get_facecolor())] == ["#ffffff"]
    assert "the last bar still forms" in texts(figure)[1]


def test_a_slice_that_ends_before_the_forming_bar_has_no_hollow_bar() -> None:
    figure = plot_candles(four_days().head(3))
    (final,) = bodies(figure)
    assert len(final.get_paths()) == 3
    assert "still forms" not in texts(figure)[1]


@pytest.mark.parametrize(("kept", "bars_apart"), [(4, 2), (3, 1)])
def test_one_of_several_symbols_is_hollow_where_it_still_forms(kept: int, bars_apart: int) -> None:
    starts = {"700.HK": "2026-08-27T00:00:00+08:00", "5.HK": "2026-08-27T00:00:00+08:00"}
    one = four_days().tz_localize(None)
    several = pd.concat({"700.HK": one, "5.HK": one}, names=["symbol", "timestamp"])
    several.attrs["lpresearch"] = {"symbol": ["700.HK", "5.HK"], "period": "1d", "forming_bars": starts}
    assert len(bodies(plot_candles(several.loc[["5.HK"]].head(kept)))) == bars_apart
    assert len(bodies(plot_candles(several.iloc[4:].droplevel(0).head(kept)))) == bars_apart


@pytest.mark.parametrize(("mark", "written"), [("seed-7", True), ("", False)])
def test_simulated_bars_say_so(mark: str, written: bool) -> None:
    assert ("SIMULATED" in texts(plot_candles(candle_frame(days(3), [1.0, 2.0, 3.0], simulated=mark)))) is written


def test_an_empty_frame_says_that_there_are_no_bars() -> None:
    figure = plot_candles(candle_frame(days(0), []))
    assert "no bars in this range" in texts(figure)
    figure.canvas.draw_idle()


def test_bars_without_prices_are_left_out() -> None:
    figure = plot_candles(candle_frame(days(4), [10.0, float("nan"), 11.0, 12.0]))
    assert len(bodies(figure)[0].get_paths()) == 2  # the NaN close, and the open made from it


def test_one_symbol_of_several_is_drawn_in_its_own_zone() -> None:
    one = candle_frame(trading_minutes("2026-11-20"), [500.0] * 330, period="1m")
    several = pd.concat({"700.HK": one.tz_convert("UTC")}, names=["symbol", "timestamp"])
    several.attrs["lpresearch"] = {"symbol": ["700.HK"], "period": "1m"}
    figure = plot_candles(several)
    assert texts(figure)[0] == "700.HK  1m"
    assert figure.axes[1].get_xticklabels()[0].get_text() == "09:30\n20 Nov"


def test_several_symbols_at_once_are_refused() -> None:
    one = candle_frame(days(2), [1.0, 2.0])
    with pytest.raises(InputError, match=r"must have one symbol.*candles\.loc\[\['1\.HK'\]\]"):
        plot_candles(pd.concat({"1.HK": one, "2.HK": one}, names=["symbol", "timestamp"]))


def test_a_frame_that_is_no_candles_is_refused() -> None:
    with pytest.raises(InputError, match="must be a frame of candles"):
        plot_candles(pd.DataFrame({"last_done": [1.0]}))


@pytest.mark.parametrize("given", [None, ["700.HK"], candle_frame(days(2), [1.0, 2.0])["close"]])
def test_what_is_no_frame_is_refused(given: object) -> None:
    draw: Callable[..., Figure] = plot_candles
    with pytest.raises(InputError, match=r"must be a frame of candles\(\), or one symbol"):
        draw(given)


def test_a_frame_without_timestamps_in_its_index_is_refused() -> None:
    with pytest.raises(InputError, match=r"index must be timestamps.*set_index"):
        plot_candles(candle_frame(days(2), [1.0, 2.0]).reset_index(drop=True))


def test_prices_that_are_words_are_refused() -> None:
    with pytest.raises(InputError, match=r"\['close'\]: these columns must be numbers"):
        plot_candles(candle_frame(days(2), [1.0, 2.0]).astype({"close": object}))


@pytest.mark.parametrize(
    "size", [{"width": 0.0}, {"height": -1.0}, {"width": float("nan")}, {"height": float("inf")}, {"height": 2.4}]
)
def test_a_size_that_cannot_be_drawn_is_refused(size: dict[str, float]) -> None:
    draw: Callable[..., Figure] = plot_candles
    with pytest.raises(InputError, match=f"{next(iter(size))}=.*inches"):
        draw(candle_frame(days(2), [1.0, 2.0]), **size)


def test_the_least_size_is_drawn() -> None:
    plot_candles(candle_frame(days(30), [1.0] * 30), width=3.0, height=2.5).canvas.draw_idle()


def test_labels_of_neighbouring_bars_do_not_touch() -> None:
    ticks = date_ticks(days(20, "2026-08-28"), most=11, intraday=False)
    assert ticks.labels == ["28 Aug\n2026", "7 Sep", "14 Sep", "21 Sep"]


def test_five_thousand_bars_are_drawn_by_few_artists() -> None:
    figure = plot_candles(candle_frame(days(5000, "2005-01-03"), list(np.linspace(10, 900, 5000))))
    assert len(figure.axes[0].collections) + len(figure.axes[1].collections) <= 4


def test_no_figure_is_left_in_pyplot() -> None:
    import matplotlib.pyplot as plt

    plot_candles(candle_frame(days(3), [1.0, 2.0, 3.0]))
    assert plt.get_fignums() == []


def test_daily_ticks_stand_at_mondays_and_the_first_names_the_year() -> None:
    ticks = date_ticks(days(60), most=11, intraday=False)
    assert ticks.labels == ["24 Aug\n2026", "7 Sep", "21 Sep", "5 Oct", "19 Oct", "2 Nov"]


def test_months_and_years_take_over_as_the_range_grows() -> None:
    year = date_ticks(days(250, "2026-01-01"), most=12, intraday=False)
    assert year.labels[:3] == ["Feb\n2026", "Mar", "Apr"]
    decades = date_ticks(days(5200, "2006-01-02"), most=11, intraday=False)
    assert decades.labels[:2] == ["2008", "2010"]


def test_minute_ticks_show_the_date_at_the_first_tick_of_each_day() -> None:
    index = two_days()
    labels = date_ticks(index, most=11, intraday=True).labels
    assert [label for label in labels if "\n" in label] == ["09:30\n19 Nov", "09:30\n20 Nov"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (12_345, "12.3k"), (999_999, "1M"), (4_500_000, "4.5M"), (1.2e9, "1.2B"), (3e12, "3T")],
)
def test_volumes_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


@pytest.mark.parametrize(("step", "decimals"), [(5.0, 0), (0.5, 1), (0.25, 2), (0.0005, 4), (0.0, 2)])
def test_decimals_tell_neighbours_apart(step: float, decimals: int) -> None:
    assert decimals_of(step) == decimals
