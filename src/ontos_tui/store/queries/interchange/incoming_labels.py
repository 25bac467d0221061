"""Canonical labels by the thousand: they go into a temporary table, and a few statements do the rest.

A new label is created; one with another answer is archived and gets a new version; one with the same answer is left
alone. Each change is an event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import stored
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.change_log import LABEL_CONTENT

_JSON = {"label_data", "allowed_uses", "prohibited_uses"}
_NEW_ID = "lower(hex(randomblob(16)))"
_SAME_LABEL = "l.sheet_id = :sheet_id AND l.label_type = :label_type AND l.item_ref = i.item_ref"
_JOINED = f"FROM incoming i CROSS JOIN canonical_labels l WHERE {_SAME_LABEL}"
_NEW = "i.change = 'new'"
_CHANGED = "i.change = 'changed'"


class IncomingLabel(NamedTuple):
    """A label to store; None leaves a detail as it is. `label_data` is JSON, `reason` names who labeled elsewhere."""

    item_ref: str
    label_data: str
    confidence: str | None
    notes: str | None
    reason: str


@dataclass(frozen=True)
class Comparison:
    """How many of the incoming labels are new, have another answer than the stored one, or the same.

    `newer` are the items whose stored label is newer than the incoming one that differs, with who changed it and when;
    they count as changed, unless they are kept.
    """

    new: int
    changed: int
    same: int
    newer: list[tuple[str, str, datetime]]


@dataclass(frozen=True)
class LabelChange:
    """Who changes the labels, when, in which batch of the log, for which reason, and the source that they get."""

    actor: str
    at: datetime
    batch_id: str
    reason: str
    source: str


def compare(
    connection: Connection,
    sheet_id: str,
    label_type: str,
    labels: Sequence[IncomingLabel],
    is_newer: Callable[[str, datetime], bool],
    *,
    keep_newer: bool,
) -> Comparison:
    """Put the labels, one an item, into the temporary table and mark each as new, changed or the same.

    `is_newer` tells of an item whether a label stored at this moment is newer than the incoming one. With `keep_newer`
    such labels are left as they are.

    The table belongs to this connection and goes with it, or with `drop`; the database itself is only read.
    """
    connection.execute(
        "CREATE TEMP TABLE incoming (item_ref TEXT PRIMARY KEY, label_data TEXT, confidence TEXT, notes TEXT, "
        "reason TEXT, change TEXT NOT NULL DEFAULT 'new') WITHOUT ROWID"
    )
    connection.executemany(
        "INSERT INTO incoming (item_ref, label_data, confidence, notes, reason) VALUES (?, ?, ?, ?, ?)", labels
    )
    target = {"sheet_id": sheet_id, "label_type": label_type}
    matches = connection.rows(
        "SELECT i.item_ref, i.label_data, l.label_data, coalesce(i.confidence, l.confidence) = l.confidence "
        "AND coalesce(i.notes, l.notes) = l.notes, coalesce(nullif(l.updated_by, ''), l.created_by), l.updated_at "
        f"{_JOINED}",
        target,
    )
    different = [
        (ref, by, datetime.fromisoformat(at))
        for ref, new, old, same_details, by, at in matches
        if not same_details or not _same_answer(new, old)
    ]
    newer = [one for one in different if is_newer(one[0], one[2])]
    unchanged = {ref for ref, _, _ in newer} if keep_newer else set()
    changed = [(ref,) for ref, _, _ in different if ref not in unchanged]
    connection.executemany("UPDATE incoming SET change = 'changed' WHERE item_ref = ?", changed)
    connection.execute(
        "UPDATE incoming AS i SET change = 'same' FROM canonical_labels l "  # noqa: S608
        f"WHERE {_SAME_LABEL} AND {_NEW}",
        target,
    )
    return Comparison(len(labels) - len(matches), len(changed), len(matches) - len(different), newer)


def _same_answer(new: str, old: str) -> bool:
    return new == old or answer_digest(json.loads(new)) == answer_digest(json.loads(old))


def write(connection: Connection, like: CanonicalLabel, change: LabelChange) -> None:
    """Create the labels that are new and change those that differ, each with an event.

    `like` has the sheet, the label type, and what else the new labels have in common.
    """
    known = {
        "sheet_id": like.sheet_id,
        "label_type": like.label_type,
        "actor": change.actor,
        "now": stored(Event, "at", change.at),
        "batch": change.batch_id,
        "source": change.source,
        "reason": change.reason,
        **{f"like_{name}": stored(CanonicalLabel, name, getattr(like, name)) for name in CanonicalLabel.model_fields},
    }
    for sql in _WRITE:
        connection.execute(sql, known)


def labels_of_labeled_pairs(connection: Connection, like: CanonicalLabel) -> list[CanonicalLabel]:
    """The labels that are new or differed, as they are now, whose items have labeled pairs with another answer.

    Pairs whose answer is the same text are not looked at: there is nothing to correct.
    """
    sql = (
        f"SELECT {rows.names(CanonicalLabel, 'l')} {_JOINED} AND ({_NEW} OR {_CHANGED}) "  # noqa: S608
        "AND EXISTS (SELECT 1 FROM pair_sheets CROSS JOIN qa_pairs USING (sheet_id, training_sheet_id) "
        "WHERE pair_sheets.sheet_id = l.sheet_id AND qa_pairs.item_ref = l.item_ref "
        f"AND qa_pairs.status = '{PairStatus.LABELED}' AND qa_pairs.answer IS NOT l.label_data)"
    )
    written = connection.rows(sql, {"sheet_id": like.sheet_id, "label_type": like.label_type})
    return list(rows.read(connection, CanonicalLabel, written))


def drop(connection: Connection) -> None:
    """Drop the temporary table."""
    connection.execute("DROP TABLE incoming")


# The statements ----------------------------------------------------------------------------------------------------


def _insert(record: type[Record], values: dict[str, str], rest: str) -> str:
    assert values.keys() == record.model_fields.keys()
    return f"INSERT INTO {record.TABLE} ({', '.join(values)}) SELECT {', '.join(values.values())} {rest}"


def _event(action: str, before: str, after: str) -> dict[str, str]:
    """The columns of an event about a label as SQL. Its reason names who labeled in the other tool."""
    return {
        "id": _NEW_ID,
        "entity_type": f"'{CanonicalLabel.TABLE}'",
        "entity_id": "l.id",
        "scope_id": ":sheet_id",
        "action": f"'{action}'",
        "actor": ":actor",
        "at": ":now",
        "before": before,
        "after": after,
        "reason": ":reason || CASE WHEN i.reason = '' THEN '' ELSE '; ' || i.reason END",
        "batch_id": ":batch",
        "undoes": "''",
        "seconds": "NULL",
    }


def _json(values: dict[str, str]) -> str:
    """A JSON object of columns as SQL, the same that the log keeps of a record.

    What SQLite does not take for JSON, such as an answer with a NaN, stands there as the text that it is.
    """
    as_json = "CASE WHEN json_valid({0}) THEN json({0}) ELSE {0} END"
    parts = (f"'{name}', {as_json.format(value) if name in _JSON else value}" for name, value in values.items())
    return f"json_object({', '.join(parts)})"


def _as_stored(names: Iterable[str]) -> dict[str, str]:
    return {name: f"l.{name}" for name in names}


_LABEL = {
    # What is not of the line is as `like` has it.
    **{name: f":like_{name}" for name in CanonicalLabel.model_fields},
    "id": _NEW_ID,
    "item_ref": "i.item_ref",
    "label_data": "i.label_data",
    "confidence": "coalesce(i.confidence, :like_confidence)",
    "notes": "coalesce(i.notes, '')",
    "source": ":source",
    "created_at": ":now",
    "created_by": ":actor",
    "updated_at": ":now",
    "updated_by": ":actor",
}
_VERSION = {
    **_as_stored(("version", "label_data", "confidence", "notes", "source")),
    "id": _NEW_ID,
    "canonical_label_id": "l.id",
    "modified_by": "coalesce(nullif(l.updated_by, ''), l.created_by)",
    "modified_at": "l.updated_at",
}
_CONTENT = (*LABEL_CONTENT, "version")
_NEW_CONTENT = {
    **_as_stored(_CONTENT),
    "label_data": "i.label_data",
    "confidence": "coalesce(i.confidence, l.confidence)",
    "notes": "coalesce(i.notes, l.notes)",
    "source": ":source",
    "training_sheet_id": "NULL",
    "version": "l.version + 1",
}
_SETTINGS = {**_NEW_CONTENT, "updated_at": ":now", "updated_by": ":actor"}


def _statements() -> tuple[str, ...]:
    created = _event("create", "NULL", _json(_as_stored(CanonicalLabel.model_fields)))
    changed = _event("change", _json(_as_stored(_CONTENT)), _json(_NEW_CONTENT))
    settings = ", ".join(f"{name} = {value}" for name, value in _SETTINGS.items())
    return (
        _insert(CanonicalLabel, _LABEL, f"FROM incoming i WHERE {_NEW}"),
        _insert(Event, created, f"{_JOINED} AND {_NEW}"),
        # The earlier content, before it is overwritten.
        _insert(CanonicalLabelVersion, _VERSION, f"{_JOINED} AND {_CHANGED}"),
        _insert(Event, changed, f"{_JOINED} AND {_CHANGED}"),
        f"UPDATE canonical_labels AS l SET {settings} FROM incoming i WHERE {_SAME_LABEL} AND {_CHANGED}",  # noqa: S608
    )


_WRITE = _statements()
