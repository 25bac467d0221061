"""What records consist of beside plain values: models of their own, stored as JSON inside a column."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a record. Its validator is built when it is first used, since a process uses few of them."""

    model_config = ConfigDict(defer_build=True)
