"""What GENERATE asks in dialogs: the sheet, the template, the column, how many items, and a template's file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_integer
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.base import Page

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Sheet
    from ontos_tui.domain.records.template import Template
    from ontos_tui.domain.rules.source_changes import SourceChangedError


class GenerateQuestions:
    """Asks, and calls back with the answer. Leaving a dialog calls nothing, except where a function says so."""

    def __init__(self, host: Page) -> None:
        self._host = host

    def ask_sheet(self, done: Callable[[Sheet], None]) -> None:
        """One of the sheets; the cursor begins at the session's."""

        def choose(sheets: Sequence[Sheet]) -> None:
            def chosen(index: int | None) -> None:
                if index is not None:
                    done(sheets[index])

            choices = [(sheet.name, f"{sheet.item_count:,} items · {sheet.source_table}") for sheet in sheets]
            cursor = next((i for i, one in enumerate(sheets) if one.id == self._host.session.sheet_id), 0)
            self._host.app.push_screen(ChooseDialog("Which sheet?", choices, cursor), chosen)

        self._host.run_in_background(lambda workspace: workspace.data.sheets.sheets(), choose, group="choose")

    def ask_template(self, done: Callable[[Template], None]) -> None:
        """One of the templates; the cursor begins at the session's."""

        def choose(templates: Sequence[Template]) -> None:
            def chosen(index: int | None) -> None:
                if index is not None:
                    done(templates[index])

            choices = [(f"{one.name} {one.version}", f"{one.status.value} · {one.description}") for one in templates]
            cursor = next((i for i, one in enumerate(templates) if one.id == self._host.session.template_id), 0)
            self._host.app.push_screen(ChooseDialog("Which template?", choices, cursor), chosen)

        self._host.run_in_background(lambda workspace: workspace.generate.templates.list(), choose, group="choose")

    def ask_column(self, source: str, done: Callable[[str | None], None]) -> None:
        """The column of a source table that has the answers; None when the user leaves the dialog."""

        def choose(columns: Sequence[str]) -> None:
            def chosen(index: int | None) -> None:
                done(None if index is None else columns[index])

            heading = "Which column contains the answer? (esc: none of them)"
            self._host.app.push_screen(ChooseDialog(heading, [(name, "") for name in columns]), chosen)

        self._host.run_in_background(
            lambda workspace: [column.name for column in workspace.data.catalog.preview(source, limit=1).columns],
            choose,
            group="choose",
        )

    def ask_changed_source(self, error: SourceChangedError, go_on: Callable[[], None]) -> None:
        """Whether to go on with a source that has changed; what has changed stands in the remark."""

        def chosen(index: int | None) -> None:
            if index == 1:
                go_on()

        changes = error.changes
        choices = [
            ("Stop", f"nothing is made. {changes.in_words()}"),
            ("Continue", f"{changes.new.count:,} new items get pairs; every pair keeps its row, answer and label"),
        ]
        counts = f"{changes.new.count:,} new, {changes.gone.count:,} gone, {changes.changed.count:,} changed"
        self._host.app.push_screen(ChooseDialog(f"The source has changed: {counts}", choices), chosen)

    def ask_limit(self, limit: int | None, done: Callable[[int | None], None]) -> None:
        """How many items to generate pairs for; None for all."""

        def filled(values: Values | None) -> None:
            if values is not None:
                done(values["limit"])

        field = FormField("limit", "Items", limit, hint="the first ones; empty: all of the sheet", read=_count)
        self._host.app.push_screen(FormDialog("Generate pairs for how many items?", [field], verb="Set"), filled)

    def ask_template_file(self, done: Callable[[Template], None]) -> None:
        """A template's file, which is imported."""

        def filled(values: Values | None) -> None:
            if values is not None:
                path = Path(values["path"]).expanduser()
                self._host.run_in_background(
                    lambda workspace: workspace.generate.templates.import_file(path), done, group="import"
                )

        field = FormField("path", "File", required=True, hint="path of a .json or .toml file")
        self._host.app.push_screen(FormDialog("Import a template", [field], verb="Import"), filled)


def _count(text: str) -> int:
    number = read_integer(text)
    if number < 1:
        raise ValueError(f"{number} is not a number of items; it must be at least 1")
    return number
