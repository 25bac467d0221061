"""Model serving over REST: endpoints that take a while to be ready, what they answer, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from emulator.chat import Reply, says
from emulator.databricks.packed_models import PackedModels
from emulator.databricks.server import Call, RefusedError, Response, Workspace

ROOT = "/api/2.0/serving-endpoints"
PAYLOAD = (
    "databricks_request_id STRING, request_date DATE, client_request_id STRING, request_time TIMESTAMP, "
    "status_code INT, sampling_fraction DOUBLE, execution_duration_ms BIGINT, request STRING, response STRING, "
    "served_entity_id STRING, logging_error_codes ARRAY<STRING>, requester STRING"
)


@dataclass
class Asked:
    """One request to an endpoint, and the version that answered it."""

    endpoint: str
    version: str
    body: dict[str, Any]


Script = Callable[[Asked], Reply]


@dataclass
class ServingRest:
    """The rooms. What is made or changed is ready after it was looked at `polls` times.

    `failing` are versions (`c.s.m/3`) that never come up; `asleep` says how often an endpoint answers 503 first.
    """

    workspace: Workspace
    foundation: list[str] = field(default_factory=lambda: ["databricks-small-chat"])
    answer: Script = lambda asked: says({"verdict": "good"})
    polls: int = 2
    chunks: dict[str, int] = field(default_factory=dict)
    """Models that provisioned throughput takes, with the size of its steps."""
    failing: set[str] = field(default_factory=set)
    asleep: dict[str, int] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    packed: PackedModels | None = None
    """Models whose files were sent: they answer for themselves."""

    def __post_init__(self) -> None:
        route = self.workspace.route
        route("GET", ROOT, self._list)
        route("POST", ROOT, self._create)
        route("GET", f"{ROOT}/get-model-optimization-info/{{model}}/{{version}}", self._optimization)
        route("GET", f"{ROOT}/{{name}}", self._get)
        route("PUT", f"{ROOT}/{{name}}/config", self._update)
        route("PUT", f"{ROOT}/{{name}}/ai-gateway", self._gateway)
        route("DELETE", f"{ROOT}/{{name}}", self._delete)
        route("POST", "/serving-endpoints/{name}/invocations", self._invoke)

    def _list(self, call: Call) -> Response:
        served = [
            {
                "name": name,
                "task": "llm/v1/chat",
                "config": {"served_entities": [{"name": name, "entity_name": f"system.ai.{name}"}]},
            }
            for name in self.foundation
        ]
        return Response(body={"endpoints": [*served, *(self._told(name) for name in self.endpoints)]})

    def _create(self, call: Call) -> Response:
        wanted = call.json()
        name = wanted["name"]
        if name in self.endpoints or name in self.foundation:
            raise RefusedError(400, "RESOURCE_ALREADY_EXISTS", f"Endpoint with name '{name}' already exists.")
        self.endpoints[name] = {
            "name": name,
            "id": f"id-{name}",
            "task": "llm/v1/chat",
            "config": {"served_entities": []},
            "tags": wanted.get("tags", []),
            "pending": wanted["config"],
            "left": self.polls,
            "ready": False,
            "failed": "",
        }
        if "ai_gateway" in wanted:
            self._log_to(name, wanted["ai_gateway"])
        return Response(body=self._told(name))

    def _get(self, call: Call) -> Response:
        there = self._there(call)
        if there["pending"] is not None:
            there["left"] -= 1
            if there["left"] <= 0:
                self._settle(there)
        return Response(body=self._told(call.named["name"]))

    def _settle(self, there: dict[str, Any]) -> None:
        versions = [f"{one['entity_name']}/{one['entity_version']}" for one in there["pending"]["served_entities"]]
        bad = [one for one in versions if one in self.failing]
        if bad:
            there["failed"] = f"Failed to deploy {bad[0]}: the container ran out of memory."
        else:
            there.update(config=there["pending"], ready=True, failed="")
        there["pending"] = None

    def _update(self, call: Call) -> Response:
        there = self._there(call)
        if there["pending"] is not None:
            raise RefusedError(409, "RESOURCE_CONFLICT", f"Endpoint {there['name']} is being updated.")
        there.update(pending=call.json(), left=self.polls, failed="")
        return Response(body=self._told(there["name"]))

    def _gateway(self, call: Call) -> Response:
        self._there(call)
        self._log_to(call.named["name"], call.json())
        return Response(body=call.json())

    def _log_to(self, name: str, gateway: dict[str, Any]) -> None:
        self.endpoints[name]["ai_gateway"] = gateway
        if (table := self._payload(name)) is not None:
            schema = table.rsplit(".", 1)[0]
            self.workspace.engine.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            self.workspace.engine.run(f"CREATE TABLE IF NOT EXISTS {table} ({PAYLOAD}) USING DELTA")

    def _payload(self, name: str) -> str | None:
        config = self.endpoints.get(name, {}).get("ai_gateway", {}).get("inference_table_config", {})
        if not config.get("enabled"):
            return None
        return f"{config['catalog_name']}.{config['schema_name']}.{config['table_name_prefix']}_payload"

    def _delete(self, call: Call) -> Response:
        self._there(call)
        del self.endpoints[call.named["name"]]
        return Response(body={})

    def _optimization(self, call: Call) -> Response:
        chunk = self.chunks.get(call.named["model"])
        return Response(
            body={"optimizable": chunk is not None, **({"throughput_chunk_size": chunk} if chunk is not None else {})}
        )

    def _invoke(self, call: Call) -> Response:
        name = call.named["name"]
        version = ""
        if name not in self.foundation:
            there = self._there(call)
            if not there["ready"]:
                raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"The endpoint {name} has no version that is ready.")
            if self.asleep.get(name, 0) > 0:
                self.asleep[name] -= 1
                raise RefusedError(503, "TEMPORARILY_UNAVAILABLE", f"{name} is scaling up.", {"Retry-After": "0"})
            version = str(there["config"]["served_entities"][0]["entity_version"])
        asked = Asked(name, version, call.json())
        self.asked.append(asked)
        reply = self._reply(asked)
        body = reply.body
        if reply.status != 200:
            message = body["error"]["message"] if isinstance(body, dict) and "error" in body else ""
            body = {"error_code": _CODES.get(reply.status, "INTERNAL_ERROR"), "message": message}
        self._keep(asked, reply.status, body)
        return Response(reply.status, body, reply.raw, reply.headers)

    def _reply(self, asked: Asked) -> Reply:
        if self.packed is not None and asked.version:
            served = self.endpoints[asked.endpoint]["config"]["served_entities"][0]
            if self.packed.has(served["entity_name"], asked.version):
                return self.packed.answer(served["entity_name"], asked.version, asked.body)
        return self.answer(asked)

    def record(self, endpoint: str, row: dict[str, Any]) -> dict[str, Any]:
        """What a packed model says to a row that `ai_query` sends."""
        served = self.endpoints[endpoint]["config"]["served_entities"][0]
        assert self.packed is not None
        reply = self.packed.answer(served["entity_name"], str(served["entity_version"]), {"dataframe_records": [row]})
        assert reply.status == 200, reply.body
        return dict(reply.body["predictions"][0])  # type: ignore[index]

    def _keep(self, asked: Asked, status: int, body: Any) -> None:
        table = self._payload(asked.endpoint)
        if table is not None:
            number = len(self.asked)
            self.workspace.engine.run(
                f"INSERT INTO {table} VALUES (:id, current_date(), :client, current_timestamp(), :status, 1.0, 12, "
                ":request, :response, :entity, NULL, 'ana@example.com')",
                {
                    "id": f"r{number}",
                    "client": asked.body.get("client_request_id"),
                    "status": status,
                    "request": json.dumps(asked.body),
                    "response": json.dumps(body),
                    "entity": f"e{asked.version}",
                },
            )

    def _there(self, call: Call) -> dict[str, Any]:
        found = self.endpoints.get(call.named["name"])
        if found is None:
            raise RefusedError(404, "RESOURCE_DOES_NOT_EXIST", f"Endpoint {call.named['name']} does not exist.")
        return found

    def _told(self, name: str) -> dict[str, Any]:
        there = self.endpoints[name]
        updating = there["pending"] is not None
        update = "IN_PROGRESS" if updating else "UPDATE_FAILED" if there["failed"] else "NOT_UPDATING"
        deployment = "DEPLOYMENT_CREATING" if updating else "DEPLOYMENT_FAILED" if there["failed"] else ""
        told = {key: there[key] for key in ("name", "id", "task", "tags", "ai_gateway") if key in there}
        told["state"] = {"ready": "READY" if there["ready"] else "NOT_READY", "config_update": update}
        told["config"] = _entities(there["config"], "DEPLOYMENT_READY", "")
        if updating or there["failed"]:
            waiting = there["pending"] or there["config"]
            message = there["failed"] or "Creating resources for served entity."
            told["pending_config"] = _entities(waiting, deployment, message)
        return told


def _entities(config: dict[str, Any], deployment: str, message: str) -> dict[str, Any]:
    state = {"deployment": deployment, "deployment_state_message": message}
    return {**config, "served_entities": [{**one, "state": state} for one in config["served_entities"]]}


_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    403: "PERMISSION_DENIED",
    429: "REQUEST_LIMIT_EXCEEDED",
    503: "TEMPORARILY_UNAVAILABLE",
}
