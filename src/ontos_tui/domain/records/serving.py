"""DEPLOY and MONITOR: endpoints, their requests and answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.records.base import Audited, Record, new_id, now
from ontos_tui.domain.rules.deployment_gate import Check
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.schema import Answer


class Platform(StrEnum):
    """Where an endpoint answers."""

    LOCAL = "local"
    DATABRICKS = "databricks"


class Endpoint(Audited):
    """A name under which a model version answers."""

    TABLE: ClassVar[str] = "endpoints"
    UNIQUE: ClassVar = (("name",),)

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    model_id: str
    previous_model_id: str | None = Field(None, description="what it served before, for a roll-back")
    status: EndpointStatus = EndpointStatus.READY
    platform: Platform = Field(Platform.LOCAL, description="where it answers")


class Deployment(Record):
    """One change of what an endpoint serves, for ever."""

    TABLE: ClassVar[str] = "deployments"
    INDEXES: ClassVar = (("endpoint", "at"),)

    id: str = Field(default_factory=new_id)
    endpoint: str
    model_id: str
    action: str = Field(description="deploy, roll_back, stop or start")
    at: datetime = Field(default_factory=now)
    by: str = ""
    reason: str = Field("", description="why it was deployed although a check had failed")
    checks: list[Check] = Field(default_factory=list, description="what was checked before; empty if none was due")


class Origin(StrEnum):
    """Where a request came from."""

    PLAYGROUND = "playground"
    HTTP = "http"
    CLI = "cli"


class InferenceRecord(Record):
    """One request to an endpoint, and what came of it."""

    TABLE: ClassVar[str] = "inference_log"
    KEY: ClassVar[str] = "request_id"
    # The first holds all that the figures of MONITOR are made from, so that the rows themselves need not be read.
    INDEXES: ClassVar = (
        ("endpoint", "requested_at", "status_code", "latency_ms", "model_id", "model_version"),
        ("requested_at",),
    )

    request_id: str = Field(default_factory=new_id)
    client_request_id: str = ""
    endpoint: str
    model_id: str
    model_version: int
    requested_at: datetime = Field(default_factory=now)
    origin: Origin
    input: dict[str, Any] = Field(description="the fields of one row, as they were sent")
    output: Answer | None = None
    confidence: dict[str, float] = Field(default_factory=dict, description="answer field to 0..1")
    latency_ms: float
    status_code: int = 200
    error: str = ""
    certainty: dict[str, str] = Field(
        default_factory=dict, description="answer field to likely or unsure, where the model may state no confidence"
    )
    intervals: dict[str, Interval] = Field(
        default_factory=dict, description="answer field to the 90 % interval of its number"
    )
    outside: list[Outside] = Field(
        default_factory=list, description="values of the input that the model has not learned from, 20 at most"
    )
