"""A conflict as text for its row, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ontos_tui.domain.sharing.entries import Change, EntryId, Thing
from ontos_tui.domain.sharing.state import Candidate, Conflict, ConflictStatus


def conflict_text(conflict: Conflict) -> str:
    """The whole conflict as JSON."""
    return json.dumps(
        {
            "id": conflict.id,
            "things": conflict.things,
            "candidates": [
                {
                    "entry": one.entry,
                    "actor": one.actor,
                    "changes": [_change(change) for change in one.changes],
                    "at": None if one.at is None else one.at.isoformat(),
                }
                for one in conflict.candidates
            ],
            "status": conflict.status.value,
            "settled_by": conflict.settled_by,
            "settled_in": conflict.settled_in,
            "before": [_change(change) for change in conflict.before],
            "chosen": conflict.chosen,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def conflict_from(text: str) -> Conflict:
    """The conflict of a text that `conflict_text` made."""
    body = json.loads(text)
    return Conflict(
        body["id"],
        tuple(Thing(*one) for one in body["things"]),
        tuple(
            Candidate(
                EntryId(*one["entry"]),
                one["actor"],
                tuple(_read(change) for change in one["changes"]),
                None if one["at"] is None else datetime.fromisoformat(one["at"]),
            )
            for one in body["candidates"]
        ),
        ConflictStatus(body["status"]),
        body["settled_by"],
        _id(body["settled_in"]),
        tuple(_read(change) for change in body["before"]),
        _id(body["chosen"]),
    )


def _change(change: Change) -> list[Any]:
    return [change.thing, change.values, change.base, change.before]


def _read(parts: list[Any]) -> Change:
    thing, values, base, before = parts
    return Change(Thing(*thing), values, _id(base), before)


def _id(parts: list[Any] | None) -> EntryId | None:
    return None if parts is None else EntryId(parts[0], int(parts[1]))
