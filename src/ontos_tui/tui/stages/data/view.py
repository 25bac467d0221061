"""DATA: sample data, files, and the sheets that point at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import NoTeamError, OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_integer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.dialogs.record import RecordDialog
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.widgets.data_grid import DataGrid
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable, Page, Sheet
    from ontos_tui.domain.records.reading import ReadingOptions
    from ontos_tui.services.data.service import TableInfo
    from ontos_tui.services.guide.onboarding import SeedReport, UseCase
    from ontos_tui.services.records.usage_constraints import Tagged
    from ontos_tui.workspace import Workspace

PREVIEWED = 200


@dataclass(frozen=True)
class Entry:
    """A line of the list: a sheet, or a use case whose sample data is not loaded yet."""

    name: str
    remark: str
    sheet: Sheet | None = None
    use_case: UseCase | None = None


class DataView(StageView):
    """Sheets on the left; on the right what the one under the cursor is, and its rows."""

    STAGE = Stage.DATA
    ABOUT = (
        "A sheet is a named view of a data file: which rows, which columns, and what identifies an item. "
        "Pick a use case to load its sample data, or add a CSV, JSONL or Parquet file of your own."
    )
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("data.open_entry", "o", "Open", "Load the sample data, or go to the rows (enter does it too)"),
        Command("data.add_file", "a", "Add file", "Create a sheet from a file of text, JSONL or Parquet"),
        Command(
            "data.browse", "b", "Team tables", "Browse the team's Databricks workspace and create a sheet from a table"
        ),
        Command("data.new_sheet", "n", "New sheet", "Another view of a table that is already here"),
        Command("data.edit_sheet", "e", "Edit", "Name, filter, sample and item id of this sheet"),
        Command("data.reading", "i", "Reading", "What was understood of the file, and how that is decided"),
        Command("data.tag_sheet", "t", "Tags", "Mark what its data contains, such as PII; pairs and labels inherit it"),
        Command("data.delete_sheet", "D", "Delete", "Remove this sheet; its data file and its pairs stay"),
    )
    DEFAULT_CSS = """
    DataView #about { height: 6; }
    DataView #rows { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown_sheet = ""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
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
        self.query_one("#entries").focus()

    def reload(self) -> None:
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
            self.query_one("#about", Panel).show(lambda width: _about_use_case(entry, width))
            return
        sheet = entry.sheet
        self.session.sheet_id = sheet.id
        self.query_one("#about", Panel).show(lambda width: _about_sheet(sheet, width))
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
        if command in ("edit_sheet", "tag_sheet", "delete_sheet", "reading"):
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
            self.run_in_background(lambda workspace: workspace.onboarding.seed(key), self._seeded, group="do")

    def _seeded(self, report: SeedReport) -> None:
        self.session.sheet_id = report.sheet.id
        self.session.template_id = report.template.id
        self.ontos.show_message(
            f"{report.sheet.name}: {report.sheet.item_count:,} items are ready. Press 2 to generate pairs."
        )
        self.reload()
        self.ontos.refresh_overview()

    def action_add_file(self) -> None:
        self._file_form({})

    def _file_form(self, typed: Values) -> None:
        """Ask for a file, with what was typed before when that could not be used."""
        fields = (
            FormField("path", "File", typed.get("path"), required=True, hint=".csv, .txt, .xlsx, .json, .parquet"),
            FormField("name", "Sheet name", typed.get("name"), hint="empty: the file's name"),
            FormField(
                "item_id_column",
                "Item id column",
                typed.get("item_id_column"),
                hint="empty: a hash of the row's content identifies it",
            ),
        )
        self.app.push_screen(FormDialog("Add a data file", fields), self._report_file)

    def _report_file(self, values: Values | None) -> None:
        """Show what is understood of the file, before anything is added."""
        if values is None:
            return
        path = Path(values["path"]).expanduser()

        def failed(error: OntosError) -> None:
            self.ontos.show_error(error)
            self._file_form(values)

        def known(workspace: Workspace) -> ReadingOptions:
            return workspace.data.sheets.decisions(path)

        def report(options: ReadingOptions) -> None:
            from ontos_tui.tui.stages.data.reading_dialog import ReadingDialog

            def accepted(decided: ReadingOptions | None) -> None:
                if decided is None:
                    self._file_form(values)
                else:
                    self._add_file(values, decided, failed)

            self.app.push_screen(ReadingDialog(str(path), options), accepted)

        self.run_in_background(known, report, group="do", failed=failed)

    def _add_file(self, values: Values, options: ReadingOptions, failed: Callable[[OntosError], None]) -> None:
        def add(workspace: Workspace) -> Sheet:
            table = workspace.data.sheets.add_file(Path(values["path"]).expanduser(), options=options, exact=True)
            name = values["name"] or table.address.split(".")[-1]
            return workspace.data.sheets.create_sheet(name, table.address, item_id_column=values["item_id_column"])

        self.run_in_background(add, self._sheet_saved, group="do", failed=failed)

    def action_reading(self) -> None:
        entry = self._current
        if entry is None or entry.sheet is None:
            return
        source = entry.sheet.source_table
        self.run_in_background(
            lambda workspace: workspace.data.sheets.file_table(source), self._show_reading, group="do"
        )

    def _show_reading(self, table: DataTable) -> None:
        """What was understood of the file below the sheet; when it is decided anew, the file is read again."""
        from ontos_tui.tui.stages.data.reading_dialog import ReadingDialog

        def accepted(decided: ReadingOptions | None) -> None:
            if decided is None or decided == table.reading_options:
                return

            def change(workspace: Workspace) -> DataTable:
                return workspace.data.sheets.read_anew(table.address, decided)

            self.run_in_background(change, self._read_anew, group="do")

        self.app.push_screen(ReadingDialog(table.path, table.reading_options, table.column_names), accepted)

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
        self.run_in_background(lambda workspace: workspace.data.sheets.has_team, self._browse, group="do")

    def _browse(self, has_team: bool) -> None:
        from ontos_tui.tui.stages.data.catalog_browser import CatalogDialog

        if not has_team:
            self.ontos.show_error(NoTeamError())
            return

        def chosen(address: str | None) -> None:
            if address is not None:
                self._sheet_form(f"New sheet over {address}", address, None)

        self.app.push_screen(CatalogDialog(), chosen)

    def action_new_sheet(self) -> None:
        self.run_in_background(lambda workspace: workspace.data.sheets.tables(), self._choose_table, group="do")

    def _choose_table(self, tables: Sequence[TableInfo]) -> None:
        if not tables:
            self.ontos.show_message("There is no table yet; press a to add a data file.")
            return
        choices = [(str(table.address), f"{table.rows:,} rows · {len(table.columns)} columns") for table in tables]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._sheet_form(f"New sheet over {tables[index].address}", str(tables[index].address), None)

        self.app.push_screen(ChooseDialog("A sheet over which table?", choices), chosen)

    def action_edit_sheet(self) -> None:
        entry = self._current
        if entry is not None and entry.sheet is not None:
            self._sheet_form(f"Edit {entry.sheet.name}", entry.sheet.source_table, entry.sheet)

    def _sheet_form(self, heading: str, source: str, sheet: Sheet | None) -> None:
        from ontos_tui.domain.records.data import UNNAMED, Sampling

        def value(name: str) -> Any:
            return getattr(sheet, name) if sheet is not None else None

        fields = (
            FormField("name", "Name", value("name"), required=True),
            FormField("item_id_column", "Item id column", value("item_id_column"), hint=f"empty: {UNNAMED}"),
            FormField(
                "filter_expression",
                "Filter",
                value("filter_expression"),
                hint="such as: humidity > 60",
            ),
            FormField(
                "image_columns", "Pictures", ", ".join(value("image_columns") or ()), hint="columns that name files"
            ),
            FormField("sampling", "Sample", value("sampling") or Sampling.ALL, choices=tuple(Sampling), required=True),
            FormField("sample_size", "Sample size", value("sample_size"), hint="rows; not for all", read=read_integer),
            FormField("sample_by", "Stratify by", value("sample_by"), hint="column that keeps its proportions"),
            FormField(
                "window_size", "Window", value("window_size"), hint="rows; empty: each is an item", read=read_integer
            ),
            FormField(
                "window_step", "Window step", value("window_step"), hint="rows; empty: its size", read=read_integer
            ),
            FormField("window_group", "Window group", value("window_group"), hint="column that separates the streams"),
            FormField("window_order", "Window order", value("window_order"), hint="column such as the time"),
        )
        self.app.push_screen(
            FormDialog(heading, fields, about=source), lambda values: self._save_sheet(source, sheet, values)
        )

    def _save_sheet(self, source: str, sheet: Sheet | None, values: Values | None) -> None:
        from ontos_tui.domain.records.data import Sampling

        if values is None:
            return
        values["filter_expression"] = values["filter_expression"] or ""
        named = (part.strip() for part in (values["image_columns"] or "").split(","))
        values["image_columns"] = [name for name in named if name]
        if values["sampling"] is Sampling.ALL:
            values["sample_size"] = values["sample_by"] = None

        def save(workspace: Workspace) -> Sheet:
            if sheet is None:
                name = values.pop("name")
                return workspace.data.sheets.create_sheet(name, source, **values)
            return workspace.data.sheets.edit_sheet(sheet.id, **values)

        self.run_in_background(save, self._sheet_saved, group="do")

    def action_tag_sheet(self) -> None:
        entry = self._current
        if entry is None or entry.sheet is None:
            return
        sheet = entry.sheet

        def done(values: Values | None) -> None:
            if values is not None:
                tags = (values["tags"] or "").split(",")
                self.run_in_background(
                    lambda workspace: workspace.label.constraints.tag_sheet(sheet.id, tags), self._tagged, group="do"
                )

        about = (
            "PII and PHI prohibit training; CONFIDENTIAL prohibits few-shot and evaluation. Other tags are notes only."
        )
        field = FormField("tags", "Tags", ", ".join(sheet.tags) or None, hint="separated by commas")
        self.app.push_screen(FormDialog(f"Tags of {sheet.name}", (field,), about=about), done)

    def _tagged(self, outcome: Tagged) -> None:
        message = f"{outcome.pairs:,} pairs and {outcome.labels:,} labels inherited it."
        if outcome.retained:
            message += (
                f" What {', '.join(outcome.retained)} prohibited stays prohibited. To allow it, press C in the queue."
            )
        self.ontos.show_message(message, title=f"Tags: {', '.join(outcome.sheet.tags) or 'none'}")
        self.reload()

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


