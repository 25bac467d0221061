"""MONITOR: one figure of an endpoint over time, as large as the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.message import Message

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.base import Page
from ontos_tui.tui.stages.monitor.figures import Figure, drawing_of, explanation_of
from ontos_tui.tui.stages.monitor.lines import Traffic
from ontos_tui.tui.widgets.chart import Chart
from ontos_tui.tui.widgets.lines import Line, OneLine, line, span


class MonitorChart(Page):
    """A chart of the endpoint that is looked at; it follows the log."""

    HELP_TITLE: ClassVar[str] = "In the chart"
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.chart.back", "escape", "Back", "To the endpoints and requests"),
        Command("monitor.chart.next_figure", "right,m", "Next metric", "Requests, errors, latency, ratings"),
        Command(
            "monitor.chart.previous_figure",
            "left",
            "Previous metric",
            "Requests, errors, latency, ratings",
            shown=False,
        ),
    )
    DEFAULT_CSS = "MonitorChart OneLine { padding: 0 1; }"

    class Left(Message):
        """The user is done with the chart."""

    def __init__(self) -> None:
        super().__init__()
        self.figure = Figure.REQUESTS
        self._traffic: Traffic | None = None

    def compose(self) -> ComposeResult:
        yield OneLine(id="chart-head")
        yield OneLine(id="chart-tabs")
        yield Chart(id="chart")

    def focus_first(self) -> None:
        self.query_one(Chart).focus()

    def reload(self) -> None:
        """The stage reads for all of its parts and calls `show`."""

    def show(self, traffic: Traffic, *, at_once: bool) -> None:
        """Draw this traffic; `at_once` when the user asked for it, else when a second has passed."""
        self._traffic = traffic
        self.query_one("#chart-head", OneLine).show(lambda width: _head(traffic))
        self.query_one("#chart-tabs", OneLine).show(lambda width: self._tabs(traffic))
        chart = self.query_one(Chart)
        (chart.show_now if at_once else chart.show)(drawing_of(traffic, self.figure))

    def _tabs(self, traffic: Traffic) -> Line:
        parts = [
            span(f"[{one}] " if one is self.figure else f" {one}  ", "key" if one is self.figure else "muted")
            for one in Figure
        ]
        return line(*parts, span(explanation_of(traffic, self.figure), "text"))

    def action_back(self) -> None:
        self.post_message(self.Left())

    def action_next_figure(self) -> None:
        self._step(1)

    def action_previous_figure(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        figures = list(Figure)
        self.figure = figures[(figures.index(self.figure) + by) % len(figures)]
        if self._traffic is not None:
            self.show(self._traffic, at_once=True)


def _head(traffic: Traffic) -> Line:
    over = traffic.over
    range_text = f"  {over.label}, by {over.bucket}{' (UTC)' if over.bucket == 'day' else ''}"
    return line(span(traffic.summary.endpoint, "title"), span(range_text, "muted"))
