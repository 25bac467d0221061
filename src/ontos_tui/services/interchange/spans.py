"""Spans in the format of spaCy and Prodigy: one object with `text` and `spans` a line.

    {"text": "Acme moved", "spans": [{"start": 0, "end": 4, "label": "org"}], "meta": {"item_ref": "7"}}

Positions count characters, as ours do. `meta` also has what such a line has no other place for: the answer's other
fields, a status that is not labeled, and the notes. annotations/prodigy.py reads such lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import AnswerField, answer_fields
from ontos_tui.domain.spans import SpanRules
from ontos_tui.services.interchange.selection import OutgoingPair, OutgoingPairs
from ontos_tui.services.interchange.tabular import json_line

ITEM = "item_ref"
SPAN_KEYS = ("start", "end", "label")


def span_lines(schema: Mapping[str, Any], pairs: OutgoingPairs) -> Iterator[tuple[str, str, Row]]:
    """Every pair as a line, with its item's reference and fields. What has no text or no answer is held back.

    Raises InvalidInputError when the answer holds no spans, or several fields of them.
    """
    field, rules = _span_field(schema)
    for pair in pairs:
        text = pair.fields.get(rules.text_field)
        if not isinstance(text, str):
            pairs.hold_back(f"it has no text in {rules.text_field!r}")
        elif pair.answer is None:
            pairs.hold_back("it has no answer")
        else:
            line: dict[str, Any] = {"text": text, "meta": _meta(pair, field.name)}
            if field.name in pair.answer:
                line["spans"] = [{key: one[key] for key in SPAN_KEYS} for one in pair.answer[field.name]]
            yield json_line(line), pair.item_ref, pair.fields


def _meta(pair: OutgoingPair, field: str) -> dict[str, Any]:
    rest = {name: value for name, value in (pair.answer or {}).items() if name != field}
    details = {
        "status": "" if pair.stored.status == PairStatus.LABELED else pair.stored.status,
        "reject_reason": pair.stored.reject_reason,
        "notes": pair.stored.notes,
        "reviewed_at": pair.stored.reviewed_at,
    }
    whole = rest or not (pair.answer and field in pair.answer)
    return {ITEM: pair.item_ref} | ({"answer": rest} if whole else {}) | {k: v for k, v in details.items() if v}


def _span_field(schema: Mapping[str, Any]) -> tuple[AnswerField, SpanRules]:
    fields = [(field, field.spans) for field in answer_fields(schema) if field.spans is not None]
    if len(fields) != 1:
        raise InvalidInputError(
            f"The answer has {len(fields) or 'no'} fields with spans; this format needs exactly one.",
            "Choose CSV, Parquet or Label Studio.",
        )
    return fields[0]
