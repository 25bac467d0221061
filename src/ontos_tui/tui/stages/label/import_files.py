"""Files in: what an import would do is shown before it does, and what becomes of newer decisions is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.app import ComposeResult

from ontos_tui.domain.file_formats import Format, Newer, Offsets
from ontos_tui.domain.records.data import Sheet
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.label.import_export import ReportDialog, read_path
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import TrainingSheet
    from ontos_tui.services.interchange.service import (
        ImportOptions,
        ImportReport,
    )
    from ontos_tui.workspace import Workspace


def read_names(text: str) -> frozenset[str]:
    """Names apart by commas."""
    return frozenset(filter(None, map(str.strip, text.split(","))))


def read_mapping(text: str) -> dict[str, str]:
    """`item_ref=serial, severity=class` as a mapping. Raises ValueError in plain words."""
    mapping = {}
    for part in filter(None, map(str.strip, text.split(","))):
        what, equals, column = part.partition("=")
        if not equals or not what.strip() or not column.strip():
            raise ValueError(f"{part!r} must look like NAME=COLUMN")
        mapping[what.strip()] = column.strip()
    return mapping


def ask_import(
    asker: BackgroundMixin,
    into: TrainingSheet | Sheet,
    then: Callable[[ImportReport], Any],
    label_type: str | None = None,
) -> None:
    """Ask for a file, show what would happen, and do it when the user wants that; then tell `then`.

    Into a training sheet come decisions about its pairs, and new pairs from chat lines; into a sheet, canonical labels.
    """

    def chosen(values: Values | None) -> None:
        if values is not None:
            asker.run_in_background(
                lambda workspace: run(workspace, values, dry_run=True), lambda one: show(one, values), group="in"
            )

    def run(workspace: Workspace, values: Values, newer: Newer | None = None, *, dry_run: bool) -> ImportReport:
        path, format, service = values["path"], values["format"], workspace.label.files
        options = _import_options(values, newer)
        if isinstance(into, Sheet):
            return service.import_labels(path, format, into.id, label_type=label_type, options=options, dry_run=dry_run)
        approved = bool(values["approved"])
        return service.import_pairs(path, format, into.id, options=options, approved=approved, dry_run=dry_run)

    def show(report: ImportReport, values: Values) -> None:
        asker.app.push_screen(ImportReportDialog(report), lambda choice: do(values, choice) if choice else None)

    def do(values: Values, choice: Choice) -> None:
        newer = choice if isinstance(choice, Newer) else None
        asker.run_in_background(lambda workspace: run(workspace, values, newer, dry_run=False), done, group="in")

    def done(report: ImportReport) -> None:
        asker.app.push_screen(ReportDialog("Imported", lambda width: _imported(report, width)), lambda _: then(report))

    what = "labels of" if isinstance(into, Sheet) else "into"
    fields = _import_fields(is_sheet=isinstance(into, Sheet))
    asker.app.push_screen(ImportDialog(f"Import {what} {into.name}", fields), chosen)


def _import_options(values: Values, newer: Newer | None) -> ImportOptions:
    from ontos_tui.services.interchange.service import ImportOptions

    leave_out = values["leave_out"] or frozenset()
    return ImportOptions(values["mapping"] or {}, leave_out, values["offsets"], newer)


class ImportDialog(FormDialog):
    """What to import. The file is read before anything happens."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "label.import.save",
            "ctrl+s,f2",
            "Preview",
            "Read the file and show what would happen; nothing is imported yet",
        ),
    )

    def __init__(self, heading: str, fields: list[FormField]) -> None:
        about = "Nothing is imported before you have seen what would happen."
        super().__init__(heading, fields, about=about)


def _import_fields(*, is_sheet: bool) -> list[FormField]:
    formats = tuple(one for one in Format if not (is_sheet and one is Format.CHAT))
    fields = [
        FormField("path", "File", required=True, hint="~ is your home folder", read=read_path),
        FormField("format", "Format", choices=formats, hint="empty: as its content shows"),
        FormField("mapping", "Names", hint="if they differ: item_ref=serial, severity=class", read=read_mapping),
        FormField("leave_out", "Leave out", hint="what the report calls not supported: bbox, comment", read=read_names),
        FormField("offsets", "Positions", choices=tuple(Offsets), hint="of spans; empty: as the texts show"),
    ]
    if not is_sheet:
        hint = "chat only: use the answers as labels"
        fields.append(FormField("approved", "Approved", False, choices=(True, False), required=True, hint=hint))
    return fields


Choice = Newer | Literal[True]
"""To import, and what becomes of newer decisions where there are some."""


class ImportReportDialog(Dialog[Choice | None]):
    """What an import would do. It is done when the user says so, and cannot be when a line is wrong.

    Where decisions here are newer than the file, the user says what becomes of them.
    """

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("label.import_report.take", "enter,ctrl+s", "Import", "Import all of it in one step"),
        Command("label.import_report.keep_newer", "n", "Keep newer", "Import all but what was decided here later"),
        Command("label.import_report.take_newer", "t", "Take all", "Import all, also in place of newer decisions"),
    )
    DEFAULT_CSS = "ImportReportDialog > #box { height: 80%; }"

    def __init__(self, report: ImportReport) -> None:
        super().__init__(f"{report.path.name}: {'cannot be imported' if report.refused else 'what would happen'}")
        self._report = report

    def compose_body(self) -> ComposeResult:
        yield Panel(id="report")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: _imported(self._report, width))
        panel.focus()

    def possible(self, command: str) -> bool:
        """With a line that cannot be used nothing is imported; without a change there is nothing to do."""
        report = self._report
        if command in ("keep_newer", "take_newer"):
            return report.undecided and not report.refused
        any_change = bool(report.created or report.updated)
        return command != "take" or (any_change and not report.refused and not report.undecided)

    def action_take(self) -> None:
        self.dismiss(True)

    def action_keep_newer(self) -> None:
        self.dismiss(Newer.KEEP)

    def action_take_newer(self) -> None:
        self.dismiss(Newer.TAKE)


def _imported(report: ImportReport, width: int) -> Iterator[Line]:
    if report.refused:
        amount = f"{report.problem_count:,} {'line' if report.problem_count == 1 else 'lines'}"
        yield line(span(f"✗ {amount} cannot be used; nothing is imported.", "bad"))
        yield line(span("Correct the file and import it again.", "muted"))
        yield EMPTY
        for problem in report.problems:
            yield from wrap(str(problem), width)
        if report.problem_count > len(report.problems):
            yield line(span(f"and {report.problem_count - len(report.problems):,} more lines", "muted"))
        return
    if report.format is not None:
        yield line(span(f"○ read as {report.format}", "muted"))
    would = "would be " if report.nothing_done else ""
    yield line(span(f"● {report.created:,} {would}created", "good" if report.created else "muted"))
    yield line(span(f"● {report.updated:,} {would}changed", "warn" if report.updated else "muted"))
    yield line(span(f"○ {report.unchanged:,} unchanged", "muted"))
    yield line(span(f"○ {report.skipped:,} without a label", "muted"))
    for note in report.notes:
        yield from wrap(note, width, "warn")
    if report.newer:
        yield EMPTY
        yield line(span(f"● {report.newer:,} decided here later than in the file", "warn"))
    if report.undecided:
        yield line(span("Press n to keep them, or t to take what the file says.", "muted"))
    for one in report.newer_lines:
        yield from wrap(str(one), width)
