"""TRAIN where the rows are: the warehouse divides and samples them, a job there learns, and the model comes back here.

Nothing but counts, a profile and the model's files comes to this machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import NotReadyError, PlatformError
from ontos_tui.domain.learning import Estimate, Progress
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.training import Job, ModelVersion
from ontos_tui.domain.rules.split import SHARE, groups_in_words
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.platforms.databricks.table_training.rows import Division, WarehouseRows, types_of
from ontos_tui.platforms.databricks.table_training.run import TableTraining, Training
from ontos_tui.services.records.splits import Splits
from ontos_tui.services.train.present_model import present_model
from ontos_tui.services.train.service import WAREHOUSE, TrainService
from ontos_tui.services.train.warehouse import registering
from ontos_tui.services.train.warehouse.enough import LEAST_GAIN
from ontos_tui.services.train.warehouse.job import TrainingOptions
from ontos_tui.services.train.warehouse.plan import Given, RowsPlan, is_added, labels_given_here, make_plan
from ontos_tui.services.train.warehouse.prices import estimate
from ontos_tui.services.train.warehouse.wheel import build_wheel
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries

JOB = "ontos_tui.services.train.warehouse.job"
FIRST, MOST, MOST_TESTED = 12_500, 400_000, 50_000
"""Rows that are learned from at first and at most, and rows that test."""
LEAST_ROWS = 20


@dataclass(frozen=True)
class Sizes:
    """How many rows are learned from at first and at most, how many test, and what more rows have to gain."""

    first: int = FIRST
    most: int = MOST
    most_tested: int = MOST_TESTED
    least_gain: float = LEAST_GAIN


@dataclass(frozen=True)
class RowsReady:
    """What a training there would learn from and be tested on, counted over every row."""

    table: str
    train: int
    most: int
    held_out: int
    decided: int
    features: int
    split: str
    basis: str


class WarehouseTraining:
    """Trains models from rows that stay in one workspace's warehouse."""

    def __init__(
        self,
        store: Store,
        models: TrainService,
        catalog: UnityCatalog,
        warehouse: WarehouseRows,
        training: TableTraining,
        jobs: JobQueue,
        home: Path,
        actor: str,
        place: Mapping[str, str],
        sizes: Sizes | None = None,
    ) -> None:
        self._store = store
        self._models = models
        self._catalog = catalog
        self._warehouse = warehouse
        self._training = training
        self._jobs = jobs
        self._home = home
        self._actor = actor
        self._place = place
        self.sizes = sizes or Sizes()
        self._splits = Splits(store)

    def look(self, ts_ref: str, seed: int = 0) -> RowsReady:
        """Count what a training there would learn from. Raises NotReadyError for what cannot be trained there."""
        plan = make_plan(self._store, self._catalog, self._splits, ts_ref, seed)
        self._warehouse.prepare()
        with self._labels(plan, f"ontos_look_{plan.training_sheet.id[:12]}") as divided:
            division = self._warehouse.division(divided)
        return RowsReady(
            str(plan.address),
            division.train,
            self.sizes.most,
            division.held_out,
            division.decided,
            len(plan.features),
            plan.split.in_words(),
            _basis(plan, division, min(division.held_out, self.sizes.most_tested)),
        )

    def estimate(self, ready: RowsReady) -> Estimate:
        """Time and cost at most, as if the sample doubled up to its limit."""
        return estimate(min(ready.train, self.sizes.most), self.sizes.first, ready.features)

    def submit(
        self,
        ts_ref: str,
        *,
        base_model: str | None = None,
        name: str | None = None,
        seed: int = 0,
        params: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start a training there as a job here, which waits for it. Raises as `look`."""
        plan = make_plan(self._store, self._catalog, self._splits, ts_ref, seed)
        base = self._models.local_base(base_model or self._models.recommended(plan.training_sheet.id))
        ref = plan.training_sheet.id
        return self._models.submit(ref, base_model=base, name=name, seed=seed, params=params, where=WAREHOUSE)

    def run(self, params: Mapping[str, Any], job_id: str, progress: Progress) -> ModelVersion:
        """Divide, sample, train there, and register the version that comes back. Called again, goes on with the job.

        Raises NotReadyError, PlatformError, AwayError, JobCancelledError.
        """
        with self._store.read() as connection:
            if (done := queries.version_of_job(connection, job_id)) is not None:
                return done
        seed = int(params.get("seed", 0))
        plan = make_plan(self._store, self._catalog, self._splits, params["training_sheet_id"], seed)
        key = f"{job_id[:12]}"
        table = self._warehouse.table(f"ontos_sample_{key}")
        known = self._jobs.job(job_id).result
        progress.update(0, 0, "dividing the rows in the warehouse")
        given = labels_given_here(self._store, plan)
        self._warehouse.prepare()
        with self._labels(plan, f"ontos_labels_{key}", given) as divided:
            division = self._warehouse.division(divided)
            if division.train < LEAST_ROWS or not division.held_out:
                raise NotReadyError(
                    f"{division.train:,} rows of {plan.address} can teach and {division.held_out:,} can test.",
                    f"A training needs {LEAST_ROWS} with an answer, of more than one group.",
                )
            if not known.get("run_id"):
                progress.update(0, 0, f"sampling {division.train:,} rows in the warehouse")
                self._warehouse.sample(divided, division.cut, table, self.sizes.most, self.sizes.most_tested)
        progress.update(0, 0, "counting what the columns hold, over every row")
        names = [*plan.features, *plan.answers.values()]
        profile = self._warehouse.profile(plan.rows.reading, names)
        answers = {
            field.name: self._warehouse.answers(plan.rows.reading, plan.answers[field.name])
            for field in plan.template.fields()
            if field.is_choice and field.name in plan.answers
        }
        options = self._options(plan, division, table, params, given)
        work = Training(key, str(params["name"]), build_wheel(JOB), options)

        def keep(what: dict[str, Any]) -> None:
            self._jobs.report(job_id, result=what)

        result = self._training.run(work, known, keep, progress)
        progress.update(0, 0, "reading the model")
        artifact = Path("models") / str(params["name"]) / job_id
        self._training.fetch(key, [str(name) for name in result["files"]], self._home / artifact)
        report = registering.Report(plan, division, table.replace("`", ""), result, profile, answers)
        return registering.register(self._store, report, str(params["name"]), job_id, artifact, given, self._actor)

    def _options(
        self, plan: RowsPlan, division: Division, table: str, params: Mapping[str, Any], given: Sequence[Given]
    ) -> dict[str, Any]:
        reading = plan.rows.reading
        with self._store.read() as connection:
            present = present_model(connection, str(params["name"]))
        options = TrainingOptions(
            table=table,
            schema=plan.template.output_schema,
            features=plan.features,
            types=types_of(reading, dict.fromkeys([*plan.features, *plan.answers.values()])),
            answers=plan.answers,
            group_name=plan.split.name,
            in_order=division.cut is not None,
            held_out_from=_basis(plan, division, min(division.held_out, self.sizes.most_tested)),
            base_model=str(params["base_model"]),
            params=params.get("params") or {},
            seed=plan.rows.seed,
            first=self.sizes.first,
            least_gain=self.sizes.least_gain,
            windows=[name for name in reading.convert if name in plan.features],
            added=[
                {"ref": pair.item_ref, "fields": pair.source_data, "answer": pair.answer}
                for pair, label in given
                if is_added(pair) and not label.role and pair.answer is not None
            ],
            present={name: way.model_dump(mode="json") for name, way in present.ways.items()},
            present_model=present.label,
            place=self._place,
        )
        return {name: value for name, value in asdict(options).items() if name != "output"}

    def _labels(self, plan: RowsPlan, name: str, given: list[tuple[QAPair, Any]] | None = None) -> _JoinedLabels:
        known = labels_given_here(self._store, plan) if given is None else given
        labels = [label for pair, label in known if not is_added(pair)]
        return _JoinedLabels(self._warehouse, plan, self._warehouse.table(name), labels)


class _JoinedLabels:
    """The rows to divide, joined to the labels that were given here; their table is gone afterwards."""

    def __init__(self, warehouse: WarehouseRows, plan: RowsPlan, table: str, labels: list[Any]) -> None:
        self._warehouse = warehouse
        self._plan = plan
        self._table = table if labels else ""
        self._labels = labels

    def __enter__(self) -> Any:
        if self._table:
            self._warehouse.put_labels(self._table, self._labels)
        return replace(self._plan.rows, labels=self._table)

    def __exit__(self, *_: object) -> None:
        if self._table:
            try:
                self._warehouse.drop(self._table)
            except PlatformError:
                return  # it is replaced by the next one of that name


def _basis(plan: RowsPlan, division: Division, tested: int) -> str:
    """Where the tested rows come from, in words."""
    whole = f"{tested:,} of {division.train + division.held_out:,} rows of {plan.address}"
    if division.cut is not None:
        return f"{whole}, the latest by {plan.split.order_column}"
    if plan.split.name:
        groups = groups_in_words(division.held_out_groups, plan.split.name)
        return f"{whole}, about {groups} drawn by a hash, kept back for testing"
    return f"{whole}, drawn by a hash ({SHARE:.0%} are kept back), equal rows on one side"
