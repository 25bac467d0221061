"""Endpoints of the team's workspace: a registered model answers under a name, and its requests are logged there.

A version is swapped without a gap: the old one answers until the new one is ready.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.errors import ConflictError, OntosError, PlatformError
from ontos_tui.domain.learning import EndpointAnswer, NoProgress, Prediction, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Message
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.chat.answer_parsing import AnswerShape, sendable
from ontos_tui.platforms.chat.proposals import content_of
from ontos_tui.platforms.databricks.chat import ANSWER_SECONDS
from ontos_tui.platforms.databricks.endpoints import endpoint_name, table_prefix
from ontos_tui.platforms.databricks.models.packed_answers import PackedAnswers
from ontos_tui.platforms.databricks.models.refusals import refusal
from ontos_tui.platforms.databricks.models.registration import (
    RegisteredVersion,
    packed_inputs,
    registered_version,
)
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.serving import (
        AiGatewayConfig,
        EndpointCoreConfigOutput,
        EndpointPendingConfig,
        ServedEntityInput,
        ServingEndpointDetailed,
    )

PAUSE_SECONDS = 10.0
LONGEST_START = 60 * 60
"""Seconds after which an endpoint that is still not ready is no longer waited for; large models take 40 minutes."""
WIDTH = 4
"""Requests under way at once."""
OURS, MODEL_TAG = "ontos", "ontos_model"
"""The tag of the endpoints that were created here, as others are left alone; and that of the model behind one."""
_INFO = "/api/2.0/serving-endpoints/get-model-optimization-info"

Render = Callable[[ModelVersion, Row], Sequence[Message]]
"""What a model version's template makes of a row."""


