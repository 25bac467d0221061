"""DATA, quality: what is wrong with a sheet's rows before anybody labels them, and one key that remedies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.message import Message

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.data.quality.report import Decision, Finding
from ontos_tui.services.data.quality.run import CancelledError, QualityRun
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.record import RecordDialog
from ontos_tui.tui.stages.data.quality_lines import entry_cells, entry_lines, report_lines
from ontos_tui.tui.stages.pages import StagePage
from ontos_tui.tui.widgets.data_grid import DataGrid
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.data.quality.report import QualityReport
    from ontos_tui.workspace import Workspace

SHOWN_ROWS = 200
LOOK_SECONDS = 0.5
"""Between two looks at how far the work is."""
Entry = Finding | Decision


class QualityPage(StagePage):
    """Findings and decisions above, what the one under the cursor is about below, and its rows."""

    ABOUT = "Each line is something that is likely wrong, with the number of rows that it is about."
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("data.quality.rows", "enter", "Rows", "The rows that this finding is about"),
        Command("data.quality.fix", "f", "Fix", "Apply the remedy: kept with the table or the sheet, no file changes"),
        Command("data.quality.undo", "u", "Undo", "Take back the decision under the cursor, or the last one"),
        Command("data.quality.answer", "c", "Answer column", "Which column holds the answer: leaks depend on it"),
        Command("data.quality.again", "f5,ctrl+r", "Look again", "Count everything again"),
        Command("data.quality.back", "escape", "Back", "Cancel while it counts; else back to the sheets"),
    )
    DEFAULT_CSS = """
    QualityPage #report { height: 2; padding: 0 1; }
    QualityPage #findings { height: 1fr; }
    QualityPage #finding { height: 5; padding: 0 1; }
    QualityPage #finding-rows { height: 1fr; }
    """

    class Looked(Message):
        """All was counted."""

        def __init__(self, report: QualityReport) -> None:
            super().__init__()
            self.report = report

    def __init__(self) -> None:
        super().__init__()
        self._run: QualityRun | None = None
        self._sheet_id = ""
        self._answer = ""
        self._report: QualityReport | None = None
        self._decided: list[Decision] = []

    def compose(self) -> ComposeResult:
        for panel in (Panel(id="report"), Panel(id="finding")):
            panel.can_focus = False
            yield panel
            if panel.id == "report":
                columns = [ColumnSpec("rows", 11, right=True), ColumnSpec("", 15), ColumnSpec("column", 14)]
                yield Table[Entry]([*columns, ColumnSpec("what", 0)], entry_cells, id="findings")
        yield DataGrid(empty="enter: the rows of the finding under the cursor", id="finding-rows")

    def focus_first(self) -> None:
        self._table.focus()

    @property
    def _table(self) -> Table[Entry]:
        table: Table[Entry] = self.query_one("#findings", Table)
        return table

    # Looking

    def reload(self) -> None:
        """Look at the sheet that the stage shows, unless that was done."""
        if self.session.sheet_id != self._sheet_id:
            self._answer, self._decided = "", []
            self._look()

    def _look(self) -> None:
        if self._run is not None:
            self._run.cancel()
        run = self._run = QualityRun()
        sheet_id, answer = self.session.sheet_id, self._answer
        self._sheet_id, self._report = sheet_id, None
        self._table.set_empty_text("Counting… escape cancels it.")
        self._show_entries(())
        self._show_progress()
        self.run_in_background(
            lambda workspace: workspace.data.quality.look(sheet_id, answer, run),
            self._show,
            group="look",
            failed=self._failed,
        )

    def _show_progress(self) -> None:
        """What is done now; again in a moment, while it runs."""
        if self._run is None or not self.is_attached:
            return
        step = self._run.text
        self.query_one("#report", Panel).show(lambda width: [line(span(f"{step}…", "accent"))])
        self.set_timer(LOOK_SECONDS, self._show_progress)

    def _show(self, report: QualityReport) -> None:
        self._run, self._report, self._answer = None, report, report.answer
        self.query_one("#report", Panel).show(lambda width: report_lines(report, width))
        self._table.set_empty_text("Nothing to remedy.")
        self._show_entries((*report.findings, *report.decisions))
        self.post_message(self.Looked(report))

    def _failed(self, error: OntosError) -> None:
        self._run, self._report = None, None
        self.query_one("#report", Panel).show(lambda width: error_lines(error, width))
        cancelled = isinstance(error, CancelledError)
        self._table.set_empty_text("F5: count again" if cancelled else f"{error.todo}\nF5: try again")
        self._show_entries(())

    def _show_entries(self, entries: Sequence[Entry]) -> None:
        self._table.show(entries)
        self.query_one(DataGrid).show_rows((), ())
        self._show_current()

    def _show_current(self) -> None:
        entry = self._table.current
        self.query_one("#finding", Panel).show(lambda width: entry_lines(entry, width) if entry is not None else ())
        self.commands_changed()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        if event.table is self._table:
            self.query_one(DataGrid).show_rows((), ())
            self._show_current()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if event.table is self._table:
            self.action_rows()
        else:
            self.app.push_screen(RecordDialog("Row", self.query_one(DataGrid).rows[event.index]))

    def on_unmount(self) -> None:
        if self._run is not None:
            self._run.cancel()

    # What keys do

    def possible(self, command: str) -> bool:
        entry = self._table.current if self.is_mounted else None
        if command == "rows":
            return isinstance(entry, Finding) and entry.has_rows
        if command == "fix":
            return isinstance(entry, Finding) and entry.decision is not None
        if command == "undo":
            return isinstance(entry, Decision) or bool(self._decided)
        return command != "answer" or self._report is not None

    def action_rows(self) -> None:
        entry, sheet_id = self._table.current, self._sheet_id
        if not isinstance(entry, Finding) or not entry.has_rows:
            return
        self.query_one(DataGrid).set_empty_text("Reading…")
        self.run_in_background(
            lambda workspace: workspace.data.quality.rows(sheet_id, entry, SHOWN_ROWS), self._show_rows, group="rows"
        )

    def _show_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        grid = self.query_one(DataGrid)
        grid.show_rows(list(rows[0]) if rows else (), rows)
        grid.focus()

    def action_fix(self) -> None:
        entry = self._table.current
        if isinstance(entry, Finding) and entry.decision is not None:
            decision = entry.decision
            self._change(
                lambda workspace, sheet: workspace.data.quality.decide(sheet, decision),
                lambda: self._decided.append(decision),
                f"{decision.text}. u: undo",
            )

    def action_undo(self) -> None:
        entry = self._table.current
        decision = entry if isinstance(entry, Decision) else (self._decided[-1] if self._decided else None)
        if decision is None:
            return
        left = [one for one in self._decided if one != decision]
        self._change(
            lambda workspace, sheet: workspace.data.quality.take_back(sheet, decision),
            lambda: self._decided.__setitem__(slice(None), left),
            f"Taken back: {decision.text}.",
        )

    def _change(self, change: Callable[[Workspace, str], None], then: Callable[[], object], message: str) -> None:
        """Change a decision in the background, and look again."""
        sheet_id = self._sheet_id

        def done(_: None) -> None:
            then()
            self.ontos.show_message(message)
            self._look()

        self.run_in_background(lambda workspace: change(workspace, sheet_id), done, group="change")

    def action_answer(self) -> None:
        sheet_id = self._sheet_id
        self.run_in_background(
            lambda workspace: [one.name for one in workspace.data.sheets.sheet_page(sheet_id, limit=0).columns],
            self._choose_answer,
            group="columns",
        )

    def _choose_answer(self, names: Sequence[str]) -> None:
        def chosen(index: int | None) -> None:
            if index is not None:
                self._answer = names[index]
                self._look()

        cursor = list(names).index(self._answer) if self._answer in names else 0
        self.app.push_screen(
            ChooseDialog("Which column holds the answer?", [(one, "") for one in names], cursor), chosen
        )

    def action_again(self) -> None:
        self._look()

    def action_back(self) -> None:
        if self._run is not None:
            self._run.cancel()
        elif self.query_one(DataGrid).has_focus:
            self._table.focus()
        else:
            super().action_back()
