"""DEPLOY: a model version answers requests under an endpoint's name, and every request is logged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.learning import EndpointAnswer, Prediction, Progress
from ontos_tui.domain.records.base import new_id, now
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.serving import Deployment, Endpoint, InferenceRecord, Origin
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.domain.rules.deployment_gate import Check, GateError, GateReport
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.text import storable
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.ports import Serving
from ontos_tui.services.deploy.gate import DeploymentGate
from ontos_tui.services.deploy.server import EndpointServer
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.settings import Settings
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints as queries

MOST_OUTSIDE, LONGEST_OUTSIDE = 20, 200
"""Values outside of what a model has learned that the log keeps of one request, and characters of one of them."""
_NAME = re.compile(str(Endpoint.model_fields["name"].metadata[0].pattern))


@dataclass(frozen=True)
class EndpointView:
    """An endpoint with the model version that answers."""

    endpoint: Endpoint
    model: ModelVersion


@dataclass(frozen=True)
class _Checked:
    """The checks before a deployment, and why it went on although some failed."""

    checks: tuple[Check, ...] = ()
    reason: str = ""


class DeployService:
    """Endpoints: what they serve, and queries to them."""

    def __init__(
        self, store: Store, serving: Serving, jobs: JobQueue, settings: Settings, actor: str, gate: DeploymentGate
    ) -> None:
        """`gate` checks each version before an endpoint answers with it for the first time."""
        self._gate = gate
        self._store = store
        self._serving = serving
        self._jobs = jobs
        self._actor = actor
        self.server = EndpointServer(jobs, settings)

    def endpoints(self) -> list[EndpointView]:
        """All endpoints, by name."""
        with self._store.read() as connection:
            return [_view(connection, endpoint) for endpoint in queries.endpoints(connection)]

    def endpoint(self, name: str) -> EndpointView:
        """One endpoint by its name. Raises NotFoundError."""
        with self._store.read() as connection:
            return _view(connection, _endpoint(connection, name))

    def history(self, name: str, limit: int = 20) -> list[Deployment]:
        """What was done to an endpoint, the newest first."""
        with self._store.read() as connection:
            return queries.deployments(connection, name, limit)

    def checks(self, model_ref: str, endpoint: str | None = None) -> GateReport | None:
        """What `deploy` would check now; None where no check is due. Changes nothing."""
        model, name = self._target(model_ref, endpoint)
        return self._gate.check(model, name)

    def begin(self, model_ref: str, endpoint: str | None = None, *, despite: str = "") -> Endpoint | Job:
        """Deploy at once, or as a job where that takes minutes. Raises as `deploy` does, before a job is submitted."""
        model, name = self._target(model_ref, endpoint)
        if not self._serving.takes_long(model):
            return self.deploy(model.id, name, despite=despite)
        self._passed(model, name, despite)
        params = {"model_id": model.id, "endpoint": name} | ({"despite": despite} if despite else {})
        return self._jobs.submit(JobKind.DEPLOY, f"Deploy {model.label()} to {name}", params)

    def begin_roll_back(self, name: str) -> Endpoint | Job:
        """Roll back at once, or as a job where that takes minutes. Raises ConflictError as `roll_back` does."""
        endpoint = self.endpoint(name).endpoint
        if endpoint.previous_model_id is not None:
            with self._store.read() as connection:
                model = rows.get(connection, ModelVersion, endpoint.previous_model_id)
            if self._serving.takes_long(model):
                return self.begin(model.id, name)
        return self.roll_back(name)

    def deploy(
        self, model_ref: str, endpoint: str | None = None, progress: Progress | None = None, *, despite: str = ""
    ) -> Endpoint:
        """Let an endpoint answer with this model version. Creates it, or swaps it and remembers the version before.

        Raises GateError when a check fails, unless `despite` gives the reason to deploy it all the same, which the log
        keeps; PlatformError when the model's files are missing or altered. Then nothing changes.
        """
        model, name = self._target(model_ref, endpoint)
        report = self._passed(model, name, despite)
        checked = _Checked() if report is None else _Checked(report.checks, "" if report.passed else despite)
        self._serving.deploy(name, model, progress)
        with self._store.write() as connection:
            existing = queries.endpoint(connection, name)
            if existing is None:
                created = Endpoint(name=name, model_id=model.id, created_by=self._actor, updated_by=self._actor)
                rows.add(connection, created)
                self._log_deployment(connection, created, "deploy", {}, {"model_id": model.id}, checked)
                return created
            if existing.model_id == model.id and existing.status is EndpointStatus.READY:
                return existing
            changes: dict[str, Any] = {"model_id": model.id, "status": EndpointStatus.READY}
            if existing.model_id != model.id:
                changes["previous_model_id"] = existing.model_id
            return self._change(connection, existing, "deploy", changes, checked)

    def roll_back(self, name: str) -> Endpoint:
        """Serve the version from before again; once more brings the present one back. Raises ConflictError."""
        with self._store.read() as connection:
            current = _endpoint(connection, name)
            if current.previous_model_id is None:
                raise ConflictError(f"{name} has no earlier version.", "Deploy another version to it first.")
            model = rows.get(connection, ModelVersion, current.previous_model_id)
        self._serving.deploy(name, model)
        with self._store.write() as connection:
            current = _endpoint(connection, name)
            if current.previous_model_id != model.id:
                raise ConflictError(f"{name} was just changed by another person.", "Check it, then try again.")
            changes = {"model_id": model.id, "previous_model_id": current.model_id}
            return self._change(connection, current, "roll_back", changes)

    def stop(self, name: str) -> Endpoint:
        """Let the endpoint refuse requests until it is started again."""
        return self._switch(name, "stop", EndpointStatus.STOPPED)

    def start(self, name: str) -> Endpoint:
        """Let a stopped endpoint answer again."""
        return self._switch(name, "start", EndpointStatus.READY)

    def query(
        self, name: str, rows_in: Sequence[Row], *, origin: Origin, client_request_id: str = ""
    ) -> list[InferenceRecord]:
        """Query an endpoint with some rows; every row is logged, in one transaction, also when it is not answered.

        A row that does not fit has the status 400 and its error, one at which the model fails 500. Raises
        NotFoundError for an unknown endpoint, ConflictError when it is stopped (logged with 503).
        """
        if not rows_in:
            raise InvalidInputError("No row is given.", "Give at least one row.")
        received_at = now()
        view, ids = self.endpoint(name), [new_id() for _ in rows_in]
        if view.endpoint.status is EndpointStatus.STOPPED:
            stopped = ConflictError(f"The endpoint {name} is stopped.", f"Start it: ontos deploy --start {name}")
            elapsed_ms = (now() - received_at).total_seconds() * 1_000
            answers = [EndpointAnswer(None, 503, elapsed_ms, str(stopped))] * len(rows_in)
        else:
            stopped = None
            answers = self._serving.invoke(name, view.model, rows_in, ids)
        records = [
            InferenceRecord(
                request_id=request_id,
                client_request_id=_storable(client_request_id),
                endpoint=name,
                model_id=view.model.id,
                model_version=view.model.version,
                requested_at=received_at,
                origin=origin,
                input=_storable(row),
                output=None if one.prediction is None else _storable(one.prediction.answer),
                latency_ms=one.latency_ms,
                status_code=one.status_code,
                error=_storable(one.error),
                **_stated(one.prediction),
            )
            for request_id, row, one in zip(ids, rows_in, answers, strict=True)
        ]
        with self._store.write() as connection:
            rows.add_many(connection, records)
        if stopped is not None:
            raise stopped
        return records

    def sample_input(self, name: str, item_ref: str | None = None, skip: int = 0) -> Row:
        """A real row of the model's training sheet, with the endpoint's input fields; rows new to the model come first.

        Held-out rows come last, since feedback on one must not teach the model what it is tested on. `skip` leaves out
        so many rows, to walk through them.

        Raises NotFoundError when the item, or every pair of the training sheet, is not there.
        """
        model = self.endpoint(name).model
        with self._store.read() as connection:
            fields = queries.sample_row(connection, model, item_ref, skip)
        if fields is None:
            what = "no item" if item_ref is None else f"no item {item_ref!r}"
            raise NotFoundError(f"The training sheet of {model.label()} has {what}.", "Type the row by hand.")
        return {feature: fields.get(feature) for feature in model.features}

    def input_fields(self, name: str) -> tuple[str, ...]:
        """The columns that the endpoint's model uses."""
        return tuple(self.endpoint(name).model.features)

    def output_schema(self, name: str) -> dict[str, Any]:
        """The JSON schema of the endpoint's answers."""
        schema: dict[str, Any] = self.endpoint(name).model.template_snapshot["output_schema"]
        return schema

    def _switch(self, name: str, action: str, status: EndpointStatus) -> Endpoint:
        with self._store.write() as connection:
            current = _endpoint(connection, name)
            if current.status is status:
                return current
            return self._change(connection, current, action, {"status": status})

    def _target(self, model_ref: str, endpoint: str | None) -> tuple[ModelVersion, str]:
        """The version that is meant, and the name of the endpoint that is to answer with it."""
        with self._store.read() as connection:
            model = find_model(connection, model_ref)
        return model, dns_name(model.name) if endpoint is None else _checked_name(endpoint)

    def _passed(self, model: ModelVersion, endpoint: str, despite: str) -> GateReport | None:
        """What was checked; None where no check is due. Raises GateError where a reason is needed and none is given."""
        report = self._gate.check(model, endpoint)
        if report is not None and not report.passed and not despite.strip():
            raise GateError(report)
        return report

    def _change(
        self,
        connection: Connection,
        current: Endpoint,
        action: str,
        changes: dict[str, Any],
        checked: _Checked | None = None,
    ) -> Endpoint:
        before = {column: getattr(current, column) for column in changes}
        changed = rows.change(connection, current, **changes, updated_by=self._actor)
        self._log_deployment(connection, changed, action, before, changes, checked)
        return changed

    def _log_deployment(
        self,
        connection: Connection,
        endpoint: Endpoint,
        action: str,
        before: dict[str, Any],
        after: dict[str, Any],
        checked: _Checked | None = None,
    ) -> None:
        """Keep what was done; with the checks before it, and why it was done although some failed."""
        checked = checked or _Checked()
        deployment = Deployment(
            endpoint=endpoint.name,
            model_id=endpoint.model_id,
            action=action,
            by=self._actor,
            checks=list(checked.checks),
            reason=storable(checked.reason.strip()),
        )
        rows.add(connection, deployment)
        if deployment.reason:
            after = {**after, "failed_checks": [f"{one.name}: {one.line}" for one in checked.checks if one.blocks]}
        rows.log(
            connection, endpoint, action, self._actor, before=before or None, after=after, reason=deployment.reason
        )


