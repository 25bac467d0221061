"""DATA: sample data, files, and the sheets that point at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import NoTeamError, OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.record import RecordDialog
from ontos_tui.tui.stages.data.sheet_forms import SheetForms
from ontos_tui.tui.stages.data.view_lines import Entry, about_sheet, about_use_case
from ontos_tui.tui.stages.pages import PagedView, StagePage
from ontos_tui.tui.widgets.data_grid import DataGrid
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable, Page, Sheet
    from ontos_tui.services.data.service import TableInfo
    from ontos_tui.services.guide.onboarding import SeedReport
    from ontos_tui.workspace import Workspace

PREVIEWED = 200
OF_A_SHEET = frozenset(
    ("edit_sheet", "tag_sheet", "delete_sheet", "reading", "quality", "duplicate_sheet", "roles", "join", "compute")
)
"""Commands that need a sheet under the cursor."""


class DataView(PagedView):
    """Sheets on the left; on the right what the one under the cursor is, and its rows."""

    STAGE = Stage.DATA
    ABOUT = (
        "A sheet is a named view of a data file: which rows, which columns, and what identifies an item. "
        "Pick a use case to load its sample data, or add a CSV, JSONL or Parquet file of your own."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("data.open_entry", "o", "Open", "Load the sample data, or go to the rows (enter does it too)"),
        Command("data.add_file", "a", "Add data", "Create a sheet from a file or a folder on this machine"),
        Command(
            "data.browse", "b", "Team tables", "Browse the team's Databricks workspace and create a sheet from a table"
        ),
        Command("data.new_sheet", "n", "New sheet", "Another view of a table that is already here"),
        Command("data.edit_sheet", "e", "Edit", "Name, filter, sample and item id of this sheet"),
        Command("data.reading", "i", "Reading", "What was understood of the file, and how that is decided"),
        Command(
            "data.quality",
            "Q",
            "Quality",
            "What is wrong with this sheet's rows, and how it is fixed",
            action="page('quality')",
        ),
        Command("data.tag_sheet", "t", "Tags", "Mark what its data contains, such as PII; pairs and labels inherit it"),
        Command("data.duplicate_sheet", "c", "Duplicate", "Another sheet with the same rows, columns and roles"),
        Command("data.roles", "r", "Roles", "What its columns are for: values, groups, times, ids, notes"),
        Command("data.join", "m", "Join", "A second table beside this one: by key, or by the nearest time"),
        Command(
            "data.compute", "C", "Compute", "A column computed of the others: expression, remaining, rolling mean …"
        ),
        Command("data.delete_sheet", "D", "Delete", "Remove this sheet; its data file and its pairs stay"),
    )
    DEFAULT_CSS = """
    DataView #about { height: 6; }
    DataView #rows { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown_sheet = ""
        self._forms = SheetForms(self, self._sheet_saved)

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row first"):
            yield Table[Entry](
                [ColumnSpec("sheets and use cases", 0), ColumnSpec("items", 8, right=True)],
                lambda entry: (entry.name, span(entry.remark, "muted")),
                empty="Loading…",
                id="entries",
                classes="side",
            )
            with Vertical(classes="main"):
                yield Panel(id="about")
                yield DataGrid(id="rows")

    def focus_first(self) -> None:
        if self.page is not None:
            self.page.focus_first()
        else:
            self.focus_first_view()

    def focus_first_view(self) -> None:
        self.query_one("#entries").focus()

    def make_page(self, name: str) -> StagePage:
        from ontos_tui.tui.stages.data.quality import QualityPage

        return QualityPage()

    def reload(self) -> None:
        if self.page is not None:
            self.page.reload()
            return
        self.run_in_background(_entries, self._show_entries, failed=self._show_error)

    def _show_entries(self, entries: Sequence[Entry]) -> None:
        table: Table[Entry] = self.query_one("#entries", Table)
        table.set_empty_text("Nothing here yet. Press a to add a data file.")
        cursor = next((i for i, e in enumerate(entries) if e.sheet and e.sheet.id == self.session.sheet_id), None)
        table.show(entries, cursor=cursor)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#about", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table.id == "entries":
            self._show_current()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if event.table.id == "entries":
            self.action_open_entry()
        else:
            self._show_item(self.query_one(DataGrid).rows[event.index])

    def _show_item(self, fields: Mapping[str, Any]) -> None:
        """All of a row, beside its pictures where the sheet has some."""
        from ontos_tui.tui.dialogs.picture import PictureDialog

        sheet = self._current.sheet if self._current is not None else None
        if sheet is not None and sheet.image_columns:
            self.app.push_screen(PictureDialog("Item", sheet.id, fields))
        else:
            self.app.push_screen(RecordDialog("Item", fields))

    @property
    def _current(self) -> Entry | None:
        entry: Entry | None = self.query_one("#entries", Table).current
        return entry

    def _show_current(self) -> None:
        entry = self._current
        self.commands_changed()
        if entry is None:
            return
        if entry.sheet is None:
            self._shown_sheet = ""
            self.query_one(DataGrid).show_rows((), ())
            self.query_one("#about", Panel).show(lambda width: about_use_case(entry, width))
            return
        sheet = entry.sheet
        self.session.sheet_id = sheet.id
        self.query_one("#about", Panel).show(lambda width: about_sheet(sheet, width))
        self.run_in_background(
            lambda workspace: workspace.data.sheets.sheet_page(sheet.id, limit=PREVIEWED),
            lambda page: self._show_page(sheet, page),
            group="rows",
            failed=self._show_page_error,
        )

    def _show_page(self, sheet: Sheet, page: Page) -> None:
        grid = self.query_one(DataGrid)
        grid.set_empty_text("No row matches the filter. Press e to change it.")
        grid.show_rows([column.name for column in page.columns], [item.fields for item in page.items])
        if sheet.id != self._shown_sheet:
            self._shown_sheet = sheet.id
            grid.move_to(0)

    def _show_page_error(self, error: OntosError) -> None:
        self.query_one(DataGrid).show_rows((), ())
        self._show_error(error)

    def possible(self, command: str) -> bool:
        entry = self._current if self.is_mounted else None
        if self.page is not None:
            return False
        if command in OF_A_SHEET:
            return entry is not None and entry.sheet is not None
        return True

    def action_open_entry(self) -> None:
        entry = self._current
        if entry is None:
            return
        if entry.sheet is not None:
            self.query_one(DataGrid).focus()
        elif entry.use_case is not None:
            key = entry.use_case.key
            self.run_in_background(
                lambda workspace: workspace.onboarding.seed(key, supplied=True), self._seeded, group="do"
            )

    def _seeded(self, report: SeedReport) -> None:
        self.session.sheet_id = report.sheet.id
        self.session.template_id = report.template.id
        self.ontos.show_message(
            f"{report.sheet.name}: {report.sheet.item_count:,} items are ready. Press 2 to generate pairs."
        )
        self.reload()
        self.ontos.refresh_overview()

    def action_add_file(self) -> None:
        from ontos_tui.tui.stages.data.adding import AddData

        AddData(self, lambda table, name: self._forms.name(table, {"name": name})).start()

    def action_reading(self) -> None:
        from ontos_tui.tui.stages.data.table_reading import open_reading

        entry = self._current
        if entry is not None and entry.sheet is not None:
            open_reading(self, entry.sheet.source_table, self._read_anew)

    def _read_anew(self, table: DataTable) -> None:
        self.ontos.show_message(f"{table.address} is read anew: {table.row_count:,} rows.")
        self._shown_sheet = ""
        self.reload()

    def _sheet_saved(self, sheet: Sheet) -> None:
        self.session.sheet_id = sheet.id
        self._shown_sheet = ""
        self.ontos.show_message(f"{sheet.name}: {sheet.item_count:,} items.")
        self.reload()
        self.ontos.refresh_overview()

    def action_browse(self) -> None:
        self.run_in_background(lambda workspace: workspace.data.catalog.has_team, self._browse, group="do")

    def _browse(self, has_team: bool) -> None:
        from ontos_tui.tui.stages.data.catalog_browser import CatalogDialog

        if not has_team:
            self.ontos.show_error(NoTeamError())
            return

        def chosen(address: str | None) -> None:
            if address is not None:
                self._forms.open(f"New sheet over {address}", address, None)

        self.app.push_screen(CatalogDialog(), chosen)

    def action_new_sheet(self) -> None:
        self.run_in_background(lambda workspace: workspace.data.catalog.tables(), self._choose_table, group="do")

    def _choose_table(self, tables: Sequence[TableInfo]) -> None:
        if not tables:
            self.ontos.show_message("There is no table yet; press a to add a data file.")
            return
        choices = [(str(table.address), f"{table.rows:,} rows · {len(table.columns)} columns") for table in tables]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._forms.open(f"New sheet over {tables[index].address}", str(tables[index].address), None)

        self.app.push_screen(ChooseDialog("A sheet over which table?", choices), chosen)

    def action_edit_sheet(self) -> None:
        entry = self._current
        if entry is not None and entry.sheet is not None:
            self._forms.open(f"Edit {entry.sheet.name}", entry.sheet.source_table, entry.sheet)

    def action_duplicate_sheet(self) -> None:
        entry = self._current
        if entry is not None and entry.sheet is not None:
            self._forms.duplicate(entry.sheet)

    def action_roles(self) -> None:
        entry = self._current
        if entry is not None and entry.sheet is not None:
            self._forms.roles(entry.sheet)

    def action_tag_sheet(self) -> None:
        entry = self._current
        if entry is not None and entry.sheet is not None:
            self._forms.tags(entry.sheet, self._tagged)

    def _tagged(self, message: str, title: str) -> None:
        self.ontos.show_message(message, title=title)
        self.reload()

    def action_join(self) -> None:
        from ontos_tui.tui.stages.data.derived_tables.join_form import join_tables

        entry = self._current
        if entry is not None and entry.sheet is not None:
            sheet = entry.sheet
            join_tables(self, sheet.source_table, lambda table: self._forms.name_joined(sheet, table))

    def action_compute(self) -> None:
        from ontos_tui.tui.stages.data.derived_tables.computed_form import compute_column

        entry = self._current
        if entry is not None and entry.sheet is not None:
            compute_column(self, entry.sheet, self._sheet_saved)

    def action_delete_sheet(self) -> None:
        entry = self._current
        if entry is None or entry.sheet is None:
            return
        sheet = entry.sheet

        def answered(sure: bool | None) -> None:
            if sure:
                self.run_in_background(
                    lambda workspace: workspace.data.sheets.delete_sheet(sheet.id),
                    lambda _: self._deleted(),
                    group="do",
                )

        self.app.push_screen(
            ConfirmDialog(
                "Delete this sheet?", f"{sheet.name} is removed from the list. Its data file and its pairs stay."
            ),
            answered,
        )

    def _deleted(self) -> None:
        self.session.sheet_id = ""
        self.reload()
        self.ontos.refresh_overview()


def _entries(workspace: Workspace) -> list[Entry]:
    sheets = [Entry(sheet.name, f"{sheet.item_count:,}", sheet=sheet) for sheet in workspace.data.sheets.sheets()]
    cases = [Entry(case.title, "sample", use_case=case) for case in workspace.onboarding.use_cases() if not case.seeded]
    return sheets + cases
