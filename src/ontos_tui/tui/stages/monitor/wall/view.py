"""The wall: every endpoint in a list, and below it the charts and facts of the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.stages.monitor.figures import Figure, drawing_of, heading_of
from ontos_tui.tui.stages.monitor.lines import Traffic
from ontos_tui.tui.stages.monitor.wall.lines import (
    endpoint_cells,
    endpoint_columns,
    head_line,
    model_lines,
    state_lines,
    why_lines,
)
from ontos_tui.tui.terminal.line_speed import is_slow
from ontos_tui.tui.widgets.chart import Chart
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.tui.stages.monitor.snapshot import Board

PANES = 3
TWO_FROM, THREE_FROM = 80, 140
"""Cells of the screen from which there is room for so many panes side by side."""
REDRAW_SECONDS, SLOW_REDRAW_SECONDS = 10.0, 60.0
"""Seconds between two drawings of a chart that the traffic changes, and over a slow line."""
FIGURES = (Figure.REQUESTS, Figure.LATENCY, Figure.RATING)
MOST_ENDPOINTS = 8
"""Rows of the list of endpoints at most; it scrolls beyond."""


def redraw_seconds() -> float:
    """How long a chart stays as it is while requests come in."""
    return SLOW_REDRAW_SECONDS if is_slow() else REDRAW_SECONDS


class Wall(Vertical):
    """What matters, on one screen. `show` paints it from what was read."""

    DEFAULT_CSS = """
    Wall { height: 1fr; }
    Wall #wall-endpoints { height: 3; }
    Wall #wall-head { height: 1; }
    Wall #wall-charts { height: 1fr; }
    Wall Chart { width: 1fr; padding: 0 1 0 0; }
    Wall #wall-facts { height: 5; }
    Wall #wall-facts Panel { width: 1fr; padding: 0 1; height: 100%; }
    """

    def __init__(self) -> None:
        super().__init__(id="wall")
        self._traffic: Traffic | None = None
        self._shift = self._width = 0

    def compose(self) -> ComposeResult:
        yield Table["Card"]((), self._cells, empty="Loading…", id="wall-endpoints")
        yield OneLine(id="wall-head")
        with Horizontal(id="wall-charts"):
            for number in range(PANES):
                yield Chart(id=f"wall-chart-{number}", at_most_every=redraw_seconds)
        with Horizontal(id="wall-facts"):
            for number in range(PANES):
                yield Panel(id=f"wall-fact-{number}")

    def _columns(self) -> list[ColumnSpec]:
        self._width = self.app.size.width
        return endpoint_columns(self._width)

    def _cells(self, card: Card) -> Sequence[object]:
        return endpoint_cells(card, self._width)

    def on_mount(self) -> None:
        for chart in self.query(Chart):
            chart.can_focus = False
        self._fit()

    @property
    def endpoints(self) -> Table[Card]:
        """The list of endpoints, which the keys go to."""
        table: Table[Card] = self.query_one("#wall-endpoints", Table)
        return table

    @property
    def panes(self) -> int:
        """How many panes stand side by side."""
        width = self.app.size.width
        return 1 if width < TWO_FROM else 2 if width < THREE_FROM else PANES

    @property
    def figures(self) -> list[Figure]:
        """What the charts show, from the left. Requests stay while there are several; the others take turns."""
        if self.panes == PANES:
            return list(FIGURES)
        if self.panes == 1:
            return [FIGURES[self._shift % len(FIGURES)]]
        return [FIGURES[0], FIGURES[1 + self._shift % 2]]

    @property
    def takes_turns(self) -> bool:
        """Whether one chart has room for one of several figures."""
        return self.panes < PANES

    def other_figure(self) -> None:
        """The next figure in the chart that has room for one of several."""
        self._shift += 1
        self._paint(at_once=True)

    def show(self, board: Board, *, at_once: bool) -> None:
        """Show what was read; the charts `at_once`, after a key, or when their time has come."""
        self._traffic = board.traffic
        table, traffic = self.endpoints, board.traffic
        table.set_empty_text("No endpoint yet.\nPress 5 and then d to deploy a model; its requests are counted here.")
        at = 0
        if traffic is not None:
            names = [card.summary.endpoint for card in board.cards]
            at = names.index(traffic.summary.endpoint)
        table.show(board.cards, at, self._columns())
        self._fit()
        self._paint(at_once=at_once)

    def show_error(self, error: OntosError) -> None:
        """Why nothing could be read."""
        self.endpoints.set_empty_text(f"✗ {error.what} {error.todo}")
        self.query_one("#wall-head", OneLine).show(lambda width: line(span(f" ✗ {error.what} {error.todo}", "bad")))

    def on_resize(self) -> None:
        """Another number of panes, and other columns."""
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self.endpoints.show(self.endpoints.rows, columns=self._columns())
        self._fit()
        self._paint(at_once=True)

    def _fit(self) -> None:
        """Heights by what there is to say: the charts have the rest."""
        height, rows = self.size.height or self.app.size.height, len(self.endpoints.rows)
        self.endpoints.styles.height = max(3 if not rows else 2, min(rows + 1, MOST_ENDPOINTS, height // 4 + 1))
        self.query_one("#wall-facts").styles.height = 4 if height < 18 else 5 if height < 30 else 9
        has_traffic = self._traffic is not None
        for id in ("#wall-head", "#wall-charts", "#wall-facts"):
            self.query_one(id).display = has_traffic
        for number in range(PANES):
            self.query_one(f"#wall-chart-{number}").display = number < self.panes
            self.query_one(f"#wall-fact-{number}").display = number < self.panes

    def _paint(self, *, at_once: bool) -> None:
        traffic = self._traffic
        if traffic is None:
            return
        self.query_one("#wall-head", OneLine).show(lambda width: head_line(traffic, width))
        for number, figure in enumerate(self.figures):
            chart = self.query_one(f"#wall-chart-{number}", Chart)
            (chart.show_now if at_once else chart.show)(
                drawing_of(traffic, figure), partial(heading_of, traffic, figure)
            )
        for number, facts in enumerate(self._facts(traffic)):
            self.query_one(f"#wall-fact-{number}", Panel).show(facts, keep_place=True)

    def _facts(self, traffic: Traffic) -> list[Callable[[int], Iterable[Line]]]:
        why, state, model = (partial(lines, traffic) for lines in (why_lines, state_lines, model_lines))
        if self.panes == PANES:
            return [why, state, model]
        if self.panes == 1:
            first, second = (why, state) if traffic.errors else (state, why)
            return [lambda width: [*first(width), *second(width)]]
        return [why, lambda width: [*state(width), EMPTY, *model(width)]]
