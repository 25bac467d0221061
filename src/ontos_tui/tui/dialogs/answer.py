"""An endpoint's answer and the feedback on it, in lines: shared by the playground and the inspector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from ontos_tui.domain.rules.confidence_text import interval_text, numbers_within, outside_texts, sure_text
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.dialogs.forms.feedback import rating_span
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import Line, fit, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.serving import InferenceRecord

BAR = 10
WIDEST_NAME = 18


def answer_lines(record: InferenceRecord, width: int) -> Iterator[Line]:
    """The answer, field by field with how sure it is, what is unlike the learned rows, or why there is no answer."""
    if record.output is None:
        yield from wrap(f"✗ {record.error}", width, "bad")
    room = name_room(record.output or {})
    for name, value in (record.output or {}).items():
        lines = wrap(_shown(record, name, value), width - room, "strong")
        yield line(span(name, "muted", room - 1), " ", *lines[0])
        for rest in lines[1:]:
            yield line(" " * room, *rest)
        for one in _certainty_lines(record, name):
            yield line(" " * room, *one)
    if record.outside:
        yield line(span("▲ unlike what it learned from", "warn"))
        for text in outside_texts(record.outside):
            yield from wrap(text, width, "warn", indent="  ")


def _shown(record: InferenceRecord, name: str, value: Any) -> str:
    """A value of the answer; a number with the digits that its interval supports."""
    interval = record.intervals.get(name)
    if interval is not None and isinstance(value, int | float):
        return numbers_within(interval, float(value))[0]
    return value if isinstance(value, str) else value_text(value)


def _certainty_lines(record: InferenceRecord, name: str) -> Iterator[Line]:
    """How sure one field is: a bar with its percentage only where that is calibrated, else words; or an interval."""
    sure, certainty = record.confidence.get(name), record.certainty.get(name, "")
    if (text := sure_text(sure, certainty)) and not certainty and sure is not None:
        bar = "━" * round(max(0.0, min(1.0, sure)) * BAR)
        yield line(span(bar, "accent"), span("─" * (BAR - len(bar)), "muted"), f" {text}")
    elif text:
        yield line(span(text, "accent"))
    if (interval := record.intervals.get(name)) is not None:
        yield line(span(interval_text(interval), "muted"))


def name_room(fields: dict[str, Any]) -> int:
    """Cells for the names of fields that stand beside their values."""
    return min(WIDEST_NAME, max((cell_len(safe_line(name, 60)) for name in fields), default=0)) + 2


def source_lines(record: InferenceRecord, width: int) -> Iterator[Line]:
    """Which version answered, how long it took, and the id of the request."""
    took = f"{record.latency_ms:.1f} ms" if record.latency_ms < 10 else f"{record.latency_ms:,.0f} ms"
    yield line(span(f"version {record.model_version} · {took} · status {record.status_code}", "muted"))
    yield line(span(fit(f"request {record.request_id}", width), "muted"))


def feedback_lines(record: InferenceRecord, item: FeedbackItem, width: int) -> Iterator[Line]:
    """The feedback on an answer: rating, comment, and what is right."""
    yield line(rating_span(item), f" rated {item.rating} of 5 by {item.created_by}")
    if item.comment:
        yield from wrap(f"“{item.comment}”", width)
    room = name_room(item.correction or {})
    for name, value in (item.correction or {}).items():
        differs = value != (record.output or {}).get(name)
        mark = span(" ✎ corrected", "warn") if differs else span(" = as answered", "muted")
        yield line(span(name, "muted", room - 1), " ", span(value_text(value), "strong"), mark)
