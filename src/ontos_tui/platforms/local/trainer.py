"""Training on this machine with scikit-learn: one model for each field of the answer, learned from the row's fields."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sklearn

from ontos_tui.domain.errors import InvalidInputError, NotReadyError, PlatformError
from ontos_tui.domain.learning import (
    BaseModel,
    ClassProbabilities,
    Estimate,
    LabeledExample,
    OutOfFoldPredictions,
    Prediction,
    Predictor,
    Progress,
    Trained,
    TrainingSet,
)
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import Evaluation
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning import cross_validation, evaluation, model_file
from ontos_tui.learning.data_warnings import data_warnings, leak_warnings
from ontos_tui.learning.extraction.extractor import Extractor, Target, plan_extraction
from ontos_tui.learning.extraction.field_finder import MOST_DOCUMENTS
from ontos_tui.learning.features import FeatureTable, LeftOut, Matrix, describe
from ontos_tui.learning.field_models import FieldModel, fit
from ontos_tui.learning.targets import put, target

FORMAT, FORMAT_WITH_READER = 1, 2
"""Of a model's description; the second also says how fields are read out of a document."""
BLOCK = 2_048
"""Rows that are predicted at once."""
ENGINE = f"scikit-learn {sklearn.__version__}"

BASE_MODELS = (
    BaseModel(
        "extra_trees",
        "Extra trees (recommended)",
        "Many random decision trees vote; the best single choice for measurements and categories, rare classes too.",
        "the best single choice on the public tables that were tried in November 2026: mean macro F1 0.80, gradient "
        "boosting 0.77, linear 0.75",
    ),
    BaseModel(
        "hist_gradient_boosting",
        "Gradient boosting",
        "Decision trees that correct each other; strong from about a thousand labeled pairs on.",
    ),
    BaseModel(
        "logistic",
        "Linear",
        "A weighted sum of the fields; fast and easy to explain, good for texts and for simple relations.",
    ),
    BaseModel(
        "nearest",
        "Nearest neighbors",
        "The five most similar labeled pairs vote, the nearer the more; simple, and quick to follow a correction.",
    ),
)

SECONDS = {"extra_trees": 2e-5, "hist_gradient_boosting": 5e-6, "logistic": 3e-6, "nearest": 3e-6}
"""Seconds for each pair and feature, for one field of the answer, beside `START`; measured November 2026, 2 cores."""
START = 2.0
"""Seconds that a training takes whatever its size: the process, the libraries, the checks."""


@dataclass(frozen=True)
class LocalPredictor:
    """A trained model in memory. Nothing in it changes while it predicts, so threads may share it."""

    table: FeatureTable
    heads: tuple[FieldModel, ...]
    reader: Extractor | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it looks at, and the text that it reads."""
        text = () if self.reader is None else (self.reader.plan.text_field,)
        return tuple(dict.fromkeys((*self.table.names, *text)))

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction a row. Raises InvalidInputError naming the field when a row does not fit the model."""
        predictions: list[Prediction] = []
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            matrix = self.table.encode(block, strict=True)
            block_predictions = [Prediction({}, {}) for _ in block]
            for head in self.heads:
                for prediction, (value, confidence) in zip(block_predictions, head.predict(matrix), strict=True):
                    put(prediction.answer, head.field, value)
                    if confidence is not None:
                        prediction.confidence[head.field.name] = confidence
            if self.reader is not None:
                block_predictions = [
                    self.reader.add_to(prediction, row)
                    for prediction, row in zip(block_predictions, block, strict=True)
                ]
            predictions += block_predictions
        return predictions


