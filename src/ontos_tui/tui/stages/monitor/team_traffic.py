"""MONITOR, elsewhere: what everybody asked an endpoint on Databricks, as the warehouse counted it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.stages.monitor.lines import Series, figure_lines, series_lines, version_lines
from ontos_tui.tui.stages.monitor.time_range import SPANS, SpanOfTime, next_span
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.services.monitor.team_traffic import TeamTraffic
    from ontos_tui.workspace import Workspace

LATE = "written there within about an hour"


@dataclass(frozen=True)
class _Shown:
    """What is kept of a span."""

    over: SpanOfTime
    stored: TeamTraffic

    @property
    def begun(self) -> bool:
        """Whether the span was counted from its beginning on; its end is younger than what was counted last."""
        return all(since > self.stored.since for since, _ in self.stored.not_counted)


class TeamTrafficDialog(Dialog[None], BackgroundMixin):
    """Shows what was counted last, at once; counts by itself only a span that never was: a warehouse costs money."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "monitor.team.count",
            "c",
            "Count",
            "Count this time range in the warehouse now; starts it if it is stopped",
        ),
        Command("monitor.team.span", "t", "Time range", "The last 24 hours, 7 days or 30 days"),
        Command("monitor.team.bucket", "b", "Steps", "Count by hour or day"),
        Command("monitor.team.leave", "escape,q", "Back", "Leave; the counts are stored"),
    )
    DEFAULT_CSS = """
    TeamTrafficDialog > #box { width: 96%; max-width: 120; height: 96%; }
    TeamTrafficDialog #figures { height: 1fr; }
    """

    def __init__(self, endpoint: str, over: SpanOfTime) -> None:
        super().__init__(f"Requests to {endpoint} on Databricks")
        self._endpoint = endpoint
        by_hour = SPANS[1] if over == SPANS[0] else replace(over, bucket=Bucket.HOUR)
        self._over = over if over.bucket is not Bucket.MINUTE else by_hour
        self._shown: _Shown | None = None
        self._counting = False
        self._error: OntosError | None = None

    def compose_body(self) -> ComposeResult:
        yield OneLine(self._state, id="state")
        yield Panel(id="figures")

    def on_mount(self) -> None:
        self.query_one("#figures").focus()
        self._look()

    def _look(self) -> None:
        over = self._over

        def read(workspace: Workspace) -> _Shown:
            traffic = workspace.monitor.team_traffic.traffic(self._endpoint, over.bucket, *over.ending(now()))
            return _Shown(over, traffic)

        self.run_in_background(read, self._show, failed=self._fail)

    def _show(self, shown: _Shown) -> None:
        self._shown = shown
        if not shown.begun and not self._counting and self._error is None:
            self.action_count()
        self._paint()

    def _fail(self, error: OntosError) -> None:
        self._counting, self._error = False, error
        self._paint()

    def _paint(self) -> None:
        self.query_one("#state", OneLine).repaint()
        self.query_one("#figures", Panel).show(self._lines, keep_place=True)

    def _state(self, width: int) -> Line:
        if self._counting:
            return line(span("⟳ the warehouse is counting…", "accent"))
        reading = self._shown.stored.reading if self._shown is not None else None
        if reading is None:
            return line(span("not counted yet", "muted"))
        return line(span(f"{self._over.label}, counted {reading.read_at.astimezone():%m-%d %H:%M}; {LATE}", "muted"))

    def _lines(self, width: int) -> Iterator[Line]:
        if self._error is not None:
            yield from error_lines(self._error, width)
            yield EMPTY
        shown = self._shown
        if shown is None or shown.stored.reading is None:
            return
        if not shown.stored.reading.logged:
            yield line(span("no data yet", "strong"))
            yield from wrap("The endpoint has no inference table in the team's schema.", width)
            yield from wrap("Endpoints deployed from here have one: 5, then d", width, "muted")
            return
        yield from _traffic_lines(shown, width)

    def action_count(self) -> None:
        over, endpoint = self._over, self._endpoint

        def count(workspace: Workspace) -> None:
            workspace.monitor.team_traffic.read(endpoint, *over.ending(now()))

        def counted(_: None) -> None:
            self._counting = False
            self._look()

        self._counting, self._error = True, None
        self._paint()
        self.run_in_background(count, counted, group="count", failed=self._fail)

    def action_span(self) -> None:
        over = next_span(self._over)
        self._over = next_span(over) if over == SPANS[0] else over
        self._error = None
        self._look()

    def action_bucket(self) -> None:
        self._over = replace(self._over, bucket=Bucket.DAY if self._over.bucket is Bucket.HOUR else Bucket.HOUR)
        self._look()


def _traffic_lines(shown: _Shown, width: int) -> Iterator[Line]:
    """What happened when, the figures, the versions with their tokens, and what is not known."""
    stored = shown.stored
    reading = stored.reading
    assert reading is not None
    for since, until in stored.not_counted:
        text = f"{since.astimezone():%m-%d %H:%M} – {until.astimezone():%m-%d %H:%M}"
        yield from wrap(f"Not counted yet: {text}; c: count", width, "warn")
    series = Series(shown.over, stored.summary, stored.points, stored.since, stored.until)
    yield from series_lines(series, width)
    yield EMPTY
    if stored.summary.requests:
        yield from figure_lines(stored.summary, stored.summary.last_at)
        yield EMPTY
        yield from version_lines([one.figures for one in stored.versions], width)
        yield from _token_lines(stored, width)
    for why in reading.missing:
        yield from wrap(f"Not available: {why}", width, "muted")


def _token_lines(stored: TeamTraffic, width: int) -> Iterator[Line]:
    for one in stored.versions:
        if one.input_tokens is not None and one.output_tokens is not None:
            text = f"{one.figures.name}: {one.input_tokens:,} tokens in, {one.output_tokens:,} out"
            yield from wrap(text, width, "muted")
