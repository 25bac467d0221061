"""TRAIN: from labeled pairs to a model version that records exactly what it was trained on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.learning import BaseModel, Estimate, Progress, Trained, TrainingSet
from ontos_tui.domain.records.data import identifier_from
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Job, JobKind, ModelPair, ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.split import SHARE, Split, SplitBy
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.data.images import image_folders
from ontos_tui.services.records.model_versions import LineageChanges, find_model
from ontos_tui.services.records.splits import SplitChoices, Splits
from ontos_tui.services.train import base_models
from ontos_tui.services.train.comparison import Comparison, compare
from ontos_tui.services.train.fine_tuning import FineTuning
from ontos_tui.services.train.learning_curve import Curve, curve
from ontos_tui.services.train.present_model import present_model
from ontos_tui.services.train.registering import Training, add_version
from ontos_tui.services.train.splitting import HELD_OUT_ENOUGH, DataSplit, SplitPlan, Splitting, plan_of
from ontos_tui.services.train.units import add_units
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries
from ontos_tui.store.queries.training.columns import add_lineage
from ontos_tui.store.queries.training.pairs import first_pairs, first_row, gate_counts, last_change

if TYPE_CHECKING:
    from ontos_tui.learning.search.recommendation import Recommendation

__all__ = ["Comparison", "Readiness", "SplitPlan", "TrainService"]

MINIMUM = 10
"""Eligible pairs that a training needs at least."""
SAMPLE_PAIRS = 200
"""Pairs whose length an estimate is based on."""
WHERE, WAREHOUSE = "where", "warehouse"
"""What says in a job's parameters that it learns from the rows of a table of the workspace, where they are."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Readiness:
    """Whether a training sheet can be trained on, and its pairs by gate."""

    training_sheet: TrainingSheet
    counts: dict[Gate, int]
    eligible: int
    held_out: int
    missing: int
    ready: bool
    split: str

    def excluded(self) -> str:
        """Why the other pairs do not count, as a text; empty when all do."""
        others = ((gate, n) for gate, n in self.counts.items() if n and gate is not Gate.TRAINING)
        return ", ".join(f"{n} {gate.value}" for gate, n in others)


