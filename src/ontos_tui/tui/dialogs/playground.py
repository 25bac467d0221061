"""The playground: a real row to change, the endpoint's answer to it, and what you say about that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.feedback import GOOD, ask_feedback, rating_span, send_feedback
from ontos_tui.tui.gateway import ServiceUser
from ontos_tui.tui.stages.base import error_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, fit, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.data import Row
    from ontos_tui.domain.improve import FeedbackItem
    from ontos_tui.domain.serving import InferenceRecord
    from ontos_tui.workspace import Workspace

BAR = 10


class Playground(Dialog[None], ServiceUser):
    """Ask an endpoint. Every request is logged like any other."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("send", "ctrl+s,f2", "Ask", "Send the row to the endpoint"),
        Command("another", "ctrl+n", "Next row", "Another real row"),
        Command("good", "ctrl+g", "Good", "The answer is right"),
        Command("wrong", "ctrl+b", "Wrong", "The answer is wrong: say what is right"),
        Command("leave", "escape", "Back", "Leave the playground"),
    )
    DEFAULT_CSS = """
    Playground > #box { height: 95%; max-width: 140; width: 96%; }
    Playground #row { width: 1fr; padding: 0 1 0 0; }
    Playground #row Horizontal { height: 1; }
    Playground #row OneLine { width: 24; }
    Playground Input { border: none; height: 1; padding: 0; width: 1fr; background: $surface-lighten-1; }
    Playground Input:focus { border: none; background: $surface-lighten-2; }
    Playground #answer { width: 1fr; }
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"Playground · {endpoint}")
        self._endpoint = endpoint
        self._row: Row = {}
        self._skip = 0
        self._record: InferenceRecord | None = None
        self._said: FeedbackItem | None = None

    def compose_body(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield VerticalScroll(id="row", can_focus=False)
            yield Panel(id="answer")

    def on_mount(self) -> None:
        self._show_answer()
        self._load()

    def _load(self) -> None:
        self.ask(
            lambda workspace: workspace.deploy.sample_input(self._endpoint, skip=self._skip),
            self._fill,
            failed=self._no_row,
        )

    def _no_row(self, error: OntosError) -> None:
        if self._skip:
            self._skip = 0
            self._load()
        else:
            self.query_one("#answer", Panel).show(lambda width: error_lines(error, width))

    async def _fill(self, row: Row) -> None:
        """The form of a row: a field for each feature."""
        self._row, self._record, self._said = row, None, None
        box = self.query_one("#row", VerticalScroll)
        fields = list(box.query(Input))
        if len(fields) == len(row):
            for field, value in zip(fields, row.values(), strict=True):
                field.value = _typed(value)
        else:
            await box.remove_children()
            for name, value in row.items():
                label = OneLine(lambda width, name=name: line(span(name, "muted")))  # type: ignore[misc]
                await box.mount(Horizontal(label, Input(_typed(value), compact=True)))
            box.query(Input).first().focus()
        self._show_answer()

    def _values(self) -> Row:
        """The row as it stands in the form: what was a number is read as one, an empty field is no value."""
        inputs = self.query("#row Input").results(Input)
        return {
            name: _read(field.value, before) for (name, before), field in zip(self._row.items(), inputs, strict=True)
        }

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        from ontos_tui.domain.serving import Origin

        row = self._values()
        self._said = None

        def query(workspace: Workspace) -> InferenceRecord:
            return workspace.deploy.query(self._endpoint, [row], origin=Origin.PLAYGROUND)[0]

        self.query_one("#answer", Panel).show(lambda width: [line(span("Asking…", "muted"))])
        self.ask(query, self._answered, group="query", failed=self._failed)

    def _answered(self, record: InferenceRecord) -> None:
        self._record = record
        self._show_answer()

    def _failed(self, error: OntosError) -> None:
        self.query_one("#answer", Panel).show(lambda width: error_lines(error, width))

    def _show_answer(self) -> None:
        record, said = self._record, self._said
        self.query_one("#answer", Panel).show(lambda width: answer_lines(record, said, width))

    def action_another(self) -> None:
        self._skip += 1
        self._load()

    def action_good(self) -> None:
        if self._record is not None and self._record.output is not None:
            send_feedback(self, self._record.request_id, GOOD, "", None, self._noted)

    def action_wrong(self) -> None:
        record = self._record
        if record is None:
            return

        def show(schema: dict[str, Any]) -> None:
            ask_feedback(self, record.request_id, schema, record.output, self._noted)

        self.ask(lambda workspace: workspace.deploy.output_schema(self._endpoint), show, group="schema")

    def _noted(self, item: FeedbackItem) -> None:
        self._said = item
        self._show_answer()
        self.ontos.tell("Noted. Press 7 to make a training pair of it." if item.correction else "Noted.")
        self.ontos.refresh_overview()


def answer_lines(record: InferenceRecord | None, said: FeedbackItem | None, width: int) -> Iterator[Line]:
    """What an endpoint answered, with how sure it is, and how long it took."""
    if record is None:
        yield line(span("ctrl+s", "key"), " or ", span("enter", "key"), " asks the endpoint about this row.")
        yield line(span("The row is real; change what you like.", "muted"))
        return
    if record.output is None:
        yield from wrap(f"✗ {record.error}", width, "bad")
    for name, value in (record.output or {}).items():
        yield line(span(name, "muted", 18), span(value_text(value), "strong"))
        sure = record.confidence.get(name)
        if sure is not None:
            bar = "━" * round(sure * BAR)
            yield line(span(" " * 18), f"{sure:.0%} sure ", span(bar, "accent"))
    yield EMPTY
    yield line(
        span(f"version {record.model_version} · {record.latency_ms:.0f} ms · status {record.status_code}", "muted")
    )
    yield line(span(fit(f"request {record.request_id}", width), "muted"))
    yield EMPTY
    if said is not None:
        yield line(rating_span(said), " noted, with the right answer" if said.correction else " noted")
    elif record.output is not None:
        yield line("Right? ", span("^g", "key"), "  Wrong? ", span("^b", "key"), " and say what is right.")


def _typed(value: Any) -> str:
    """A value as one would type it."""
    return "" if value is None else value_text(value) if not isinstance(value, float) else repr(value)


def _read(text: str, before: Any) -> Any:
    """What was typed, as the kind of value that stood there before."""
    if not text.strip():
        return None
    if isinstance(before, bool):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if isinstance(before, (int, float)):
        try:
            return int(text) if isinstance(before, int) and text.strip().lstrip("-").isdigit() else float(text)
        except ValueError:
            return text
    return text
