"""Drift of an endpoint: the signals, the most drifted first, and both distributions of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.drift import DriftState, FeatureDrift, Signal
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, Span, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.monitor.drift import DriftReport
    from ontos_tui.workspace import Workspace

SPANS = (("24 h", timedelta(days=1)), ("7 days", timedelta(days=7)), ("30 days", timedelta(days=30)),
         ("hour", timedelta(hours=1)))  # fmt: skip
MARKS: dict[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("✗", "bad"),
    Severity.HIGH: ("▲", "bad"),
    Severity.MEDIUM: ("△", "warn"),
    Severity.LOW: ("✓", "good"),
}
"""The sign and the style of a severity; its word stands beside it."""
LABEL, NUMBER = 9, 4
"""Cells of a bar's label at most, and of its percentage."""


class DriftDialog(Dialog[None], BackgroundMixin):
    """The last comparison of an endpoint; it makes the first one itself."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.drift.compare", "c", "Compare", "Compare the recent traffic now"),
        Command("monitor.drift.recent", "t", "Time", "Compare the last 24 hours, 7 days, 30 days or hour"),
        Command(
            "monitor.drift.reference",
            "r",
            "Reference",
            "Compare with the training pairs, or with the previous time range",
        ),
        Command(
            "monitor.drift.team",
            "w",
            "Workspace",
            "Compare the requests on Databricks, or those sent here",
        ),
        Command("monitor.drift.notes", "n", "How", "How the comparison works, and what its terms mean"),
        Command("monitor.drift.leave", "escape,q", "Back", "Leave; the comparison is stored"),
    )
    DEFAULT_CSS = """
    DriftDialog > #box { width: 96%; max-width: 140; height: 96%; }
    DriftDialog #found { height: 2; }
    DriftDialog #both { height: 1fr; }
    DriftDialog Table { width: 2fr; }
    DriftDialog #picture { width: 3fr; padding: 0 0 0 1; }
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"Drift of {endpoint}")
        self._endpoint = endpoint
        self._report: DriftReport | None = None
        self._span = 0
        self._with_training = True
        self._of_team = self._has_team = False
        self._noting = False

    def compose_body(self) -> ComposeResult:
        report = Panel(id="found")
        report.can_focus = False
        yield OneLine(self._sides, id="sides")
        yield report
        with Horizontal(id="both"):
            columns = [ColumnSpec("", 1), ColumnSpec("signal", 0), ColumnSpec("score", 5, right=True)]
            yield Table["FeatureDrift"](columns, _cells, empty="Comparing…")
            yield Panel(id="picture")

    @property
    def _table(self) -> Table[FeatureDrift]:
        table: Table[FeatureDrift] = self.query_one(Table)
        return table

    def on_mount(self) -> None:
        self._table.focus()
        self._look()

    def _look(self) -> None:
        of_team = self._of_team

        def last(workspace: Workspace) -> tuple[bool, DriftReport | None]:
            return workspace.monitor.drift.has_team, workspace.monitor.drift.last(self._endpoint, of_team=of_team)

        self.run_in_background(last, self._show_last)

    def possible(self, command: str) -> bool:
        if command == "reference":
            return not self._of_team
        return command != "team" or self._has_team

    def _show_last(self, result: tuple[bool, DriftReport | None]) -> None:
        self._has_team, report = result
        self.query_one("#keys", OneLine).repaint()
        if report is None:
            self._compare()
            return
        lengths = [length for _, length in SPANS]
        length = report.recent_until - report.recent_since
        self._span = lengths.index(length) if length in lengths else 0
        if not self._of_team:
            self._with_training = report.reference == "training"
        self._show(report)

    def _compare(self) -> None:
        span, with_training, of_team = SPANS[self._span][1], self._with_training, self._of_team

        def check(workspace: Workspace) -> DriftReport:
            from ontos_tui.domain.records.base import now

            until = now()
            if of_team:
                return workspace.monitor.drift.check_team(self._endpoint, recent=span, now=until)
            reference = "training" if with_training else (until - 2 * span, until - span)
            return workspace.monitor.drift.check(
                self._endpoint, reference=reference, recent=(until - span, until), now=until
            )

        self._table.set_empty_text("Comparing…")
        self.query_one("#found", Panel).show(lambda width: [line(_span_muted("⟳ comparing…"))])
        self.run_in_background(check, self._show, failed=self._show_error)

    def _show_error(self, error: OntosError) -> None:
        self._table.set_empty_text("")
        panel = self.query_one("#found", Panel)
        panel.styles.height = len(error_lines(error, self.size.width - 6))
        panel.show(lambda width: error_lines(error, width))

    def _show(self, report: DriftReport) -> None:
        self._report = report
        self.query_one("#sides", OneLine).repaint()
        panel = self.query_one("#found", Panel)
        panel.styles.height = 1 if report.drifted else 2
        panel.show(lambda width: _report_lines(report, width))
        where = " on Databricks" if self._of_team else ""
        self._table.set_empty_text(f"No data yet: no requests{where} in this time range. t: longer range")
        self._table.show(report.features, cursor=0)
        self._show_signal()

    def _show_signal(self) -> None:
        report, one = self._report, self._table.current
        panel = self.query_one("#picture", Panel)
        if report is None or (one is None and not self._noting):
            panel.show(lambda width: ())
        elif self._noting or one is None:
            panel.show(lambda width: _note_lines(report, width))
        else:
            panel.show(lambda width: _signal_lines(one, report, width))

    def _sides(self, width: int) -> Line:
        report = self._report
        if report is None:
            return EMPTY
        whose = {"team": "on Databricks: ", "monitor": "its monitor: "}.get(report.source.value, "")
        since, until = report.recent_since.astimezone(), report.recent_until.astimezone()
        end = f"{until:%H:%M}" if since.date() == until.date() else f"{until:%m-%d %H:%M}"
        recent = f"{since:%m-%d %H:%M} – {end}"
        texts = {
            "training": f"{report.reference_rows:,} training pairs",
            "baseline": f"a baseline of {report.reference_rows:,} rows",
        }.get(report.reference, f"{report.reference_rows:,} before")
        return line(span(f"{whose}{recent}, {report.recent_rows:,} requests, against {texts}", "muted"))

    def on_table_moved(self) -> None:
        self._noting = False
        self._show_signal()

    def action_compare(self) -> None:
        self._compare()

    def action_recent(self) -> None:
        self._span = (self._span + 1) % len(SPANS)
        self._compare()

    def action_reference(self) -> None:
        self._with_training = not self._with_training
        self._compare()

    def action_team(self) -> None:
        self._of_team = not self._of_team
        self._report = None
        self._table.show(())
        self._show_signal()
        self.query_one("#sides", OneLine).repaint()
        self._look()

    def action_notes(self) -> None:
        self._noting = not self._noting
        self._show_signal()


