"""The page of gaps: its state, what it is read from, and its keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import OPEN_GAPS
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.improve.gap_lines import AboutGap
from ontos_tui.tui.stages.improve.gaps.commands import GapCommands
from ontos_tui.tui.stages.improve.gaps.display import GapsDisplay
from ontos_tui.tui.stages.improve.gaps.state import GapsState
from ontos_tui.tui.stages.improve.served import served_model
from ontos_tui.tui.stages.pages import PagedView, StagePage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ontos_tui.domain.records.improve import Gap
    from ontos_tui.services.improve.gaps.service import AnalysisReport
    from ontos_tui.workspace import Workspace


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
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = GapsState()
        self._display = GapsDisplay()
        self._gaps = GapCommands(self, self._gap_changed)

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            with Vertical(classes="side"):
                yield self._display.heading
                yield self._display.table
            yield self._display.details

    def focus_first(self) -> None:
        self._display.table.focus()

    # The state, and what it is read from

    def _change(self, **changes: Any) -> None:
        """Show another state."""
        self._state = replace(self._state, **changes)
        self._display.paint(self._state, self.session.extra.get("gap", ""))
        self.commands_changed()

    def reload(self) -> None:
        open_only = not self._state.all_states
        self.run_in_background(
            lambda workspace: workspace.improve.gaps.gaps(open_only=open_only), self._listed, failed=self._failed
        )

    def _listed(self, gaps: Sequence[Gap]) -> None:
        self._change(gaps=tuple(gaps))
        self._read_current()

    def _read_current(self) -> None:
        gap = self._display.current
        if gap is None:
            self._change(about=None)
            return
        self.session.extra["gap"] = gap.id
        self.run_in_background(
            lambda workspace: _about(workspace, gap),
            lambda about: self._change(about=about, error=None),
            group="about",
            failed=self._failed,
        )

    def _failed(self, error: OntosError) -> None:
        self._change(error=error, is_analyzing=False)

    def _gap_changed(self) -> None:
        self._change(shows_report=False)
        self.reload()
        self.ontos.refresh_overview()

    def on_resize(self) -> None:
        self._display.fit(self.size.width)

    def on_table_moved(self) -> None:
        self._change(shows_report=False, error=None)
        self._read_current()

    def on_table_chosen(self) -> None:
        self._display.details.focus()

    # Commands

    def possible(self, command: str) -> bool:
        if command in ("back", "which", "show_tasks"):
            return True
        if command == "analyze":
            return not self._state.is_analyzing
        if command == "report":
            return self._state.last_report is not None
        gap = self._display.current if self.is_mounted else None
        if command == "task":
            return gap is not None and gap.status in OPEN_GAPS
        return gap is not None

    def action_analyze(self) -> None:
        self._change(is_analyzing=True, error=None)
        endpoint = self.session.endpoint
        self.run_in_background(
            lambda workspace: workspace.improve.gaps.analyze(served_model(workspace, endpoint)),
            self._analyzed,
            group="analyze",
            failed=self._failed,
        )

    def _analyzed(self, report: AnalysisReport) -> None:
        self._change(is_analyzing=False, last_report=report, shows_report=True)
        self.reload()
        self.ontos.refresh_overview()

    def action_report(self) -> None:
        self._change(shows_report=not self._state.shows_report)

    def action_which(self) -> None:
        self._change(all_states=not self._state.all_states, shows_report=False)
        self.reload()

    def action_gap_status(self) -> None:
        if (gap := self._display.current) is not None:
            self._gaps.set_status(gap)

    def action_severity(self) -> None:
        if (gap := self._display.current) is not None:
            self._gaps.set_severity(gap)

    def action_edit(self) -> None:
        if (gap := self._display.current) is not None:
            self._gaps.edit_action(gap)

    def action_task(self) -> None:
        if (gap := self._display.current) is not None:
            self._gaps.create_task(gap)

    async def action_show_tasks(self) -> None:
        stage = self.ontos.stage_view
        if isinstance(stage, PagedView):
            await stage.action_page("tasks")


def _about(workspace: Workspace, gap: Gap) -> AboutGap:
    current = workspace.improve.gaps.gap(gap.id)
    return AboutGap(current, workspace.improve.tasks.tasks(gap_ref=gap.id), workspace.improve.gaps.updates(gap.id))
