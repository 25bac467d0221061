"""The requests of this visit of the playground: which row, what was changed in it, and what the answer became."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.confidence_text import sure_text
from ontos_tui.tui.dialogs.forms.feedback import rating_span
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.serving import InferenceRecord


@dataclass(frozen=True)
class PlaygroundRequest:
    """A request with its answer. `changes` are the values that were typed in place of the row's own."""

    ref: str
    changes: Row
    record: InferenceRecord
    note: FeedbackItem | None = None


def request_lines(requests: Sequence[PlaygroundRequest], width: int) -> Iterator[Line]:
    """The requests, the newest first; what differs from the answer before it is marked."""
    yield line(span("your requests", "title"), span(f"  {len(requests):,}" if requests else "", "muted"))
    if not requests:
        yield from wrap(
            "Nothing yet. Every answer stays here until you leave: change a value and compare.", width, "muted"
        )
    for place in range(len(requests) - 1, -1, -1):
        yield EMPTY
        before = requests[place - 1].record.output if place else None
        yield from _request_lines(requests[place], before, width)


def _request_lines(one: PlaygroundRequest, before: Row | None, width: int) -> Iterator[Line]:
    mark = line(" ", rating_span(one.note)) if one.note is not None else EMPTY
    yield line(span(one.ref, "strong"), *mark)
    for name, value in one.changes.items():
        yield from wrap(f"with {name} {value_text(value) or 'empty'}", width, "accent", indent="  ")
    if one.record.output is None:
        yield from wrap(f"✗ {one.record.error}", width, "bad", indent="  ")
    for name, value in (one.record.output or {}).items():
        sure = sure_text(one.record.confidence.get(name), one.record.certainty.get(name, ""))
        differs = before is not None and before.get(name) != value
        text = f"{'≠' if differs else ' '} {name} {value_text(value)}{f', {sure}' if sure else ''}"
        yield from wrap(text, width, "warn" if differs else "text")
