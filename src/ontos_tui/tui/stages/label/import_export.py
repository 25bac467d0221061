"""Files out: what is held back and why is shown before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.file_formats import SUFFIXES, WRITTEN, Format
from ontos_tui.domain.records.data import identifier_from
from ontos_tui.domain.rules.governance import Use
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_fraction
from ontos_tui.tui.dialogs.forms.fields import ChoiceLine, ValueInput
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import TrainingSheet
    from ontos_tui.services.interchange.service import (
        ExportOptions,
        ExportReport,
        Selection,
    )
    from ontos_tui.workspace import Workspace

LABELED, ALL = "labeled", "all"


def read_share(text: str) -> float:
    """A share between 0 and 1, also as per cent. Raises ValueError in plain words."""
    share = read_fraction(text)
    if share in (0, 1):
        raise ValueError("must be more than 0 and less than 1")
    return share


def read_path(text: str) -> Path:
    """A file's name as typed; ~ is the home folder."""
    return Path(text.strip()).expanduser()


def ask_export(asker: BackgroundMixin, sheet: TrainingSheet, then: Callable[[ExportReport], Any]) -> None:
    """Ask how to export a training sheet, do it, show the result, then call `then`."""

    def chosen(values: Values | None) -> None:
        if values is None:
            return
        path: Path = values["path"]
        asker.run_in_background(lambda workspace: path.exists(), lambda there: confirmed(values, there), group="export")

    def confirmed(values: Values, there: bool) -> None:
        if not there:
            write(values)
            return
        question = f"{values['path']} exists already. Its content will be replaced."
        asker.app.push_screen(ConfirmDialog("Replace the file?", question), lambda yes: write(values) if yes else None)

    def write(values: Values) -> None:
        def work(workspace: Workspace) -> ExportReport:
            format, split = values["format"], values["split"]
            return workspace.label.files.export(sheet.id, values["path"], format, options=_options(values), split=split)

        asker.run_in_background(work, done, group="export")

    def done(report: ExportReport) -> None:
        asker.app.push_screen(ReportDialog("Exported", lambda width: _exported(report, width)), lambda _: then(report))

    asker.app.push_screen(ExportDialog(sheet), chosen)


def _options(values: Mapping[str, Any]) -> ExportOptions:
    from ontos_tui.services.interchange.service import ExportOptions

    return ExportOptions(values["use"], values["statuses"] == ALL)


class ExportDialog(FormDialog, BackgroundMixin):
    """How to export a training sheet. What would be held back is counted anew with every choice."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "label.export.save",
            "ctrl+s,f2",
            "Export",
            "Write the file; an existing one is replaced only when you confirm",
        ),
    )
    DEFAULT_CSS = """
    ExportDialog > #box { height: 90%; max-height: 24; }
    ExportDialog #selection { height: 5; }
    ExportDialog #form { height: 1fr; }
    ExportDialog #fields { height: 1fr; }
    """

    def __init__(self, sheet: TrainingSheet) -> None:
        self._sheet = sheet
        self._suggested = self._suggestion(Format.CHAT)
        fields = (
            FormField("format", "Format", Format.CHAT, choices=WRITTEN, required=True),
            FormField("use", "For", Use.TRAINING, choices=tuple(Use), required=True),
            FormField("statuses", "Pairs", LABELED, choices=(LABELED, ALL), required=True, hint="all: not for chat"),
            FormField("path", "File", self._suggested, required=True, hint="~ is your home folder", read=read_path),
            FormField("split", "Validation share", hint="such as 0.1, written to a second file", read=read_share),
        )
        super().__init__(f"Export {sheet.name}", fields, check=_check_export, verb="Export")

    def compose_body(self) -> ComposeResult:
        selection = Panel(id="selection")
        selection.can_focus = False
        yield selection
        yield from super().compose_body()

    def on_mount(self) -> None:
        self.query_one("#selection", Panel).show(lambda width: [line(span("Counting…", "muted"))])
        self._count()

    def on_choice_line_changed(self) -> None:
        super().on_choice_line_changed()
        self._count()
        path, format = self.query_one("#f3", ValueInput), self.query_one("#f0", ChoiceLine).value
        if path.value == self._suggested and format is not None:
            self._suggested = self._suggestion(format)
            path.set_value(self._suggested)

    def _suggestion(self, format: Format) -> str:
        return identifier_from(self._sheet.name) + SUFFIXES[format]

    def _count(self) -> None:
        values = {"use": self.query_one("#f1", ChoiceLine).value, "statuses": self.query_one("#f2", ChoiceLine).value}
        self.run_in_background(
            lambda workspace: workspace.label.files.preview(self._sheet.id, _options(values)), self._counted
        )

    def _counted(self, selection: Selection) -> None:
        self.query_one("#selection", Panel).show(lambda width: _selection_lines(selection, "would be written", width))


def _check_export(values: Values) -> list[str]:
    if values["format"] is Format.CHAT and values["statuses"] == ALL:
        return ["Chat files contain approved answers only; choose another format for all pairs."]
    return []


def _selection_lines(selection: Selection, done: str, width: int) -> Iterator[Line]:
    """What is written, and what is held back for which reason, the largest first."""
    amount = span(f"{selection.written:,} of {selection.total:,} pairs", "good" if selection.written else "warn")
    yield line("● ", amount, f" {done}")
    held = sorted(selection.held_back.items(), key=lambda item: -item[1])
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in held)
    yield from wrap(f"○ left out: {reasons}" if held else "○ nothing is left out", width, "warn" if held else "muted")


def _exported(report: ExportReport, width: int) -> Iterator[Line]:
    yield from _selection_lines(report, "written", width)
    yield EMPTY
    for path, pairs in report.files.items():
        yield from wrap(f"{pairs:,} {'pair' if pairs == 1 else 'pairs'} in {path}", width)
    for path in report.beside:
        yield from wrap(f"and {path}, the configuration of a Label Studio project", width)


class ReportDialog(Dialog[None]):
    """Something to read, and to leave."""

    DEFAULT_CSS = "ReportDialog Panel { height: auto; min-height: 4; max-height: 16; }"

    def __init__(self, heading: str, lines: Callable[[int], Iterator[Line]]) -> None:
        super().__init__(heading)
        self._lines = lines

    def compose_body(self) -> ComposeResult:
        yield Panel(id="report")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(self._lines)
        panel.focus()
        self.call_after_refresh(self._make_room)

    def _make_room(self) -> None:
        """As high as what there is to read, with an empty line at the end."""
        panel = self.query_one(Panel)
        panel.styles.height = max(4, min(16, len(list(self._lines(panel.size.width))) + 1))
