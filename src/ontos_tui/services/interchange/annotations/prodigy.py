"""Prodigy's JSONL, and ours with spans, which is of the same shape.

    {"text": "Acme moved", "spans": [{"start": 0, "end": 4, "label": "org"}], "meta": {"item_ref": "7"}}
    {"text": "…", "options": [{"id": "major"}, …], "accept": ["major"], "answer": "accept"}
    {"text": "…", "label": "major", "answer": "accept"}

`answer` decides: accept takes the label, ignore skips the line, and reject rejects the pair. Relations, and boxes in
pictures, are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.annotations.annotated import ITEM, Annotated, item_of, marked_spans
from ontos_tui.services.interchange.reading import moment

ANSWERS = ("accept", "reject", "ignore")
_UNSUPPORTED = ("relations", "image", "audio")


@dataclass(frozen=True)
class ProdigyReader:
    """Reads lines; `item_key` is the key of a line or of its `meta` that names the item."""

    item_key: str = ITEM
    left_out: frozenset[str] = field(default_factory=frozenset)

    def parse(self, number: int, line: Any) -> Annotated | str | None:
        """What a line says."""
        if not isinstance(line, Mapping) or not isinstance(line.get("text"), str):
            kind = next((key for key in _UNSUPPORTED if isinstance(line, Mapping) and line.get(key)), None)
            return f"{kind}: only texts are supported" if kind else "it is not an object with a text"
        if line.get("relations") and "relations" not in self.left_out:
            return "relations between spans are not supported; leave them out: --leave-out relations"
        meta = line.get("meta")
        ref = item_of(self.item_key, meta, line)
        if ref is None:
            return f"the item is not named: {self.item_key} is not a text"
        at = moment(line.get("_timestamp"))
        one = Annotated(number, ref, line["text"], at=at)
        answer = line.get("answer", "accept")
        if answer not in ANSWERS:
            return f"answer: {str(answer)[:40]!r} is not one of {', '.join(ANSWERS)}"
        if answer == "ignore":
            return None
        if answer == "reject":
            one.status, one.reason = PairStatus.REJECTED, "rejected in the file"
            return one
        if isinstance(meta, Mapping) and meta.get("status") == PairStatus.UNLABELED:
            return None
        return _ours(one, meta) or _read(one, line)


def _ours(one: Annotated, meta: object) -> Annotated | None:
    """A line of ours about a pair that is not labeled."""
    status = meta.get("status") if isinstance(meta, Mapping) else None
    if status not in (PairStatus.REJECTED, PairStatus.FLAGGED):
        return None
    assert isinstance(meta, Mapping)
    one.status, one.reason = PairStatus(status), str(meta.get("reject_reason") or "")
    one.at = moment(meta.get("reviewed_at")) or one.at
    return one


def _read(one: Annotated, line: Mapping[str, Any]) -> Annotated | str | None:
    meta = line.get("meta")
    rest = meta.get("answer") if isinstance(meta, Mapping) else None
    if isinstance(rest, Mapping):
        one.answer = dict(rest)
    if isinstance(meta, Mapping):
        one.at = moment(meta.get("reviewed_at")) or one.at
        one.notes = meta["notes"] if isinstance(meta.get("notes"), str) else None
    if line.get("spans") is not None:
        spans = marked_spans(line["spans"], "spans")
        if isinstance(spans, str):
            return spans
        one.spans = spans
    chosen = line.get("accept") if "options" in line or "accept" in line else line.get("label")
    if isinstance(chosen, (str, int)) and not isinstance(chosen, bool):
        chosen = [chosen]
    if isinstance(chosen, list):
        if not all(isinstance(label, (str, int)) and not isinstance(label, bool) for label in chosen):
            return "accept: a list of the ids of options is expected"
        if chosen or one.spans is None:
            one.labels = tuple(chosen)
    if one.says_nothing and not isinstance(rest, Mapping):
        known = ", ".join(sorted(map(str, line))[:12])
        return f"it has no labels: spans, accept or label is expected; it has {known}"
    return None if one.labels == () and one.spans is None else one
