"""The requests of an endpoint: its figures and series on the left and above, and every request, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.monitor.error_groups import short_reason
from ontos_tui.tui.dialogs.forms.feedback import rating_span
from ontos_tui.tui.stages.monitor.lines import Traffic, card_lines, health_span, milliseconds, series_lines
from ontos_tui.tui.stages.monitor.snapshot import Board
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.services.monitor.service import RequestView

WIDE, WIDE_REQUESTS = 100, 60
"""Cells of the screen, and of the list of requests, from which there is room for more columns."""


class RequestBoard(Horizontal):
    """Endpoints and the figures of one on the left; on the right what happened when, and the requests themselves."""

    DEFAULT_CSS = """
    RequestBoard #endpoints { height: 3; }
    RequestBoard #card { height: 1fr; padding: 0 1; }
    RequestBoard #series { height: 7; }
    RequestBoard #requests { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__(id="board", classes="row")
        self._traffic: Traffic | None = None
        self._failed = self._wide = self._wide_requests = False

    def compose(self) -> ComposeResult:
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
    def endpoints(self) -> Table[Card]:
        """The list of endpoints."""
        table: Table[Card] = self.query_one("#endpoints", Table)
        return table

    @property
    def requests(self) -> Table[RequestView]:
        """The list of requests."""
        table: Table[RequestView] = self.query_one("#requests", Table)
        return table

    def show(self, board: Board, *, failed: bool) -> None:
        """Show what was read; only the `failed` requests are listed, if that is so."""
        traffic, table = board.traffic, self.endpoints
        # As high as it has lines, but the figures below keep their room.
        table.styles.height = max(3, min(len(board.cards) + 2, self.app.size.height // 3))
        if traffic is None:
            table.show((), columns=self._endpoint_columns())
            self.query_one("#card", Panel).show(lambda width: [line(span("no data yet", "muted"))])
            return
        names = [card.summary.endpoint for card in board.cards]
        table.show(board.cards, names.index(traffic.summary.endpoint), self._endpoint_columns())
        before = self._traffic
        same = before is not None and before.summary.endpoint == traffic.summary.endpoint and failed == self._failed
        self._traffic, self._failed = traffic, failed
        self.query_one("#card", Panel).show(lambda width: card_lines(traffic, width), keep_place=same)
        self.query_one("#series", Panel).show(lambda width: series_lines(traffic.series, width))
        self._show_requests(traffic, same)

    def show_error(self, error: OntosError) -> None:
        """Why nothing could be read."""
        self.query_one("#card", Panel).show(lambda width: error_lines(error, width))

    @property
    def listed(self) -> int:
        """How many requests there are to list."""
        if self._traffic is None:
            return 0
        return self._traffic.summary.errors if self._failed else self._traffic.summary.requests

    def _show_requests(self, traffic: Traffic, same: bool) -> None:
        table, requests, total = self.requests, traffic.requests, self.listed
        count = f"{total:,} {'failed ' if self._failed else ''}request{'' if total == 1 else 's'}"
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

    def _endpoint_columns(self) -> list[ColumnSpec]:
        self._wide = self.app.size.width >= WIDE
        columns = [ColumnSpec("", 1), ColumnSpec("endpoint", 0, ends=True), ColumnSpec("requests", 8, right=True)]
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

    @property
    def _is_short(self) -> bool:
        return self._traffic is not None and self._traffic.over.length <= timedelta(hours=24)

    def _request_columns(self) -> list[ColumnSpec]:
        self._wide_requests, short = self.requests.size.width >= WIDE_REQUESTS, self._is_short
        columns = [ColumnSpec("when", 8 if short else 11), ColumnSpec("", 1)]
        if self._wide_requests:
            columns.append(ColumnSpec("input", 0))
        return [*columns, ColumnSpec("answer", 0), ColumnSpec("ms", 5, right=True), ColumnSpec("rated", 5)]

    def _request_cells(self, view: RequestView) -> Sequence[object]:
        record = view.record
        form = "%H:%M:%S" if self._is_short else "%m-%d %H:%M"
        cells: list[object] = [f"{record.requested_at.astimezone():{form}}"]
        answered = record.output is not None
        cells.append(span("✓", "good") if answered else span("✗", "bad"))
        if self._wide_requests:
            cells.append(span(" · ".join(value_text(value) for value in record.input.values()), "muted"))
        if answered:
            cells.append(" · ".join(value_text(value) for value in (record.output or {}).values()))
        else:
            cells.append(span(f"{record.status_code} {short_reason(record.error)}", "bad"))
        return [*cells, f"{record.latency_ms:,.0f}", rating_span(view.feedback)]
