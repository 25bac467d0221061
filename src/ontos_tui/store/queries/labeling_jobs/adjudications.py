"""Which items of a labeling job were adjudicated, and which of these decisions are in force."""

from __future__ import annotations

import json
from typing import NamedTuple

from ontos_tui.store.connection import Connection

ADJUDICATE, UNDO_ADJUDICATE = "adjudicate", "undo_adjudicate"
"""The events of a job that set an item's label, and that take that back."""


class Adjudication(NamedTuple):
    """A decision about a disputed item: the batch of changes that it is, and in whose log that batch stands."""

    item_ref: str
    batch_id: str
    scope_id: str


def adjudications(connection: Connection, job_id: str) -> dict[str, str]:
    """The items of a job that were adjudicated, each with the batch of changes that its last adjudication is."""
    sql = "SELECT after, batch_id, action FROM events WHERE scope_id = ? AND action IN (?, ?) ORDER BY rowid"
    batches: dict[str, str] = {}
    for after, batch_id, action in connection.execute(sql, (job_id, ADJUDICATE, UNDO_ADJUDICATE)):
        item_ref = json.loads(after)["item_ref"]
        if action == ADJUDICATE:
            batches[item_ref] = batch_id
        else:
            batches.pop(item_ref, None)
    return batches


def last_adjudication(connection: Connection, job_id: str, actor: str) -> Adjudication | None:
    """This person's last adjudication in a job that changed something and was not taken back."""
    sql = "SELECT after, batch_id FROM events WHERE scope_id = ? AND action = ? AND actor = ? ORDER BY rowid DESC"
    for after, batch_id in connection.rows(sql, (job_id, ADJUDICATE, actor)):
        logged = json.loads(after)
        scope_id = logged.get("scope_id", job_id)
        if _is_in_force(connection, scope_id, actor, batch_id):
            return Adjudication(logged["item_ref"], batch_id, scope_id)
    return None


def _is_in_force(connection: Connection, scope_id: str, actor: str, batch_id: str) -> bool:
    """Whether a batch changed something that was not undone, or was redone since."""
    sql = (
        "SELECT DISTINCT batch_id, undoes FROM events WHERE scope_id = ? AND actor = ? AND batch_id >= ? "
        "AND entity_type IN ('canonical_labels', 'qa_pairs') ORDER BY batch_id"
    )
    in_force = False
    for batch, undoes in connection.execute(sql, (scope_id, actor, batch_id)):
        if batch == batch_id:
            in_force = True
        elif undoes == batch_id:
            in_force, batch_id = not in_force, batch
    return in_force
