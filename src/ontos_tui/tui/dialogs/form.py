"""Forms: made from field specifications, checked as one types, filled by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input

from ontos_tui.domain.terminal_text import safe_line
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import Line, LineView, OneLine, Panel, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.schema import FieldKind

Values = dict[str, Any]
LONGEST = 100_000
"""Characters of one value that can be edited in a form."""


@dataclass(frozen=True)
class FormField:
    """One field of a form. With `choices` it is chosen, otherwise typed; `read` turns what was typed into a value.

    `read` raises ValueError with the reason. An empty text gives None unless the field is required.
    """

    name: str
    label: str
    value: Any = None
    choices: tuple[Any, ...] = ()
    required: bool = False
    hint: str = ""
    read: Callable[[str], Any] = str


class ChoiceLine(LineView, can_focus=True):
    """One of several values: left and right, or the number in front of it."""

    BINDINGS = [("left,h", "step(-1)", "Previous"), ("right,l,space", "step(1)", "Next")]
    DEFAULT_CSS = "ChoiceLine { height: 1; &:focus { background: $surface-lighten-1; } }"

    class Changed(Message):
        """Another value was chosen."""

    def __init__(self, choices: Sequence[Any], value: Any, *, optional: bool, id: str) -> None:
        super().__init__(id=id)
        self._choices = (None, *choices) if optional else tuple(choices)
        # Without a value nothing is chosen: a form never answers for its user.
        self._at = self._choices.index(value) if value in self._choices else -1

    @property
    def value(self) -> Any:
        """The chosen value; None while nothing is chosen."""
        return self._choices[self._at] if self._at >= 0 else None

    def line_at(self, y: int, width: int) -> Line:
        # The window starts at the choice before the present one when not all fit.
        parts: list[Span] = []
        room = width
        start = 0 if sum(len(self._label(i)) + 4 for i in range(len(self._choices))) <= width else max(0, self._at - 1)
        for index in range(start, len(self._choices)):
            mark = "●" if index == self._at else "○"
            piece = span(f"{mark} {self._label(index)}  ", "key" if index == self._at else "muted")
            if len(piece.text) > room:
                parts.append(span("…", "muted"))
                break
            parts.append(piece)
            room -= len(piece.text)
        return tuple(parts)

    def _label(self, index: int) -> str:
        choice = self._choices[index]
        text = (
            "(none)"
            if choice is None
            else {True: "yes", False: "no"}.get(choice, str(choice))
            if isinstance(choice, bool)
            else str(choice)
        )
        return f"{index + 1} {text}" if index < 9 else text

    def action_step(self, by: int) -> None:
        self._choose((max(self._at, 0 if by < 0 else -1) + by) % len(self._choices))

    def on_key(self, event: Any) -> None:
        if event.key.isdigit() and 1 <= int(event.key) <= len(self._choices):
            event.stop()
            self._choose(int(event.key) - 1)

    def _choose(self, index: int) -> None:
        self._at = index
        self.repaint()
        self.post_message(self.Changed())


class ValueInput(Input):
    """A value as one would type it, harmless to look at. What was not touched comes back exactly as it was."""

    DEFAULT_CSS = """
    ValueInput { border: none; height: 1; padding: 0; background: $surface-lighten-1; }
    ValueInput:focus { border: none; background: $surface-lighten-2; }
    """

    def __init__(self, given: Any = None, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True)
        self.give(given)

    def give(self, given: Any) -> None:
        """Show another value."""
        self._given = given
        self._shown = "" if given is None else safe_line(given, LONGEST)
        self.value = self._shown

    def read(self, read: Callable[[str], Any]) -> Any:
        """What stands there; an empty field is None. Raises ValueError where `read` does."""
        if self.value == self._shown and self._shown != str(self._given):
            return self._given
        return read(self.value) if self.value.strip() else None


AROUND_FIELDS = 6
"""Rows of a form that are not its fields: the frame, the heading, two for problems, and the keys."""


class FormDialog(Dialog[Values]):
    """A form; gives the values by field name. `check` may refuse them as a whole with a list of reasons."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("save", "ctrl+s,f2", "Save", "Check and take what was filled in"),
        Command("next_field", "down", "Next field", "To the next field (tab does it too)", shown=False),
        Command("previous_field", "up", "Previous field", "To the field before (shift+tab does it too)", shown=False),
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
                assert isinstance(widget, ValueInput)
                try:
                    values[field.name] = widget.read(field.read)
                except ValueError as error:
                    problems.append(f"{field.label}: {error}")
                    continue
            if field.required and values[field.name] is None:
                problems.append(f"{field.label} is needed.")
        if not problems:
            problems.extend(self._check(values))
        return values, problems

    def _tell(self, problems: Sequence[str]) -> None:
        self.query_one("#problems", Panel).show(
            lambda width: wrap("✗ " + "; ".join(problems), width, "bad") if problems else ()
        )

    def on_input_changed(self) -> None:
        self._tell([problem for problem in self._values()[1] if not problem.endswith("is needed.")])

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
            self._tell(problems)
        else:
            self.dismiss(values)


def read_number(text: str) -> float:
    """A number as typed. Raises ValueError in plain words."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def read_integer(text: str) -> int:
    """A whole number as typed. Raises ValueError in plain words."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def read_spans(text: str) -> Any:
    """Spans as JSON. Raises ValueError in plain words."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON; S in the queue marks spans in the text") from None


def read_part(text: str) -> float:
    """A part of the whole, from 0 to 1, also as per cent. Raises ValueError in plain words."""
    told = text.strip().replace(",", ".")
    try:
        part = float(told.removesuffix("%")) / (100 if told.endswith("%") else 1)
    except ValueError:
        raise ValueError(f"{text!r} is no share, such as 0.1 or 10%") from None
    if not 0 <= part <= 1:
        raise ValueError("a share is from 0 to 1, or to 100%")
    return part


def schema_fields(schema: Mapping[str, Any], answer: Mapping[str, Any] | None) -> list[FormField]:
    """The form of an answer, made from its output schema and pre-filled with `answer`."""
    from ontos_tui.domain.schema import FieldKind, answer_fields

    readers: dict[FieldKind, Callable[[str], Any]] = {
        FieldKind.NUMBER: read_number,
        FieldKind.INTEGER: read_integer,
        FieldKind.TEXT: str,
        FieldKind.SPANS: read_spans,
    }
    answer = answer or {}
    return [
        FormField(
            name=field.name,
            label=field.title or field.name,
            value=_as_typed(field.kind, answer.get(field.name)),
            choices=(True, False) if field.kind is FieldKind.BOOLEAN else field.choices,
            required=field.required,
            hint=field.description,
            read=readers.get(field.kind, str),
        )
        for field in answer_fields(schema)
    ]


def _as_typed(kind: FieldKind, value: Any) -> Any:
    import json

    # In ASCII, so that what is shown is what is read again.
    return json.dumps(value) if kind == "spans" and value is not None else value


def schema_check(schema: Mapping[str, Any]) -> Callable[[Values], list[str]]:
    """A check of a whole answer against its output schema; empty optional fields are left out."""
    from ontos_tui.domain.schema import answer_problems

    return lambda values: [str(problem) for problem in answer_problems(schema, without_empty(values))]


def without_empty(values: Values) -> Values:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}