@dataclass(frozen=True)
class EndpointState:
    """How far an endpoint is, in words. `version` is the one that answers now."""

    ready: bool
    changing: bool
    failed: bool
    message: str
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
        self._packed = PackedAnswers(self._patient)
        self._render = render
        self._wait = wait

    def takes_long(self, model: ModelVersion) -> bool:
        """Always: a node is allocated and the model is loaded there."""
        return True

    def deploy(self, endpoint: str, model: ModelVersion, progress: Progress | None = None) -> None:
        """Let the endpoint serve this version, and wait until it does; created if missing.

        Raises ConflictError for an endpoint of others or one that is changing, PlatformError when the version
        does not come up: then the one before goes on answering.
        """
        reporter = progress or NoProgress()
        target, name, packed = _place(model), endpoint_name(endpoint), packed_inputs(model) is not None
        client = self._team.client
        try:
            reporter.update(0, 0, "looking at the endpoint")
            there = _find(client, name)
            if there is None:
                self._create(client, name, target, packed=packed)
            else:
                self._swap(client, name, target, there, packed=packed)
            self._until_ready(client, name, target, reporter)
        except OSError as error:
            raise explain_sdk_error(error) from error

    def state(self, endpoint: str) -> EndpointState:
        """How far the endpoint is. Raises PlatformError, AwayError."""
        try:
            return _state(self._team.client.serving_endpoints.get(endpoint_name(endpoint)))
        except OSError as error:
            raise explain_sdk_error(error) from error

    def invoke(
        self, endpoint: str, model: ModelVersion, rows: Sequence[Row], ids: Sequence[str] = ()
    ) -> list[EndpointAnswer]:
        """Ask about each row; `ids` go with the requests, so that the team's tables can be joined with ours by them.

        What goes wrong with a row is its own status and error: 400, 403, 404, 429, 503 as the workspace says, 502 for
        an answer that does not fit.
        """
        if (inputs := packed_inputs(model)) is not None:
            return self._packed.invoke(endpoint, inputs, rows, ids)
        shape = AnswerShape(model.template_snapshot["output_schema"])
        path = f"/serving-endpoints/{endpoint_name(endpoint)}/invocations"
        given = list(ids) or [""] * len(rows)

        def one(row: Row, request_id: str) -> EndpointAnswer:
            begun = time.perf_counter()
            prediction, status, error = self._answer(path, model, shape, row, request_id)
            return EndpointAnswer(prediction, status, (time.perf_counter() - begun) * 1_000, error)

        with ThreadPoolExecutor(min(WIDTH, len(rows)) or 1) as pool:
            return list(pool.map(one, rows, given))

    def score(
        self, endpoint: str, model: ModelVersion, columns: Mapping[str, Sequence[Any]], count: int
    ) -> AnswerColumns:
        """The same for rows that come by the column."""
        names = list(columns)
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        if (inputs := packed_inputs(model)) is not None:
            return self._packed.score(endpoint, inputs, rows)
        return AnswerColumns.of(self.invoke(endpoint, model, rows))

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
            completion = self._patient.client.api_client.do("POST", path, body=body)
            choices = completion.get("choices") if isinstance(completion, dict) else None
            if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
                return None, 502, "The endpoint answered without a choice."
            answer, reasons = shape.read(content_of(choices[0]))
        except OSError as error:
            return None, *refusal(error)
        except PlatformError as error:
            return None, 502, str(error)
        if answer is None:
            return None, 502, f"The model's answer does not fit: {reasons}."
        return Prediction(answer, {}), 200, ""

    def _create(self, client: WorkspaceClient, name: str, target: RegisteredVersion, *, packed: bool) -> None:
        from databricks.sdk.service.serving import EndpointCoreConfigInput, EndpointTag

        client.serving_endpoints.create(
            name,
            config=EndpointCoreConfigInput(name=name, **_config(client, target, packed=packed)),
            ai_gateway=self._gateway(name),
            tags=[EndpointTag(OURS), *([EndpointTag(MODEL_TAG, target.model)] if packed else [])],
        )

    def _swap(
        self,
        client: WorkspaceClient,
        name: str,
        target: RegisteredVersion,
        there: ServingEndpointDetailed,
        *,
        packed: bool,
    ) -> None:
        if not any(tag.key == OURS for tag in there.tags or ()):
            raise ConflictError(
                f"The workspace has an endpoint {name} that was not created here.",
                "Choose another name for the endpoint.",
            )
        table = there.ai_gateway and there.ai_gateway.inference_table_config
        usage = there.ai_gateway and there.ai_gateway.usage_tracking_config
        if not (table and table.enabled and usage and usage.enabled):
            gateway = self._gateway(name)
            client.serving_endpoints.put_ai_gateway(
                name,
                inference_table_config=gateway.inference_table_config,
                usage_tracking_config=gateway.usage_tracking_config,
            )
        state = _state(there)
        if state.ready and _serves(there.config, target):
            return
        if state.changing:
            if _serves(there.pending_config, target):
                return
            raise ConflictError(f"{name} is changing to another version now.", "Wait until that is done.")
        client.serving_endpoints.update_config(name, **_config(client, target, packed=packed))

    def _gateway(self, name: str) -> AiGatewayConfig:
        """The endpoint logs its requests to the team's schema, and counts them in the system's tables."""
        from databricks.sdk.service.serving import (
            AiGatewayConfig,
            AiGatewayInferenceTableConfig,
            AiGatewayUsageTrackingConfig,
        )

        place = self._team.place
        table = AiGatewayInferenceTableConfig(
            enabled=True,
            catalog_name=place.catalog,
            schema_name=place.schema,
            table_name_prefix=table_prefix(name),
        )
        return AiGatewayConfig(
            inference_table_config=table, usage_tracking_config=AiGatewayUsageTrackingConfig(enabled=True)
        )

    def _until_ready(self, client: WorkspaceClient, name: str, target: RegisteredVersion, reporter: Progress) -> None:
        deadline = time.monotonic() + LONGEST_START
        while True:
            there = client.serving_endpoints.get(name)
            state = _state(there)
            if state.failed:
                raise PlatformError(
                    f"{target.model} {target.version} did not start at {name}: {state.message}.",
                    f"Version {state.version} still answers."
                    if state.version
                    else "The endpoint has no version that answers yet.",
                )
            if state.ready and _serves(there.config, target):
                return
            if time.monotonic() > deadline:
                raise PlatformError(f"{name} is still not ready: {state.message}.", "Deploy again to go on waiting.")
            reporter.update(0, 0, state.message)
            self._wait(PAUSE_SECONDS)


