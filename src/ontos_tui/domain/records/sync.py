"""Sharing with a team: its states, and the columns that nobody decides."""

from __future__ import annotations

from enum import StrEnum

BOOKKEEPING = frozenset(
    {
        "updated_at",
        "updated_by",
        "reuse_count",
        "last_reused_at",
        "usage_count",
        "item_count",
        "total_items",
        "source_fingerprint",
        "lease_until",
    }
)
"""Columns in which a difference is nothing that anybody decided."""
OWN_COLUMNS = frozenset({"reuse_count", "last_reused_at", "usage_count"})
"""Columns that each workspace counts for itself: they are not shared."""


class SyncState(StrEnum):
    """What the header says."""

    OFF = "off"
    SYNCED = "synced"
    WAITING = "waiting"
    OFFLINE = "offline"
    OTHER_LOG = "not the log that you shared with"
    UPDATE = "update needed"
    OLD_TABLES = "shared by tables"