class LocalTrainer:
    """Trains, tests, keeps and loads models on this machine."""

    def base_models(self) -> tuple[BaseModel, ...]:
        """What can be trained, the recommended one first."""
        return BASE_MODELS

    def estimate(self, pairs: int, features: int, base_model: str) -> Estimate:
        """Seconds from what was measured; there is no cost, as it runs on this machine."""
        _check_base_model(base_model)
        return Estimate(
            seconds=round(START + SECONDS[base_model] * pairs * features, 1),
            cost=None,
            currency="",
            basis=f"estimate: {START:.0f} s and "
            f"{SECONDS[base_model]:.0e} s for each pair and feature, for one field of the answer, as measured in "
            "November 2026 on 2 cores with up to 48,000 pairs; it runs on this machine and costs nothing else",
        )

    def train(self, data: TrainingSet, base_model: str, folder: Path, progress: Progress) -> Trained:
        """Train, test on the held-out rows beside a baseline, and write the model into `folder` (made if missing).

        Raises InvalidInputError for an unknown base model, NotReadyError when the rows cannot teach anything.
        """
        started = time.monotonic()
        _check_base_model(base_model)
        if not data.train:
            raise NotReadyError("There are no pairs to learn from.", "Label pairs whose allowed uses include training.")
        training = _Training(data, base_model, progress)
        predictor = LocalPredictor(*training.learn_columns(), training.learn_reader())
        if not predictor.heads and predictor.reader is None:
            raise NotReadyError("No training pair holds a value of the answer.", "Label some pairs first.")
        training.report(training.steps - 2, f"testing on {len(data.held_out)} held-out pairs")
        evaluation = self.evaluate(predictor, data)
        training.report(training.steps - 1, "writing the model")
        sha256 = _write(predictor, base_model, training.params, folder)
        return Trained(
            base_model=base_model,
            engine=ENGINE,
            params=training.params,
            features=predictor.features,
            evaluation=evaluation,
            sha256=sha256,
            seconds=time.monotonic() - started,
            warnings=tuple(training.warnings),
        )

    def evaluate(self, predictor: Predictor, data: TrainingSet) -> Evaluation:
        """How well a loaded model does on `data.held_out`, with the baseline of `data.train`."""
        return evaluation.evaluate(predictor, data, predictor.reader if isinstance(predictor, LocalPredictor) else None)

    def load(self, folder: Path, sha256: str) -> Predictor:
        """The model in `folder`, without running code from it. Raises PlatformError when the file was altered."""
        plain, estimators = model_file.read(folder, sha256)
        try:
            if plain["format"] not in (FORMAT, FORMAT_WITH_READER):
                raise PlatformError(
                    f"The model in {folder} is of format {plain['format']}; this program reads formats "
                    f"{FORMAT} and {FORMAT_WITH_READER}.",
                    "Use the program that trained it, or train the model again.",
                )
            heads = [
                FieldModel.from_json(head, estimator)
                for head, estimator in zip(plain["heads"], estimators, strict=True)
            ]
            reader = Extractor.from_json(plain["reader"]) if "reader" in plain else None
            return LocalPredictor(FeatureTable.from_json(plain["features"]), tuple(heads), reader)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlatformError(
                f"The description of the model in {folder} is incomplete ({error}).", "Train the model again."
            ) from error

    def class_probabilities(self, predictor: Predictor, field: AnswerField, rows: Sequence[Row]) -> ClassProbabilities:
        """The probability of each class of a field for each row, by a loaded model. Odd values count as missing."""
        if not isinstance(predictor, LocalPredictor):
            raise NotReadyError("The model was not trained on this machine.", "Train it here.")
        return cross_validation.class_probabilities(predictor.table, predictor.heads, field, rows)

    def out_of_fold(
        self,
        field: AnswerField,
        features: Sequence[str],
        labeled: Sequence[LabeledExample],
        groups: Sequence[str] | None,
        others: Sequence[Row],
        progress: Progress,
    ) -> OutOfFoldPredictions:
        """Predict each labeled row by models that learned without it (and its group), and `others` by all of them."""
        return cross_validation.out_of_fold(field, features, labeled, groups, others, progress)

    def clusters(self, rows: Sequence[Row], features: Sequence[str], count: int) -> list[int]:
        """The number of the cluster of each row; rows of one cluster have similar fields."""
        return cross_validation.clusters(rows, features, count)


