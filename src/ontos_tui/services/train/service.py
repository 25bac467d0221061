"""TRAIN: from labeled pairs to a model version that records exactly what it was trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.learning import BaseModel, Estimate, Progress, Trained, TrainingSet
from ontos_tui.domain.records.data import identifier_from
from ontos_tui.domain.records.pairs import TrainingSheet, answer_digest
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Job, JobKind, ModelPair, ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.split import SHARE, Candidate, hold_out
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.data.images import image_folders
from ontos_tui.services.records.model_versions import LineageChanges, find_model
from ontos_tui.services.templates.prompt import feature_columns
from ontos_tui.services.train.comparison import Comparison, compare
from ontos_tui.services.train.fine_tuning import FineTuning
from ontos_tui.services.train.learning_curve import Curve, curve
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries
from ontos_tui.store.queries.data import sheet_with_id
from ontos_tui.store.queries.training_pairs import TrainingPair, first_pairs, first_row, gate_counts, usable_pairs

__all__ = ["Comparison", "Readiness", "TrainService"]

MINIMUM = 10
"""Eligible pairs that a training needs at least."""
SAMPLE_PAIRS = 200
"""Pairs whose length an estimate is based on."""
HELD_OUT_ENOUGH = 20
"""Pairs for evaluation only that are enough for a test set of their own."""
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


@dataclass(frozen=True)
class _DataSplit:
    train: tuple[TrainingPair, ...]
    held_out: tuple[TrainingPair, ...]
    basis: str


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
    ) -> None:
        """With `fine_tuning`, its base models can be trained too, on the team's workspace."""
        self._fine_tuning = fine_tuning
        self._store = store
        self._trainer = trainer
        self._jobs = jobs
        self._home = home
        self._actor = actor

    def readiness(self, ts_ref: str) -> Readiness:
        """The number of pairs by gate, and whether they are enough to train."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
            counts = gate_counts(connection, sheet.id)
        eligible, held_out = counts[Gate.TRAINING], counts[Gate.HELD_OUT]
        missing = max(0, MINIMUM - eligible)
        return Readiness(sheet, counts, eligible, held_out, missing, missing == 0, _describe_split(sheet, held_out))

    def base_models(self) -> tuple[BaseModel, ...]:
        """The base models, the recommended one first; those that are fine-tuned on the team's workspace last."""
        return (*self._trainer.base_models(), *self.fine_tunable())

    def fine_tunable(self) -> tuple[BaseModel, ...]:
        """The base models that are fine-tuned on the team's workspace; empty if none is set up."""
        return self._fine_tuning.base_models() if self._fine_tuning is not None else ()

    def estimate(self, ts_ref: str, base_model: str | None = None) -> Estimate:
        """The estimated time of a training on the current pairs, with its basis."""
        ready, base = self.readiness(ts_ref), self._base(base_model)
        with self._store.read() as connection:
            columns = tuple(first_row(connection, ready.training_sheet.id))
        pairs = ready.eligible if ready.held_out >= HELD_OUT_ENOUGH else round(ready.eligible * (1 - SHARE))
        if self._fine_tuning is not None and self._fine_tuning.knows(base):
            with self._store.read() as connection:
                some = first_pairs(connection, ready.training_sheet.id, SAMPLE_PAIRS)
            template = Template.model_validate(ready.training_sheet.template_snapshot)
            held_out = ready.held_out if ready.held_out >= HELD_OUT_ENOUGH else ready.eligible - pairs
            return self._fine_tuning.estimate(template, [one.example() for one in some], pairs, held_out, base)
        return self._trainer.estimate(pairs, len(self._features(ready.training_sheet, columns)), base)

    def submit(self, ts_ref: str, *, base_model: str | None = None, name: str | None = None, seed: int = 0) -> Job:
        """Start a training as a job. Raises NotReadyError with the number of missing labels."""
        ready = self.readiness(ts_ref)
        _check_ready(ready)
        name = _checked_name(name or self._name(ready.training_sheet))
        params = {
            "training_sheet_id": ready.training_sheet.id,
            "base_model": self._base(base_model),
            "name": name,
            "seed": seed,
        }
        return self._jobs.submit(JobKind.TRAIN, f"Train {name}", params)

    def run(self, params: Mapping[str, Any], job_id: str, progress: Progress) -> ModelVersion:
        """Train, test, and register the next version with its lineage. Called again for a job, returns its version."""
        if (done := self._of_job(job_id)) is not None:
            return done
        progress.update(0, 0, "reading the labeled pairs")
        ready = self.readiness(params["training_sheet_id"])
        _check_ready(ready)
        sheet = ready.training_sheet
        template = Template.model_validate(sheet.template_snapshot)
        name, seed = _checked_name(params.get("name") or self._name(sheet)), int(params.get("seed", 0))
        split = self._split(sheet, template, seed)
        with self._store.read() as connection:
            folders = image_folders(connection, sheet.sheet_id)
        data = TrainingSet(
            fields=template.fields(),
            features=self._features(sheet, _columns(split.train)),
            train=tuple(pair.example() for pair in split.train),
            held_out=tuple(pair.example() for pair in split.held_out),
            held_out_from=split.basis,
            seed=seed,
            images=folders,
        )
        if not data.features:
            raise NotReadyError("There is no feature column.", "Name feature columns of the sheet in the template.")
        # The folder is the job's own, so that simultaneous trainings do not collide; the version is set at the end.
        artifact = Path("models") / name / job_id
        base, folder = self._base(params.get("base_model")), self._home / artifact
        if self._fine_tuning is not None and self._fine_tuning.knows(base):
            known = self._jobs.job(job_id).result

            def keep(what: dict[str, Any]) -> None:
                self._jobs.report(job_id, result=what)

            trained = self._fine_tuning.train(template, data, base, (job_id, name), known, keep, folder, progress)
        else:
            trained = self._trainer.train(data, base, folder, progress)
        return self._register(sheet, name, job_id, artifact, split, trained)

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

    def _base(self, key: str | None) -> str:
        known = [model.key for model in self.base_models()]
        if key is None:
            return known[0]
        if key not in known:
            raise InvalidInputError(f"No base model {key!r}.", f"Choose one of {', '.join(known)}.")
        return key

    def _name(self, sheet: TrainingSheet) -> str:
        return identifier_from(str(sheet.template_snapshot["name"]))[:63]

    def _features(self, sheet: TrainingSheet, columns: Sequence[str]) -> tuple[str, ...]:
        with self._store.read() as connection:
            source = sheet_with_id(connection, sheet.sheet_id)
        template = Template.model_validate(sheet.template_snapshot)
        identity, pictures = (source.item_id_column, source.image_columns) if source else (None, [])
        return feature_columns(template, columns, identity, pictures)

    def _of_job(self, job_id: str) -> ModelVersion | None:
        with self._store.read() as connection:
            return queries.version_of_job(connection, job_id)

    def _split(self, sheet: TrainingSheet, template: Template, seed: int) -> _DataSplit:
        """Which pairs train and which test; pairs held out for an earlier version of this sheet stay held out."""
        with self._store.read() as connection:
            pairs = usable_pairs(connection, sheet.id)
            earlier = queries.roles_in_sheet(connection, sheet.id)
        only_test = [pair for pair in pairs if pair.gate is Gate.HELD_OUT]
        eligible = [pair for pair in pairs if pair.gate is Gate.TRAINING]
        enough = len(only_test) >= HELD_OUT_ENOUGH
        headline = template.fields()[0]
        refs = {pair.id: pair.item_ref for pair in pairs}
        held = hold_out(
            # By item, not by pair: the same data and seed give the same split in every workspace.
            [Candidate(pair.item_ref, _kind(headline, pair), _group(template.group_column, pair)) for pair in eligible],
            held_before={refs[one.pair_id] for one in earlier if one.role is Role.HELD_OUT and one.pair_id in refs},
            trained_before={refs[one.pair_id] for one in earlier if one.role is Role.TRAIN and one.pair_id in refs},
            seed=seed,
            share=0.0 if enough else SHARE,
        )
        train = tuple(pair for pair in eligible if pair.item_ref not in held)
        test = tuple(pair for pair in pairs if pair.item_ref in held or (enough and pair.gate is Gate.HELD_OUT))
        if not train or not test:
            raise NotReadyError(
                f"All {len(eligible)} pairs belong to one group ({template.group_column}), and a group is never split.",
                "Label pairs of other groups, or name another group column in the template.",
            )
        group = template.group_column
        parts = []
        if enough:
            shared = {_group(group, pair) for pair in only_test} - {None}
            split = sum(_group(group, pair) in shared for pair in train)
            leak = f" ({split} training pairs share a {group} with one of them)" if split else ""
            parts.append(f"{len(only_test)} pairs for evaluation only{leak}")
        if held:
            by_group = f" by whole groups of {group}" if group else ""
            parts.append(
                f"{len(held)} of the {len(eligible)} pairs, sampled across the answers{by_group}, kept back for testing"
            )
        return _DataSplit(train, test, " and ".join(parts))

    def _register(
        self, sheet: TrainingSheet, name: str, job_id: str, artifact: Path, split: _DataSplit, trained: Trained
    ) -> ModelVersion:
        evaluation = trained.evaluation.model_copy(update={"notes": [*trained.evaluation.notes, *trained.warnings]})
        with self._store.write() as connection:
            model = ModelVersion(
                name=name,
                version=queries.last_number(connection, name) + 1,
                training_sheet_id=sheet.id,
                template_id=sheet.template_id,
                template_version=sheet.template_version,
                sheet_id=sheet.sheet_id,
                job_id=job_id,
                base_model=trained.base_model,
                engine=trained.engine,
                params=trained.params,
                features=list(trained.features),
                template_snapshot=sheet.template_snapshot,
                evaluation=evaluation.model_dump(mode="json"),
                train_count=len(split.train),
                held_out_count=len(split.held_out),
                artifact=str(artifact),
                sha256=trained.sha256,
                seconds=trained.seconds,
                created_by=self._actor,
                updated_by=self._actor,
            )
            rows.add(connection, model)
            seen = [(pair, Role.TRAIN) for pair in split.train] + [(pair, Role.HELD_OUT) for pair in split.held_out]
            rows.add_many(connection, (_lineage(model, pair, role) for pair, role in seen))
            rows.log(
                connection,
                model,
                "train",
                self._actor,
                after={"name": name, "version": model.version, "base_model": model.base_model, "job_id": job_id},
                scope_id=sheet.id,
            )
        return model


