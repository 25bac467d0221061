"""A model that was trained where the rows are becomes a version here, with its card and what it was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.evaluation import Evaluation, LearningCurvePoint
from ontos_tui.domain.learning import Trained
from ontos_tui.domain.records.pairs import QAPair, answer_digest
from ontos_tui.domain.records.training import ModelPair, ModelVersion, Role
from ontos_tui.platforms.databricks.table_training.profile import ColumnProfile
from ontos_tui.platforms.databricks.table_training.rows import Division
from ontos_tui.services.train.registering import Training, add_version
from ontos_tui.services.train.warehouse.enough import describe_rows
from ontos_tui.services.train.warehouse.plan import Given, RowsPlan, is_added
from ontos_tui.services.train.warehouse.trained_on import TRAINED_ON, ColumnOverAll, TrainedOn
from ontos_tui.store import rows
from ontos_tui.store.engine import Store


@dataclass(frozen=True)
class Report:
    """What is known after a training there: the plan, the counts, the sample's table, what the job said, and the
    profile with the answers over every row."""

    plan: RowsPlan
    division: Division
    sample: str
    result: Mapping[str, Any]
    profile: Sequence[ColumnProfile]
    answers: Mapping[str, Mapping[str, int]]

    @property
    def in_words(self) -> str:
        """What was learned from, and why no more."""
        rows_used = int(self.result["rows"])
        return describe_rows(rows_used, self.division.train, enough=bool(self.result["enough"]))

    def trained_on(self) -> TrainedOn:
        """The rows, as the version keeps it."""
        return TrainedOn(
            str(self.plan.address),
            self.plan.version,
            self.plan.source.filter_expression,
            self.sample,
            self.in_words,
            self.plan.rows.seed,
            str(self.result.get("run_url", "")),
            tuple(
                ColumnOverAll(one.name, "number" if one.is_number else "text", one.values, one.missing)
                for one in self.profile
                if one.name in self.plan.features
            ),
            self.answers,
        )


def register(
    store: Store,
    report: Report,
    name: str,
    job_id: str,
    artifact: Path,
    given: Sequence[Given],
    actor: str,
) -> ModelVersion:
    """The next version of this name. Its pairs are those whose decisions were joined to the rows."""
    result, there = report.result, report.result["trained"]
    trained = Trained(
        base_model=there["base_model"],
        engine=f"{there['engine']}, as a job of Databricks",
        params={**there["params"], TRAINED_ON: report.trained_on().in_parameters()},
        features=tuple(there["features"]),
        evaluation=_evaluation(report, given),
        sha256=there["sha256"],
        seconds=float(there["seconds"]),
    )
    plan, sides = report.plan, (int(result["rows"]), int(result["tested"]))
    training = Training(plan.training_sheet, name, job_id, artifact, plan.split, trained, *sides)
    with store.write() as connection:
        model = add_version(connection, training, actor)
        rows.add_many(connection, _all_lineage(model, result, given))
    return model


def _all_lineage(model: ModelVersion, result: Mapping[str, Any], given: Sequence[Given]) -> Iterator[ModelPair]:
    roles = {Role.TRAIN: set(result["learned_items"]), Role.HELD_OUT: set(result["tested_items"])}
    for pair, _ in given:
        yield from (_lineage(model, pair, role) for role, items in roles.items() if pair.item_ref in items)


def _lineage(model: ModelVersion, pair: QAPair, role: Role) -> ModelPair:
    return ModelPair(
        model_id=model.id,
        pair_id=pair.id,
        role=role,
        pair_version=pair.version,
        answer_digest=answer_digest(pair.answer or {}),
        approved_by=pair.reviewed_by,
        approved_at=pair.reviewed_at,
    )


def _evaluation(report: Report, given: Sequence[Given]) -> Evaluation:
    """What was measured there, with what was learned from, and the curve over the number of rows."""
    result = report.result
    trained = result["trained"]
    evaluation = Evaluation.model_validate(trained["evaluation"])
    evaluation.notes = [f"learned from {report.in_words}", *evaluation.notes, *trained["warnings"]]
    added = sum(is_added(pair) for pair, _ in given if pair.item_ref in result["learned_items"])
    if added:
        evaluation.notes.append(f"learned from {added:,} labeled items besides that are no row of the table")
    if result["unfit"]:
        evaluation.notes.append(f"{result['unfit']:,} sampled rows were left out: their answer does not fit")
    evaluation.curve = [LearningCurvePoint.model_validate(one) for one in result["curve"]]
    return evaluation
