"""Forms: built from field specifications, checked while the user types, filled by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Container

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import ON_FAILURE
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.fields import ChoiceLine, FieldList, FieldWidget, TextBox, ValueInput
from ontos_tui.tui.terminal.textual_internals import wrap_result_callback
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap

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


AROUND_FIELDS = 5
"""Rows of a form that are not its fields or problems: the frame, the heading, the keys, and one to spare."""
MOST_PROBLEMS = 4
"""Rows that problems take at most."""
BESIDE = 110
"""Cells of the screen from which evidence stands beside the fields, and not below them."""
Evidence = Callable[[int], Iterable[Line]]
"""What one decides by, as lines for a width."""


class FormDialog(Dialog[Values]):
    """A form; gives the values by field name. `check` may refuse them as a whole with a list of reasons.

    Where the work that its values begin fails, the form comes back as it was filled in, with the reason. `verb` is
    what its key does; `evidence` is shown beside the fields, or below them on a narrow screen.
    """

    LEAST_EVIDENCE: ClassVar[int] = 4
    """Rows of evidence below the fields."""
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
    FormDialog #form { height: auto; layout: vertical; }
    FormDialog #fields { height: auto; }
    FormDialog #problems { height: 1; }
    FormDialog #evidence { height: auto; margin-top: 1; }
    FormDialog.beside > #box { max-width: 150; }
    FormDialog.beside #form { layout: horizontal; }
    FormDialog.beside #fields { width: 1fr; }
    FormDialog.beside #evidence { width: 1fr; margin: 0 0 0 2; }
    """

    def __init__(
        self,
        heading: str,
        fields: Sequence[FormField],
        *,
        about: str = "",
        check: Callable[[Values], Sequence[str]] = lambda values: (),
        verb: str = "Save",
        evidence: Evidence | None = None,
    ) -> None:
        super().__init__(heading)
        self._fields = tuple(fields)
        self._about = about
        self._check = check
        self._verb = verb
        self._evidence = evidence
        self._typed: list[Any] = []
        self._refusal = ""
        self._problems: Sequence[str] = ()

    def compose_body(self) -> ComposeResult:
        if self._about:
            yield OneLine(lambda width: line(span(self._about, "muted")))
        with Container(id="form"):
            with FieldList(id="fields", can_focus=False):
                for number, field in enumerate(self._fields):
                    yield OneLine(self._labeler(field))
                    if field.choices:
                        yield ChoiceLine(field.choices, field.value, optional=not field.required, id=f"f{number}")
                    elif field.rows:
                        yield TextBox(field.value, rows=field.rows, id=f"f{number}")
                    else:
                        yield ValueInput(field.value, id=f"f{number}")
            if self._evidence is not None:
                yield Panel(id="evidence")
        problems = Panel(id="problems")
        problems.can_focus = False
        yield problems

    def possible_commands(self) -> list[Command]:
        """The key that takes the values has the name of what it does."""
        return [
            replace(command, label=self._verb) if command.name == "save" else command
            for command in super().possible_commands()
        ]

    def on_resize(self) -> None:
        """However many fields there are, the problems and the keys stay in sight."""
        self.set_class(self._evidence is not None and self.size.width >= BESIDE, "beside")
        self.call_after_refresh(self._divide)

    def _divide(self) -> None:
        """Give the fields, the evidence and the problems their rows."""
        panel = self.query_one("#problems", Panel)
        lines = self._problem_lines(max(20, panel.size.width))
        panel.styles.height = rows = max(1, min(MOST_PROBLEMS, len(lines)))
        panel.show(self._problem_lines)
        room = max(2, int(self.size.height * 0.9) - AROUND_FIELDS - bool(self._about) - rows)
        fields = self.query_one("#fields")
        evidence = next(iter(self.query("#evidence").results(Panel)), None)
        if evidence is None:
            fields.styles.max_height = room
            return
        beside = self.has_class("beside")
        fields.styles.max_height = room if beside else max(2, room - self.LEAST_EVIDENCE - 1)
        used = fields.size.height if not beside else 0
        most = max(self.LEAST_EVIDENCE, room - used - (not beside))
        evidence.styles.max_height = most
        evidence.styles.height = min(most, self._evidence_rows(evidence.size.width))

    def _evidence_rows(self, width: int) -> int:
        return max(1, sum(1 for _ in self._evidence(max(20, width)))) if self._evidence is not None else 0

    @staticmethod
    def _labeler(field: FormField) -> Callable[[int], Line]:
        star = " *" if field.required else ""
        return lambda width: line(span(f"{field.label}{star}", "strong"), span(f"  {field.hint}", "muted"))

    def on_mount(self) -> None:
        wrap_result_callback(self, self._coming_back)
        if self._evidence is not None:
            self.query_one("#evidence", Panel).show(self._evidence)
        for widget, typed in zip(self._widgets(), self._typed, strict=False):
            widget.retype(typed)
        if self._fields:
            self.query_one("#f0").focus()

    def _widgets(self) -> list[FieldWidget]:
        """The widgets of the fields, in their order."""
        return [cast("FieldWidget", self.query_one(f"#f{number}")) for number in range(len(self._fields))]

    def _coming_back(self, callback: Callable[[Values | None], Any]) -> Callable[[Values | None], Any]:
        """The callback, such that the form is there again when the work that it begins fails."""
        app = self.app

        def again(error: OntosError) -> None:
            form = FormDialog(
                self._heading,
                self._fields,
                about=self._about,
                check=self._check,
                verb=self._verb,
                evidence=self._evidence,
            )
            form._typed, form._refusal = self._typed, f"{error.what} {error.todo}".rstrip()
            app.push_screen(form, callback)

        def call(values: Values | None) -> Any:
            began = ON_FAILURE.set(again)
            try:
                return callback(values)
            finally:
                ON_FAILURE.reset(began)

        return call

    def _values(self) -> tuple[Values, list[str]]:
        values: Values = {}
        problems: list[str] = []
        for field, widget in zip(self._fields, self._widgets(), strict=True):
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

    def _problem_lines(self, width: int) -> Sequence[Line]:
        """What is wrong; else how many fields are out of sight."""
        if self._problems:
            return wrap("✗ " + "; ".join(self._problems), width, "bad")
        if self._refusal:
            return wrap(f"✗ {self._refusal}", width, "bad")
        fields = self.query_one("#fields", FieldList)
        below = round(fields.max_scroll_y - fields.scroll_target_y)
        return [line(span(f"↓ {below} more {'row' if below == 1 else 'rows'}", "muted"))] if below > 0 else [EMPTY]

    def _show_problems(self, problems: Sequence[str]) -> None:
        self._problems = problems
        self._divide()

    def on_field_list_moved(self) -> None:
        """Other fields are out of sight now."""
        self.query_one("#problems", Panel).show(self._problem_lines)

    def _changed(self) -> None:
        # The first events come before anything was typed.
        if [widget.typed for widget in self._widgets()] != self._typed:
            self._refusal = ""
        self._show_problems([problem for problem in self._values()[1] if not problem.endswith("is required.")])

    def on_input_changed(self) -> None:
        self._changed()

    def on_text_area_changed(self) -> None:
        self._changed()

    def on_choice_line_changed(self) -> None:
        self._changed()

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
            self._typed = [widget.typed for widget in self._widgets()]
            self.dismiss(values)
