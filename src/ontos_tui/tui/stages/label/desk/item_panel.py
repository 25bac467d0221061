"""One item of the queue as lines: what was measured, what is asked, what is proposed, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.rules.confidence_text import basis_text
from ontos_tui.domain.rules.governance import badges
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.stages.label.desk.item import Draft, ItemView, Side
from ontos_tui.tui.stages.label.spans.answer_field import span_lines
from ontos_tui.tui.stages.label.spans.document import document_lines, marked
from ontos_tui.tui.stages.label.work import Work
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, color, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.domain.schema import AnswerField

STATUS_MARKS: Mapping[str, tuple[str, str]] = {
    "unlabeled": ("○", "muted"),
    "labeled": ("✓", "good"),
    "rejected": ("✗", "bad"),
    "flagged": ("⚑", "warn"),
}
"""A glyph and a color for every status; the word stands beside them where there is room."""

WHY_LINES = 2
"""Lines that are kept for why an answer is proposed, so that the fields below stay where they are."""


def item_lines(
    view: ItemView, work: Work, draft: Draft, width: int, side: Side, claimed_by: str = ""
) -> Iterator[Line]:
    """The whole item; `claimed_by` is another user who is about to decide it."""
    pair = view.pair
    mark, style = STATUS_MARKS[pair.status.value]
    restrictions = "  ".join(badge.text for badge in badges(pair))
    yield line(
        span(pair.item_ref, "title"),
        span(f"  {mark} {pair.status.value}", style),
        span(_origin(pair), "muted"),
        span(f"  ⛔ {restrictions}" if restrictions else "", "warn"),
        span(f"  ⧗ {claimed_by} is deciding this", "warn") if claimed_by else span(""),
    )
    yield EMPTY
    document = marked(pair.source_data, work.fields, draft.answer)
    if side is Side.DOCUMENT and document is not None:
        for field in work.fields:
            if sign := document.sign(field.name):
                yield from _field_lines(pair, field, work, draft, width, sign)
        yield from document_lines(document, width, draft.active_field, fold=bool(view.messages))
        return
    for field in work.fields:
        yield from _field_lines(pair, field, work, draft, width, "" if document is None else document.sign(field.name))
    yield from _why(view, draft, width)
    yield from _remarks(pair, width)
    yield EMPTY
    match side:
        case Side.PROMPT:
            yield from _prompt(view, width)
        case Side.GUIDELINES:
            yield line(span("Guidelines", "title"))
            yield from wrap(work.guidelines, width - 2, indent="  ")
        case Side.FIELDS | Side.DOCUMENT:
            shown = pair.source_data
            if document is not None:  # it follows the others, as it is long
                shown = {name: value for name, value in shown.items() if name != document.name}
            yield from field_lines(shown, width)
            if document is not None:
                yield from document_lines(document, width, draft.active_field, fold=bool(view.messages))


def _origin(pair: Decidable) -> str:
    words = {
        "canonical": "  by its canonical label",
        "existing_column": "  from the data's own column",
        "feedback": "  from feedback",
    }
    return words.get(pair.labeling_mode.value, "")


def _prompt(view: ItemView, width: int) -> Iterator[Line]:
    if not view.messages:
        yield line(span("There is no prompt: these items are labeled without a template.", "muted"))
    for message in view.messages:
        yield line(span(message["role"], "title"))
        yield from wrap(message["content"], width - 2, indent="  ")


def _field_lines(
    pair: Decidable, field: AnswerField, work: Work, draft: Draft, width: int, sign: str = ""
) -> Iterator[Line]:
    """One field of the answer, and its choices with their keys while it is the active one.

    `sign` stands in the document behind the place where the value comes from.
    """
    room = max(len(one.name) for one in work.fields) + 2
    value = draft.answer.get(field.name)
    proposed = None if draft.is_blind or pair.proposal is None else pair.proposal
    changed = proposed is not None and proposed.get(field.name) != value
    if field.spans is not None:
        yield from span_lines(field, value, pair.source_data, room, width, changed=changed)
        return
    yield line(
        span("▸" if field.name == draft.active_field else " ", "key"),
        span(field.name, "muted", room),
        *_value(work, field.name, value),
        span(f"  ⟦⟧{sign}" if sign else "", "key"),
        span("  ✎ changed", "warn") if changed else span(""),
        span(f"  was {value_text(_word(proposed.get(field.name)))}" if changed and proposed else "", "muted"),
    )
    if field.name == draft.active_field:
        yield from _choices(field, work, value, room + 1, width)


def _value(work: Work, name: str, value: Any) -> Iterator[Span]:
    if value is None:
        yield span("not decided", "muted")
        return
    label = work.label_class(name, value)
    if label is not None and label.color:
        yield Span("■ ", color(label.color))
    yield span(_named(work, name, value), "strong")


def _named(work: Work, name: str, value: Any) -> str:
    label = work.label_class(name, value)
    if label is None or label.display_name in ("", value):
        return value_text(_word(value))
    return f"{label.display_name} ({value})"


def _choices(field: AnswerField, work: Work, value: Any, indent: int, width: int) -> Iterator[Line]:
    parts: list[Span] = [Span(" " * indent)]
    used = indent
    for choice in work.choices(field.name):
        label = work.label_class(field.name, choice)
        name = label.display_name if label is not None and label.display_name else value_text(_word(choice))
        piece = f"{work.key_of(field.name, choice) or '·'} {name}  "
        if used + len(piece) > width and len(parts) > 1:
            yield tuple(parts)
            parts, used = [Span(" " * indent)], indent
        parts.append(span(piece, "key" if choice == value else "muted"))
        used += len(piece)
    if len(parts) > 1:
        yield tuple(parts)


def _word(choice: Any) -> Any:
    return {True: "yes", False: "no"}[choice] if isinstance(choice, bool) else choice


def _why(view: ItemView, draft: Draft, width: int) -> Iterator[Line]:
    """Why this answer is proposed and why the item is shown, in as many lines as are kept for it."""
    pair = view.pair
    lines: list[Line] = []
    for hint in view.hints:
        lines += wrap(f"! {hint.reason}", width, "accent")
    if draft.is_blind:
        lines += wrap(
            "The proposal is hidden here, so that it does not influence you. Choose, or press e.", width, "accent"
        )
    elif pair.generation_error:
        lines += wrap(f"✗ no answer was proposed: {pair.generation_error}", width, "warn")
    elif pair.proposed_by:
        lines += wrap(basis_text(pair.confidence, pair.certainty, pair.proposed_by), width, "muted")
    yield from lines
    yield from islice((EMPTY for _ in range(WHY_LINES)), max(0, WHY_LINES - len(lines)))


def _remarks(pair: Decidable, width: int) -> Iterator[Line]:
    if pair.reject_reason:
        yield from wrap(f"rejected: {pair.reject_reason}", width, "bad")
    if pair.notes:
        yield from wrap(f"note: {pair.notes}", width, "accent")
    if pair.reviewed_by and pair.reviewed_at is not None:
        when = pair.reviewed_at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield line(span(f"decided by {pair.reviewed_by} at {when}", "muted"))
