"""Every change of one pair: who, when, what it was and what it became."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Event
    from ontos_tui.services.label.decision_service import DecisionService
    from ontos_tui.workspace import Workspace


class HistoryDialog(Dialog[None], BackgroundMixin):
    """The events of a pair, newest first."""

    DEFAULT_CSS = "HistoryDialog > #box { height: 80%; }"

    def __init__(self, pair_id: str, item_ref: str, service: Callable[[Workspace], DecisionService[Any]]) -> None:
        super().__init__(f"History of {item_ref}")
        self._pair_id = pair_id
        self._service = service

    def compose_body(self) -> ComposeResult:
        yield Panel(id="history")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: [line(span("Loading…", "muted"))])
        panel.focus()
        self.run_in_background(lambda workspace: self._service(workspace).history(self._pair_id), self._show)

    def _show(self, events: Sequence[Event]) -> None:
        self.query_one(Panel).show(lambda width: _lines(events, width))


def _lines(events: Sequence[Event], width: int) -> Iterator[Line]:
    if not events:
        yield line(span("Nothing has been decided about this pair yet.", "muted"))
    for event in reversed(events):
        when = event.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        yield line(span(when, "muted"), f"  {event.actor}  ", span(event.action, "strong"), f"  {event.reason}")
        before, after = event.before or {}, event.after or {}
        for name in after:
            if name in ("version", "updated_at", "updated_by", "reviewed_at", "reviewed_by"):
                continue
            was, now = before.get(name), after.get(name)
            if was != now:
                yield from wrap(f"{name}: {value_text(was)} → {value_text(now)}", width, "muted", indent="    ")
        yield EMPTY
