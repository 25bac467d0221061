"""The document of an item with the answer's places in it: `⟦9.00⟧4` is where the fourth field's value stands."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.spans import spans_of
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.extraction.documents import LONG, LONGEST
from ontos_tui.learning.extraction.field_priors import locate_fields
from ontos_tui.tui.stages.label.spans.rows import rows_of
from ontos_tui.tui.widgets.lines import Line, Span, line, span

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row

READ = (FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.SPANS)
"""Kinds of fields whose values may stand in a text."""

AROUND, FEW = 1, 4
"""Lines that stay around a line with a mark, as long as there are no more marks than `FEW`."""
FOLDED = 2
"""Lines between marks, more of which are folded into one."""


@dataclass(frozen=True)
class Mark:
    """The characters from `start` up to `end`, without it, are a field's value; `sign` stands behind them."""

    start: int
    end: int
    sign: str
    field: str


@dataclass(frozen=True)
class Marked:
    """The text field of an item that holds values of its answer, and where."""

    name: str
    text: str
    marks: tuple[Mark, ...]

    def sign(self, field: str) -> str:
        """The number of a text or number field whose value stands in the text; empty for others."""
        return next((mark.sign for mark in self.marks if mark.field == field), "")


def marked(item: Row, fields: Sequence[AnswerField], answer: Mapping[str, Any]) -> Marked | None:
    """The document of an item with its marks; None where it has none, or nothing of the answer stands there.

    The same question is answered from memory, so it can be asked ahead of a picture.
    """
    read = tuple(field for field in fields if field.kind in READ)
    named = [field.spans.text_field for field in read if field.spans is not None]
    texts = {name: value for name, value in item.items() if isinstance(value, str) and (name in named or not named)}
    name = max(texts, key=lambda one: len(texts[one]), default=None)
    if not read or name is None or (not named and len(texts[name]) < LONG):
        return None
    text = texts[name]
    values = {field.name: answer.get(field.name) for field in read}
    marks = _marks(read, name, json.dumps(values, sort_keys=True, default=str), text)
    return Marked(name, text, marks) if marks else None


@lru_cache(maxsize=256)
def _marks(fields: tuple[AnswerField, ...], name: str, answer_json: str, text: str) -> tuple[Mark, ...]:
    answer = json.loads(answer_json)
    places = locate_fields(fields, answer, text)
    marks = [Mark(one.start, one.end, str(number), one.field) for number, one in enumerate(places, 1)]
    for field in fields:
        if field.spans is not None and field.spans.text_field == name:
            marks += [
                Mark(one.start, one.end, one.label, "") for one in spans_of(answer.get(field.name), text[:LONGEST])
            ]
    return tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end)))


def document_lines(document: Marked, width: int, active: str, *, fold: bool) -> Iterator[Line]:
    """The text's name, and the text with its marks; with `fold`, of lines far from any mark only the number.

    A mark is ⟦brackets⟧ and a sign, and bold; that of the `active` field begins with ▸.
    """
    yield line(span(document.name, "muted"))
    lines = document.text[:LONGEST].split("\n")
    starts = [0]
    for one in lines:
        starts.append(starts[-1] + len(one) + 1)
    for first, last, hidden in _stretches(document.marks, starts, len(lines), fold=fold):
        if hidden:
            yield line(span(f"  ⋯ {last - first:,} lines (p: show)", "muted"))
        else:
            for number in range(first, last):
                yield from _line(lines[number], starts[number], document.marks, width, active)
    if len(document.text) > LONGEST:
        yield line(span(f"  ⋯ {len(document.text) - LONGEST:,} more characters", "muted"))


def _stretches(
    marks: Sequence[Mark], starts: Sequence[int], count: int, *, fold: bool
) -> Iterator[tuple[int, int, bool]]:
    """Lines from first up to last, and whether they are folded."""
    around = AROUND if len(marks) <= FEW else 0
    visible: set[int] = set()
    for mark in marks:
        first, last = bisect_right(starts, mark.start) - 1, bisect_right(starts, mark.end - 1) - 1
        visible.update(range(max(0, first - around), min(count, last + around + 1)))
    for folded, run in groupby(range(count), lambda number: fold and number not in visible):
        numbers = list(run)
        yield numbers[0], numbers[-1] + 1, folded and len(numbers) > FOLDED


def _line(text: str, start: int, marks: Sequence[Mark], width: int, active: str) -> Iterator[Line]:
    """One line of the text in as many rows as it needs."""
    end = start + len(text)
    here = [mark for mark in marks if mark.start < max(end, start + 1) and mark.end > start]
    pieces: list[tuple[int, str, bool]] = []
    inside: set[int] = set()
    opened = {mark: max(mark.start, start) for mark in here}
    closed = {mark: min(mark.end, end) for mark in here}
    for position in range(start, end):
        for mark in here:
            if opened[mark] == position and position < closed[mark]:
                begins = "▸⟦" if mark.field and mark.field == active else "⟦"
                pieces.append((position, begins if mark.start >= start else "⟦…", True))
        if any(mark.start <= position < mark.end for mark in here):
            inside.add(position)
        pieces.append((position, safe_line(text[position - start]), False))
        for mark in reversed(here):
            if closed[mark] == position + 1 and opened[mark] <= position:
                pieces.append((position, f"⟧{safe_line(mark.sign, 40)}" if mark.end <= end else "…⟧", True))
    if not pieces:
        yield ()
    for row in rows_of(pieces, max(8, width - 2)):
        styled = [(piece, "key" if is_mark else "strong" if at in inside else "text") for at, piece, is_mark in row]
        yield (Span("  "), *(
            span("".join(piece for piece, _ in run), style) for style, run in groupby(styled, lambda one: one[1])
        ))  # fmt: skip
