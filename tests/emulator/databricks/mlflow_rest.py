"""MLflow over REST: the history of a run's metrics, and the models that are registered in Unity Catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from emulator.databricks.server import Call, RefusedError, Response, Workspace

UNITY = "/api/2.0/mlflow/unity-catalog"
MODELS = "/api/2.1/unity-catalog/models"


@dataclass
class MlflowRest:
    """The rooms. A version is ready after it was looked at `polls` times."""

    workspace: Workspace
    polls: int = 2
    metrics: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By run and name, step by step."""
    versions: dict[tuple[str, int], str] = field(default_factory=dict)
    """By model and version: what becomes of it."""
    takes_files: bool = True
    """Whether the files of a model go through the Files API, and not to the storage of a cloud."""
    models: set[str] = field(default_factory=set)
    aliases: dict[tuple[str, str], int] = field(default_factory=dict)
    """By model and alias."""
    tags: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    comments: dict[tuple[str, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._left: dict[tuple[str, int], int] = {}
        route = self.workspace.route
        route("GET", f"{UNITY}/registered-models:is-databricks-sdk-models-artifact-repository-enabled", self._by_files)
        route("POST", f"{UNITY}/model-versions/create", self._create)
        route("POST", f"{UNITY}/model-versions/finalize", self._finalize)
        route("POST", f"{UNITY}/model-versions/set-tag", self._tag)
        route("POST", MODELS, self._create_model)
        route("PUT", f"{MODELS}/{{model}}/aliases/{{alias}}", self._alias)
        route("DELETE", f"{MODELS}/{{model}}/aliases/{{alias}}", self._no_alias)
        route("PATCH", f"{MODELS}/{{model}}/versions/{{version}}", self._comment)
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

    def _by_files(self, call: Call) -> Response:
        return Response(body={"is_databricks_sdk_models_artifact_repository_enabled": self.takes_files})

    def _create_model(self, call: Call) -> Response:
        body = call.json()
        name = f"{body['catalog_name']}.{body['schema_name']}.{body['name']}"
        if name in self.models:
            raise RefusedError(409, "RESOURCE_ALREADY_EXISTS", f"The registered model {name} exists already.")
        self.models.add(name)
        return Response(body={**body, "full_name": name})

    def _create(self, call: Call) -> Response:
        body = call.json()
        if body["name"] not in self.models:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"There is no registered model {body['name']}.")
        version = self.register(body["name"], "PENDING_REGISTRATION")
        key = (body["name"], version)
        self.tags[key] = {one["key"]: one["value"] for one in body.get("tags", [])}
        self.comments[key] = body.get("description", "")
        return Response(body={"model_version": self._described(key)})

    def _finalize(self, call: Call) -> Response:
        key = self._known(call.json()["name"], call.json()["version"])
        self.versions[key] = "READY"
        return Response(body={"model_version": self._described(key)})

    def _tag(self, call: Call) -> Response:
        body = call.json()
        self.tags.setdefault(self._known(body["name"], body["version"]), {})[body["key"]] = body["value"]
        return Response(body={})

    def _comment(self, call: Call) -> Response:
        key = self._known(call.named["model"], call.named["version"])
        self.comments[key] = call.json()["comment"]
        return Response(body={"model_name": key[0], "version": key[1]})

    def _alias(self, call: Call) -> Response:
        key = self._known(call.named["model"], call.json()["version_num"])
        self.aliases[call.named["model"], call.named["alias"]] = key[1]
        return Response(body={"alias_name": call.named["alias"], "version_num": key[1]})

    def _no_alias(self, call: Call) -> Response:
        if self.aliases.pop((call.named["model"], call.named["alias"]), None) is None:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"There is no alias {call.named['alias']}.")
        return Response(body={})

    def _known(self, model: str, version: Any) -> tuple[str, int]:
        key = (model, int(version))
        if key not in self.versions:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"There is no version {version} of {model}.")
        return key

    def _described(self, key: tuple[str, int]) -> dict[str, Any]:
        return {"name": key[0], "version": str(key[1]), "status": self.versions[key]}
