"""MONITOR: what endpoints were asked and how they answered, from the log and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.forms.feedback import ask_feedback, feedback_message
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.monitor.board import RequestBoard
from ontos_tui.tui.stages.monitor.lines import Traffic
from ontos_tui.tui.stages.monitor.reading import BoardReader
from ontos_tui.tui.stages.monitor.request import RequestDialog
from ontos_tui.tui.stages.monitor.snapshot import Board, compare_where_due
from ontos_tui.tui.stages.monitor.time_range import ask_span, next_span
from ontos_tui.tui.stages.monitor.wall.view import Wall
from ontos_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.services.monitor.service import RequestView
    from ontos_tui.tui.stages.monitor.chart import MonitorChart

MINUTE = 60.0
"""Seconds after which time itself has changed what is shown."""


class MonitorView(StageView):
    """The wall first; in its place the requests of an endpoint, or one chart as large as the screen."""

    STAGE = Stage.MONITOR
    ABOUT = (
        "Every request to an endpoint is in the log; all figures here are counted from it. "
        "An error is a request without an answer; latencies are those of answered requests. "
        "Without requests there is no data and no number. "
        "Health is 100 points less the percentage of errors in the last hour, 10 for every open alert, "
        "and 30, 20 or 10 for critical, high or medium drift; from 90 on it is healthy, from 70 degraded, from 50 a "
        "warning, below critical. With fewer than 20 requests in the hour there is no data. "
        "Marked with ≈, a latency is read from bins that are 26 % wide."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.requests", "r", "Requests", "The requests of this endpoint, newest first (enter does it too)"),
        Command("monitor.failed", "e", "Errors", "Only the requests that failed; in the list once more: all of them"),
        Command("monitor.wall", "escape", "Back", "To the wall"),
        Command("monitor.next_endpoint", "n", "Next", "The next endpoint"),
        Command("monitor.previous_endpoint", "N", "Previous", "The endpoint before", shown=False),
        Command("monitor.figure", "m", "Metric", "Another figure in the chart"),
        Command("monitor.inspect", "i", "Inspect", "Everything about this request (enter does it too)"),
        Command("monitor.feedback", "f", "Feedback", "Rate this answer and enter the right one"),
        Command("monitor.span", "t", "Time range", "The last hour, 24 hours, 7 days or 30 days"),
        Command("monitor.chart", "c", "Chart", "Requests, errors, latency or ratings as a large chart"),
        Command("monitor.versions", "v", "Versions", "Two versions of the model side by side"),
        Command("monitor.bucket", "b", "Steps", "Count by minute, hour or day"),
        Command("monitor.dates", "d", "From–to", "Enter a time range"),
        Command("monitor.drift", "D", "Drift", "Whether its inputs and answers have changed since training"),
        Command("monitor.alerts", "A", "Alerts", "The alerts of this endpoint, and its alert rules"),
        Command("monitor.team", "w", "Workspace", "Requests on Databricks, counted in the warehouse"),
    )
    DEFAULT_CSS = """
    MonitorView #board { display: none; }
    MonitorView MonitorChart { display: none; }
    MonitorView.listing #board { display: block; }
    MonitorView.listing #wall { display: none; }
    MonitorView.charting MonitorChart { display: block; }
    MonitorView.charting #board { display: none; }
    MonitorView.charting #wall { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._read: Board | None = None
        self._reader = BoardReader(self, self._show, self._fail)

    def compose(self) -> ComposeResult:
        yield Wall()
        yield RequestBoard()

    def on_mount(self) -> None:
        self.set_interval(MINUTE, self._minute_passed)

    @property
    def _wall(self) -> Wall:
        return self.query_one(Wall)

    @property
    def _board(self) -> RequestBoard:
        return self.query_one(RequestBoard)

    @property
    def _traffic(self) -> Traffic | None:
        return self._read.traffic if self._read is not None else None

    @property
    def chart(self) -> MonitorChart | None:
        """The chart, while it is open."""
        if not self.has_class("charting"):
            return None
        from ontos_tui.tui.stages.monitor.chart import MonitorChart

        return self.query_one(MonitorChart)

    @property
    def is_listing(self) -> bool:
        """Whether the requests are shown in place of the wall."""
        return self.has_class("listing") and not self.has_class("charting")

    def focus_first(self) -> None:
        chart = self.chart
        if chart is not None:
            chart.focus_first()
        elif self.is_listing:
            (self._board.requests if self._request else self._board.endpoints).focus()
        else:
            self._wall.endpoints.focus()

    # What is shown

    def reload(self) -> None:
        if self._read is None:
            self._reader.read()
        else:
            self._reader.read_soon()

    def _minute_passed(self) -> None:
        if self.display and self.ontos.stage_view is self and self.app.screen is self.screen:
            self.run_in_background(compare_where_due, lambda _: self._reader.read(), group="drift", failed=self._fail)

    def _show(self, board: Board) -> None:
        if board.traffic is None or not self._outdated(board.traffic, board):
            before, self._read = self._traffic, board
            traffic = board.traffic
            if traffic is not None:
                self.session.endpoint = traffic.summary.endpoint
            self._paint(at_once=traffic is None or before is None or _is_other(before, traffic))
            self.commands_changed()

    def _paint(self, *, at_once: bool) -> None:
        """Show what was read where it can be seen."""
        board, chart = self._read, self.chart
        if board is None:
            return
        if chart is not None and board.traffic is not None:
            chart.show(board.traffic, at_once=at_once)
        elif self.is_listing:
            self._board.show(board, failed=self._reader.failed)
        else:
            self._wall.show(board, at_once=at_once)

    def _outdated(self, traffic: Traffic, board: Board) -> bool:
        """Whether the user has looked elsewhere since this was asked for; what he looks at now is on its way."""
        name = self.session.endpoint
        elsewhere = name != traffic.summary.endpoint and any(one.summary.endpoint == name for one in board.cards)
        return self._reader.is_to_read_again and (elsewhere or traffic.over != self._reader.over)

    def _fail(self, error: OntosError) -> None:
        (self._board if self.is_listing else self._wall).show_error(error)

    @property
    def _request(self) -> RequestView | None:
        return self._board.requests.current if self.is_listing else None

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table.id in ("endpoints", "wall-endpoints"):
            self._look_at(event.table.rows[event.index].summary.endpoint)
        elif event.index == len(event.table.rows) - 1 and len(event.table.rows) < self._board.listed:
            self._reader.read_more()
        self.commands_changed()

    def _look_at(self, endpoint: str) -> None:
        self.session.endpoint = endpoint
        self._reader.read_anew()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if event.table.id == "requests":
            self.action_inspect()
        elif event.table.id == "endpoints":
            self._board.requests.focus()
        else:
            self.action_requests()

    # Commands

    def possible(self, command: str) -> bool:
        if not self.is_mounted or self._read is None or self._traffic is None:
            return False
        if self.has_class("charting"):
            return command in ("span", "bucket", "dates")
        if command in ("inspect", "feedback", "wall"):
            request = self._request
            answered = request is not None and request.record.output is not None
            return self.is_listing if command == "wall" else answered if command == "feedback" else request is not None
        if command in ("requests", "figure"):
            return not self.is_listing and (command == "requests" or self._wall.takes_turns)
        if command == "failed":
            return self._reader.failed or self._traffic.summary.errors > 0
        if command in ("next_endpoint", "previous_endpoint"):
            return len(self._read.cards) > 1
        if command == "bucket":
            return len(self._reader.over.widths) > 1
        return command != "team" or self._read.has_team

    def action_requests(self) -> None:
        self._list(failed=False)

    def action_failed(self) -> None:
        self._list(failed=not (self.is_listing and self._reader.failed))

    def _list(self, *, failed: bool) -> None:
        """The requests in place of the wall."""
        self._reader.failed = failed
        self.add_class("listing")
        self._board.requests.focus()
        self._reader.read_anew()

    def action_wall(self) -> None:
        self._reader.failed = False
        self.remove_class("listing")
        self._paint(at_once=True)
        self.focus_first()
        self.commands_changed()

    def action_next_endpoint(self) -> None:
        self._turn(1)

    def action_previous_endpoint(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self._read is not None:
            names = [card.summary.endpoint for card in self._read.cards]
            at = names.index(self.session.endpoint) if self.session.endpoint in names else 0
            self._look_at(names[(at + by) % len(names)])

    def action_figure(self) -> None:
        self._wall.other_figure()

    def action_span(self) -> None:
        self._reader.look_over(next_span(self._reader.over))

    def action_bucket(self) -> None:
        self._reader.look_over(self._reader.over.in_other_buckets())

    def action_dates(self) -> None:
        ask_span(self, self._reader.over, self._reader.look_over)

    async def action_chart(self) -> None:
        """Open the chart in place of the lists; it is made, and plotext imported, on its first visit."""
        from ontos_tui.tui.stages.monitor.chart import MonitorChart

        if not self.query(MonitorChart):
            await self.mount(MonitorChart())
        self.add_class("charting")
        chart = self.query_one(MonitorChart)
        self._paint(at_once=True)
        chart.focus_first()
        self.commands_changed()

    def on_monitor_chart_left(self) -> None:
        """Back to where the chart was opened."""
        self.remove_class("charting")
        self._paint(at_once=True)
        self.focus_first()
        self.commands_changed()

    def action_versions(self) -> None:
        from ontos_tui.tui.stages.monitor.version_comparison import compare_versions_of

        if self._traffic is not None:
            compare_versions_of(self, self._traffic.summary.endpoint, self._reader.over)

    def action_team(self) -> None:
        from ontos_tui.tui.stages.monitor.team_traffic import TeamTrafficDialog

        if self._traffic is not None:
            self.app.push_screen(TeamTrafficDialog(self._traffic.summary.endpoint, self._reader.over))

    def action_drift(self) -> None:
        from ontos_tui.tui.stages.monitor.drift import DriftDialog

        if self._traffic is not None:
            self.app.push_screen(DriftDialog(self._traffic.summary.endpoint), lambda _: self._reader.read())

    def action_alerts(self) -> None:
        from ontos_tui.tui.stages.monitor.alerts import AlertsDialog

        if self._traffic is not None:
            self.app.push_screen(AlertsDialog(self._traffic.summary.endpoint), lambda _: self._reader.read())

    def action_inspect(self) -> None:
        if self._request is not None:
            self.app.push_screen(RequestDialog(self._request), lambda _: self._reader.read())

    def action_feedback(self) -> None:
        if self._request is not None:
            ask_feedback(self, self._request.record, self._noted)

    def _noted(self, item: FeedbackItem) -> None:
        self.ontos.show_message(feedback_message(item))
        self._reader.read()
        self.ontos.refresh_overview()


def _is_other(before: Traffic, traffic: Traffic) -> bool:
    """Whether another endpoint or another time is shown."""
    return before.summary.endpoint != traffic.summary.endpoint or before.over != traffic.over
