"""MLflow tracking over REST, as far as a training's run is written: experiments by their path, runs, what they hold.

Artifacts go to a volume, which an experiment may have as its place there, by the Files API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from emulator.databricks.server import Call, RefusedError, Response, Workspace

ROOT = "/api/2.0/mlflow"
PLACE = "dbfs:/Volumes/team/ontos/mlflow"


@dataclass
class TrackingRest:
    """The rooms: experiments by name, and runs by id with their metrics, parameters and tags."""

    workspace: Workspace
    experiments: dict[str, str] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        route = self.workspace.route
        route("GET", f"{ROOT}/experiments/get-by-name", self._by_name)
        route("POST", f"{ROOT}/experiments/create", self._create_experiment)
        route("POST", f"{ROOT}/runs/search", self._search)
        route("POST", f"{ROOT}/runs/create", self._create)
        route("POST", f"{ROOT}/runs/log-batch", self._log)
        route("POST", f"{ROOT}/runs/update", self._update)
        route("GET", f"{ROOT}/runs/get", self._get)

    def _by_name(self, call: Call) -> Response:
        name = call.query["experiment_name"]
        if name not in self.experiments:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"Node {name} does not exist.")
        return Response(body={"experiment": self._described(name)})

    def _create_experiment(self, call: Call) -> Response:
        name = call.json()["name"]
        if not name.startswith("/"):
            raise RefusedError(
                400,
                "INVALID_PARAMETER_VALUE",
                f"Got an invalid experiment name '{name}'. An experiment name must be an absolute path within the "
                "Databricks workspace, e.g. '/Users/<some-username>/my-experiment'.",
            )
        self.experiments[name] = str(len(self.experiments) + 1)
        return Response(body={"experiment_id": self.experiments[name]})

    def _described(self, name: str) -> dict[str, Any]:
        number = self.experiments[name]
        place = f"{PLACE}/{number}"
        return {"experiment_id": number, "name": name, "artifact_location": place, "lifecycle_stage": "active"}

    def _search(self, call: Call) -> Response:
        asked = call.json().get("filter", "")
        found = [
            run
            for run in self.runs.values()
            if any(f"tags.{one['key']} = '{one['value']}'" == asked for one in run["data"]["tags"])
        ]
        return Response(body={"runs": found})

    def _create(self, call: Call) -> Response:
        body = call.json()
        run_id = f"{len(self.runs) + 1:032x}"
        info = {
            "run_id": run_id,
            "run_uuid": run_id,
            "run_name": body.get("run_name", ""),
            "experiment_id": body["experiment_id"],
            "status": "RUNNING",
            "start_time": body["start_time"],
            "artifact_uri": f"{PLACE}/{body['experiment_id']}/{run_id}/artifacts",
            "lifecycle_stage": "active",
        }
        data = {"metrics": [], "params": [], "tags": body.get("tags", [])}
        self.runs[run_id] = {"info": info, "data": data}
        return Response(body={"run": self.runs[run_id]})

    def _log(self, call: Call) -> Response:
        body = call.json()
        for kind in ("metrics", "params", "tags"):
            self.runs[body["run_id"]]["data"][kind] += body.get(kind, [])
        return Response(body={})

    def _update(self, call: Call) -> Response:
        body = call.json()
        info = self.runs[body["run_id"]]["info"]
        info |= {key: value for key, value in body.items() if key in ("status", "end_time")}
        return Response(body={"run_info": info})

    def _get(self, call: Call) -> Response:
        return Response(body={"run": self.runs[call.query["run_id"]]})