def _lineage(model: ModelVersion, pair: TrainingPair, role: Role) -> ModelPair:
    return ModelPair(
        model_id=model.id,
        pair_id=pair.id,
        role=role,
        pair_version=pair.version,
        answer_digest=answer_digest(pair.answer),
        approved_by=pair.approved_by,
        approved_at=pair.approved_at,
    )


def _describe_split(sheet: TrainingSheet, held_out: int) -> str:
    """The source of the test pairs, before they are sampled."""
    if held_out >= HELD_OUT_ENOUGH:
        return f"tested on the {held_out} pairs for evaluation only; trained on all eligible pairs"
    group = sheet.template_snapshot.get("group_column")
    text = f"{SHARE:.0%} of the eligible pairs are kept back for testing, sampled across the answers"
    if group:
        text += f" by whole groups of {group}"
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


def _columns(pairs: Sequence[TrainingPair]) -> tuple[str, ...]:
    """All columns in the order of their first occurrence; pairs from feedback may lack some."""
    return tuple(dict.fromkeys(column for pair in pairs for column in pair.fields))


def _kind(field: AnswerField, pair: TrainingPair) -> str | float:
    value = pair.answer.get(field.name)
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER) and isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else 0.0
    return answer_digest({field.name: value})


def _group(column: str | None, pair: TrainingPair) -> str | None:
    """The pair's group; a pair without one is a group of its own."""
    value = None if column is None else pair.fields.get(column)
    return None if value is None else answer_digest({"group": value})