def _place(model: ModelVersion) -> RegisteredVersion:
    version = registered_version(model)
    if version is None:
        raise PlatformError(
            f"{model.label()} is only on this machine.",
            f"Deploy it here, or there: ontos deploy {model.name}:{model.version} --on databricks",
        )
    return version


def _config(client: WorkspaceClient, target: RegisteredVersion, *, packed: bool) -> dict[str, Any]:
    from databricks.sdk.service.serving import Route, TrafficConfig

    entity = _on_cpu(target) if packed else _for_chat(client, target)
    route = Route(served_entity_name=target.served_as, traffic_percentage=100)
    return {"served_entities": [entity], "traffic_config": TrafficConfig([route])}


def _on_cpu(target: RegisteredVersion) -> ServedEntityInput:
    """A small node without a GPU, which sleeps when idle: enough for a model that answers in milliseconds."""
    from databricks.sdk.service.serving import ServedEntityInput, ServingModelWorkloadType

    return ServedEntityInput(
        name=target.served_as,
        entity_name=target.model,
        entity_version=target.version,
        workload_size="Small",
        workload_type=ServingModelWorkloadType.CPU,
        scale_to_zero_enabled=True,
    )


def _for_chat(client: WorkspaceClient, target: RegisteredVersion) -> ServedEntityInput:
    """Provisioned throughput, one step of it at most, for models that take it, else a GPU. Both sleep when idle."""
    from databricks.sdk.service.serving import ServedEntityInput, ServingModelWorkloadType

    entity = ServedEntityInput(name=target.served_as, entity_name=target.model, entity_version=target.version)
    info = client.api_client.do("GET", f"{_INFO}/{target.model}/{target.version}")
    chunk = info.get("throughput_chunk_size") if isinstance(info, dict) and info.get("optimizable") else None
    if chunk:
        entity.min_provisioned_throughput, entity.max_provisioned_throughput = 0, int(chunk)
    else:
        # Azure's documented examples use GPU_SMALL and GPU_LARGE only; not tried there.
        azure = client.config.is_azure
        entity.workload_type = ServingModelWorkloadType.GPU_LARGE if azure else ServingModelWorkloadType.GPU_MEDIUM
        entity.workload_size = "Small"
        entity.scale_to_zero_enabled = True
    return entity


def _find(client: WorkspaceClient, name: str) -> ServingEndpointDetailed | None:
    from databricks.sdk.errors import NotFound

    try:
        return client.serving_endpoints.get(name)
    except NotFound:
        return None


def _serves(config: EndpointCoreConfigOutput | EndpointPendingConfig | None, target: RegisteredVersion) -> bool:
    entities = (config.served_entities or []) if config else []
    return any((one.entity_name, one.entity_version) == (target.model, target.version) for one in entities)


_UPDATES = {
    "IN_PROGRESS": "a version is starting",
    "UPDATE_FAILED": "the last change failed",
    "UPDATE_CANCELED": "the last change was cancelled",
}


def _state(there: ServingEndpointDetailed) -> EndpointState:
    from databricks.sdk.service.serving import EndpointStateReady

    ready = there.state is not None and there.state.ready is EndpointStateReady.READY
    change = there.state and there.state.config_update
    update = change.value if change else "NOT_UPDATING"
    pending = there.pending_config or there.config
    messages = [
        one.state.deployment_state_message
        for one in (pending.served_entities or [] if pending else [])
        if one.state and one.state.deployment_state_message
    ]
    answering = (there.config.served_entities or []) if there.config else []
    message = _UPDATES.get(update, "ready" if ready else "not ready yet")
    if update != "NOT_UPDATING" and messages:
        message += f" ({messages[0].rstrip('.')})"
    return EndpointState(
        ready=ready and update == "NOT_UPDATING",
        changing=update == "IN_PROGRESS",
        failed=update in ("UPDATE_FAILED", "UPDATE_CANCELED"),
        message=message,
        version=", ".join(str(one.entity_version) for one in answering),
    )
