"""MLflow over REST: the history of a run's metrics, and the versions of models that are registered in Unity Catalog."""

from __future__ import annotations

from dataclasses import dataclass, field

from emulator.databricks.server import Call, RefusedError, Response, Workspace


@dataclass
class MlflowRest:
    """The rooms. A version is ready after it was looked at `polls` times."""

    workspace: Workspace
    polls: int = 2
    metrics: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By run and name, step by step."""
    versions: dict[tuple[str, int], str] = field(default_factory=dict)
    """By model and version: what becomes of it."""

    def __post_init__(self) -> None:
        self._left: dict[tuple[str, int], int] = {}
        self.workspace.route("GET", "/api/2.0/mlflow/metrics/get-history", self._history)
        self.workspace.route("GET", "/api/2.1/unity-catalog/models/{model}/versions/{version}", self._version)

    def register(self, model: str, status: str = "READY") -> int:
        """The next version of a model."""
        version = 1 + max((number for name, number in self.versions if name == model), default=0)
        self.versions[model, version] = status
        self._left[model, version] = self.polls
        return version

    def _history(self, call: Call) -> Response:
        key = call.query["metric_key"]
        found = self.metrics.get((call.query["run_id"], key), [])
        told = [{"key": key, "value": value, "timestamp": step, "step": step} for step, value in enumerate(found)]
        return Response(body={"metrics": told})

    def _version(self, call: Call) -> Response:
        key = (call.named["model"], int(call.named["version"]))
        if key not in self.versions:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"There is no version {key[1]} of {key[0]}.")
        self._left[key] -= 1
        status = "PENDING_REGISTRATION" if self._left[key] > 0 else self.versions[key]
        return Response(body={"model_name": key[0], "version": key[1], "status": status})
