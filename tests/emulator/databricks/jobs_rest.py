"""Jobs over REST: runs that take a while, and the workspace's files that they are launched from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any, Protocol

from emulator.databricks.files_rest import FilesRest
from emulator.databricks.mlflow_rest import MlflowRest
from emulator.databricks.server import Call, RefusedError, Response, Workspace

WAY = ("PENDING", "QUEUED", "RUNNING", "RUNNING")


@dataclass
class Submitted:
    """One run: what was asked for, and where it is."""

    run_id: int
    wanted: dict[str, Any]
    looked: int = 0
    code: str = ""
    message: str = ""

    @property
    def mlflow_run(self) -> str:
        """The run in MLflow that belongs to it."""
        return f"m{self.run_id}"


def answers_all(run: Submitted, jobs: JobsRest, text: str = '{"defect": "crack", "severe": true}') -> None:
    """What train.py leaves behind: the same answer to every held-out conversation, and a registered version."""
    shown = jobs.parameters(run)
    requested = [json.loads(line) for line in jobs.files.files[shown["held_out"]].decode().splitlines()]
    answers = "".join(json.dumps({"ref": one["ref"], "text": text}) + "\n" for one in requested)
    jobs.files.files[f"{shown['output']}/answers.jsonl"] = answers.encode()
    version = jobs.mlflow.register(shown["registered_model"])
    result = {"model": shown["registered_model"], "version": str(version)}
    jobs.files.files[f"{shown['output']}/result.json"] = json.dumps(result).encode()


class Processes(Protocol):
    """What runs tasks in processes of their own."""

    def begin(self, run: Submitted, jobs: JobsRest) -> None: ...
    def look(self, run: Submitted, jobs: JobsRest) -> bool: ...
    def cancel(self, run: Submitted) -> None: ...


@dataclass
class JobsRest:
    """The rooms. A run goes on at every look, along `way`; then `work` does what the script would, once."""

    workspace: Workspace
    files: FilesRest
    mlflow: MlflowRest
    way: tuple[str, ...] = WAY
    work: Callable[[Submitted, JobsRest], None] = answers_all
    runs: dict[int, Submitted] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    home: dict[str, bytes] = field(default_factory=dict)
    """The workspace's files by path."""
    processes: Processes | None = None
    """What runs tasks that are wheels; without it `work` does."""
    begun: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        route = self.workspace.route
        route("POST", "/api/2.2/jobs/runs/submit", self._submit)
        route("GET", "/api/2.2/jobs/runs/get", self._get)
        route("GET", "/api/2.2/jobs/runs/get-output", self._output)
        route("POST", "/api/2.2/jobs/runs/cancel", self._cancel)
        route("POST", "/api/2.0/workspace/mkdirs", lambda call: Response(body={}))
        route("POST", "/api/2.0/workspace/import", self._import)

    def parameters(self, run: Submitted) -> dict[str, Any]:
        """What the script of a run is told."""
        command = run.wanted["tasks"][0]["ai_runtime_task"]["deployments"][0]["command_path"]
        folder = command.rsplit("/", 1)[0]
        return dict(json.loads(self.home[f"{folder}/hyperparameters.yaml"]))

    def wheel_options(self, run: Submitted) -> dict[str, Any]:
        """What the entry point of a wheel is told."""
        (path,) = run.wanted["tasks"][0]["python_wheel_task"]["parameters"]
        return dict(json.loads(self.files.files[path]))

    def _submit(self, call: Call) -> Response:
        wanted = call.json()
        token = wanted.get("idempotency_token", "")
        if len(token) > 64:
            raise RefusedError(400, "INVALID_PARAMETER_VALUE", "idempotency_token is longer than 64 characters.")
        if token not in self.tokens:
            run_id = 101 + len(self.runs)
            self.runs[run_id] = Submitted(run_id, wanted)
            self.tokens[token] = run_id
        return Response(body={"run_id": self.tokens[token]})

    def _get(self, call: Call) -> Response:
        run = self._there(call)
        state = self._state(run)
        if self.processes is not None and "python_wheel_task" in run.wanted["tasks"][0]:
            state = self._process(self.processes, run, state)
        if state != "TERMINATED":
            run.looked += 1
        elif not run.code:
            run.code = "SUCCESS"
            self.work(run, self)
        status: dict[str, Any] = {"state": state}
        if run.code:
            status["termination_details"] = {"code": run.code, "message": run.message, "type": "SUCCESS"}
        return Response(
            body={
                "run_id": run.run_id,
                "status": status,
                "start_time": 1_000_000,
                "end_time": 1_090_000 if run.code else 0,
                "tasks": [{"run_id": 10 * run.run_id, "task_key": run.wanted["tasks"][0]["task_key"]}],
            }
        )

    def _process(self, processes: Processes, run: Submitted, state: str) -> str:
        """The same of a run that is a process: it runs as long as that does."""
        if state == "RUNNING" and run.run_id not in self.begun:
            self.begun.add(run.run_id)
            processes.begin(run, self)
        if run.run_id not in self.begun or run.code:
            return state
        return "TERMINATED" if processes.look(run, self) else "RUNNING"

    def _state(self, run: Submitted) -> str:
        return "TERMINATED" if run.code or run.looked >= len(self.way) else self.way[run.looked]

    def _output(self, call: Call) -> Response:
        run = self.runs.get(int(call.query["run_id"]) // 10)
        if run is None:
            raise RefusedError(400, "INVALID_PARAMETER_VALUE", f"Run {call.query['run_id']} does not exist.")
        output = {"mlflow_experiment_id": "1", "mlflow_run_id": run.mlflow_run, "status_message": ""}
        return Response(body={"ai_runtime_task_output": output})

    def _cancel(self, call: Call) -> Response:
        run = self.runs[int(call.json()["run_id"])]
        run.code = run.code or "USER_CANCELED"
        if self.processes is not None:
            self.processes.cancel(run)
        return Response(body={})

    def _there(self, call: Call) -> Submitted:
        found = self.runs.get(int(call.query["run_id"]))
        if found is None:
            raise RefusedError(400, "INVALID_PARAMETER_VALUE", f"Run {call.query['run_id']} does not exist.")
        return found

    def _import(self, call: Call) -> Response:
        kind = call.headers["content-type"]
        message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + call.body)
        parts = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in message.get_payload()
        }
        path = parts["path"].decode()
        if path in self.home and parts.get("overwrite") != b"true":
            raise RefusedError(400, "RESOURCE_ALREADY_EXISTS", f"{path} exists already.")
        self.home[path] = parts["content"]
        return Response(body={})
