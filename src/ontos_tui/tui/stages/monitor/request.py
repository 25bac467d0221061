"""One request, all of it: what was asked, what was answered, by which version, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.answer import answer_lines, feedback_lines, source_lines
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.feedback import ask_feedback, feedback_message
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.dialogs.similar_items import similar_item_lines
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.domain.records.serving import InferenceRecord
    from ontos_tui.services.monitor.nearest_pairs import NearPairs
    from ontos_tui.services.monitor.service import RequestView
    from ontos_tui.workspace import Workspace


class RequestDialog(Dialog[None], BackgroundMixin):
    """A request to read, and to say something about."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.request.feedback", "f", "Feedback", "Rate this answer and enter the right one"),
        Command("monitor.request.near", "n", "Nearest pairs", "The training pairs most similar to this request"),
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
            view = workspace.monitor.traffic.request(request_id)
            pair_id = view.feedback.qa_pair_id if view.feedback else None
            return view, workspace.label.queue.pair(pair_id) if pair_id else None

        def show(loaded: tuple[RequestView, QAPair | None]) -> None:
            self._view, self._pair = loaded
            self._show()

        self.run_in_background(load, show)

    def _show(self) -> None:
        self.query_one(Panel).show(self._lines, keep_place=True)

    def possible(self, command: str) -> bool:
        """Only an answer can be judged."""
        return command != "feedback" or self._view.record.output is not None

    def action_feedback(self) -> None:
        ask_feedback(self, self._view.record, self._noted)

    def action_near(self) -> None:
        self.app.push_screen(NearDialog(self._view.record))

    def _noted(self, item: FeedbackItem) -> None:
        self._reload()
        self.ontos.show_message(feedback_message(item))
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
            yield from feedback_lines(record, said, width)
            yield from wrap(_became(said, self._pair), width, "muted")
        elif record.output is not None:
            yield line("none yet; ", span("f", "key"), ": rate the answer")
        else:
            yield line(span("none: the request failed", "muted"))
        yield EMPTY
        yield line(span("input", "title"))
        yield from field_lines(record.input, width)


class NearDialog(Dialog[None], BackgroundMixin):
    """The training pairs that are nearest to a request, field by field."""

    DEFAULT_CSS = "NearDialog > #box { height: 90%; max-width: 140; }"

    def __init__(self, record: InferenceRecord) -> None:
        super().__init__("Nearest training pairs")
        self._record = record

    def compose_body(self) -> ComposeResult:
        yield Panel(id="near")

    def on_mount(self) -> None:
        from ontos_tui.services.monitor.nearest_pairs import nearest_training_pairs

        panel, request_id = self.query_one(Panel), self._record.request_id
        panel.show(lambda width: [line(span("Searching…", "muted"))])
        panel.focus()
        self.run_in_background(
            lambda workspace: nearest_training_pairs(workspace.store, request_id),
            self._show,
            failed=lambda error: panel.show(lambda width: error_lines(error, width)),
        )

    def _show(self, near: NearPairs) -> None:
        record = self._record

        def lines(width: int) -> Iterator[Line]:
            amount = f"{near.looked_at:,} of the {near.learned:,} pairs used to train version {record.model_version}"
            yield line(span(f"Nearest of {amount}", "muted"))
            yield from similar_item_lines("this request", record.output or {}, record.input, near.pairs, width)

        self.query_one(Panel).show(lines)


def _became(item: FeedbackItem, pair: QAPair | None) -> str:
    """What has come of a piece of feedback."""
    if pair is not None:
        return f"converted to a training pair ({pair.status.value}"
    if item.status is FeedbackStatus.DISMISSED:
        return "dismissed: not useful for training"
    return "not converted yet. Convert: 7, then c"
