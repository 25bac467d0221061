"""One request, all of it: what was asked, what was answered, by which version, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.playground import answer_lines
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.services.monitor import RequestView


class RequestDialog(Dialog[None]):
    """A request to read."""

    DEFAULT_CSS = "RequestDialog > #box { height: 85%; }"

    def __init__(self, view: RequestView) -> None:
        super().__init__(f"Request to {view.record.endpoint}")
        self._view = view

    def compose_body(self) -> ComposeResult:
        yield Panel(id="request")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(self._lines)
        panel.focus()

    def _lines(self, width: int) -> Iterator[Line]:
        record, said = self._view.record, self._view.feedback
        when = record.requested_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        client = f", client's id {record.client_request_id}" if record.client_request_id else ""
        yield from wrap(f"{when}, from {record.origin.value}{client}", width, "muted")
        yield line(span("answer", "title"))
        yield from answer_lines(record, said, width)
        if said is not None:
            if said.comment:
                yield from wrap(f"“{said.comment}”", width)
            for name, value in (said.correction or {}).items():
                yield line(span("✎ ", "warn"), span(name, "muted", 18), span(value_text(value), "strong"))
            became = "became a training pair" if said.qa_pair_id else "not a training pair yet; press 7, then c"
            yield line(span(became, "muted"))
        yield EMPTY
        yield line(span("input", "title"))
        yield from field_lines(record.input, width)
