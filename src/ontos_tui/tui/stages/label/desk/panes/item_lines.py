"""One item of the queue as lines: the answer with its choices, why it is proposed, and what one decides by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from ontos_tui.domain.rules.confidence_text import basis_text
from ontos_tui.domain.rules.governance import badges
from ontos_tui.domain.rules.value_context import ValueContext
from ontos_tui.tui.stages.label.desk.panes.evidence_lines import (
    evidence_lines,
    evidence_of,
    evidence_title,
    unusual_line,
)
from ontos_tui.tui.stages.label.desk.panes.status_marks import STATUS_MARKS
from ontos_tui.tui.stages.label.desk.state.item import Draft, ItemView, Side
from ontos_tui.tui.stages.label.spans.answer_field import span_lines
from ontos_tui.tui.stages.label.spans.document import document_lines, marked
from ontos_tui.tui.stages.label.work import Work
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, clip, color, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.domain.schema import AnswerField
    from ontos_tui.tui.stages.label.spans.document import Marked

WHY_LINES, WHY_LINES_WIDE = 2, 4
"""Lines that are kept for why an answer is proposed, so that what is below stays where it is; with three panes more."""


@dataclass(frozen=True)
class ItemPicture:
    """All that the desk shows of an item, painted by one function for each pane.

    `claimed_by` is another user who is about to decide it. `is_compact` where every row counts, `is_beside` where the
    evidence has a pane of its own; `with_series` once no
    key was pressed for a moment; `searched` is the text that the list is narrowed to.
    """

    view: ItemView
    work: Work
    draft: Draft
    side: Side = Side.FIELDS
    claimed_by: str = ""
    context: ValueContext = field(default_factory=ValueContext)
    is_compact: bool = False
    is_beside: bool = False
    with_series: bool = True
    searched: str = ""

    @property
    def document(self) -> Marked | None:
        """The item's document with the places of the answer, where it has one."""
        return marked(self.view.pair.source_data, self.work.fields, self.draft.answer)


def whole_lines(item: ItemPicture, width: int) -> Iterator[Line]:
    """Decision and evidence below each other, for one pane."""
    document = item.document
    if item.side is Side.DOCUMENT and document is not None:
        yield from _title_lines(item)
        for one in item.work.fields:
            if sign := document.sign(one.name):
                yield from _field_lines(item, one, width, sign)
        yield from document_lines(document, width, item.draft.active_field, fold=bool(item.view.messages))
        return
    yield from decision_lines(item, width)
    if item.side is Side.FIELDS or item.side is Side.DOCUMENT:
        yield from basis_lines(item, width)
    else:
        yield EMPTY
        yield from side_lines(item, width)


def decision_lines(item: ItemPicture, width: int) -> Iterator[Line]:
    """The answer, field by field, and why it is proposed."""
    document = item.document
    yield from _title_lines(item)
    for one in item.work.fields:
        yield from _field_lines(item, one, width, "" if document is None else document.sign(one.name))
    yield from _why(item, width)
    yield from _remarks(item.view.pair, width)


def side_lines(item: ItemPicture, width: int) -> Iterator[Line]:
    """The rendered prompt where it was called up; else the guidelines: called up, or where there is room for them."""
    if item.side is Side.PROMPT:
        yield from _prompt(item.view, width)
    else:
        yield from _guidelines(item.work.guidelines, width)


@lru_cache(8)
def _guidelines(text: str, width: int) -> tuple[Line, ...]:
    """The guidelines in lines: the same for every item, so they are wrapped once."""
    return (line(span("Guidelines", "title")), *wrap(text, width - 2, indent="  "))


def basis_lines(item: ItemPicture, width: int) -> Iterator[Line]:
    """What one decides by: the values with their context, and the document after them, as it is long."""
    pair, document = item.view.pair, item.document
    prompted = () if item.work.prompt is None else item.work.columns(tuple(pair.source_data))
    evidence = evidence_of(pair.source_data, item.context, prompted, pair.item_ref, item.searched)
    yield evidence_title(item.context, width)
    if item.context.ranges:
        yield unusual_line(evidence, width)
    hidden = "" if document is None else document.name
    yield from evidence_lines(evidence, width, with_series=item.with_series, hidden=hidden)
    if document is not None:
        yield from document_lines(document, width, item.draft.active_field, fold=bool(item.view.messages))