def _about_use_case(entry: Entry, width: int) -> list[Line]:
    assert entry.use_case is not None
    return [
        line(span(entry.name, "title")),
        *wrap(entry.use_case.summary, width),
        line(span("enter", "key"), ": load its sample data"),
    ]


def _about_sheet(sheet: Sheet, width: int) -> list[Line]:
    from ontos_tui.domain.records.data import OLD_NAMES, UNNAMED, ItemIdentity, Sampling, windows_in_words

    sample = "all rows"
    if sheet.sampling is not Sampling.ALL:
        by = f" by {sheet.sample_by}" if sheet.sample_by else ""
        sample = f"{sheet.sampling.value}{by}, {sheet.sample_size or 'all'} rows"
    old_names = [line(span(OLD_NAMES, "warn"))] if sheet.identity is ItemIdentity.POSITION else []
    tags = f"  ⛔ {', '.join(sheet.tags)}" if sheet.tags else ""
    return [
        line(span(sheet.name, "title"), span(f"  {sheet.item_count:,} items", "strong"), span(tags, "warn")),
        line(span(sheet.description, "muted", width)),
        line(span("source  ", "muted"), sheet.source_table),
        line(span("item id ", "muted"), windows_in_words(sheet) or sheet.item_id_column or UNNAMED),
        *old_names,
        line(span("filter  ", "muted"), sheet.filter_expression or "none"),
        line(span("sample  ", "muted"), sample),
    ]
