"""What every stored record has in common. The tables, the Delta DDL and the forms are made from these classes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field


def new_id() -> str:
    """A random identifier made by the client, so that no two workspaces ever collide: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def now() -> datetime:
    """The present moment in UTC. Every time in the product is aware and in UTC until it is shown."""
    return datetime.now(UTC)


class Record(BaseModel):
    """One row of one table.

    Subclasses name their table, key, and what must be unique. A field's `description` becomes the column's comment.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True, defer_build=True)

    TABLE: ClassVar[str]
    KEY: ClassVar[str] = "id"
    UNIQUE: ClassVar[tuple[tuple[str, ...], ...]] = ()
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def key(self) -> str:
        """The value of the primary key."""
        return str(getattr(self, self.KEY))


class Audited(Record):
    """A record that knows who made it and who touched it last."""

    id: str = Field(default_factory=new_id, description="random, made by the client")
    created_at: datetime = Field(default_factory=now)
    created_by: str = ""
    updated_at: datetime = Field(default_factory=now)
    updated_by: str = ""
