"""MONITOR: the requests to an endpoint of the team's workspace, counted there and stored here by hour."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Record, new_id, now
from ontos_tui.domain.rules.monitor.traffic import BINS, Ratings, Tally


class TeamHour(Record):
    """The requests of one hour (UTC) that one served model of an endpoint answered, and what was said about them.

    Feedback counts in the hour of its request. Tokens are None where the workspace does not provide them.
    """

    TABLE: ClassVar[str] = "team_hours"
    UNIQUE: ClassVar = (("endpoint", "start", "served"),)

    id: str = Field(default_factory=new_id)
    endpoint: str
    start: datetime
    served: str = Field(description="the workspace's id of the served model")
    version: str = Field("", description="model and version; empty where the workspace does not tell it")
    requests: int
    errors: int
    latency_sum: float = Field(description="ms, of the answered ones")
    bins: list[int] = Field(default_factory=lambda: [0] * BINS, description="answered ones by latency, between EDGES")
    last_at: datetime
    ratings: int = 0
    rating_sum: int = 0
    corrections: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def tally(self) -> Tally:
        """The requests, as those of this machine are counted."""
        return Tally(self.requests, self.errors, self.latency_sum, tuple(self.bins), self.last_at)

    @property
    def rating_counts(self) -> Ratings:
        """The ratings of them, as those of this machine are counted."""
        return Ratings(self.ratings, self.rating_sum, self.corrections)


class TeamReading(Record):
    """When some of an endpoint's hours were counted last, and the span without a gap that was counted by then."""

    TABLE: ClassVar[str] = "team_readings"
    KEY: ClassVar[str] = "endpoint"

    endpoint: str
    read_at: datetime = Field(default_factory=now)
    since: datetime
    until: datetime
    logged: bool = Field(description="whether the endpoint has an inference table")
    missing: list[str] = Field(default_factory=list, description="what the workspace did not tell, and why")
