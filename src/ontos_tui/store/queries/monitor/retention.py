"""Requests that are older than the log keeps them: they go, their sums and counts stay."""

from __future__ import annotations

from datetime import datetime

from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.store import bulk
from ontos_tui.store.connection import Connection


def forget_requests(connection: Connection, before: datetime, limit: int) -> int:
    """Delete at most `limit` requests from before a moment, the oldest first; how many were.

    One that somebody gave feedback on stays, since a training pair can still be made of it.
    """
    border = bulk.stored(InferenceRecord, "requested_at", before)
    # The triggers that take a deleted request out of the sums leave alone what is older than this.
    connection.execute("UPDATE log_retention SET forgotten_before = max(forgotten_before, ?)", (border,))
    done = connection.execute(
        "DELETE FROM inference_log WHERE rowid IN ("
        "SELECT log.rowid FROM inference_log log WHERE log.requested_at < ? AND NOT EXISTS "
        "(SELECT 1 FROM feedback_items said WHERE said.request_id = log.request_id) "
        "ORDER BY log.requested_at LIMIT ?)",
        (border, limit),
    )
    return done.rowcount


def newest_request(connection: Connection) -> datetime | None:
    """When the newest request in the log came; None when it is empty."""
    newest = connection.scalar("SELECT max(requested_at) FROM inference_log")
    return None if newest is None else datetime.fromisoformat(newest)