class TrainService:
    """Trains models from training sheets, and reads their lineage."""

    def __init__(
        self,
        store: Store,
        trainer: Trainer,
        jobs: JobQueue,
        home: Path,
        actor: str,
        fine_tuning: FineTuning | None = None,
        refresh_tags: Callable[[str], object] = lambda sheet_id: None,
    ) -> None:
        """With `fine_tuning`, its base models can be trained too, on the team's workspace.

        `refresh_tags` reads again what the team's catalog says of a sheet's source.
        """
        self._fine_tuning = fine_tuning
        self._refresh_tags = refresh_tags
        self._store = store
        self._trainer = trainer
        self._jobs = jobs
        self._home = home
        self._actor = actor
        self._splits = Splits(store)
        self._splitting = Splitting(store, self._splits)
        self._planned: tuple[object, SplitPlan] | None = None  # what screens ask for again and again

    def readiness(self, ts_ref: str) -> Readiness:
        """The number of pairs by gate, and whether they are enough to train."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
            counts = gate_counts(connection, sheet.id)
        eligible, held_out = counts[Gate.TRAINING], counts[Gate.HELD_OUT]
        missing = max(0, MINIMUM - eligible)
        split = _describe_split(self._splits.split_of(sheet), held_out)
        return Readiness(sheet, counts, eligible, held_out, missing, missing == 0, split)

    def split_choices(self, ts_ref: str) -> SplitChoices:
        """What the pairs of a training sheet are split by, with the reason, and what else they could be."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
        return self._splits.choices(sheet)

    def confirm_split(self, ts_ref: str, by: SplitBy, group: str | None = None, order: str | None = None) -> Split:
        """Decide what the pairs of a training sheet are split by. Raises InvalidInputError for unknown columns."""
        return self._splits.confirm(ts_ref, self._actor, by, group, order)

    def plan(self, ts_ref: str, seed: int = 0) -> SplitPlan:
        """The pairs that the next training learns from and is tested on, by the split that it uses itself.

        Raises NotReadyError where there are too few pairs, or all of one group.
        """
        ready = self.readiness(ts_ref)
        _check_ready(ready)
        sheet = ready.training_sheet
        with self._store.read() as connection:
            state = (last_change(connection, sheet.id), tuple(queries.snapshots_in_sheet(connection, sheet.id)))
        key = (sheet.id, sheet.updated_at, seed, state)
        if self._planned is None or self._planned[0] != key:
            reason = self._splits.choices(sheet).split.reason
            self._planned = key, plan_of(self._splitting.split(sheet, seed), reason)
        return self._planned[1]

    def base_models(self) -> tuple[BaseModel, ...]:
        """The base models, the recommended one first; those that are fine-tuned on the team's workspace last."""
        return (*self._trainer.base_models(), *self.fine_tunable())

    def fine_tunable(self) -> tuple[BaseModel, ...]:
        """The base models that are fine-tuned on the team's workspace; empty if none is set up."""
        return self._fine_tuning.base_models() if self._fine_tuning is not None else ()

    def recommendation(self, ts_ref: str) -> Recommendation:
        """The base model that suits the answer and the columns of a training sheet, and why."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
        return base_models.recommendation(self._store, self._splitting, sheet)

    def recommended(self, ts_ref: str) -> str:
        """The key of the base model that is trained where none is named."""
        key, known = self.recommendation(ts_ref).key, [model.key for model in self.base_models()]
        return key if key in known else known[0]

    def configuration(self, model: ModelVersion) -> dict[str, Any]:
        """What was asked for when a version was trained: its base model and parameters, to train like it again."""
        try:
            settings = self._jobs.job(model.job_id).params
        except NotFoundError:  # trained by somebody else
            settings = {}
        base = settings.get("base_model") or model.base_model
        where = {WHERE: settings[WHERE]} if settings.get(WHERE) else {}
        return {"base_model": base, "params": settings.get("params") or {}, **where}

    def estimate(self, ts_ref: str, base_model: str | None = None, seed: int = 0) -> Estimate:
        """The estimated time of a training on the current pairs, with its basis."""
        ready, base = self.readiness(ts_ref), self._base(base_model or self.recommended(ts_ref))
        with self._store.read() as connection:
            columns = tuple(first_row(connection, ready.training_sheet.id))
        pairs, held_out = ready.eligible, ready.held_out
        with suppress(NotReadyError):  # what is missing is said where a training is begun
            plan = self.plan(ts_ref, seed)
            pairs, held_out = plan.train, plan.held_out
        if self._fine_tuning is not None and self._fine_tuning.knows(base):
            with self._store.read() as connection:
                some = first_pairs(connection, ready.training_sheet.id, SAMPLE_PAIRS)
            template = Template.model_validate(ready.training_sheet.template_snapshot)
            return self._fine_tuning.estimate(template, [one.example() for one in some], pairs, held_out, base)
        features = self._splitting.features(ready.training_sheet, columns)
        return self._trainer.estimate(pairs, len(features), base)

    def submit(
        self,
        ts_ref: str,
        *,
        base_model: str | None = None,
        name: str | None = None,
        seed: int = 0,
        params: Mapping[str, Any] | None = None,
        where: str = "",
    ) -> Job:
        """Start a training as a job. Raises NotReadyError with the number of missing labels.

        `params` replace the defaults of the base model. Raises InvalidInputError for those that it does not have.
        `where` is WAREHOUSE for one that learns from the rows of the sheet's table where they are.
        """
        self._refresh_tags(self.readiness(ts_ref).training_sheet.sheet_id)
        ready = self.readiness(ts_ref)
        if where != WAREHOUSE:  # there, the rows teach that have an answer, labeled here or not
            _check_ready(ready)
        name = _checked_name(name or self._name(ready.training_sheet))
        base = self._base(base_model or self.recommended(ready.training_sheet.id))
        job_params = {
            "training_sheet_id": ready.training_sheet.id,
            "base_model": base,
            "name": name,
            "seed": seed,
            "params": self.checked_params(base, params or {}),
            **({WHERE: where} if where else {}),
        }
        return self._jobs.submit(JobKind.TRAIN, f"Train {name}{' in the warehouse' * bool(where)}", job_params)

    def running(self, training_sheet_id: str, name: str) -> Job | None:
        """The training of a model from this training sheet that has not ended yet, if there is one."""
        for job in self._jobs.jobs(active_only=True):
            of = job.params.get("training_sheet_id"), job.params.get("name")
            if job.kind is JobKind.TRAIN and of == (training_sheet_id, name):
                return job
        return None

    def checked_params(self, base_model: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of a base model, also from texts, in their types. Raises InvalidInputError naming the known."""
        fine_tuned = self._fine_tuning is not None and self._fine_tuning.knows(base_model)
        return base_models.checked_params(base_model, params, fine_tuned=fine_tuned)

    def run(self, params: Mapping[str, Any], job_id: str, progress: Progress) -> ModelVersion:
        """Train, test, and register the next version with its lineage. Called again for a job, returns its version."""
        if (done := self._of_job(job_id)) is not None:
            return done
        progress.update(0, 0, "reading the labeled pairs")
        with self._store.read() as connection:
            source = rows.resolve(connection, TrainingSheet, params["training_sheet_id"]).sheet_id
        self._refresh_tags(source)
        ready = self.readiness(params["training_sheet_id"])
        _check_ready(ready)
        sheet = ready.training_sheet
        name, seed = _checked_name(params.get("name") or self._name(sheet)), int(params.get("seed", 0))
        split = self._splitting.split(sheet, seed)
        data = self._training_set(sheet, name, split, seed, params.get("params") or {})
        # The folder is the job's own, so that simultaneous trainings do not collide; the version is set at the end.
        artifact = Path("models") / name / job_id
        base, folder = self._base(params.get("base_model")), self._home / artifact
        if self._fine_tuning is not None and self._fine_tuning.knows(base):
            template = Template.model_validate(sheet.template_snapshot)
            known = self._jobs.job(job_id).result

            def keep(what: dict[str, Any]) -> None:
                self._jobs.report(job_id, result=what)

            trained = self._fine_tuning.train(template, data, base, (job_id, name), known, keep, folder, progress)
        else:
            trained = self._trainer.train(data, base, folder, progress)
        return self._register(sheet, name, job_id, artifact, split, trained)

    def _training_set(
        self, sheet: TrainingSheet, name: str, split: DataSplit, seed: int, params: Mapping[str, Any]
    ) -> TrainingSet:
        """The pairs as a trainer sees them. Raises NotReadyError where there is no column to learn from."""
        if not split.features:
            raise NotReadyError("There is no feature column.", "Name feature columns of the sheet in the template.")
        with self._store.read() as connection:
            folders = image_folders(connection, sheet.sheet_id)
            present = present_model(connection, name)
        return TrainingSet(
            fields=Template.model_validate(sheet.template_snapshot).fields(),
            features=split.features,
            train=split.train_examples(),
            held_out=split.held_out_examples(),
            held_out_from=split.basis,
            seed=seed,
            images=folders,
            group_name=split.group_name,
            in_order=split.in_order,
            params=params,
            present=present.ways,
            present_model=present.label,
        )

    def models(self, name: str | None = None) -> list[ModelVersion]:
        """Model versions, newest first."""
        with self._store.read() as connection:
            return queries.versions(connection, name)

    def model(self, ref: str) -> ModelVersion:
        """The version meant by `name` (its newest), `name:3`, `name v3`, or an id."""
        with self._store.read() as connection:
            return find_model(connection, ref)

    def lineage(self, model_id: str) -> list[ModelPair]:
        """Every pair that a model was trained or tested on, as it was then."""
        with self._store.read() as connection:
            return queries.lineage(connection, model_id)

    def changes_since(self, model: ModelVersion) -> LineageChanges:
        """The pairs that are new, corrected or gone since the model was trained."""
        with self._store.read() as connection:
            return queries.changes_since(connection, model)

    def compare(self, old: ModelVersion, new: ModelVersion) -> Comparison:
        """Both on the same held-out pairs. Raises NotReadyError when they have none in common."""
        return compare(self._store, self._trainer, self._home, old, new)

    def curve(self, name: str) -> Curve:
        """Every version of a model on the same held-out pairs. Raises NotFoundError."""
        with self._store.read() as connection:
            model = find_model(connection, name)
            versions = queries.versions(connection, model.name)
        return curve(self._store, self._trainer, self._home, versions)

    def local_base(self, key: str) -> str:
        """A base model that learns from columns, as this machine trains it. Raises InvalidInputError for others."""
        known = [model.key for model in self._trainer.base_models()]
        if key not in known:
            raise InvalidInputError(
                f"{key!r} does not learn from rows of a table.", f"Choose one of {', '.join(known)}."
            )
        return key

    def _base(self, key: str | None) -> str:
        known = [model.key for model in self.base_models()]
        if key is None:
            return known[0]
        if key not in known:
            raise InvalidInputError(f"No base model {key!r}.", f"Choose one of {', '.join(known)}.")
        return key

    def _name(self, sheet: TrainingSheet) -> str:
        return identifier_from(str(sheet.template_snapshot["name"]))[:63]

    def _of_job(self, job_id: str) -> ModelVersion | None:
        with self._store.read() as connection:
            return queries.version_of_job(connection, job_id)

    def _register(
        self, sheet: TrainingSheet, name: str, job_id: str, artifact: Path, split: DataSplit, trained: Trained
    ) -> ModelVersion:
        evaluation = trained.evaluation.model_copy(update={"notes": [*trained.evaluation.notes, *trained.warnings]})
        with self._store.write() as connection:
            trained = replace(trained, evaluation=add_units(connection, sheet, evaluation))
            sides = len(split.train), len(split.held_out)
            training = Training(sheet, name, job_id, artifact, split.split, trained, *sides)
            model = add_version(connection, training, self._actor)
            add_lineage(connection, model.id, split.train, Role.TRAIN)
            add_lineage(connection, model.id, split.held_out, Role.HELD_OUT)
        return model


def _describe_split(split: Split, held_out: int) -> str:
    """The source of the test pairs, before they are drawn."""
    if held_out >= HELD_OUT_ENOUGH:
        return f"tested on the {held_out} pairs for evaluation only; trained on all eligible pairs"
    if split.order_column is not None:
        text = f"the latest {SHARE:.0%} of the eligible pairs by {split.order_column} are kept back for testing"
    else:
        text = f"{SHARE:.0%} of the eligible pairs, drawn at random, are kept back for testing"
    if split.name:
        text += f", by whole groups of {split.name}"
    text += "; these pairs are never trained on"
    if held_out:
        text += f" ({held_out} pairs are for evaluation only; {HELD_OUT_ENOUGH} or more would be the test set)"
    return text


def _check_ready(ready: Readiness) -> None:
    if ready.ready:
        return
    excluded = ready.excluded()
    raise NotReadyError(
        f"{ready.missing} more label{'s' * (ready.missing != 1)} needed: a training needs {MINIMUM}, "
        f"{ready.eligible} can be used." + (f" Not used: {excluded}." if excluded else ""),
        "Label more pairs (LABEL), then train.",
    )


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} cannot be a model's name.", "Use letters, digits, _ and -, beginning with a letter; at most 63."
        )
    return name
