"""The chart: whatever the values, it it stays within its limits, hides no peak, and is drawn no more than need be."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from ontos_tui.tui.widgets.chart import Chart
from ontos_tui.tui.widgets.plotting import Curve, Drawing, decimated, plotted, runs, ticks

values = st.one_of(st.none(), st.floats(), st.integers(-5, 1_000_000).map(float))


@given(st.lists(values, max_size=300), st.integers(0, 100))
def test_few_points_are_left_and_no_peak_is_hidden(given_values: list[float | None], most: int) -> None:
    points = [(float(x), y) for x, y in enumerate(given_values)]
    left = decimated(points, most)
    assert len(left) <= max(2, most)
    assert [x for x, _ in left] == sorted(x for x, _ in left)
    assert {x for x, _ in left} <= {x for x, _ in points}
    there = [y for _, y in points if y is not None and math.isfinite(y)]
    drawn = [y for run in runs(left) for _, y in run]
    assert all(math.isfinite(y) for y in drawn)
    if there:
        assert (min(drawn), max(drawn)) == (min(there), max(there))
    else:
        assert not drawn


def test_a_line_does_not_join_over_a_gap() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, math.nan), (4.0, 3.0)]
    assert list(runs(points)) == [[(0.0, 1.0), (1.0, 2.0)], [(4.0, 3.0)]]


@given(st.integers(0, 10**6), st.floats(1e-3, 1e9), st.booleans())
def test_marks_are_few_and_within_the_limits(bottom: int, above: float, whole: bool) -> None:
    marks = ticks(bottom, bottom + above, whole=whole)
    assert 1 <= len(marks) <= 5
    assert marks[0] == bottom
    assert all(mark <= bottom + above * (1 + 1e-6) for mark in marks)
    if whole:
        assert all((mark - bottom) % 1 == pytest.approx(0, abs=1e-6) for mark in marks)


class Alone(App[None]):
    """The chart with nothing around it."""

    def compose(self) -> ComposeResult:
        yield Chart()


def a_drawing(*curves: list[float | None], top: float = 10.0) -> Drawing:
    return Drawing(
        tuple(Curve("braille", tuple(map(float, range(len(one)))), tuple(one)) for one in curves),
        since=0.0,
        until=100.0,
        bottom=0.0,
        top=top,
        format_time=lambda moment: f"t{moment:.0f}",
        empty="No data, nothing to draw.",
    )


def shown(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (20, 6), (5, 4)])
@pytest.mark.parametrize(
    "curve",
    [
        [0.0] * 50,
        [5.0],
        [None, math.nan, math.inf, -math.inf, 3.0, 1e300],
        [float(number % 11) for number in range(5_000)],
    ],
)
async def test_any_values_at_any_size_are_drawn(size: tuple[int, int], curve: list[float | None]) -> None:
    app = Alone()
    async with app.run_test(size=size) as pilot:
        chart = app.query_one(Chart)
        chart.show_now(a_drawing(curve, curve[::-1]))
        await pilot.pause()
        text = shown(app)
        assert "nothing to draw" not in text
        if size[0] >= 80:
            assert "t0" in text and "t100" in text and "10┤" in text


async def test_without_a_value_it_says_so_and_comes_back_when_there_is_one() -> None:
    app = Alone()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.query_one(Chart)
        for curves in ([], [[None, math.nan]], [[]]):
            chart.show_now(a_drawing(*curves))
            await pilot.pause()
            assert "nothing to draw" in shown(app)
            assert "┤" not in shown(app)
        chart.show_now(a_drawing([1.0, 2.0]))
        await pilot.pause()
        assert "nothing to draw" not in shown(app)
        assert "┤" in shown(app)


async def test_it_is_drawn_once_for_the_same_and_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = Chart._draw_lines

    def counting(self: Chart, *arguments: Any) -> Any:
        drawn.append(1)
        return draw(self, *arguments)

    monkeypatch.setattr(Chart, "_draw_lines", counting)
    monkeypatch.setattr("ontos_tui.tui.widgets.chart.AT_MOST_EVERY", 3_600.0)
    app = Alone()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.query_one(Chart)
        chart.show_now(a_drawing([1.0]))
        same = a_drawing([2.0])
        chart.show_now(same)
        chart.show_now(same)
        assert len(drawn) == 2
        for number in range(5):
            chart.show(a_drawing([float(number)]))
        await pilot.pause()
        assert len(drawn) == 2, "it waits until the second is over"
        chart._draw()  # what the timer does
        assert len(drawn) == 3
        assert chart._drawing is not None
        assert chart._drawing.curves[0].values == (4.0,), "the newest is drawn"


def text_of(drawing: Drawing, width: int = 60, height: int = 14) -> list[str]:
    return ["".join(part.text for part in row) for row in plotted(drawing, width, height)]


def test_bars_stand_for_counts_and_an_empty_bucket_is_a_gap() -> None:
    at = tuple(float(number) + 0.5 for number in range(6))
    bars = Curve("hd", at, (4.0, 0.0, 2.0, None, 0.0, 4.0), bar=0.8)
    rows = text_of(Drawing((bars,), 0.0, 6.0, 0.0, 4.0, lambda moment: f"t{moment:.0f}", "", whole=True))
    lowest = next(row for row in rows if row.lstrip().startswith("0┤"))
    cells = (slice(4, 8), slice(13, 18), slice(22, 26), slice(33, 50), slice(54, 58))
    assert [bool(lowest[one].strip()) for one in cells] == [True, False, True, False, True]
    assert sum("█" in row for row in rows) >= 8, "a bar is filled"


def test_every_style_of_a_drawing_is_one_of_the_theme() -> None:
    both = (Curve("hd", (1.0, 2.0), (3.0, 4.0), bar=0.8), Curve("▒", (1.0, 2.0), (1.0, 0.0), "bad", bar=0.8))
    styles = {
        part.style
        for row in plotted(Drawing(both, 0.0, 3.0, 0.0, 4.0, str, ""), 40, 10)
        for part in row
        if part.text.strip()
    }
    assert styles == {"muted", "accent", "bad"}


def test_plotext_is_imported_with_the_first_chart_only() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, ontos_tui.tui.stages.monitor.view, ontos_tui.tui.stages.monitor.chart\n"
            "print([name for name in sys.modules if 'plotext' in name])",
        ],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[]", done.stderr
