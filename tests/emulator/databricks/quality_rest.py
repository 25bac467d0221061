"""Data-quality monitors over REST: which table has one, and where it writes what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from emulator.databricks.server import Call, RefusedError, Response, Workspace


@dataclass
class QualityRest:
    """The room. `monitors` are data profiling configurations by the ids of their tables."""

    workspace: Workspace
    monitors: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workspace.route("GET", "/api/data-quality/v1/monitors/{kind}/{id}", self._get)

    def _get(self, call: Call) -> Response:
        kind, id = call.named["kind"], call.named["id"]
        if kind != "table" or id not in self.monitors:
            raise RefusedError(404, "NOT_FOUND", f"Cannot find Monitor with ID: {kind}s:{id}")
        body = {"object_type": kind, "object_id": id, "data_profiling_config": self.monitors[id]}
        return Response(body=body)
