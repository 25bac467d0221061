"""MONITOR: what endpoints were asked and how they answered, from the log and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.feedback import ask_feedback, rating_span
from ontos_tui.tui.dialogs.request import RequestDialog
from ontos_tui.tui.stages.base import StageView, error_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.sparkline import sparkline
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.monitor import EndpointSummary, Point, RequestView
    from ontos_tui.workspace import Workspace

SPANS = (
    ("1 h", timedelta(hours=1), "minute"),
    ("24 h", timedelta(hours=24), "hour"),
    ("7 d", timedelta(days=7), "hour"),
    ("30 d", timedelta(days=30), "day"),
)
LISTED = 200


@dataclass(frozen=True)
class Traffic:
    """One endpoint over a span of time."""

    summary: EndpointSummary
    points: tuple[Point, ...]
    requests: tuple[RequestView, ...]


class MonitorView(StageView):
    """Endpoints on the left; on the right figures, series, and the requests themselves."""

    STAGE = Stage.MONITOR
    ABOUT = (
        "Every request to an endpoint is in the log; what stands here is counted from it. "
        "Where nothing was asked there is no data yet, and no number."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("feedback", "f", "Feedback", "Say whether this answer was right, and what is"),
        Command("span", "t", "Span", "1 hour, 24 hours, 7 days or 30 days"),
        Command("inspect", "i", "Inspect", "Everything about this request (enter does it too)"),
    )
    DEFAULT_CSS = """
    MonitorView #figures { height: 11; }
    MonitorView #requests { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._span = 1

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table["EndpointSummary"](
                [ColumnSpec("endpoint", 0), ColumnSpec("requests", 8, right=True), ColumnSpec("rating", 6, right=True)],
                _cells,
                empty="Loading…",
                id="endpoints",
                classes="side",
            )
            with Vertical(classes="main"):
                yield Panel(id="figures")
                yield Table["RequestView"](
                    [
                        ColumnSpec("when", 11),
                        ColumnSpec("", 1),
                        ColumnSpec("answer", 0),
                        ColumnSpec("ms", 5, right=True),
                        ColumnSpec("rated", 5),
                    ],
                    _request_cells,
                    empty="No request yet.",
                    id="requests",
                )

    def focus_first(self) -> None:
        self.query_one("#endpoints").focus()

    def reload(self) -> None:
        _, length, _ = SPANS[self._span]
        self.ask(lambda workspace: _summaries(workspace, length), self._show, failed=self._show_error)

    def _show(self, summaries: Sequence[EndpointSummary]) -> None:
        table: Table[EndpointSummary] = self.query_one("#endpoints", Table)
        table.say("No endpoint yet. Press 5 and then d to deploy a model.")
        here = next((i for i, one in enumerate(summaries) if one.endpoint == self.session.endpoint), None)
        table.show(summaries, cursor=here)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#figures", Panel).show(lambda width: error_lines(error, width))

    def _show_current(self) -> None:
        self.commands_changed()
        summary: EndpointSummary | None = self.query_one("#endpoints", Table).current
        if summary is None:
            self.query_one("#figures", Panel).show(lambda width: [line(span("No data yet.", "muted"))])
            return
        name = summary.endpoint
        self.session.endpoint = name
        _, length, bucket = SPANS[self._span]
        self.ask(
            lambda workspace: _traffic(workspace, name, length, bucket),
            self._show_traffic,
            group="traffic",
            failed=self._show_error,
        )

    def _show_traffic(self, traffic: Traffic) -> None:
        label, _, bucket = SPANS[self._span]
        self.query_one("#figures", Panel).show(lambda width: _figure_lines(traffic, label, bucket, width))
        table: Table[RequestView] = self.query_one("#requests", Table)
        table.say("Nobody has asked this endpoint yet. Press 5 and then p to try it.")
        table.show(traffic.requests)
        self.commands_changed()

    @property
    def _request(self) -> RequestView | None:
        view: RequestView | None = self.query_one("#requests", Table).current
        return view

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table.id == "endpoints":
            self._show_current()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if event.table.id == "requests":
            self.action_inspect()
        else:
            self.query_one("#requests").focus()

    def possible(self, command: str) -> bool:
        return command == "span" or (self.is_mounted and self._request is not None)

    def action_span(self) -> None:
        self._span = (self._span + 1) % len(SPANS)
        self.reload()

    def action_inspect(self) -> None:
        if self._request is not None:
            self.app.push_screen(RequestDialog(self._request))

    def action_feedback(self) -> None:
        view = self._request
        if view is None:
            return
        record = view.record
        self.ask(
            lambda workspace: workspace.deploy.output_schema(record.endpoint),
            lambda schema: ask_feedback(self, record.request_id, schema, record.output, lambda _: self._noted()),
            group="schema",
        )

    def _noted(self) -> None:
        self.ontos.tell("Noted. Press 7 to make a training pair of it.")
        self.reload()
        self.ontos.refresh_overview()


