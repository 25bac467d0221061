"""One request, all of it: what was asked, what was answered, by which version, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.commands import Command
from ontos_tui.tui.dialogs.answer import answer_lines, said_lines, source_lines
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.feedback import ask_feedback, noted
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.gateway import ServiceUser
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.improve import FeedbackItem
    from ontos_tui.domain.pairs import QAPair
    from ontos_tui.services.monitor import RequestView
    from ontos_tui.workspace import Workspace


class RequestDialog(Dialog[None], ServiceUser):
    """A request to read, and to say something about."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("feedback", "f", "Feedback", "Say whether this answer was right, and what is"),
    )
    DEFAULT_CSS = "RequestDialog > #box { height: 85%; }"

    def __init__(self, view: RequestView) -> None:
        super().__init__(f"Request to {view.record.endpoint}")
        self._view = view
        self._pair: QAPair | None = None

    def compose_body(self) -> ComposeResult:
        yield Panel(id="request")

    def on_mount(self) -> None:
        self.query_one(Panel).focus()
        self._show()
        self._reload()

    def _reload(self) -> None:
        request_id = self._view.record.request_id

        def load(workspace: Workspace) -> tuple[RequestView, QAPair | None]:
            view = workspace.monitor.request(request_id)
            pair_id = view.feedback.qa_pair_id if view.feedback else None
            return view, workspace.label.pair(pair_id) if pair_id else None

        def show(loaded: tuple[RequestView, QAPair | None]) -> None:
            self._view, self._pair = loaded
            self._show()

        self.ask(load, show)

    def _show(self) -> None:
        self.query_one(Panel).show(self._lines, keep_place=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only an answer can be judged."""
        return (
            self._view.record.output is not None if action == "feedback" else super().check_action(action, parameters)
        )

    def action_feedback(self) -> None:
        ask_feedback(self, self._view.record, self._noted)

    def _noted(self, item: FeedbackItem) -> None:
        self._reload()
        self.ontos.tell(noted(item))
        self.ontos.refresh_overview()

    def _lines(self, width: int) -> Iterator[Line]:
        record, said = self._view.record, self._view.feedback
        when = record.requested_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        client = f", client's id {record.client_request_id}" if record.client_request_id else ""
        yield from wrap(f"{when}, from {record.origin.value}{client}", width, "muted")
        yield from source_lines(record, width)
        yield EMPTY
        yield line(span("answer", "title"))
        yield from answer_lines(record, width)
        yield EMPTY
        yield line(span("feedback", "title"))
        if said is not None:
            yield from said_lines(record, said, width)
            yield from wrap(_became(said, self._pair), width, "muted")
        elif record.output is not None:
            yield line("none yet; ", span("f", "key"), " says whether the answer was right")
        else:
            yield line(span("none: nothing was answered", "muted"))
        yield EMPTY
        yield line(span("input", "title"))
        yield from field_lines(record.input, width)


def _became(item: FeedbackItem, pair: QAPair | None) -> str:
    """What has come of a piece of feedback."""
    if pair is not None:
        return f"became a training pair, which is {pair.status.value}"
    if item.status.value == "dismissed":
        return "dismissed: nothing is to be learned from it"
    return "not a training pair yet; press 7, then c"
