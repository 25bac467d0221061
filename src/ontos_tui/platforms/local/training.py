"""One training under way: what is learned from which pairs, how it is measured, and what an expert should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.learning import LabeledExample, Prediction, Progress, TrainingSet
from ontos_tui.domain.records.training import CandidateScore, Evaluation, LearningCurvePoint
from ontos_tui.domain.row_columns import answers_of, groups_of, rows_of_examples, taken
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.checks.data_warnings import data_warnings
from ontos_tui.learning.checks.leak_warnings import leak_warnings
from ontos_tui.learning.encoding.features import FeatureTable, Matrix, describe
from ontos_tui.learning.evaluation import unseen
from ontos_tui.learning.evaluation.curve import CURVE_FITS, Fit, learning_curve
from ontos_tui.learning.evaluation.documents import reading_answers
from ontos_tui.learning.evaluation.evaluate import evaluate, pools_training_pairs
from ontos_tui.learning.evaluation.unseen import UnseenAnswers, learn_trust, with_trust_of_others
from ontos_tui.learning.extraction.cross_reading import MOST_CROSS_READ, read_out_of_fold
from ontos_tui.learning.extraction.extractor import ExtractionPlan, Extractor, Target, plan_extraction
from ontos_tui.learning.extraction.field_finder import MOST_DOCUMENTS
from ontos_tui.learning.models.families import BEST
from ontos_tui.learning.models.field_models import FieldModel, fit
from ontos_tui.learning.search.folds import Positions, make_folds
from ontos_tui.learning.search.model_search import Search, search
from ontos_tui.learning.search.present import present_way
from ontos_tui.learning.targets import targets_of
from ontos_tui.learning.trust.applicability import Applicability
from ontos_tui.learning.trust.field_trust import LEAST_LABELS, FieldTrust
from ontos_tui.platforms.local.predictor import LocalPredictor

STEP = 100
"""Units of progress of each step, so that the fits within one show."""


@dataclass(frozen=True)
class _Lessons:
    """What one field is learned from: the pairs that have a value, their lines in the matrix, and the values."""

    field: AnswerField
    examples: Sequence[LabeledExample]
    matrix: Matrix
    values: tuple[str | float, ...]

    @property
    def groups(self) -> Sequence[str | None]:
        """The group of each pair."""
        return groups_of(self.examples)


@dataclass(frozen=True)
class _Learned:
    """One field: how it is learned, the final model, and the answers of this way to learn in cross-validation."""

    search: Search
    model: FieldModel
    answers: UnseenAnswers
    used: dict[str, Any]
    curve: tuple[LearningCurvePoint, ...]
    fits: int

    def model_on(self, table: FeatureTable) -> FieldModel:
        """The model for the matrix of `table`, which may hold derived columns of other fields as well."""
        derived = self.search.derived
        return self.model if derived == table.derived else replace(self.model, columns=table.positions_with(derived))


class Training:
    """Learns every field of an answer; `report` tells how far it is."""

    def __init__(self, data: TrainingSet, base_model: str, progress: Progress) -> None:
        self.params: dict[str, Any] = {"seed": data.seed}
        self.warnings: list[str] = []
        self.steps = len(data.fields) + 3
        self._data = data
        self._base_model = base_model
        self._progress = progress
        self._rows = rows_of_examples(data.train)
        self._learned: dict[str, _Learned] = {}
        self._read_out_of_fold: list[tuple[LabeledExample, Prediction]] = []
        self.report(0, f"reading {len(data.train)} pairs")
        self._plan = plan_extraction(data.fields, data.train, self._rows, data.features)
        read = () if self._plan is None else self._plan.fields
        self._fields = tuple(field for field in data.fields if field.name not in read)

    def report(self, done: int, message: str) -> None:
        """Say how far the training is. Raises JobCancelledError when the user stopped it."""
        self._progress.update(done * STEP, self.steps * STEP, message)

    def run(self) -> tuple[LocalPredictor, Evaluation]:
        """The model with what it may say about its answers, and how good these are. Raises NotReadyError."""
        table, matrix = self._describe_columns()
        for done, field in enumerate(self._fields, 1):
            self._learn_field(done, field, table, matrix)
        table = table.with_derived(one for learned in self._learned.values() for one in learned.search.derived)
        predictor = LocalPredictor(
            table,
            tuple(learned.model_on(table) for learned in self._learned.values()),
            self._learn_reader(),
            self._trust(),
            Applicability.learned(table, matrix, self._rows),
        )
        if not predictor.heads and predictor.reader is None:
            raise NotReadyError("No training pair holds a value of the answer.", "Label some pairs first.")
        self.report(self.steps - 2, f"testing on {len(self._data.held_out)} held-out pairs")
        evaluation = self._evaluate(predictor)
        return replace(predictor, trust=self._earned_trust(predictor, evaluation)), evaluation

    def _describe_columns(self) -> tuple[FeatureTable, Matrix]:
        """The columns that are learned from, and the training rows as their lines. Raises NotReadyError."""
        if not self._fields:
            return FeatureTable(()), np.zeros((len(self._rows), 0))
        if all(field.kind is FieldKind.SPANS for field in self._fields):
            raise NotReadyError(
                "Spans are only learned from pairs that hold the text in which they lie.",
                "Export them (--format spans) for a tool that learns from texts.",
            )
        table, left_out = describe(self._rows, self._data.features, images=self._data.images)
        if not table.columns:
            reasons = "; ".join(f"{column.name} {column.reason}" for column in left_out) or "there are no columns"
            raise NotReadyError(
                f"No column differs between the training pairs: {reasons}.",
                "Choose other feature columns in the template.",
            )
        self.warnings += data_warnings(replace(self._data, fields=self._fields), left_out)
        return table, table.encode(self._rows)

    def _learn_field(self, done: int, field: AnswerField, table: FeatureTable, matrix: Matrix) -> None:
        """Choose how to learn one field and learn it; only a warning where no pair has a value for it."""
        targets = targets_of(field, answers_of(self._data.train))
        values = tuple(one for one in targets if one is not None)
        self.report(done, f"learning {field.name} from {len(values)} pairs")
        if not values:
            self.warnings.append(f"{field.name}: no training pair has a value for it; the model does not answer it.")
            return
        lines: Sequence[int] = range(len(targets))
        if len(values) < len(targets):
            lines, matrix = (known := [line for line, one in enumerate(targets) if one is not None]), matrix[known]
        lessons = _Lessons(field, taken(self._data.train, lines), matrix, values)
        self.warnings += leak_warnings(field, table, lessons.matrix, lessons.values, self._data.seed, lessons.groups)
        self._learned[field.name] = self._learn(done, lessons, table)

    def _learn(self, done: int, lessons: _Lessons, table: FeatureTable) -> _Learned:
        seed, field = self._data.seed, lessons.field
        chosen = search(
            field,
            table,
            lessons.matrix,
            lessons.values,
            lessons.groups if any(group is not None for group in lessons.groups) else None,
            base_model=self._base_model,
            params=self._data.params,
            seed=seed,
            progress=_Within(self._progress, done, self.steps),
            in_order=self._data.in_order,
            unit_name=self._data.group_name,
            present=present_way(self._data.present.get(field.name), self._data.present_model, table),
        )
        if chosen.advice:
            self.warnings.append(f"{field.name}: {chosen.advice}")
        answers = unseen.out_of_fold_answers(field, lessons.examples, lessons.values, chosen.out_of_fold)
        wider = table.with_derived(chosen.derived)
        lines = wider.extended(lessons.matrix)

        def fit_on(positions: Positions) -> FieldModel:
            values = [lessons.values[line] for line in positions.tolist()]
            return fit(field, lines[positions], values, chosen.base_model, seed, wider.pictures(), chosen.params)[0]

        model, used = fit(field, lines, lessons.values, chosen.base_model, seed, wider.pictures(), chosen.params)
        return _Learned(chosen, model, answers, used, *self._curve(lessons, answers, lines, fit_on))

    def _curve(
        self, lessons: _Lessons, answers: UnseenAnswers, lines: Matrix, fit_on: Fit
    ) -> tuple[tuple[LearningCurvePoint, ...], int]:
        """The learning curve of the headline field, and the models that were fitted for it."""
        if lessons.field != self._data.fields[0]:
            return (), 0
        curve = learning_curve(
            answers, lines, lessons.values, lessons.groups, fit_on, self._data.seed, self._data.in_order
        )
        return tuple(curve), CURVE_FITS if curve else 0

    def _learn_reader(self) -> Extractor | None:
        """What reads fields out of a text, where there are such fields."""
        if self._plan is None:
            return None
        documents = len(self._data.train)

        def report_target(one: Target) -> None:
            self.report(len(self._fields) + 1, f"learning to read {one.name} from {documents} documents")

        reader = Extractor.learned(self._plan, self._data.train, report_target)
        self._read_out_of_fold = self._cross_read(self._plan)
        if documents > MOST_DOCUMENTS:
            self.warnings.append(
                f"Reading is learned from the first {MOST_DOCUMENTS} documents; more would add little."
            )
        return reader

    def _cross_read(self, plan: ExtractionPlan) -> list[tuple[LabeledExample, Prediction]]:
        """Each document as it is read by what the others teach."""
        train = self._data.train[:MOST_CROSS_READ]
        folds = make_folds(
            [""] * len(train), [one.group for one in train], seed=self._data.seed, in_order=self._data.in_order
        )

        def report_fold(number: int) -> None:
            self.report(len(self._fields) + 1, f"testing how well documents are read ({number} of {len(folds)})")

        return read_out_of_fold(plan, train, folds, report_fold)

    def _trust(self) -> dict[str, FieldTrust]:
        """Calibration and intervals of each field, from answers in cross-validation."""
        trust = {name: learn_trust(one.answers, one.search.optimism) for name, one in self._learned.items()}
        if self._plan is not None:
            for name in self._plan.fields:
                trust[name] = learn_trust(reading_answers(self._plan, name, self._read_out_of_fold))
        return trust

    def _evaluate(self, predictor: LocalPredictor) -> Evaluation:
        """The scores, with what was tried and how many models were fitted; `params` says what was chosen."""
        data = self._data
        out_of_fold = {
            name: with_trust_of_others(learned.answers, data.seed)
            for name, learned in self._learned.items()
            if len(learned.answers) and pools_training_pairs(data)
        }
        optimism = {name: learned.search.optimism for name, learned in self._learned.items() if name in out_of_fold}
        reading = self._calibrated_reading()
        evaluation = evaluate(predictor.stating_all(), data, predictor.reader, out_of_fold, reading, optimism)
        evaluation.fits = sum(learned.search.fits + learned.fits + 1 for learned in self._learned.values())
        for name, learned in self._learned.items():
            self._record(name, learned)
            evaluation.candidates += _named(name, learned.search.candidates, several=len(data.fields) > 1)
            evaluation.curve += learned.curve
        return evaluation

    def _calibrated_reading(self) -> list[tuple[LabeledExample, Prediction]]:
        """What was read in cross-validation, with confidence that is calibrated on other groups."""
        read = self._read_out_of_fold
        if self._plan is None or not read:
            return []
        for name in self._plan.fields:
            answers = with_trust_of_others(reading_answers(self._plan, name, read), self._data.seed)
            for (_, prediction), stated in zip(read, answers.stated.tolist(), strict=True):
                if name in prediction.confidence:
                    prediction.confidence[name] = stated
        return read

    def _record(self, name: str, learned: _Learned) -> None:
        """What was set when a field was learned: the first field's plainly, of others what differs."""
        chosen = dict(learned.used)
        if self._base_model == BEST and learned.model.field.kind is not FieldKind.TEXT:
            chosen["family"] = learned.search.base_model
        if learned.search.derived:
            chosen["derived"] = [one.name for one in learned.search.derived]
        if len(self.params) == 1:
            self.params.update(chosen)
        elif any(self.params.get(key) != value for key, value in chosen.items()):
            self.params[name] = chosen

    def _earned_trust(self, predictor: LocalPredictor, evaluation: Evaluation) -> dict[str, FieldTrust]:
        """Which fields may state percentages: learned from enough labels, and better than their baseline."""
        earned = {}
        for score in evaluation.scores:
            if score.field not in predictor.fields:
                continue
            learned = self._learned.get(score.field)
            labels = len(self._data.train) if learned is None else learned.model.seen
            shown = labels >= LEAST_LABELS and score.gain_low is not None and score.gain_low > 0
            if score.calibration is not None:
                score.calibration.shown = shown
            earned[score.field] = replace(predictor.trust.get(score.field, FieldTrust(score.field)), shown=shown)
        return {**predictor.trust, **earned}


class _Within:
    """Progress of one step of a training, as a part of the whole."""

    def __init__(self, progress: Progress, step: int, steps: int) -> None:
        self._progress, self._step, self._steps = progress, step, steps

    def update(self, done: int, total: int, message: str = "") -> None:
        part = STEP * done // max(1, total)
        self._progress.update(self._step * STEP + min(part, STEP), self._steps * STEP, message)


def _named(field: str, candidates: Sequence[CandidateScore], *, several: bool) -> list[CandidateScore]:
    """The ways to learn that were tried, with the field where there are several."""
    if not several:
        return list(candidates)
    return [one.model_copy(update={"metric": f"{one.metric} of {field}"}) for one in candidates]
