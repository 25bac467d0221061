"""IMPROVE, gaps: what the model does not know well enough, with the evidence; from each a task can be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.improve import Priority, Severity
from ontos_tui.domain.rules.states import OPEN_GAPS, GapStatus
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.improve.gap_lines import GAP_STATES, SEVERITIES, AboutGap, gap_lines, report_lines
from ontos_tui.tui.stages.pages import StagePage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from datetime import date

    from ontos_tui.domain.records.improve import Gap
    from ontos_tui.services.improve.gaps.service import AnalysisReport
    from ontos_tui.services.improve.tasks.service import TaskView
    from ontos_tui.workspace import Workspace

WIDE = 100


class GapsPage(StagePage):
    """The gaps on the left, the one under the cursor with its evidence on the right."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("improve.gaps.back", "escape", "Back", "To the feedback"),
        Command(
            "improve.gaps.analyze",
            "a",
            "Analyze",
            "Find gaps of the endpoint's model: its errors, labels, requests",
        ),
        Command("improve.gaps.task", "n", "New task", "Create an annotation task with the pairs of this gap"),
        Command("improve.gaps.gap_status", "s", "Status", "Open, resolved or won't fix, with a reason"),
        Command("improve.gaps.severity", "v", "Severity", "Set the severity yourself; analyses no longer change it"),
        Command("improve.gaps.edit", "e", "Action", "What should be done about it"),
        Command("improve.gaps.which", "o", "Open/all", "Only open gaps, or all"),
        Command("improve.gaps.report", "i", "Report", "What the last analysis examined, and what it could not"),
        Command("improve.gaps.show_tasks", "t", "Tasks", "The annotation tasks", shown=False),
    )
    DEFAULT_CSS = """
    GapsPage #gaps { height: 1fr; }
    GapsPage #about-gap { width: 3fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all = False
        self._report: AnalysisReport | None = None
        self._last: AnalysisReport | None = None
        self._busy = False
        self._wide = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            with Vertical(classes="side"):
                yield OneLine(id="which-gaps")
                yield Table["Gap"]((), self._cells, empty="Loading…", id="gaps")
            yield Panel(id="about-gap")

    @property
    def table(self) -> Table[Gap]:
        """The gaps."""
        return self.query_one("#gaps", Table)

    @property
    def current(self) -> Gap | None:
        """The gap under the cursor."""
        return self.table.current

    def focus_first(self) -> None:
        self.table.focus()

    # Showing

    def reload(self) -> None:
        open_only = not self._all
        self.run_in_background(
            lambda workspace: workspace.improve.gaps.gaps(open_only=open_only), self._show, failed=self._say
        )

    def _show(self, gaps: Sequence[Gap]) -> None:
        self.table.set_empty_text(
            "No gap is open.\nPress a to find gaps, o to see closed ones."
            if not self._all
            else "No gaps yet.\nPress a to find them."
        )
        gap_id = self.session.extra.get("gap")
        cursor = next((place for place, one in enumerate(gaps) if one.id == gap_id), None)
        count = f"{len(gaps):,} {'in all' if self._all else 'open'}"
        self.query_one("#which-gaps", OneLine).show(
            lambda width: line(span(" gaps: ", "muted"), count, span("   o: open or all", "muted"))
        )
        self.table.show(gaps, cursor, self._columns())
        self._look()

    def _say(self, error: OntosError) -> None:
        self._busy = False
        self.commands_changed()
        self.query_one("#about-gap", Panel).show(lambda width: error_lines(error, width))

    def on_resize(self) -> None:
        """More columns where there is room for them."""
        self.table.show(self.table.rows, columns=self._columns())

    def _columns(self) -> list[ColumnSpec]:
        columns = [ColumnSpec("severity", 10), ColumnSpec("gap", 0)]
        self._wide = self.size.width >= WIDE
        return [*columns, ColumnSpec("state", 13)] if self._wide else columns

    def _cells(self, gap: Gap) -> Sequence[object]:
        cells = (span(*SEVERITIES[gap.severity.value]), gap.description)
        return (*cells, span(*GAP_STATES[gap.status.value])) if self._wide else cells

    def on_table_moved(self) -> None:
        self._report = None
        self._look()

    def on_table_chosen(self) -> None:
        self.query_one("#about-gap").focus()

    def _look(self) -> None:
        gap, report = self.current, self._report
        self.commands_changed()
        if report is not None:
            self.query_one("#about-gap", Panel).show(lambda width: report_lines(report, width))
            return
        if gap is None:
            self.query_one("#about-gap", Panel).show(lambda width: ())
            return
        self.session.extra["gap"] = gap.id
        self.run_in_background(
            lambda workspace: _about(workspace, gap), self._show_about, group="about", failed=self._say
        )

    def _show_about(self, about: AboutGap) -> None:
        if self._report is None:
            self.query_one("#about-gap", Panel).show(lambda width: gap_lines(about, width), keep_place=True)

    # Commands

    def possible(self, command: str) -> bool:
        if command in ("back", "which", "show_tasks"):
            return True
        if command == "analyze":
            return not self._busy
        gap = self.current if self.is_mounted else None
        if command == "report":
            return self._last is not None
        if command == "task":
            return gap is not None and gap.status in OPEN_GAPS
        return gap is not None

    def action_analyze(self) -> None:
        self._busy = True
        self.commands_changed()
        self.query_one("#about-gap", Panel).show(lambda width: [line(span("Finding gaps…", "accent"))])
        endpoint = self.session.endpoint
        self.run_in_background(
            lambda workspace: workspace.improve.gaps.analyze(served_model(workspace, endpoint)),
            self._analyzed,
            group="analyze",
            failed=self._say,
        )

    def _analyzed(self, report: AnalysisReport) -> None:
        self._busy = False
        self._last = self._report = report
        self.reload()
        self.ontos.refresh_overview()

    def action_report(self) -> None:
        self._report = None if self._report is not None else self._last
        self._look()

    def action_which(self) -> None:
        self._all = not self._all
        self._report = None
        self.reload()

    def _do(self, work: Callable[[Workspace], Any], message: str) -> None:
        def done(_result: Any) -> None:
            self.ontos.show_message(message)
            self._report = None
            self.reload()
            self.ontos.refresh_overview()

        self.run_in_background(work, done, group="do")

    def action_gap_status(self) -> None:
        gap = self.current
        if gap is None:
            return
        fields = (
            FormField("status", "Status", gap.status, tuple(GapStatus), required=True),
            FormField("note", "Reason", None, hint="stored with the change"),
        )

        def done(values: Values | None) -> None:
            if values is not None:
                status, note = values["status"], values["note"] or ""
                self._do(lambda workspace: workspace.improve.gaps.update(gap.id, status=status, note=note), "Saved.")

        about = "Resolved gaps reopen when new evidence is found; gaps marked won't fix do not."
        self.app.push_screen(FormDialog("Status of this gap", fields, about=about, verb="Set"), done)

    def action_severity(self) -> None:
        gap = self.current
        if gap is None:
            return
        order = list(Severity)

        def done(place: int | None) -> None:
            if place is not None:
                severity = order[place]
                self._do(lambda workspace: workspace.improve.gaps.update(gap.id, severity=severity), "Saved.")

        choices = [(SEVERITIES[one.value][0], "") for one in order]
        self.app.push_screen(ChooseDialog("Severity", choices, order.index(gap.severity)), done)

    def action_edit(self) -> None:
        gap = self.current
        if gap is None:
            return
        fields = (FormField("action", "What to do", gap.suggested_action, required=True),)

        def done(values: Values | None) -> None:
            if values is not None:
                action = values["action"]
                self._do(lambda workspace: workspace.improve.gaps.update(gap.id, suggested_action=action), "Saved.")

        self.app.push_screen(FormDialog("What should be done", fields), done)

    def action_task(self) -> None:
        from ontos_tui.services.improve.tasks.service import PRIORITY

        gap = self.current
        if gap is None:
            return
        target = max(1, gap.estimated_records_needed)
        fields = task_fields(gap.suggested_action, target, PRIORITY[gap.severity], "", None, "")

        def done(values: Values | None) -> None:
            if values is not None:
                self.run_in_background(
                    lambda workspace: workspace.improve.tasks.create(gap.id, **_without_empty(values)),
                    self._show_created,
                    group="do",
                )

        about = "It gets the pairs of this gap; the queue then opens with only these."
        self.app.push_screen(FormDialog("A task for this gap", fields, about=about, verb="Create"), done)

    def _show_created(self, view: TaskView) -> None:
        self.session.extra["task"] = view.task.id
        more = f", {view.missing:,} are missing" if view.missing else ""
        self.ontos.show_message(f"A task with {view.items:,} pairs is created{more}. t: show the tasks")
        self.reload()
        self.ontos.refresh_overview()

    async def action_show_tasks(self) -> None:
        from ontos_tui.tui.stages.pages import PagedView

        stage = self.ontos.stage_view
        if isinstance(stage, PagedView):
            await stage.action_page("tasks")


def served_model(workspace: Workspace, endpoint: str) -> str | None:
    """The name of the model that an endpoint answers with; None where there is no such endpoint."""
    views = workspace.deploy.endpoints.endpoints()
    return next((view.model.name for view in views if view.endpoint.name == endpoint), None)


def _about(workspace: Workspace, gap: Gap) -> AboutGap:
    current = workspace.improve.gaps.gap(gap.id)
    return AboutGap(current, workspace.improve.tasks.tasks(gap_ref=gap.id), workspace.improve.gaps.updates(gap.id))


def task_fields(
    title: str, target: int, priority: Priority, assignee: str, due: date | None, instructions: str
) -> tuple[FormField, ...]:
    """The form of an annotation task."""
    return (
        FormField("title", "Title", title, required=True),
        FormField("target_record_count", "Pairs to decide", target, required=True, read=_count),
        FormField("priority", "Priority", priority, tuple(Priority), required=True),
        FormField("assignee", "Assignee", assignee or None, hint="a user name"),
        FormField("due_date", "Due", None if due is None else due.isoformat(), hint="such as 2027-01-31", read=_day),
        FormField("instructions", "Instructions", instructions or None, hint="empty: the template's guidelines"),
    )


def _without_empty(values: Values) -> dict[str, Any]:
    """What the form was filled with, without what was left empty."""
    return {name: value for name, value in values.items() if value is not None}


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError("at least 1")
    return count


def _day(text: str) -> date:
    from ontos_tui.services.improve.tasks.service import parse_date

    try:
        return parse_date(text)
    except OntosError as error:
        raise ValueError(error.todo) from error