def _span_muted(text: str) -> Span:
    return span(text, "muted")


def severity_span(report: DriftReport | None) -> Span:
    """The verdict of a report as a sign and a word."""
    if report is None or report.state is not DriftState.COMPARED:
        return span("◌ not compared" if report is None else f"◌ {report.state.value.replace('_', ' ')} yet", "muted")
    if not report.drifted:
        return span("✓ no drift", "good")
    sign, style = MARKS[report.severity]
    return span(f"{sign} {report.severity}", style)


def _mark(one: FeatureDrift) -> Span:
    if one.state is not DriftState.COMPARED:
        return span("◌", "muted")
    if one.drifted and one.improved:
        return span("▽", "good")
    sign, style = MARKS[one.severity]
    return span(sign, style)


def _cells(one: FeatureDrift) -> Sequence[object]:
    score = "–" if one.score is None else f"{one.score:.2f}"
    return _mark(one), span(one.label, "strong" if one.drifted else "text"), score


def _report_lines(report: DriftReport, width: int) -> list[Line]:
    verdict = severity_span(report)
    # What drifted most stands in full beside the list.
    summary = report.headline if report.drifted else report.summary
    rest = wrap(summary, width - cell_len(verdict.text) - 2)
    return [line(verdict, "  ", *rest[0]), *((Span(" " * (cell_len(verdict.text) + 2)), *more) for more in rest[1:])]


def _signal_lines(one: FeatureDrift, report: DriftReport, width: int) -> Iterator[Line]:
    yield from wrap(one.why, width, "strong" if one.drifted else "text")
    if one.state is not DriftState.COMPARED:
        return
    if one.picture:
        yield from picture_lines(one, "training" if report.reference == "training" else "before", width)
    else:
        yield from wrap(f"{one.reference_count:,} values before, {one.recent_count:,} now", width, "muted")
    verdict = "no drift" if not one.drifted else "for the better" if one.improved else one.severity.value
    yield line(_span_muted("verdict  "), _mark(one), f" {verdict}")
    if one.new_values:
        yield from wrap(f"new: {', '.join(one.new_values)}", width)
    p = "–" if one.p_adjusted is None else f"{one.p_adjusted:.2g}"
    statistic = "" if one.statistic is None else f" {one.statistic:.3g}"
    yield from wrap(f"{one.test or 'no test'}{statistic}, adjusted p {p}", width, "muted")
    score, psi = ("–" if value is None else f"{value:.3f}" for value in (one.score, one.psi))
    yield from wrap(f"score {score}, PSI {psi}", width, "muted")


def picture_lines(one: FeatureDrift, before: str, width: int) -> Iterator[Line]:
    """Both distributions side by side, each as shares of its own side."""
    label = min(LABEL, max((cell_len(span(bar.label).text) for bar in one.picture), default=0))
    room = max(4, (width - label - 3) // 2)
    shares = [(bar.reference / one.reference_count, bar.recent / one.recent_count) for bar in one.picture]
    highest = max((share for pair in shares for share in pair), default=1.0)
    # Training has its own signals only; the others are compared with earlier traffic whatever the report's reference.
    reference = before if one.signal in (Signal.INPUT, Signal.MISSING, Signal.PREDICTION) else "before"
    heads = (f"{reference} {one.reference_count:,}", f"now {one.recent_count:,}")
    yield line(span("", width=label), *(span(f" {head}", "muted", room + 1) for head in heads))
    for bar, (was, now) in zip(one.picture, shares, strict=True):
        yield line(
            span(bar.label, "text", label), *_bar(was, highest, room, "muted"), *_bar(now, highest, room, "accent")
        )


def _bar(share: float, highest: float, room: int, style: str) -> tuple[Span, Span]:
    cells = max(1 if share else 0, round((room - NUMBER - 1) * share / highest))
    return span(f" {100 * share:>3.0f}%", "text"), span(f" {'━' * cells}", style, room - NUMBER)


def _note_lines(report: DriftReport, width: int) -> Iterator[Line]:
    yield line(span("Method", "title"))
    for note in report.notes:
        yield from wrap(note, width)
    yield EMPTY
    for severity, (sign, style) in MARKS.items():
        yield line(span(sign, style), f" {'low, or no drift' if severity is Severity.LOW else severity}")
    yield line(span("▽", "good"), " changed for the better")
    yield line(_span_muted("◌"), " not enough to compare yet")
