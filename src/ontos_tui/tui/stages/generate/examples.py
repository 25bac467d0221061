"""The example store as a dialog: what is shown to the model that proposes answers, added to and removed from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.forms.answer_form import schema_check, schema_fields, without_empty
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.domain.records.template import Example, Template
    from ontos_tui.services.generate.service import PreviewPair
    from ontos_tui.workspace import Workspace

NAME, EXPLANATION = "example name", "example explanation"
"""Fields of the form that are no fields of the answer."""


class ExamplesDialog(Dialog[None], BackgroundMixin):
    """The examples of a template's label type; `pair` is the previewed pair that can become one."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "generate.examples.add", "a", "Add", "Make an example of the previewed pair: you give the right answer"
        ),
        Command("generate.examples.remove", "D", "Remove", "Stop showing this example to models"),
    )
    DEFAULT_CSS = """
    ExamplesDialog > #box { height: 90%; }
    ExamplesDialog Table { height: 1fr; min-height: 3; }
    ExamplesDialog Panel { height: 1fr; padding: 0 1; }
    """

    def __init__(self, template: Template, pair: PreviewPair | None) -> None:
        super().__init__(f"Examples of {template.label_type}")
        self._template = template
        self._pair = pair

    def compose_body(self) -> ComposeResult:
        table: Table[Example] = Table([ColumnSpec("example", 24), ColumnSpec("answer", 0)], _cells)
        table.set_empty_text("No examples. a: the previewed pair. From a file: ontos examples import FILE")
        yield table
        yield Panel(id="example")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self._reload()

    def possible(self, command: str) -> bool:
        """A pair is needed to add one, and an example to remove it."""
        if command == "add":
            return self._pair is not None
        return command != "remove" or self.query_one(Table).current is not None

    def _reload(self) -> None:
        label_type = self._template.label_type
        self.run_in_background(lambda workspace: workspace.generate.examples.find(label_type), self._show)

    def _show(self, examples: Sequence[Example]) -> None:
        self.query_one(Table).show(examples)
        self.on_table_moved()

    def on_table_moved(self) -> None:
        example = self.query_one(Table).current
        self.query_one("#example", Panel).show(
            lambda width: _example_lines(example, width) if example is not None else iter(())
        )
        self.query_one("#keys", OneLine).repaint()

    def action_add(self) -> None:
        pair = self._pair
        if pair is None:
            return
        schema = self._template.output_schema
        fields = [
            FormField(NAME, "Name", pair.item_ref, required=True),
            *schema_fields(schema, pair.proposal),
            FormField(EXPLANATION, "Why", pair.explanation if pair.proposal else "", hint="shown with the answer"),
        ]
        about = "The answer that is right for this item: it is shown to the model as it stands here."
        check = schema_check(schema)

        def checked(values: Values) -> list[str]:
            return check({name: value for name, value in values.items() if name not in (NAME, EXPLANATION)})

        def filled(values: Values | None) -> None:
            if values is not None:
                self._add(pair, values)

        self.app.push_screen(
            FormDialog(f"{pair.item_ref} as an example", fields, about=about, check=checked, verb="Add"), filled
        )

    def _add(self, pair: PreviewPair, values: Values) -> None:
        name, explanation = values[NAME], values[EXPLANATION] or ""
        answer = without_empty({key: value for key, value in values.items() if key not in (NAME, EXPLANATION)})
        label_type = self._template.label_type

        def work(workspace: Workspace) -> Example:
            examples = workspace.generate.examples
            return examples.add(label_type, pair.fields, answer, name=name, explanation=explanation)

        self.run_in_background(work, lambda _: self._reload(), failed=self._say)

    def action_remove(self) -> None:
        example = self.query_one(Table).current
        if example is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_in_background(
                    lambda workspace: workspace.generate.examples.remove(example.id), lambda _: self._reload()
                )

        question = f"{example.name} is then no longer shown to models."
        self.app.push_screen(ConfirmDialog("Remove the example?", question), answered)

    def _say(self, error: OntosError) -> None:
        self.query_one("#example", Panel).show(lambda width: error_lines(error, width))


def _cells(example: Example) -> tuple[str, str]:
    answer = ", ".join(f"{name} {value_text(value)}" for name, value in example.expected_output.items())
    return example.name, answer


def _example_lines(example: Example, width: int) -> Iterator[Line]:
    """The whole example: the answer, why, and the fields of its row."""
    for name, value in example.expected_output.items():
        yield from wrap(f"{name}: {value_text(value)}", width, "strong")
    if example.explanation:
        yield from wrap(example.explanation, width)
    yield line(span(f"{example.source} · by {example.created_by or 'nobody'}", "muted"))
    for name, value in example.input.items():
        yield from wrap(f"{name}: {value_text(value)}", width, "muted")
