"""Endpoints of the team's workspace: a registered model answers under a name, and what it was asked is kept there.

A version is swapped without a gap: the old one answers until the new one is ready.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import ConflictError, OntosError, PlatformError
from ontos_tui.domain.learning import EndpointAnswer, NoProgress, Prediction, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Message
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.chat.answer_parsing import AnswerShape, sendable
from ontos_tui.platforms.chat.asking import content_of
from ontos_tui.platforms.databricks.chat import ANSWER_SECONDS
from ontos_tui.platforms.databricks.endpoints import endpoint_name, table_prefix
from ontos_tui.platforms.databricks.workspace_client import Team, sdk_error

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.serving import (
        AiGatewayInferenceTableConfig,
        EndpointCoreConfigOutput,
        EndpointPendingConfig,
        ServedEntityInput,
        ServingEndpointDetailed,
    )

MODEL, VERSION = "databricks_model", "databricks_version"
"""What a model version's parameters call its place in Unity Catalog: `catalog.schema.name`, and the version there."""
PAUSE_SECONDS = 10.0
LONGEST_START = 60 * 60
"""Seconds after which an endpoint that is still not ready is no longer waited for; large models take 40 minutes."""
WIDTH = 4
"""Requests under way at once."""
OURS = "ontos"
"""The tag of the endpoints that were made here; others are left alone."""
_INFO = "/api/2.0/serving-endpoints/get-model-optimization-info"

Render = Callable[[ModelVersion, Row], Sequence[Message]]
"""What a model version's template makes of a row."""


@dataclass(frozen=True)
class Registered:
    """A version of a model in Unity Catalog."""

    model: str
    version: str

    @property
    def served_as(self) -> str:
        """The name of this version within an endpoint."""
        return f"{self.model.rsplit('.', 1)[-1]}-{self.version}"[-63:].lstrip("-_")


def registered(model: ModelVersion) -> Registered | None:
    """Where in Unity Catalog a model version is; None for one that is only here."""
    params = model.params
    return Registered(str(params[MODEL]), str(params[VERSION])) if MODEL in params and VERSION in params else None


@dataclass(frozen=True)
class State:
    """How far an endpoint is, in words. `version` is the one that answers now."""

    ready: bool
    changing: bool
    failed: bool
    told: str
    version: str


