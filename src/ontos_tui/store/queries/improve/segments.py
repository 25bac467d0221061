"""The rows of a segment: those whose JSON column has its value in its field."""

from __future__ import annotations

from ontos_tui.domain.rules.segments import Segment
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import Condition

_NUMBERS = ("integer", "real")


def in_segment(segment: Segment, fields: str, answer: str) -> Condition:
    """The condition that a row is in the segment; `fields` and `answer` are SQL for its JSON objects of that name."""
    entries = answer if segment.of_answer else fields
    condition, values = _of_entry(segment)
    exists = (
        f"EXISTS (SELECT 1 FROM json_each({entries}) AS entry "  # noqa: S608
        f"WHERE json_valid({entries}) AND entry.key = ? AND {condition})"
    )
    is_empty = segment.value is None and not segment.place
    return Condition(f"NOT {exists}" if is_empty else exists, (segment.field, *values))


def _of_entry(segment: Segment) -> tuple[str, tuple[object, ...]]:
    """What is to be true of the field's entry; for the segment of empty fields, what must not be."""
    if segment.place:
        return f"entry.type IN ({marks(_NUMBERS)}) AND entry.value BETWEEN ? AND ?", (
            *_NUMBERS,
            segment.low,
            segment.high,
        )
    if segment.value is None:
        return "entry.type <> 'null'", ()
    value = int(segment.value) if isinstance(segment.value, bool) else segment.value
    types = {bool: ("true", "false"), str: ("text",)}.get(type(segment.value), _NUMBERS)
    return f"entry.type IN ({marks(types)}) AND entry.value = ?", (*types, value)
