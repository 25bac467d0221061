"""MONITOR: what endpoints were asked and how they answered, from the log and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.forms.feedback import ask_feedback, feedback_message, rating_span
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.stages.monitor.lines import Traffic, card_lines, health_span, milliseconds, series_lines
from ontos_tui.tui.stages.monitor.request import RequestDialog
from ontos_tui.tui.stages.monitor.snapshot import Board, read_board
from ontos_tui.tui.stages.monitor.time_range import SPANS, SpanOfTime, ask_span, next_span
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.services.monitor.service import RequestView
    from ontos_tui.tui.stages.monitor.chart import MonitorChart

LISTED = 200
"""Requests that are read at once; more come when the cursor reaches the last one."""
WIDE, WIDE_REQUESTS = 100, 60
"""Cells of the screen, and of the list of requests, from which there is room for more columns."""


class MonitorView(StageView):
    """Endpoints and the figures of one on the left; on the right what happened when, and the requests themselves."""

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
    MonitorView #endpoints { height: 3; }
    MonitorView #card { height: 1fr; padding: 0 1; }
    MonitorView #series { height: 7; }
    MonitorView #requests { height: 1fr; }
    MonitorView MonitorChart { display: none; }
    MonitorView.charting MonitorChart { display: block; }
    MonitorView.charting #board { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._over = SPANS[1]
        self._limit = LISTED
        self._traffic: Traffic | None = None
        self._loading = self._again = False
        self._wide = self._wide_requests = False
        self._has_team = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="board", classes="row"):
            with Vertical(classes="side"):
                yield Table["Card"]((), self._endpoint_cells, empty="Loading…", id="endpoints")
                yield Panel(id="card")
            with Vertical(classes="main"):
                yield Panel(id="series")
                yield OneLine(id="listed")
                yield Table["RequestView"]((), self._request_cells, id="requests")

    def on_mount(self) -> None:
        self.query_one("#series").can_focus = False

    @property
    def chart(self) -> MonitorChart | None:
        """The chart, while it is open."""
        if not self.has_class("charting"):
            return None
        from ontos_tui.tui.stages.monitor.chart import MonitorChart

        return self.query_one(MonitorChart)

    def focus_first(self) -> None:
        chart = self.chart
        if chart is not None:
            chart.focus_first()
        else:
            self.query_one("#endpoints").focus()

    # What is shown

    def reload(self) -> None:
        # The log may grow faster than it is counted: one count at a time, and one more when it has grown meanwhile.
        if self._loading:
            self._again = True
            return
        self._loading, self._again = True, False
        name, over, limit = self.session.endpoint, self._over, self._limit
        self.run_in_background(
            lambda workspace: read_board(workspace, name, over, limit), self._show, failed=self._show_error
        )

    def _loaded(self) -> None:
        self._loading = False
        if self._again:
            self.reload()

    def _show(self, board: Board) -> None:
        table: Table[Card] = self.query_one("#endpoints", Table)
        table.set_empty_text("No endpoint yet.\nPress 5 and then d to deploy a model; its requests are counted here.")
        # As high as it has lines, but the figures below keep their room.
        table.styles.height = max(5 if not board.cards else 3, min(len(board.cards) + 2, self.size.height // 3))
        self._has_team = board.has_team
        traffic = board.traffic
        if traffic is None:
            table.show((), columns=self._endpoint_columns())
            self.query_one("#card", Panel).show(lambda width: [line(span("no data yet", "muted"))])
        elif not self._outdated(traffic, board):
            names = [card.summary.endpoint for card in board.cards]
            table.show(board.cards, names.index(traffic.summary.endpoint), self._endpoint_columns())
            self._show_traffic(traffic)
        self._loaded()

    def _outdated(self, traffic: Traffic, board: Board) -> bool:
        """Whether the user has looked elsewhere since this was asked for; what he looks at now is on its way."""
        name = self.session.endpoint
        elsewhere = name != traffic.summary.endpoint and any(one.summary.endpoint == name for one in board.cards)
        return self._again and (elsewhere or traffic.over != self._over)

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#card", Panel).show(lambda width: error_lines(error, width))
        self._loaded()

    def _show_traffic(self, traffic: Traffic) -> None:
        before = self._traffic
        same = before is not None and before.summary.endpoint == traffic.summary.endpoint
        is_new = before is None or not same or before.over != traffic.over
        self._traffic = traffic
        self.session.endpoint = traffic.summary.endpoint
        self.query_one("#card", Panel).show(lambda width: card_lines(traffic, width), keep_place=same)
        self.query_one("#series", Panel).show(lambda width: series_lines(traffic.series, width))
        self._show_requests(traffic, same)
        if (chart := self.chart) is not None:
            chart.show(traffic, at_once=is_new)
        self.commands_changed()

    def _show_requests(self, traffic: Traffic, same: bool) -> None:
        table: Table[RequestView] = self.query_one("#requests", Table)
        requests, total = traffic.requests, traffic.summary.requests
        count = f"{total:,} request{'' if total == 1 else 's'}"
        text = f"the newest {len(requests):,} of {count}" if len(requests) < total else f"{count}, the newest first"
        self.query_one("#listed", OneLine).show(lambda width: line(span(text if total else "", "muted")))
        # The cursor stays on its request while newer ones come in above it.
        here = table.current.record.request_id if same and table.current is not None and table.cursor else ""
        cursor = next((i for i, view in enumerate(requests) if view.record.request_id == here), 0)
        table.show(requests, cursor, self._request_columns())

    def on_resize(self) -> None:
        """More columns where there is room for them."""
        self.call_after_refresh(self._fit_columns)

    def _fit_columns(self) -> None:
        if self._traffic is not None:
            for id, columns in (("#endpoints", self._endpoint_columns()), ("#requests", self._request_columns())):
                table = self.query_one(id, Table)
                table.show(table.rows, columns=columns)

    # The lists

    def _endpoint_columns(self) -> list[ColumnSpec]:
        self._wide = self.size.width >= WIDE
        columns = [ColumnSpec("", 1), ColumnSpec("endpoint", 0), ColumnSpec("requests", 8, right=True)]
        if self._wide:
            columns += [ColumnSpec("errors", 6, right=True), ColumnSpec("p95", 8, right=True)]
        return [*columns, ColumnSpec("rating", 6, right=True)]

    def _endpoint_cells(self, card: Card) -> Sequence[object]:
        summary = card.summary
        rating = f"{summary.mean_rating:.1f}" if summary.mean_rating is not None else "–"
        requests: object = f"{summary.requests:,}" if summary.requests else span("no data", "muted")
        first = (health_span(card.health), summary.endpoint, requests)
        if not self._wide:
            return *first, rating
        errors = f"{summary.error_rate:.1%}" if summary.error_rate is not None else "–"
        slow = milliseconds(summary.p95_ms) if summary.p95_ms is not None else "–"
        return *first, errors, slow, rating

    def _request_columns(self) -> list[ColumnSpec]:
        self._wide_requests = self.query_one("#requests").size.width >= WIDE_REQUESTS
        short = self._over.length <= timedelta(hours=24)
        columns = [ColumnSpec("when", 8 if short else 11), ColumnSpec("", 1)]
        if self._wide_requests:
            columns.append(ColumnSpec("input", 0))
        return [*columns, ColumnSpec("answer", 0), ColumnSpec("ms", 5, right=True), ColumnSpec("rated", 5)]

    def _request_cells(self, view: RequestView) -> Sequence[object]:
        record = view.record
        form = "%H:%M:%S" if self._over.length <= timedelta(hours=24) else "%m-%d %H:%M"
        cells: list[object] = [f"{record.requested_at.astimezone():{form}}"]
        answered = record.output is not None
        cells.append(span("✓", "good") if answered else span("✗", "bad"))
        if self._wide_requests:
            cells.append(span(" · ".join(value_text(value) for value in record.input.values()), "muted"))
        if answered:
            cells.append(" · ".join(value_text(value) for value in (record.output or {}).values()))
        else:
            cells.append(span(f"{record.status_code} {record.error}", "bad"))
        return [*cells, f"{record.latency_ms:,.0f}", rating_span(view.feedback)]

    @property
    def _request(self) -> RequestView | None:
        view: RequestView | None = self.query_one("#requests", Table).current
        return view

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table.id == "endpoints":
            self.session.endpoint = event.table.rows[event.index].summary.endpoint
            self._limit = LISTED
            self.reload()
        elif event.index == len(event.table.rows) - 1 and self._more_requests:
            self._limit += LISTED
            self.reload()
        self.commands_changed()

    @property
    def _more_requests(self) -> bool:
        traffic = self._traffic
        return traffic is not None and len(traffic.requests) < traffic.summary.requests

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if event.table.id == "requests":
            self.action_inspect()
        else:
            self.query_one("#requests").focus()

    # Commands

    def possible(self, command: str) -> bool:
        if not self.is_mounted or self._traffic is None:
            return False
        if self.has_class("charting"):
            return command in ("span", "bucket", "dates")
        if command == "bucket":
            return len(self._over.widths) > 1
        if command == "team":
            return self._has_team
        view = self._request
        if command == "feedback":
            return view is not None and view.record.output is not None
        return view is not None if command == "inspect" else True

    def _look_over(self, over: SpanOfTime) -> None:
        self._over = over
        self._limit = LISTED
        self.reload()

    def action_span(self) -> None:
        self._look_over(next_span(self._over))

    def action_bucket(self) -> None:
        self._look_over(self._over.in_other_buckets())

    def action_dates(self) -> None:
        ask_span(self, self._over, self._look_over)

    async def action_chart(self) -> None:
        """Open the chart in place of the lists; it is made, and plotext imported, on its first visit."""
        from ontos_tui.tui.stages.monitor.chart import MonitorChart

        if not self.query(MonitorChart):
            await self.mount(MonitorChart())
        self.add_class("charting")
        chart = self.query_one(MonitorChart)
        if self._traffic is not None:
            chart.show(self._traffic, at_once=True)
        chart.focus_first()
        self.commands_changed()

    def on_monitor_chart_left(self) -> None:
        """Back to the endpoints and the requests."""
        self.remove_class("charting")
        self.query_one("#requests" if self._request else "#endpoints").focus()
        self.commands_changed()

    def action_versions(self) -> None:
        from ontos_tui.tui.stages.monitor.version_comparison import compare_versions_of

        if self._traffic is not None:
            compare_versions_of(self, self._traffic.summary.endpoint, self._over)

    def action_team(self) -> None:
        from ontos_tui.tui.stages.monitor.team_traffic import TeamTrafficDialog

        if self._traffic is not None:
            self.app.push_screen(TeamTrafficDialog(self._traffic.summary.endpoint, self._over))

    def action_drift(self) -> None:
        from ontos_tui.tui.stages.monitor.drift import DriftDialog

        if self._traffic is not None:
            self.app.push_screen(DriftDialog(self._traffic.summary.endpoint), lambda _: self.reload())

    def action_alerts(self) -> None:
        from ontos_tui.tui.stages.monitor.alerts import AlertsDialog

        if self._traffic is not None:
            self.app.push_screen(AlertsDialog(self._traffic.summary.endpoint), lambda _: self.reload())

    def action_inspect(self) -> None:
        if self._request is not None:
            self.app.push_screen(RequestDialog(self._request), lambda _: self.reload())

    def action_feedback(self) -> None:
        if self._request is not None:
            ask_feedback(self, self._request.record, self._noted)

    def _noted(self, item: FeedbackItem) -> None:
        self.ontos.show_message(feedback_message(item))
        self.reload()
        self.ontos.refresh_overview()
