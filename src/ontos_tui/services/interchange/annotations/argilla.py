"""Argilla's records as JSON or JSON lines: of version 2 (nested and flat), of 1.x feedback datasets, and of older ones.

    {"id": "7", "fields": {"text": "…"}, "responses": {"severity": [{"value": "major", "user_id": "…"}]}}
    {"id": "7", "text": "…", "severity.responses": ["major"], "severity.responses.status": ["submitted"]}
    {"fields": {"text": "…"}, "responses": [{"status": "submitted", "values": {"severity": {"value": "major"}}}]}
    {"id": "7", "text": "…", "annotation": "major", "status": "Validated"}

Suggestions are no answers. Discarded, draft and pending records have no label. Several responses must agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ontos_tui.services.interchange.annotations.annotated import (
    ITEM,
    Annotated,
    MarkedSpan,
    item_of,
    marked_spans,
)
from ontos_tui.services.interchange.reading import moment

_UNFINISHED = {"draft", "discarded", "pending", "default"}
_FLAT = ".responses"


@dataclass(frozen=True)
class ArgillaReader:
    """Reads records; `item_key` is the key of the metadata, the fields or the record that names the item."""

    item_key: str = ITEM
    left_out: frozenset[str] = frozenset()

    def parse(self, number: int, record: Any) -> Annotated | str | None:
        """What a record says."""
        if not isinstance(record, Mapping):
            return "not a JSON object"
        fields = _mapping(record.get("fields")) or _mapping(record.get("inputs"))
        ref = item_of(self.item_key, record.get("metadata"), fields, record)
        if ref is None:
            return f"the item is not named: {self.item_key} is not a text"
        one = Annotated(number, ref, _text(record, fields))
        if str(record.get("status", "")).lower() in _UNFINISHED:
            return None
        if record.get("annotation") is not None:
            return _older(one, record["annotation"])
        given: dict[str, Any] = {}
        for name, value, at in _responses(record):
            if name in self.left_out:
                continue
            if name in given and json.dumps(given[name], sort_keys=True) != json.dumps(value, sort_keys=True):
                return f"{name}: its responses differ; settle them in Argilla first"
            given[name] = value
            one.at = max(filter(None, (one.at, at)), default=None)
        for name, value in given.items():
            if isinstance(value, list) and any(isinstance(part, Mapping) and "rank" in part for part in value):
                return f"{name}: rankings are not supported; leave it out: --leave-out {name}"
        one.values = given
        return one if given else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(record: Mapping[str, Any], fields: Mapping[str, Any]) -> str | None:
    """The record's text, if it is clear which one it is."""
    if isinstance(fields.get("text", record.get("text")), str):
        return str(fields.get("text", record.get("text")))
    texts = [value for value in fields.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else None


def _responses(record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each finished response: the question's name, the value, and when it was given."""
    responses = record.get("responses")
    if isinstance(responses, list):
        for one in responses:
            if isinstance(one, Mapping) and str(one.get("status", "submitted")).lower() not in _UNFINISHED:
                at = moment(one.get("updated_at")) or moment(one.get("inserted_at"))
                for name, value in _mapping(one.get("values")).items():
                    yield str(name), _mapping(value).get("value", value), at
    for name, given in _mapping(responses).items():
        for one in given if isinstance(given, list) else [given]:
            if str(_mapping(one).get("status", "submitted")).lower() not in _UNFINISHED:
                yield str(name), one.get("value") if isinstance(one, Mapping) else one, None
    for key, given in record.items():
        if isinstance(key, str) and key.endswith(_FLAT) and isinstance(given, list):
            states = record.get(f"{key}.status")
            for place, value in enumerate(given):
                state = states[place] if isinstance(states, list) and place < len(states) else "submitted"
                if str(state).lower() not in _UNFINISHED:
                    yield key.removesuffix(_FLAT), value, None


def _older(one: Annotated, annotation: Any) -> Annotated | str:
    """The annotation of a record before version 2: a class, classes, or spans as [label, start, end]."""
    if isinstance(annotation, (str, int, float)):
        one.labels = (annotation,)
    elif isinstance(annotation, list) and all(isinstance(part, str) for part in annotation):
        one.labels = tuple(annotation)
    else:
        labels_first = isinstance(annotation, list) and all(
            isinstance(part, list) and len(part) >= 3 and isinstance(part[0], str) for part in annotation
        )
        parts = [[part[1], part[2], part[0]] for part in annotation] if labels_first else annotation
        spans: tuple[MarkedSpan, ...] | str = marked_spans(parts, "annotation")
        if isinstance(spans, str):
            return spans
        one.spans = spans
    return one
