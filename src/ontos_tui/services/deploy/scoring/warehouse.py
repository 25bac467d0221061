"""DEPLOY: a table of the team's workspace is scored where it is, by an endpoint there; no row comes to this machine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.learning import Estimate, NoProgress, Progress
from ontos_tui.domain.records.data import LOCAL, RowQuery, TableAddress
from ontos_tui.domain.records.serving import Platform
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.databricks.models.registration import (
    REQUIREMENTS,
    RegisteredVersion,
    as_registered,
    packed_columns,
    packed_inputs,
    registered_version,
)
from ontos_tui.platforms.databricks.models.table_scoring import TableScoring, TableWork
from ontos_tui.platforms.ports import Catalog, Serving
from ontos_tui.services.data.files import FileService
from ontos_tui.services.data.sheets import SheetService
from ontos_tui.services.deploy.scoring.service import ScoringReport
from ontos_tui.services.deploy.scoring.source import Source, find_source
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints as queries

PRICED = "April 2026"
"""When independent price guides had this price."""
USD_PER_DBU, CONCURRENT = 0.07, 4
"""The list price of model serving, and what a small CPU endpoint answers at once: each takes a DBU an hour."""
LAUNCH_SECONDS = 300.0
"""What an endpoint that sleeps may take to wake up, of which each launch is billed as a DBU."""
PROBED = 200
"""Rows by which this machine measures how long the model takes for one."""


@dataclass(frozen=True)
class WarehousePlan:
    """A scoring in the workspace that can begin. `endpoint` is empty for a Spark job, which needs none."""

    model: ModelVersion
    endpoint: str
    version: RegisteredVersion
    source: Source
    target: TableAddress


class WarehouseScoring:
    """Scores tables of the team's workspace with the models that endpoints there serve."""

    def __init__(
        self,
        store: Store,
        scoring: TableScoring,
        catalog: Catalog,
        serving: Serving,
        files: FileService,
        sheets: SheetService,
        jobs: JobQueue,
    ) -> None:
        self._store = store
        self._scoring = scoring
        self._catalog = catalog
        self._serving = serving
        self._files = files
        self._sheets = sheets
        self._jobs = jobs

    def plan(self, model: str, source: str, out: str, *, spark: bool = False) -> WarehousePlan:
        """Check everything before the first row. `model` is an endpoint on Databricks, or a model that one serves.

        For a Spark job (`spark`) it has to be registered only. Raises NotReadyError where it is not, InvalidInputError
        for a source or a target that is not there.
        """
        version, endpoint = self._model(model, spark=spark)
        target = TableAddress.parse(out)
        rows = find_source(self._files, self._sheets, self._catalog, source).with_columns(version.features)
        if rows.address.catalog == LOCAL:
            raise InvalidInputError(
                f"{rows.name} is on this machine, and {out} is not.",
                "Name a file or a local table as --out, or a table of the workspace as the source.",
            )
        if rows.address == target:
            raise InvalidInputError("The answers would replace the rows they come from.", "Name another table.")
        there = as_registered(version)
        place = registered_version(there)
        assert place is not None
        return WarehousePlan(there, endpoint, place, rows, target)

    def submit(self, plan: WarehousePlan) -> Job:
        """Score in a process of its own."""
        params: dict[str, Any] = {"model": plan.endpoint or plan.model.id, "source": plan.source.ref}
        params |= {"out": str(plan.target), "spark": not plan.endpoint}
        return self._jobs.submit(JobKind.PREDICT, f"Score {plan.source.name} by {plan.model.label()}", params)

    def run(self, plan: WarehousePlan, progress: Progress | None = None) -> ScoringReport:
        """Score what an earlier run has not, in the warehouse. Raises as `TableScoring.score` does."""
        began = time.monotonic()
        work = TableWork(
            plan.source.address,
            plan.source.query,
            plan.target,
            plan.version,
            packed_inputs(plan.model) or (),
            packed_columns(plan.model),
            plan.source.total,
        )
        if plan.endpoint:
            scored = self._scoring.by_endpoint(work, plan.endpoint, progress or NoProgress())
        else:
            requirements = plan.model.registration.get(REQUIREMENTS, ())
            scored = self._scoring.by_spark(work, requirements, progress or NoProgress())
        table, seconds = str(plan.target), time.monotonic() - began
        return ScoringReport(
            plan.model.label(),
            plan.source.name,
            table,
            table,
            scored.rows,
            scored.resumed,
            scored.failed,
            scored.outside,
            seconds,
        )

    def estimate(self, plan: WarehousePlan) -> Estimate:
        """Time and cost, from how long this machine takes for some rows of the table and a list price."""
        source = plan.source
        rows = [item.fields for item in self._catalog.page(source.address, _first(source)).items]
        local = plan.model.model_copy(update={"params": _local(plan.model.params)})
        began = time.monotonic()
        self._serving.invoke(plan.endpoint, local, rows)
        each = (time.monotonic() - began) / max(1, len(rows))
        seconds = LAUNCH_SECONDS + each * source.total / CONCURRENT
        cost = (seconds / 3_600 * CONCURRENT + 1) * USD_PER_DBU
        return Estimate(
            round(seconds, 1),
            round(cost, 2),
            "USD",
            f"estimate: {source.total:,} rows at {each * 1_000:.2f} ms each, as measured on {len(rows)} of them on "
            f"this machine, {CONCURRENT} at once, and {LAUNCH_SECONDS / 60:.0f} minutes for an endpoint that sleeps; "
            f"{CONCURRENT} DBU an hour and one for the launch at {USD_PER_DBU:.2f} USD, the list price of "
            f"{PRICED} for model serving; the warehouse's own time comes on top",
        )

    def _model(self, ref: str, *, spark: bool) -> tuple[ModelVersion, str]:
        """A model version, and the endpoint on Databricks that answers with it; none for a Spark job."""
        with self._store.read() as connection:
            endpoint = queries.endpoint(connection, ref)
            try:
                model = find_model(connection, endpoint.model_id if endpoint is not None else ref)
            except NotFoundError as error:
                raise NotFoundError(
                    f"No model and no endpoint {ref!r}.", "List them: `ontos models`, `ontos endpoints`."
                ) from error
            there = [
                one.name
                for one in queries.endpoints(connection)
                if one.model_id == model.id and one.platform is Platform.DATABRICKS
            ]
        registered = packed_inputs(as_registered(model)) is not None
        if registered and spark:
            return model, ""
        if not there or not registered:
            raise NotReadyError(
                f"{model.label()} is not registered on Databricks."
                if spark
                else f"No endpoint on Databricks answers with {model.label()}, so the warehouse cannot ask it.",
                f"Deploy it there: ontos deploy {model.name}:{model.version} --on databricks",
            )
        return model, ref if endpoint is not None and endpoint.name in there else there[0]


def _first(source: Source) -> RowQuery:
    return replace(source.query, limit=min(PROBED, source.total))


def _local(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a version as it answers on this machine."""
    return {name: value for name, value in params.items() if not name.startswith("databricks_")}
