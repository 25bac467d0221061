"""What was understood of a file, before it becomes a table and after: every decision can be changed by a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.reading import ColumnReading, Question, ReadingOptions
from ontos_tui.services.data.reading_words import bars, type_in_words
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_integer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.data.reading_choices import ENCODINGS, ORDERS, SEPARATORS, TYPES, ZONES, value_of, words
from ontos_tui.tui.stages.data.reading_lines import column_lines, reading_lines
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.data.reading import FileReport
    from ontos_tui.workspace import Workspace

Read = Callable[["Workspace", ReadingOptions], "FileReport"]


AROUND = 4
"""Rows of the box that are none of its parts: the frame, the heading, and the keys."""


class ReadingDialog(Dialog[ReadingOptions], BackgroundMixin):
    """Gives the decisions with which the file is to be read, when the user accepts them."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("data.reading.accept", "enter,ctrl+s", "Accept", "Read the file so"),
        Command("data.reading.column_type", "t", "Type", "What the column under the cursor holds"),
        Command("data.reading.no_value", "n", "No value", "Which values of the column under the cursor mean none"),
        Command("data.reading.sheet", "w", "Sheet", "Which sheet of a workbook"),
        Command("data.reading.header", "h", "Names", "Which line holds the names"),
        Command("data.reading.units", "u", "Units", "Which line holds the units"),
        Command("data.reading.missing", "m", "Missing", "Which words mean no value"),
        Command("data.reading.separator", "s", "Separator", "What stands between the values"),
        Command("data.reading.encoding", "e", "Encoding", "How characters are stored"),
        Command("data.reading.decimal", "d", "Decimal", "Comma or point"),
        Command("data.reading.order", "o", "Day/month", "Which part of a date comes first"),
        Command("data.reading.zone", "z", "Time zone", "Of times that name none"),
        Command("data.reading.footer", "f", "End", "How many lines at the end are no rows"),
        Command("data.reading.limits", "l", "<40", "What values such as <40 are"),
        Command("data.reading.all_notes", "v", "All notes", "All that was understood, in full"),
        Command("data.reading.forget", "x", "As found", "Forget every decision made here"),
    )
    DEFAULT_CSS = """
    ReadingDialog #facts { height: 6; }
    ReadingDialog #columns { height: 8; }
    ReadingDialog #column { height: 3; }
    """

    def __init__(
        self,
        path: str,
        options: ReadingOptions,
        names: Sequence[str] = (),
        *,
        read: Read | None = None,
        column: str = "",
    ) -> None:
        """`read` reports with some decisions; without one, the file at `path` is read. `column` is where to begin."""
        super().__init__(f"What is understood of {Path(path).name}")
        self._options = options
        self._read_with = read or _reader(Path(path), tuple(names))
        self._column = column
        self._report: FileReport | None = None

    def compose_body(self) -> ComposeResult:
        facts = Panel(id="facts")
        facts.can_focus = False
        yield facts
        yield Table[ColumnReading](
            [
                ColumnSpec("column", 0),
                ColumnSpec("holds", 9),
                ColumnSpec("values", 10, right=True),
                ColumnSpec("missing", 9, right=True),
                ColumnSpec("no fit", 7, right=True),
                ColumnSpec("", 10),
            ],
            self._cells,
            empty="Reading the file…",
            id="columns",
        )
        detail = Panel(id="column")
        detail.can_focus = False
        yield detail

    def on_resize(self) -> None:
        """The three parts share the room; the keys stay in sight."""
        room = int(self.size.height * 0.9) - AROUND
        facts, column = max(4, min(9, room // 3 + 1)), 3 if room < 24 else 5
        self.query_one("#facts").styles.height = facts
        self.query_one("#column").styles.height = column
        self.query_one("#columns").styles.height = max(4, room - facts - column)

    def on_mount(self) -> None:
        self._columns.focus()
        self._read()

    @property
    def _columns(self) -> Table[ColumnReading]:
        table: Table[ColumnReading] = self.query_one("#columns", Table)
        return table

    def _read(self) -> None:
        """Read the file with the present decisions, in the background."""
        read, options = self._read_with, self._options
        self.run_in_background(
            lambda workspace: read(workspace, options), self._show, group="reading", failed=self._failed
        )

    def _show(self, report: FileReport) -> None:
        self._report = report
        self.query_one("#facts", Panel).show(lambda width: reading_lines(report.reading, width))
        names = [column.name for column in report.reading.columns]
        at, self._column = names.index(self._column) if self._column in names else None, ""
        self._columns.refresh_rows()
        self._columns.show(report.reading.columns, cursor=at)
        self._show_column()

    def _failed(self, error: OntosError) -> None:
        self._report = None
        self._columns.set_empty_text("Change a decision, or press escape.")
        self._columns.show(())
        self.query_one("#facts", Panel).show(lambda width: error_lines(error, width))

    def _cells(self, column: ColumnReading) -> Sequence[object]:
        profile = self._report.of(column.name) if self._report is not None else None
        missing = sum(column.missing.values())
        return (
            column.name,
            type_in_words(column.type),
            f"{column.values:,}" if column.values else "",
            f"{missing:,}" if missing else "",
            span(f"{column.unfit:,}", "warn") if column.unfit else "",
            bars(profile.histogram) if profile is not None else "",
        )

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._show_column()

    def _show_column(self) -> None:
        column, report = self._columns.current, self._report
        profile = report.of(column.name) if report is not None and column is not None else None
        self.query_one("#column", Panel).show(
            lambda width: column_lines(column, profile, width) if column is not None else ()
        )

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_accept()

    # What keys do

    def action_accept(self) -> None:
        if self._report is None:
            return
        if self._report.reading.questions:
            self._ask(self._report.reading.questions[0])
        else:
            self.dismiss(self._options)

    def _ask(self, question: Question) -> None:
        """What only the user knows about the file."""
        self._choose(question.text, question.field, question.choices, typed=question.field == "timezone")

    def _decide(self, **decisions: Any) -> None:
        self._options = self._options.model_copy(update=decisions)
        self._read()

    def _choose(self, heading: str, field: str, choices: Sequence[str], *, typed: bool = False) -> None:
        """Choose a value for a decision; with `typed`, another one than those listed may be typed."""
        listed = [(choice, dict(ORDERS).get(choice, "")) for choice in choices]
        if typed:
            listed.append(("another…", ""))

        def chosen(index: int | None) -> None:
            if index is None:
                return
            if index == len(choices):
                self._type(heading, field, str)
                return
            self._decide(**{field: value_of(field, choices[index])})

        self.app.push_screen(ChooseDialog(heading, listed), chosen)

    def _type(self, heading: str, field: str, read: Callable[[str], Any], hint: str = "") -> None:
        """Type a value for a decision; empty takes the decision back."""
        present = getattr(self._options, field)
        shown = ", ".join(present) if isinstance(present, list) else present

        def done(values: Values | None) -> None:
            if values is not None:
                empty = type(self._options).model_fields[field].get_default(call_default_factory=True)
                self._decide(**{field: empty if values[field] is None else values[field]})

        form = FormDialog(heading, (FormField(field, heading, shown, hint=hint, read=read),), verb="Set")
        self.app.push_screen(form, done)

    def action_column_type(self) -> None:
        column = self._columns.current
        if column is None:
            return
        name = column.name

        def chosen(index: int | None) -> None:
            if index is None:
                return
            types = {key: kind for key, kind in self._options.column_types.items() if key != name}
            self._decide(column_types=types if index == 0 else types | {name: TYPES[index]})

        self.app.push_screen(ChooseDialog(f"What does {name} hold?", [(kind, "") for kind in TYPES]), chosen)

    def action_no_value(self) -> None:
        column = self._columns.current
        if column is None:
            return
        name, others = column.name, self._options.column_missing
        field = FormField("words", "Values", ", ".join(others.get(name, ())) or None, hint="separated by commas")

        def done(values: Values | None) -> None:
            if values is not None:
                given = {name: words(values["words"])} if values["words"] else {}
                self._decide(column_missing={key: one for key, one in others.items() if key != name} | given)

        self.app.push_screen(FormDialog(f"Which values of {name} mean no value?", (field,), verb="Set"), done)

    def action_sheet(self) -> None:
        sheets = self._report.reading.sheets if self._report is not None else []
        if sheets:
            self._choose("Which sheet is the table?", "sheet", sheets)
        else:
            self.notify("Only a workbook has sheets.")

    def action_header(self) -> None:
        self._type("Line of the names", "header_line", read_integer, "0: the file names no columns; empty: as found")

    def action_units(self) -> None:
        self._type("Line of the units", "units_line", read_integer, "0: there is none; empty: as found")

    def action_footer(self) -> None:
        self._type("Lines at the end", "footer_lines", read_integer, "that are no rows; empty: as found")

    def action_missing(self) -> None:
        self._type("Words that mean no value", "missing", words, "separated by commas; empty: the usual ones")

    def action_separator(self) -> None:
        self._choose("What stands between the values?", "separator", SEPARATORS, typed=True)

    def action_encoding(self) -> None:
        self._choose("Which encoding?", "encoding", ENCODINGS, typed=True)

    def action_decimal(self) -> None:
        self._choose("Which is the decimal mark?", "decimal", (",", "."))

    def action_order(self) -> None:
        self._choose("Which part of a date comes first?", "date_order", [order for order, _ in ORDERS])

    def action_zone(self) -> None:
        self._choose("Where were times taken that name no zone?", "timezone", ZONES, typed=True)

    def action_limits(self) -> None:
        self._choose("What are values such as <40?", "limits", ("number", "missing"))

    def action_all_notes(self) -> None:
        from ontos_tui.tui.dialogs.text import TextDialog

        if self._report is not None:
            reading = self._report.reading
            above = [f"above the names: {text}" for text in reading.above]
            below = [f"no row: {text}" for text in reading.left_out]
            self.app.push_screen(TextDialog("All that was understood", "\n".join([*reading.notes, *above, *below])))

    def action_forget(self) -> None:
        self._options = ReadingOptions()
        self._read()


def _reader(path: Path, names: Sequence[str]) -> Read:
    """How a file is read with some decisions."""
    return lambda workspace, options: workspace.data.files.file_report(path, names, options, exact=True)
