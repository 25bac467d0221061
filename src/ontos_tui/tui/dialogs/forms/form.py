"""Forms: built from field specifications, checked while the user types, filled by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.fields import ChoiceLine, TextBox, ValueInput
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span, wrap

Values = dict[str, Any]


@dataclass(frozen=True)
class FormField:
    """One field of a form. With `choices` it is chosen, otherwise typed; `read` turns what was typed into a value.

    With `rows` it is a text of several lines, of which so many are in sight. `read` raises ValueError with the reason.
    An empty text gives None unless the field is required.
    """

    name: str
    label: str
    value: Any = None
    choices: tuple[Any, ...] = ()
    required: bool = False
    hint: str = ""
    read: Callable[[str], Any] = str
    rows: int = 0


AROUND_FIELDS = 6
"""Rows of a form that are not its fields: the frame, the heading, two for problems, and the keys."""


class FormDialog(Dialog[Values]):
    """A form; gives the values by field name. `check` may refuse them as a whole with a list of reasons."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.form.save", "ctrl+s,f2", "Save", "Check and save the form"),
        Command("dialog.form.next_field", "down", "Next field", "To the next field (tab does it too)", shown=False),
        Command(
            "dialog.form.previous_field",
            "up",
            "Previous field",
            "To the field before (shift+tab does it too)",
            shown=False,
        ),
    )
    DEFAULT_CSS = """
    FormDialog #fields { height: auto; }
    FormDialog #problems { height: 2; }
    """

    def __init__(
        self,
        heading: str,
        fields: Sequence[FormField],
        *,
        about: str = "",
        check: Callable[[Values], Sequence[str]] = lambda values: (),
    ) -> None:
        super().__init__(heading)
        self._fields = tuple(fields)
        self._about = about
        self._check = check

    def compose_body(self) -> ComposeResult:
        if self._about:
            yield OneLine(lambda width: line(span(self._about, "muted")))
        with VerticalScroll(id="fields", can_focus=False):
            for number, field in enumerate(self._fields):
                yield OneLine(self._labeler(field))
                if field.choices:
                    yield ChoiceLine(field.choices, field.value, optional=not field.required, id=f"f{number}")
                elif field.rows:
                    yield TextBox(field.value, rows=field.rows, id=f"f{number}")
                else:
                    yield ValueInput(field.value, id=f"f{number}")
        problems = Panel(id="problems")
        problems.can_focus = False
        yield problems

    def on_resize(self) -> None:
        """However many fields there are, the problems and the keys stay in sight."""
        around = AROUND_FIELDS + bool(self._about)
        self.query_one("#fields").styles.max_height = max(2, int(self.size.height * 0.9) - around)

    @staticmethod
    def _labeler(field: FormField) -> Callable[[int], Line]:
        star = " *" if field.required else ""
        return lambda width: line(span(f"{field.label}{star}", "strong"), span(f"  {field.hint}", "muted"))

    def on_mount(self) -> None:
        if self._fields:
            self.query_one("#f0").focus()

    def _values(self) -> tuple[Values, list[str]]:
        values: Values = {}
        problems: list[str] = []
        for number, field in enumerate(self._fields):
            widget = self.query_one(f"#f{number}")
            if isinstance(widget, ChoiceLine):
                values[field.name] = widget.value
            else:
                assert isinstance(widget, ValueInput | TextBox)
                try:
                    values[field.name] = widget.read(field.read)
                except ValueError as error:
                    problems.append(f"{field.label}: {error}")
                    continue
            if field.required and values[field.name] is None:
                problems.append(f"{field.label} is required.")
        if not problems:
            problems.extend(self._check(values))
        return values, problems

    def _show_problems(self, problems: Sequence[str]) -> None:
        self.query_one("#problems", Panel).show(
            lambda width: wrap("✗ " + "; ".join(problems), width, "bad") if problems else ()
        )

    def on_input_changed(self) -> None:
        self._show_problems([problem for problem in self._values()[1] if not problem.endswith("is required.")])

    def on_text_area_changed(self) -> None:
        self.on_input_changed()

    def on_choice_line_changed(self) -> None:
        self.on_input_changed()

    def on_input_submitted(self) -> None:
        focused = self.focused
        if focused is not None and focused.id == f"f{len(self._fields) - 1}":
            self.action_save()
        else:
            self.focus_next()

    def action_next_field(self) -> None:
        self.focus_next()

    def action_previous_field(self) -> None:
        self.focus_previous()

    def action_save(self) -> None:
        values, problems = self._values()
        if problems:
            self._show_problems(problems)
        else:
            self.dismiss(values)