class DatabricksServing:
    """Serving for models that are registered in Unity Catalog. Safe to use from several threads."""

    def __init__(
        self,
        team: Team,
        render: Render,
        *,
        patience: int = ANSWER_SECONDS,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """`patience` is how many seconds a request waits for an endpoint that wakes up."""
        self._team = team
        self._patient = Team(team.place, patience)
        self._render = render
        self._wait = wait

    def takes_long(self, model: ModelVersion) -> bool:
        """Always: a node is found and the model is loaded there."""
        return True

    def deploy(self, endpoint: str, model: ModelVersion, progress: Progress | None = None) -> None:
        """Let the endpoint serve this version, and wait until it does; made if missing.

        Raises ConflictError for an endpoint that others made or that changes just now, PlatformError when the version
        does not come up: then the one before goes on answering.
        """
        told = progress or NoProgress()
        wanted, name = _place(model), endpoint_name(endpoint)
        client = self._team.client
        try:
            told.update(0, 0, "looking at the endpoint")
            there = _find(client, name)
            if there is None:
                self._create(client, name, wanted)
            else:
                self._swap(client, name, wanted, there)
            self._until_ready(client, name, wanted, told)
        except OSError as error:
            raise sdk_error(error) from error

    def state(self, endpoint: str) -> State:
        """How far the endpoint is. Raises PlatformError, AwayError."""
        try:
            return _state(self._team.client.serving_endpoints.get(endpoint_name(endpoint)))
        except OSError as error:
            raise sdk_error(error) from error

    def invoke(
        self, endpoint: str, model: ModelVersion, rows: Sequence[Row], ids: Sequence[str] = ()
    ) -> list[EndpointAnswer]:
        """Ask about each row; `ids` go with the requests, so that the team's tables can be joined with ours by them.

        What goes wrong with a row is its own status and error: 400, 403, 404, 429, 503 as the workspace says, 502 for
        an answer that does not fit.
        """
        shape = AnswerShape(model.template_snapshot["output_schema"])
        path = f"/serving-endpoints/{endpoint_name(endpoint)}/invocations"
        given = list(ids) or [""] * len(rows)

        def one(row: Row, request_id: str) -> EndpointAnswer:
            begun = time.perf_counter()
            prediction, status, error = self._answer(path, model, shape, row, request_id)
            return EndpointAnswer(prediction, status, (time.perf_counter() - begun) * 1_000, error)

        with ThreadPoolExecutor(min(WIDTH, len(rows)) or 1) as pool:
            return list(pool.map(one, rows, given))

    def _answer(
        self, path: str, model: ModelVersion, shape: AnswerShape, row: Row, request_id: str
    ) -> tuple[Prediction | None, int, str]:
        try:
            messages = self._render(model, row)
        except OntosError as error:
            return None, 400, str(error)
        body: dict[str, Any] = {
            "messages": [{"role": one["role"], "content": sendable(one["content"])} for one in messages],
            "temperature": 0,
            **({"client_request_id": request_id} if request_id else {}),
        }
        try:
            found = self._patient.client.api_client.do("POST", path, body=body)
            choices = found.get("choices") if isinstance(found, dict) else None
            if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
                return None, 502, "The endpoint answered without any choice."
            answer, reasons = shape.read(content_of(choices[0]))
        except OSError as error:
            return None, *_refusal(error)
        except PlatformError as error:
            return None, 502, str(error)
        if answer is None:
            return None, 502, f"The model's answer does not fit: {reasons}."
        return Prediction(answer, {}), 200, ""

    def _create(self, client: WorkspaceClient, name: str, wanted: Registered) -> None:
        from databricks.sdk.service.serving import AiGatewayConfig, EndpointCoreConfigInput, EndpointTag

        client.serving_endpoints.create(
            name,
            config=EndpointCoreConfigInput(name=name, **self._config(client, wanted)),
            ai_gateway=AiGatewayConfig(inference_table_config=self._table(name)),
            tags=[EndpointTag(OURS)],
        )

    def _swap(self, client: WorkspaceClient, name: str, wanted: Registered, there: ServingEndpointDetailed) -> None:
        if not any(tag.key == OURS for tag in there.tags or ()):
            raise ConflictError(
                f"The workspace has an endpoint {name} that was not made here.", "Choose another name for the endpoint."
            )
        gateway = there.ai_gateway and there.ai_gateway.inference_table_config
        if not (gateway and gateway.enabled):
            client.serving_endpoints.put_ai_gateway(name, inference_table_config=self._table(name))
        state = _state(there)
        if state.ready and _serves(there.config, wanted):
            return
        if state.changing:
            if _serves(there.pending_config, wanted):
                return
            raise ConflictError(f"{name} is being changed to another version just now.", "Wait until that is done.")
        client.serving_endpoints.update_config(name, **self._config(client, wanted))

    def _config(self, client: WorkspaceClient, wanted: Registered) -> dict[str, Any]:
        from databricks.sdk.service.serving import Route, TrafficConfig

        route = Route(served_entity_name=wanted.served_as, traffic_percentage=100)
        return {"served_entities": [_entity(client, wanted)], "traffic_config": TrafficConfig([route])}

    def _table(self, name: str) -> AiGatewayInferenceTableConfig:
        from databricks.sdk.service.serving import AiGatewayInferenceTableConfig

        place = self._team.place
        return AiGatewayInferenceTableConfig(
            enabled=True,
            catalog_name=place.catalog,
            schema_name=place.schema,
            table_name_prefix=table_prefix(name),
        )

    def _until_ready(self, client: WorkspaceClient, name: str, wanted: Registered, told: Progress) -> None:
        deadline = time.monotonic() + LONGEST_START
        while True:
            there = client.serving_endpoints.get(name)
            state = _state(there)
            if state.failed:
                raise PlatformError(
                    f"{wanted.model} {wanted.version} did not come up at {name}: {state.told}.",
                    f"Version {state.version} goes on answering." if state.version else "Nothing answers there yet.",
                )
            if state.ready and _serves(there.config, wanted):
                return
            if time.monotonic() > deadline:
                raise PlatformError(f"{name} is still not ready: {state.told}.", "Deploy again to go on waiting.")
            told.update(0, 0, state.told)
            self._wait(PAUSE_SECONDS)


def _place(model: ModelVersion) -> Registered:
    found = registered(model)
    if found is None:
        raise PlatformError(
            f"{model.label()} is on this machine only.", "Deploy it here, or fine-tune a model on Databricks."
        )
    return found


def _entity(client: WorkspaceClient, wanted: Registered) -> ServedEntityInput:
    """Provisioned throughput, one step of it at most, for models that take it, else a GPU. Both sleep when idle."""
    from databricks.sdk.service.serving import ServedEntityInput, ServingModelWorkloadType

    entity = ServedEntityInput(name=wanted.served_as, entity_name=wanted.model, entity_version=wanted.version)
    info = client.api_client.do("GET", f"{_INFO}/{wanted.model}/{wanted.version}")
    chunk = info.get("throughput_chunk_size") if isinstance(info, dict) and info.get("optimizable") else None
    if chunk:
        entity.min_provisioned_throughput, entity.max_provisioned_throughput = 0, int(chunk)
    else:
        entity.workload_size, entity.workload_type = "Small", ServingModelWorkloadType.GPU_MEDIUM
        entity.scale_to_zero_enabled = True
    return entity


def _find(client: WorkspaceClient, name: str) -> ServingEndpointDetailed | None:
    from databricks.sdk.errors import NotFound

    try:
        return client.serving_endpoints.get(name)
    except NotFound:
        return None


def _serves(config: EndpointCoreConfigOutput | EndpointPendingConfig | None, wanted: Registered) -> bool:
    entities = (config.served_entities or []) if config else []
    return any((one.entity_name, one.entity_version) == (wanted.model, wanted.version) for one in entities)


_UPDATES = {
    "IN_PROGRESS": "a version is being brought up",
    "UPDATE_FAILED": "the last change failed",
    "UPDATE_CANCELED": "the last change was cancelled",
}


def _state(there: ServingEndpointDetailed) -> State:
    ready = there.state and there.state.ready
    change = there.state and there.state.config_update
    update = change.value if change else "NOT_UPDATING"
    pending = there.pending_config or there.config
    messages = [
        one.state.deployment_state_message
        for one in (pending.served_entities or [] if pending else [])
        if one.state and one.state.deployment_state_message
    ]
    answering = (there.config.served_entities or []) if there.config else []
    told = _UPDATES.get(update, "ready" if ready and ready.value == "READY" else "not ready yet")
    if update != "NOT_UPDATING" and messages:
        told += f" ({messages[0].rstrip('.')})"
    return State(
        ready=bool(ready and ready.value == "READY" and update == "NOT_UPDATING"),
        changing=update == "IN_PROGRESS",
        failed=update in ("UPDATE_FAILED", "UPDATE_CANCELED"),
        told=told,
        version=", ".join(str(one.entity_version) for one in answering),
    )


def _refusal(error: OSError) -> tuple[int, str]:
    """An error of the SDK as the status of one request, in our words."""
    from databricks.sdk import errors

    cause = error.__cause__ if isinstance(error, TimeoutError) else error
    told = str(cause or error).splitlines()[0][:200]
    if isinstance(cause, errors.TemporarilyUnavailable):
        return 503, f"The endpoint is waking up: {told}. Ask again in some minutes."
    if isinstance(cause, errors.TooManyRequests):
        return 429, f"The endpoint is busy: {told}. Ask again later."
    if isinstance(cause, errors.NotFound):
        return 404, f"The endpoint is not there, or has no version that is ready: {told}. Deploy a model to it."
    if isinstance(cause, errors.Unauthenticated | errors.PermissionDenied):
        return 403, str(sdk_error(error))
    if isinstance(cause, errors.BadRequest):
        return 400, f"The endpoint does not take the request: {told}."
    return 500, str(sdk_error(error))
