"""DEPLOY: a model version answers requests under an endpoint's name, and every request is logged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, OntosError
from ontos_tui.domain.learning import EndpointRequest, NoProgress, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.monitor.alerts import default_rule
from ontos_tui.domain.records.serving import Deployment, Endpoint, InferenceRecord, Origin, Platform
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.domain.rules.deployment_gate import Check, GateError, GateReport
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.text.storable import storable
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.databricks.models.registration import as_registered, registered_version
from ontos_tui.platforms.ports import Serving
from ontos_tui.services.deploy.answering import Answered, Answering, Served
from ontos_tui.services.deploy.gate import DeploymentGate
from ontos_tui.services.deploy.registering import ModelRegistering, workspace_is_missing
from ontos_tui.services.deploy.server import EndpointServer
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.settings import Settings
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints as queries

_NAME = re.compile(str(Endpoint.model_fields["name"].metadata[0].pattern))


@dataclass(frozen=True)
class EndpointView:
    """An endpoint with the model version that answers."""

    endpoint: Endpoint
    model: ModelVersion

    @property
    def place(self) -> str:
        """Where it answers, in words; on Databricks with the registered version."""
        if self.endpoint.platform is Platform.LOCAL:
            return "this machine"
        there = registered_version(as_registered(self.model))
        return "Databricks" if there is None else f"Databricks, with {there.model} {there.version}"


@dataclass(frozen=True)
class _Checked:
    """The checks before a deployment, and why it went on although some failed."""

    checks: tuple[Check, ...] = ()
    reason: str = ""


class DeployService:
    """Endpoints: what they serve, and queries to them."""

    def __init__(
        self,
        store: Store,
        serving: Serving,
        jobs: JobQueue,
        settings: Settings,
        actor: str,
        gate: DeploymentGate,
        registering: ModelRegistering | None = None,
    ) -> None:
        """`gate` checks each version before an endpoint answers with it for the first time; `registering` brings one
        to the team's workspace, where there is one.
        """
        self._gate = gate
        self._registering = registering
        self._store = store
        self._serving = serving
        self._jobs = jobs
        self._actor = actor
        self.server = EndpointServer(jobs, settings)
        self._answers = Answering(store, serving, self._served)

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

    def begin(
        self, model_ref: str, endpoint: str | None = None, *, despite: str = "", on: Platform | None = None
    ) -> Endpoint | Job:
        """Deploy at once, or as a job where that takes minutes. Raises as `deploy` does, before a job is submitted."""
        model, name = self._target(model_ref, endpoint)
        platform = self._platform(model, name, on)
        if platform is Platform.LOCAL and not self._serving.takes_long(model):
            return self.deploy(model.id, name, despite=despite, on=on)
        self._passed(model, name, despite)
        params = {"model_id": model.id, "endpoint": name}
        params |= {"on": platform.value} if registered_version(model) is None else {}
        params |= {"despite": despite} if despite else {}
        return self._jobs.submit(JobKind.DEPLOY, f"Deploy {model.label()} to {name}", params)

    def begin_roll_back(self, name: str) -> Endpoint | Job:
        """Roll back at once, or as a job where that takes minutes. Raises ConflictError as `roll_back` does."""
        endpoint = self.endpoint(name).endpoint
        if endpoint.previous_model_id is not None:
            with self._store.read() as connection:
                model = rows.get(connection, ModelVersion, endpoint.previous_model_id)
            if endpoint.platform is Platform.DATABRICKS or self._serving.takes_long(model):
                return self.begin(model.id, name, on=endpoint.platform)
        return self.roll_back(name)

    def deploy(
        self,
        model_ref: str,
        endpoint: str | None = None,
        progress: Progress | None = None,
        *,
        despite: str = "",
        on: Platform | None = None,
    ) -> Endpoint:
        """Let an endpoint answer with this model version. Creates it, or swaps it and remembers the version before.

        It answers `on` this machine or on Databricks, where the version is registered first; by default where it did.

        Raises GateError when a check fails, unless `despite` gives the reason to deploy it all the same, which the log
        keeps; PlatformError when the model's files are missing or altered. Then nothing changes.
        """
        model, name = self._target(model_ref, endpoint)
        report = self._passed(model, name, despite)
        checked = _Checked() if report is None else _Checked(report.checks, "" if report.passed else despite)
        platform = self._platform(model, name, on)
        self._serve(model, name, platform, progress or NoProgress())
        with self._store.write() as connection:
            existing = queries.endpoint(connection, name)
            if existing is None:
                created = Endpoint(
                    name=name, model_id=model.id, platform=platform, created_by=self._actor, updated_by=self._actor
                )
                rows.add(connection, created)
                rule = default_rule(name, self._actor)
                rows.add(connection, rule)
                rows.log(connection, rule, "add", self._actor, after={"rule": rule.describe()}, scope_id=name)
                after = {"model_id": model.id}
                after |= {"platform": platform.value} if platform is not Platform.LOCAL else {}
                self._log_deployment(connection, created, "deploy", {}, after, checked)
                return created
            ready = existing.status is EndpointStatus.READY
            if existing.model_id == model.id and ready and existing.platform is platform:
                return existing
            changes: dict[str, Any] = {"model_id": model.id, "status": EndpointStatus.READY}
            if existing.platform is not platform:
                changes["platform"] = platform
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
        self._serve(model, name, current.platform, NoProgress())
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
        (answered,) = self.query_many([EndpointRequest(name, rows_in, origin, client_request_id)])
        if isinstance(answered, OntosError):
            raise answered
        return answered

    def query_where_it_is_loaded(self, name: str, row: Row, *, origin: Origin) -> InferenceRecord:
        """As `query` for one row, by the server where one runs: it has the model in memory already."""
        if self.endpoint(name).endpoint.platform is Platform.LOCAL:
            request_id = self.server.ask(name, row, origin)
            if request_id is not None:
                with self._store.read() as connection:
                    return rows.get(connection, InferenceRecord, request_id)
        return self.query(name, [row], origin=origin)[0]

    def query_many(self, requests: Sequence[EndpointRequest], *, on_disk: bool = True) -> list[Answered]:
        """As `query`, several requests together; an error stands in the place of its answers.

        Not `on_disk`: a kill of this process loses nothing of the log; `sync` waits for the disk.
        """
        if not all(one.rows for one in requests):
            raise InvalidInputError("No row is given.", "Give at least one row.")
        return self._answers.answer(requests, on_disk=on_disk)

    def sync(self) -> None:
        """Wait until the disk has the log of all answers."""
        self._store.sync()

    def load_models(self) -> list[tuple[str, OntosError]]:
        """Load what the ready endpoints here answer with, so that no request waits; what cannot be loaded."""
        failed = []
        for view in self.endpoints():
            if view.endpoint.status is EndpointStatus.READY and view.endpoint.platform is Platform.LOCAL:
                try:
                    self._serving.deploy(view.endpoint.name, view.model)
                except OntosError as error:
                    failed.append((view.endpoint.name, error))
        return failed

    def _served(self, name: str) -> Served:
        view = self.endpoint(name)
        return Served(view.endpoint, view.model, lambda: self._answering(view))

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

    def _platform(self, model: ModelVersion, name: str, on: Platform | None) -> Platform:
        """Where an endpoint is to answer. Raises PlatformError where that is Databricks and none is set up."""
        with self._store.read() as connection:
            existing = queries.endpoint(connection, name)
        chosen = on or (existing.platform if existing is not None else Platform.LOCAL)
        if registered_version(model) is not None:  # it was fine-tuned there, and its files are there
            return Platform.DATABRICKS
        if chosen is Platform.DATABRICKS and self._registering is None:
            raise workspace_is_missing()
        return chosen

    def _serve(self, model: ModelVersion, name: str, platform: Platform, progress: Progress) -> None:
        """Let the endpoint answer with the version, here or there."""
        if platform is Platform.LOCAL or self._registering is None or registered_version(model) is not None:
            self._serving.deploy(name, model, progress)
            return
        with self._store.read() as connection:
            existing = queries.endpoint(connection, name)
            before = None if existing is None else rows.get(connection, ModelVersion, existing.model_id)
        there = self._registering.registered(model, progress)
        self._serving.deploy(name, as_registered(there), progress)
        self._registering.answers_now(there, before)

    def _answering(self, view: EndpointView) -> ModelVersion:
        """The version as it answers where the endpoint is. Raises PlatformError where that cannot be reached."""
        if view.endpoint.platform is Platform.LOCAL or registered_version(view.model) is not None:
            return view.model
        if self._registering is None:
            raise workspace_is_missing()
        return as_registered(view.model)

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
        if model.archived:
            raise ConflictError(
                f"{model.label()} is archived.", f"Bring it back: ontos models unarchive {model.name}:{model.version}"
            )
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