def dns_name(text: str) -> str:
    """A name that is valid in an address, from free text: lower case letters, digits and hyphens, at most 63."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].rstrip("-") or "model"


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} cannot be the name of an endpoint, because it becomes part of an address.",
            f"Use lower case letters, digits and hyphens, at most 63, such as {dns_name(name)}.",
        )
    return name


def _endpoint(connection: Connection, name: str) -> Endpoint:
    endpoint = queries.endpoint(connection, name)
    if endpoint is None:
        raise NotFoundError(f"No endpoint {name!r}.", "List endpoints: ontos endpoints list")
    return endpoint


def _view(connection: Connection, endpoint: Endpoint) -> EndpointView:
    return EndpointView(endpoint, rows.get(connection, ModelVersion, endpoint.model_id))


def _stated(prediction: Prediction | None) -> dict[str, Any]:
    """What the log keeps of a prediction beside its answer. Long texts outside of what was learned are cut."""
    if prediction is None:
        return {}
    outside = [
        replace(one, value=_storable(one.value[:LONGEST_OUTSIDE]) if isinstance(one.value, str) else one.value)
        for one in prediction.outside[:MOST_OUTSIDE]
    ]
    return {
        "confidence": prediction.confidence,
        "certainty": prediction.certainty,
        "intervals": prediction.intervals,
        "outside": outside,
    }


def _storable(value: Any) -> Any:
    """`value` as a record can hold it: lone surrogates are written out."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _storable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(one) for one in value]
    return value
