"""The playground: a real row to change, the endpoint's answer to it, and what you say about that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.domain.rules.ratings import Rating
from ontos_tui.domain.text.numbers import parse_number
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command, key_name
from ontos_tui.tui.dialogs.answer import answer_lines, feedback_lines, source_lines
from ontos_tui.tui.dialogs.base import Dialog, key_line
from ontos_tui.tui.dialogs.forms.feedback import ask_feedback, feedback_message, send_feedback
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.dialogs.verdict import verdict_lines, verdict_of
from ontos_tui.tui.stages.deploy.item_search import ItemSearch, role_span
from ontos_tui.tui.stages.deploy.playground_requests import PlaygroundRequest, request_lines
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.serving import InferenceRecord
    from ontos_tui.domain.rules.model_verdict import Verdict
    from ontos_tui.services.deploy.items import EndpointItem
    from ontos_tui.workspace import Workspace

WIDEST_NAME = 24
ROOM_FOR_VERDICT = 44
"""Cells from which on the whole verdict on the model stands above an answer; in fewer, its score."""
LOWEST, FRAME = 28, 4
"""Rows that the box has at least, so that an answer with its feedback is in sight; and those that are not fields."""


class Playground(Dialog[None], BackgroundMixin):
    """Ask an endpoint. Every request is logged like any other."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("deploy.playground.send", "enter,ctrl+s,f2", "Ask", "Send the row to the endpoint"),
        Command("deploy.playground.another", "n,ctrl+n", "Next row", "Another real row"),
        Command("deploy.playground.find", "slash,ctrl+f", "Find item", "Any item of the model's sheet, by its name"),
        Command("deploy.playground.edit", "e", "Edit", "Change a value of the row; tab: next value"),
        Command("deploy.playground.good", "plus,ctrl+g", "Good", "The answer is right"),
        Command("deploy.playground.wrong", "minus,ctrl+b", "Wrong", "The answer is wrong: enter the right one"),
        Command("deploy.playground.feedback", "f,ctrl+r", "Feedback", "Rate the answer, comment on it, correct it"),
        Command("deploy.playground.leave", "escape", "Back", "Leave the playground"),
    )
    DEFAULT_CSS = """
    Playground > #box { height: 95%; max-height: 95%; max-width: 140; width: 96%; }
    Playground.-wide > #box { max-width: 200; }
    Playground #row { width: 1fr; padding: 0 1 0 0; scrollbar-size-vertical: 1; }
    Playground #row Horizontal { height: 1; }
    Playground ValueInput { width: 1fr; }
    Playground #answer { width: 1fr; padding: 0 1; border-left: outer $surface-lighten-1; }
    Playground #answer:focus { border-left: outer $accent; }
    Playground #requests { display: none; width: 4fr; padding: 0 1; border-left: outer $surface-lighten-1; }
    Playground #requests:focus { border-left: outer $accent; }
    Playground.-wide #requests { display: block; }
    Playground.-wide #row { width: 4fr; }
    Playground.-wide #answer { width: 5fr; }
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"Playground · {endpoint}")
        self._endpoint = endpoint
        self._row: Row = {}
        self._item: EndpointItem | None = None
        self._at = 0
        self._record: InferenceRecord | None = None
        self._note: FeedbackItem | None = None
        self._verdict: Verdict | None = None
        self._requests: tuple[PlaygroundRequest, ...] = ()

    def compose_body(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield VerticalScroll(id="row", can_focus=False)
            yield Panel(id="answer")
            yield Panel(id="requests")

    def on_mount(self) -> None:
        self.query_one("#answer").focus()
        self._show_answer()
        self._load(0)
        self.run_in_background(
            lambda workspace: verdict_of(workspace.deploy.endpoints.endpoint(self._endpoint).model),
            self._show_verdict,
            group="verdict",
            failed=lambda error: None,  # loading the row has the same error, and shows it
        )

    def _show_verdict(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self.query_one("#answer", Panel).show(self._answer_lines, keep_place=True)

    # The row

    def _load(self, number: int) -> None:
        self.run_in_background(
            lambda workspace: workspace.deploy.items.sample(self._endpoint, number),
            lambda item: self._fill(number, item),
            failed=lambda error: self._no_row(number, error),
        )

    def _no_row(self, number: int, error: OntosError) -> None:
        if number and isinstance(error, NotFoundError):
            self._load(0)  # after the last row the first one comes again
        else:
            self.query_one("#answer", Panel).show(lambda width: error_lines(error, width))

    async def _fill(self, number: int, item: EndpointItem) -> None:
        """The form of a row: a field for each feature."""
        row = item.fields
        fresh = list(row) != list(self._row)
        self._at, self._row, self._item, self._record, self._note = number, row, item, None, None
        if fresh:
            self.query_one("#box").styles.height = max(LOWEST, len(row) + FRAME)
            box = self.query_one("#row", VerticalScroll)
            await box.remove_children()
            await box.mount_all(self._field(name, value) for name, value in row.items())
        else:
            for field, value in zip(self.query(ValueInput), row.values(), strict=True):
                field.set_value(value)
        self._show_answer()

    def _field(self, name: str, value: Any) -> Horizontal:
        label = OneLine(lambda width: self._label(name, width))
        label.styles.width = 3 + min(WIDEST_NAME, max(cell_len(safe_line(one, 60)) for one in self._row))
        return Horizontal(label, ValueInput(value))

    def _label(self, name: str, width: int) -> Line:
        """A field's name; marked when the endpoint refused the row because of it."""
        error = self._record.error if self._record is not None else ""
        refused = repr(safe_line(name, 80)) in error
        return line(span(f"✗ {name}" if refused else name, "bad" if refused else "muted", width - 1))

    def _values(self) -> Row:
        """The row as it stands in the form: what was a number is read as one, an empty field is no value."""
        fields = self.query(ValueInput)
        return {
            name: field.read(lambda text, before=before: typed_value(text, before))  # type: ignore[misc]
            for (name, before), field in zip(self._row.items(), fields, strict=True)
        }

    # The answer

    def _show_answer(self) -> None:
        self.query_one("#answer", Panel).show(self._answer_lines)
        requests = self._requests
        self.query_one("#requests", Panel).show(lambda width: request_lines(requests, width))
        for label in self.query("#row OneLine").results(OneLine):
            label.repaint()
        self._keys_changed()

    def _answer_lines(self, width: int) -> Iterator[Line]:
        record = self._record
        if (verdict := self._verdict) is not None and record is not None and width < ROOM_FOR_VERDICT:
            yield line(span(f"{verdict.sign} {verdict.score}", verdict.style))
        elif verdict is not None:
            yield from verdict_lines(verdict, width)
            yield EMPTY
        if self._item is not None:
            yield from wrap(f"item {self._item.ref}", width, "strong")
            yield line(role_span(self._item))
            yield EMPTY
        if record is None:
            yield line(span("enter", "key"), ": send the row")
            yield line(span("n", "key"), ": another row")
            yield line(span("/", "key"), ": any item of the sheet")
            yield line(span("e", "key"), ": change a value")
            yield EMPTY
            yield from wrap(
                "The row is real data. Your changes and every answer are stored in the log.", width, "muted"
            )
            return
        yield from answer_lines(record, width)
        yield EMPTY
        yield from source_lines(record, width)
        yield EMPTY
        if self._note is not None:
            yield from feedback_lines(record, self._note, width)
        elif record.output is not None:
            yield line(span("+", "key"), " right   ", span("-", "key"), " wrong")

    def on_input_submitted(self) -> None:
        """Enter in a field asks, as it does everywhere here."""
        self.action_send()

    def action_send(self) -> None:
        from ontos_tui.domain.records.serving import Origin

        if not self._row:
            return
        row = self._values()
        ref = self._item.ref if self._item is not None else ""
        changes = {name: value for name, value in row.items() if value != self._row[name]}
        self._record = self._note = None
        self.query_one("#answer", Panel).show(lambda width: [line(span("Waiting for the answer…", "muted"))])
        self.query_one("#answer").focus()

        def query(workspace: Workspace) -> InferenceRecord:
            return workspace.deploy.endpoints.query(self._endpoint, [row], origin=Origin.PLAYGROUND)[0]

        self.run_in_background(
            query,
            lambda record: self._answered(PlaygroundRequest(ref, changes, record)),
            group="query",
            failed=self._failed,
        )

    def _answered(self, request: PlaygroundRequest) -> None:
        self._record = request.record
        self._requests = (*self._requests, request)
        self._show_answer()
        self.ontos.refresh_overview()

    def _failed(self, error: OntosError) -> None:
        self.query_one("#answer", Panel).show(lambda width: error_lines(error, width))
        self._keys_changed()

    def action_another(self) -> None:
        self._load(self._at + 1)

    def action_find(self) -> None:
        async def chosen(item: EndpointItem | None) -> None:
            if item is not None:
                await self._fill(self._at, item)

        self.app.push_screen(ItemSearch(self._endpoint), chosen)

    def action_edit(self) -> None:
        self.query(ValueInput).first().focus()

    # What is said about it

    def action_good(self) -> None:
        if self._record is not None:
            send_feedback(self, self._record, Rating.VERY_GOOD, self._noted)

    def action_wrong(self) -> None:
        if self._record is not None:
            ask_feedback(self, self._record, self._noted, Rating.BAD)

    def action_feedback(self) -> None:
        if self._record is not None:
            ask_feedback(self, self._record, self._noted)

    def _noted(self, item: FeedbackItem) -> None:
        self._note = item
        self._requests = tuple(
            replace(one, note=item) if one.record.request_id == item.request_id else one for one in self._requests
        )
        self._show_answer()
        self.ontos.show_message(feedback_message(item))
        self.ontos.refresh_overview()

    # Keys

    @property
    def _typing(self) -> bool:
        return isinstance(self.focused, ValueInput)

    def possible(self, command: str) -> bool:
        """Only an answer can be judged; letters that are typed into a field are no commands."""
        if command in ("good", "wrong", "feedback"):
            return self._record is not None and self._record.output is not None
        return command != "edit" or (not self._typing and bool(self._row))

    def _keys(self, width: int) -> Line:
        commands = self.possible_commands()
        if self._typing:  # the keys that a field does not take for text
            commands = [replace(one, key_text=_key_while_typing(one)) for one in commands]
        return key_line(commands, width)

    def _keys_changed(self) -> None:
        self.query_one("#keys", OneLine).repaint()

    def on_descendant_focus(self) -> None:
        self._keys_changed()


def _key_while_typing(command: Command) -> str:
    keys = command.key.split(",")
    return key_name(next((key for key in keys if key.startswith("ctrl+")), keys[0]))


def typed_value(text: str, before: Any) -> Any:
    """What was typed, as the kind of value that stood there before; else the text, which the model may refuse."""
    stripped = text.strip()
    if isinstance(before, bool):
        return {"true": True, "yes": True, "false": False, "no": False}.get(stripped.lower(), text)
    if isinstance(before, (int, float)) and (number := parse_number(stripped)) is not None:
        return number if isinstance(before, int) else float(number)
    return text
