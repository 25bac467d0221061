"""Sharing with a team: rows on their way to the hub and from it, and what two people decided differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Audited

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
"""Columns in which a difference is nothing that anybody decided: the newer row has its way in them."""


class SyncState(StrEnum):
    """What the header says."""

    OFF = "off"
    SYNCED = "synced"
    WAITING = "waiting"
    OFFLINE = "offline"
    OTHER_LOG = "not the log that you shared with"


class ConflictState(StrEnum):
    """Whether a conflict waits, and else whose row was chosen."""

    OPEN = "open"
    OURS = "ours"
    THEIRS = "theirs"


class SyncConflict(Audited):
    """A row that was changed here and by another person: both stay until a person chooses one."""

    TABLE: ClassVar[str] = "sync_conflicts"
    INDEXES: ClassVar = (("state",), ("entity", "entity_id"))

    entity: str = Field(description="the table of the row")
    entity_id: str = Field(description="the row here")
    their_id: str = Field(description="the row at the hub; another one where both made a row about the same thing")
    ours: dict[str, Any] = Field(description="the columns that differ, as they are here")
    theirs: dict[str, Any] = Field(description="the whole row at the hub, as the store would keep it")
    theirs_by: str = ""
    hub_version: int = Field(description="which write of the hub's row theirs is")
    state: ConflictState = ConflictState.OPEN


@dataclass(frozen=True)
class HubRow:
    """A row at the hub, or on its way there: its columns as SQLite stores them, and the hub's own.

    `version` counts the writes of the row at the hub, `push` names the change that made the last one, and `at` is the
    hub's clock, never ours.
    """

    key: str
    values: Mapping[str, Any]
    version: int
    origin: str
    push: str
    deleted: bool = False
    at: datetime | None = None
