"""One item of the queue as lines: what was measured, what is asked, what is proposed, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.pairs import QAPair
    from ontos_tui.domain.schema import AnswerField
    from ontos_tui.domain.template import Message

STATUS_MARKS: Mapping[str, tuple[str, str]] = {
    "unlabeled": ("○", "muted"),
    "labeled": ("✓", "good"),
    "rejected": ("✗", "bad"),
    "flagged": ("⚑", "warn"),
}
"""A glyph and a colour for every status; the word stands beside them where there is room."""


@dataclass(frozen=True)
class ItemView:
    """A pair with the question that its template makes of it: system and user message."""

    pair: QAPair
    messages: Sequence[Message]


@dataclass(frozen=True)
class Draft:
    """The answer as it would be saved now, and the field that the number keys fill."""

    answer: Mapping[str, Any]
    active: str


def item_lines(
    view: ItemView, fields: Sequence[AnswerField], draft: Draft, width: int, *, prompt: bool
) -> Iterator[Line]:
    """The whole item. With `prompt` the rendered messages stand in place of the bare fields."""
    pair = view.pair
    mark, style = STATUS_MARKS[pair.status.value]
    yield line(span(pair.item_ref, "title"), span(f"  {mark} {pair.status.value}", style), span(_origin(pair), "muted"))
    yield EMPTY
    yield from answer_lines(pair, fields, draft, width)
    yield EMPTY
    if prompt:
        for message in view.messages:
            yield line(span(message["role"], "title"))
            yield from wrap(message["content"], width - 2, indent="  ")
    else:
        yield from field_lines(pair.source_data, width)


def _origin(pair: QAPair) -> str:
    words = {
        "canonical": "  by its canonical label",
        "existing_column": "  from the data's own column",
        "feedback": "  made from feedback",
    }
    return words.get(pair.labeling_mode.value, "")


def answer_lines(pair: QAPair, fields: Sequence[AnswerField], draft: Draft, width: int) -> Iterator[Line]:
    """The answer field by field, with the choices and their keys for the active one."""
    room = max((len(field.name) for field in fields), default=0) + 2
    for field in fields:
        value = draft.answer.get(field.name)
        changed = pair.proposal is not None and pair.proposal.get(field.name) != value
        pointer = "▸" if field.name == draft.active else " "
        was = (
            span(f"  was {value_text(pair.proposal.get(field.name))}", "muted")
            if changed and pair.proposal
            else span("")
        )
        yield line(
            span(pointer, "key"),
            span(field.name, "muted", room),
            span("not decided" if value is None else value_text(value), "muted" if value is None else "strong"),
            span("  ✎ changed", "warn") if changed else span(""),
            was,
        )
        if field.name == draft.active:
            yield from _choices(field, value, room + 1, width)
    yield from _why(pair, width)


def _choices(field: AnswerField, value: Any, indent: int, width: int) -> Iterator[Line]:
    choices = choices_of(field)
    parts: list[Span] = [Span(" " * indent)]
    used = indent
    for number, choice in enumerate(choices[:9], start=1):
        label = f"{number} {value_text(_word(choice))}  "
        if used + len(label) > width and len(parts) > 1:
            yield tuple(parts)
            parts, used = [Span(" " * indent)], indent
        parts.append(span(label, "key" if choice == value else "muted"))
        used += len(label)
    if len(parts) > 1:
        yield tuple(parts)


def choices_of(field: AnswerField) -> tuple[Any, ...]:
    """What the number keys choose between for a field; empty for one that is typed."""
    return (True, False) if field.kind.value == "boolean" else field.choices


def _word(choice: Any) -> Any:
    return {True: "yes", False: "no"}[choice] if isinstance(choice, bool) else choice


def _why(pair: QAPair, width: int) -> Iterator[Line]:
    if pair.generation_error:
        yield from wrap(f"✗ no answer was proposed: {pair.generation_error}", width, "warn")
    elif pair.proposed_by:
        sure = f"{pair.confidence:.0%} · " if pair.confidence is not None else ""
        yield from wrap(f"{sure}{pair.proposed_by}", width, "muted")
    if pair.reject_reason:
        yield from wrap(f"rejected: {pair.reject_reason}", width, "bad")
    if pair.notes:
        yield from wrap(f"note: {pair.notes}", width, "accent")
    if pair.reviewed_by and pair.reviewed_at is not None:
        when = pair.reviewed_at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield line(span(f"decided by {pair.reviewed_by} at {when}", "muted"))