class _Training:
    """One training under way: what is learned from which pairs, and what an expert should know about it."""

    def __init__(self, data: TrainingSet, base_model: str, progress: Progress) -> None:
        self.params: dict[str, Any] = {"seed": data.seed}
        self.warnings: list[str] = []
        self.steps = len(data.fields) + 3
        self._data = data
        self._base_model = base_model
        self._progress = progress
        self._rows = [example.fields for example in data.train]
        self.report(0, f"reading {len(data.train)} pairs")
        self._plan = plan_extraction(data.fields, data.train, self._rows, data.features)
        read = () if self._plan is None else self._plan.fields
        self._fields = tuple(field for field in data.fields if field.name not in read)

    def report(self, done: int, message: str) -> None:
        """Say how far the training is. Raises JobCancelledError when the user stopped it."""
        self._progress.update(done, self.steps, message)

    def learn_columns(self) -> tuple[FeatureTable, tuple[FieldModel, ...]]:
        """The columns, and a model for each field that is learned from them. Raises NotReadyError."""
        table, left_out = self._describe_columns()
        matrix = table.encode(self._rows)
        self.warnings += data_warnings(replace(self._data, fields=self._fields), left_out)
        models = [self._learn_field(done, field, table, matrix) for done, field in enumerate(self._fields, 1)]
        return table, tuple(model for model in models if model is not None)

    def learn_reader(self) -> Extractor | None:
        """What reads fields out of a text, where there are such fields."""
        if self._plan is None:
            return None
        documents = len(self._data.train)

        def report_target(target: Target) -> None:
            self.report(len(self._fields) + 1, f"learning to read {target.name} from {documents} documents")

        reader = Extractor.learned(self._plan, self._data.train, report_target)
        if documents > MOST_DOCUMENTS:
            self.warnings.append(
                f"Reading is learned from the first {MOST_DOCUMENTS} documents; more would add little."
            )
        return reader

    def _describe_columns(self) -> tuple[FeatureTable, tuple[LeftOut, ...]]:
        if not self._fields:
            return FeatureTable(()), ()
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
        return table, left_out

    def _learn_field(self, done: int, field: AnswerField, table: FeatureTable, matrix: Matrix) -> FieldModel | None:
        """The model of one field; None, with a warning, where no pair has a value for it."""
        targets = [target(field, example.answer) for example in self._data.train]
        known = [(line, one) for line, one in enumerate(targets) if one is not None]
        self.report(done, f"learning {field.name} from {len(known)} pairs")
        if not known:
            self.warnings.append(f"{field.name}: no training pair has a value for it; the model does not answer it.")
            return None
        lines, values = [line for line, _ in known], [one for _, one in known]
        seed = self._data.seed
        self.warnings += leak_warnings(field, table, matrix[lines], values, seed)
        model, settings = fit(field, matrix[lines], values, self._base_model, seed, table.pictures())
        self.params.update(settings)
        return model


def _write(predictor: LocalPredictor, base_model: str, params: dict[str, Any], folder: Path) -> str:
    """Write the model's files; the sha256 that names them."""
    plain: dict[str, Any] = {
        "format": FORMAT if predictor.reader is None else FORMAT_WITH_READER,
        "engine": ENGINE,
        "base_model": base_model,
        "params": params,
        "features": predictor.table.to_json(),
        "heads": [head.to_json() for head in predictor.heads],
    }
    if predictor.reader is not None:
        plain["reader"] = predictor.reader.to_json()
    return model_file.write(folder, plain, [head.estimator for head in predictor.heads])


def _check_base_model(key: str) -> None:
    known = [model.key for model in BASE_MODELS]
    if key not in known:
        raise InvalidInputError(f"No base model {key!r}.", f"Choose one of {', '.join(known)}.")