def _summaries(workspace: Workspace, length: timedelta) -> list[EndpointSummary]:
    since = datetime.now(UTC) - length
    return [workspace.monitor.summary(view.endpoint.name, since) for view in workspace.deploy.endpoints()]


def _traffic(workspace: Workspace, name: str, length: timedelta, bucket: str) -> Traffic:
    from ontos_tui.services.monitor import Bucket

    until = datetime.now(UTC)
    monitor = workspace.monitor
    return Traffic(
        monitor.summary(name, until - length),
        tuple(monitor.timeseries(name, Bucket(bucket), until - length, until)),
        tuple(monitor.requests(name, limit=LISTED)),
    )


def _cells(summary: EndpointSummary) -> Sequence[object]:
    rating = f"{summary.mean_rating:.1f}" if summary.mean_rating is not None else "–"
    return summary.endpoint, f"{summary.requests:,}" if summary.requests else span("no data", "muted"), rating


def _request_cells(view: RequestView) -> Sequence[object]:
    record = view.record
    when = record.requested_at.astimezone().strftime("%d. %H:%M:%S")
    if record.output is None:
        mark, told = span("✗", "bad"), span(f"{record.status_code} {record.error}", "bad")
    else:
        mark, told = span("✓", "good"), span(" · ".join(value_text(value) for value in record.output.values()))
    return when, mark, told, f"{record.latency_ms:.0f}", rating_span(view.feedback)


def _figure_lines(traffic: Traffic, label: str, bucket: str, width: int) -> Iterator[Line]:
    summary, points = traffic.summary, traffic.points
    yield line(span(summary.endpoint, "title"), span(f"  last {label}, by {bucket}", "muted"))
    if not summary.requests and not summary.ratings:
        yield EMPTY
        yield line("No data yet in this span. ", span("t", "key"), " chooses another one.")
        return
    rate = f"{summary.error_rate:.1%}" if summary.error_rate is not None else "no data"
    yield line(
        span(f"{summary.requests:,}", "strong"), " requests  ",
        span(f"{summary.errors:,}", "bad" if summary.errors else "strong"), f" errors ({rate})  ",
        span(_ms(summary.p50_ms), "strong"), " p50  ", span(_ms(summary.p95_ms), "strong"), " p95",
    )  # fmt: skip
    mean = f"{summary.mean_rating:.1f} of 5" if summary.mean_rating is not None else "no ratings yet"
    yield line(f"rated {summary.ratings:,} times: ", span(mean, "strong"), f"  {summary.corrections:,} corrections")
    yield EMPTY
    room = max(10, width - 34)
    yield _series("requests", [float(p.requests) for p in points], room, f"sum {sum(p.requests for p in points):,}")
    yield _series("errors", [float(p.errors) for p in points], room, f"sum {sum(p.errors for p in points):,}")
    latencies = [p.mean_latency_ms for p in points]
    yield _series("latency", latencies, room, f"max {_ms(max((v for v in latencies if v is not None), default=None))}")
    ratings = [p.mean_rating for p in points]
    lowest = min((value for value in ratings if value is not None), default=None)
    yield _series("rating", ratings, room, f"min {lowest:.1f}" if lowest is not None else "no ratings")
    yield EMPTY
    versions = ", ".join(f"{name}: {count:,}" for name, count in summary.by_version.items())
    yield from wrap(f"answered by {versions}", width, "muted")


def _series(name: str, values: Sequence[float | None], room: int, note: str) -> Line:
    return line(span(name, "muted", 10), span(sparkline(values, room), "accent"), span(f"  {note}", "muted"))


def _ms(value: float | None) -> str:
    return "no data" if value is None else f"{value:.0f} ms"