def _title_lines(item: ItemPicture) -> Iterator[Line]:
    pair = item.view.pair
    mark, style = STATUS_MARKS[pair.status.value]
    restrictions = "  ".join(badge.text for badge in badges(pair))
    yield line(
        span(pair.item_ref, "title"),
        span(f"  {mark} {pair.status.value}", style),
        span(_origin(pair), "muted"),
        span(f"  ⛔ {restrictions}" if restrictions else "", "warn"),
        span(f"  ⧗ {item.claimed_by} is deciding this", "warn") if item.claimed_by else span(""),
    )
    if not item.is_compact:
        yield EMPTY


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


def _field_lines(item: ItemPicture, one: AnswerField, width: int, sign: str = "") -> Iterator[Line]:
    """One field of the answer; while it is the active one, as its choices with their keys, the chosen one marked.

    `sign` stands in the document behind the place where the value comes from.
    """
    work, draft, pair = item.work, item.draft, item.view.pair
    room = max(len(other.name) for other in work.fields) + 2
    value = draft.answer.get(one.name)
    proposed = None if draft.is_blind or pair.proposal is None else pair.proposal
    changed = proposed is not None and proposed.get(one.name) != value
    if one.spans is not None:
        yield from span_lines(one, value, pair.source_data, room, width, changed=changed)
        return
    head = (span("▸" if one.name == draft.active_field else " ", "key"), span(one.name, "muted", room))
    marks = [
        span(f"  ⟦⟧{sign}" if sign else "", "key"),
        span("  ✎ changed", "warn") if changed else span(""),
        span(f"  was {value_text(_word(proposed.get(one.name)))}" if changed and proposed else "", "muted"),
    ]
    if one.name != draft.active_field:
        yield line(*head, *_value(work, one.name, value), *marks)
        return
    if value is None:
        marks.insert(0, span("  not decided", "muted"))
    *rows, last = _choice_rows(one, work, value, width - room - 1)
    ends = sum(cell_len(part.text) for part in (*last, *marks)) > width - room - 1
    for at, row in enumerate([*rows, last, *([tuple(marks)] if ends else [])]):
        start = head if at == 0 else (Span(" " * (room + 1)),)
        yield line(*start, *row, *(marks if at == len(rows) and not ends else ()))


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


def _choice_rows(one: AnswerField, work: Work, value: Any, width: int) -> list[Line]:
    """The choices with their keys in rows of at most `width` cells; ▌ ▐ stand around the chosen one."""
    rows: list[list[Span]] = [[]]
    room = width
    for choice in work.choices(one.name):
        label = work.label_class(one.name, choice)
        name = label.display_name if label is not None and label.display_name else value_text(_word(choice))
        text = span(f"{work.key_of(one.name, choice) or '·'} {name}").text
        here = value is not None and choice == value
        piece = Span(f"▌{text}▐" if here else f" {text} ", "key" if here else "muted")
        if cell_len(piece.text) > room and rows[-1]:
            rows.append([])
            room = width
        rows[-1].append(piece)
        room -= cell_len(piece.text)
    return [clip(tuple(row), width) for row in rows]


def _word(choice: Any) -> Any:
    return {True: "yes", False: "no"}[choice] if isinstance(choice, bool) else choice


def _why(item: ItemPicture, width: int) -> Iterator[Line]:
    """Why this answer is proposed and why the item is shown, in as many lines as are kept for it."""
    view, draft, pair = item.view, item.draft, item.view.pair
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
    most = WHY_LINES_WIDE if item.is_beside else WHY_LINES
    if (item.is_compact or item.is_beside) and len(lines) > most:
        rest = "".join(part.text for one in lines[most - 1 :] for part in (*one, Span(" ")))
        lines = [*lines[: most - 1], clip((Span(rest, "muted"),), width)]
    yield from lines
    yield from _empty_lines(most - len(lines))


def _empty_lines(count: int) -> Sequence[Line]:
    return [EMPTY] * max(0, count)


def _remarks(pair: Decidable, width: int) -> Iterator[Line]:
    if pair.reject_reason:
        yield from wrap(f"rejected: {pair.reject_reason}", width, "bad")
    if pair.notes:
        yield from wrap(f"note: {pair.notes}", width, "accent")
    if pair.reviewed_by and pair.reviewed_at is not None:
        when = pair.reviewed_at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield line(span(f"decided by {pair.reviewed_by} at {when}", "muted"))
