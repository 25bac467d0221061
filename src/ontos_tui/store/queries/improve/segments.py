"""The rows of a segment: those whose JSON column has its value in its field."""

from __future__ import annotations

from ontos_tui.domain.rules.segments import Segment
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import Condition
from ontos_tui.store.connection import Connection

_NUMBERS = ("integer", "real")


def in_segment(segment: Segment, fields: str, answer: str) -> Condition:
    """The condition that a row is in the segment; `fields` and `answer` are SQL for its JSON objects of that name."""
    return _in_entries(segment, answer if segment.of_answer else fields, Condition("?", (segment.field,)))


def pairs_in_segment(connection: Connection, segment: Segment, answer: str) -> Condition:
    """The condition that a pair is in the segment; `answer` is SQL for the answer that is meant."""
    if segment.of_answer:
        return in_segment(segment, "", answer)
    places = connection.fields.places(segment.field)
    cases = "".join(f" WHEN {number} THEN {place}" for number, place in places.items())
    key = f"CASE json_extract(qa_pairs.source_data, '$[0]'){cases} ELSE ? END"
    return _in_entries(segment, "qa_pairs.source_data", Condition(key if cases else "?", (segment.field,)))


def _in_entries(segment: Segment, entries: str, key: Condition) -> Condition:
    condition, values = _of_entry(segment)
    exists = (
        f"EXISTS (SELECT 1 FROM json_each({entries}) AS entry "  # noqa: S608
        f"WHERE json_valid({entries}) AND {condition} AND entry.key = {key.sql})"  # what is cheap to ask comes first
    )
    is_empty = segment.value is None and not segment.place
    return Condition(f"NOT {exists}" if is_empty else exists, (*values, *key.values))


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
