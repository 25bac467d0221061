"""Training on this machine with scikit-learn: one head for each field of the answer, learned from the row's fields."""

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
from ontos_tui.learning.extraction.extractor import Extractor, Target, plan
from ontos_tui.learning.extraction.field_finder import MOST_LEARNED
from ontos_tui.learning.features import FeatureTable, describe
from ontos_tui.learning.field_models import Head, fit
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
    heads: tuple[Head, ...]
    reader: Extractor | None = None

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction a row. Raises InvalidInputError naming the field when a row does not fit the model."""
        predictions: list[Prediction] = []
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            matrix = self.table.encode(block, strict=True)
            made = [Prediction({}, {}) for _ in block]
            for head in self.heads:
                for prediction, (value, confidence) in zip(made, head.predict(matrix), strict=True):
                    put(prediction.answer, head.field, value)
                    if confidence is not None:
                        prediction.confidence[head.field.name] = confidence
            if self.reader is not None:
                made = [self.reader.add_to(prediction, row) for prediction, row in zip(made, block, strict=True)]
            predictions += made
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
            raise NotReadyError(
                "There is no pair to learn from.", "Label some pairs whose allowed uses include training."
            )
        total = len(data.fields) + 3
        progress.update(0, total, f"reading {len(data.train)} pairs")
        rows = [example.fields for example in data.train]
        what = plan(data.fields, data.train, rows, data.features)
        fields = [field for field in data.fields if what is None or field.name not in what.fields]
        if fields and all(field.kind is FieldKind.SPANS for field in fields):
            raise NotReadyError(
                "Where spans lie in a text is nothing that is learned here, as the pairs hold no such text.",
                "Export them (--format spans) for a tool that learns from texts.",
            )
        table, left_out = describe(rows, data.features, images=data.images) if fields else (FeatureTable(()), ())
        if fields and not table.columns:
            reasons = "; ".join(f"{column.name} {column.reason}" for column in left_out) or "there are no columns"
            raise NotReadyError(
                f"No column tells the training pairs apart: {reasons}.", "Choose other feature columns in the template."
            )
        matrix = table.encode(rows)
        warnings = data_warnings(replace(data, fields=tuple(fields)), left_out)
        heads: list[Head] = []
        params: dict[str, Any] = {"seed": data.seed}
        for done, field in enumerate(fields, 1):
            known = [(line, one) for line, ex in enumerate(data.train) if (one := target(field, ex.answer)) is not None]
            progress.update(done, total, f"learning {field.name} from {len(known)} pairs")
            if not known:
                warnings.append(f"{field.name}: no training pair has a value for it; the model does not answer it.")
                continue
            lines, targets = [line for line, _ in known], [one for _, one in known]
            warnings += leak_warnings(field, table, matrix[lines], targets, data.seed)
            head, settings = fit(field, matrix[lines], targets, base_model, data.seed, table.pictures())
            heads.append(head)
            params.update(settings)

        def reading(target: Target) -> None:
            progress.update(len(fields) + 1, total, f"learning to read {target.name} from {len(data.train)} documents")

        reader = None if what is None else Extractor.learned(what, data.train, reading)
        if reader is not None and len(data.train) > MOST_LEARNED:
            warnings.append(f"Reading is learned from the first {MOST_LEARNED} documents; more would add little.")
        if not heads and reader is None:
            raise NotReadyError("No training pair holds a value of the answer.", "Label some pairs first.")
        predictor = LocalPredictor(table, tuple(heads), reader)
        progress.update(total - 2, total, f"testing on {len(data.held_out)} held-out pairs")
        evaluation = self.evaluate(predictor, data)
        progress.update(total - 1, total, "writing the model")
        plain = {
            "format": FORMAT if reader is None else FORMAT_WITH_READER,
            "engine": ENGINE,
            "base_model": base_model,
            "params": params,
            "features": table.to_json(),
            "heads": [head.to_json() for head in heads],
        }
        if reader is not None:
            plain["reader"] = reader.to_json()
        sha256 = model_file.write(folder, plain, [head.estimator for head in heads])
        return Trained(
            base_model=base_model,
            engine=ENGINE,
            params=params,
            features=tuple(dict.fromkeys((*table.names, *(() if what is None else (what.text_field,))))),
            evaluation=evaluation,
            sha256=sha256,
            seconds=time.monotonic() - started,
            warnings=tuple(warnings),
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
                Head.from_json(head, estimator) for head, estimator in zip(plain["heads"], estimators, strict=True)
            ]
            reader = Extractor.from_json(plain["reader"]) if "reader" in plain else None
            return LocalPredictor(FeatureTable.from_json(plain["features"]), tuple(heads), reader)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlatformError(
                f"The description of the model in {folder} is incomplete ({error}).", "Train the model again."
            ) from error

    def shares(self, predictor: Predictor, field: AnswerField, rows: Sequence[Row]) -> ClassProbabilities:
        """How a loaded model spreads each row over the classes of a field. What does not fit counts as missing."""
        if not isinstance(predictor, LocalPredictor):
            raise NotReadyError("The model was not trained here.", "Train it here.")
        return cross_validation.shares(predictor.table, predictor.heads, field, rows)

    def judge(
        self,
        field: AnswerField,
        features: Sequence[str],
        labeled: Sequence[LabeledExample],
        groups: Sequence[str] | None,
        others: Sequence[Row],
        progress: Progress,
    ) -> OutOfFoldPredictions:
        """Judge each labeled row by models that learned without it (and its group), and `others` by all of them."""
        return cross_validation.judge(field, features, labeled, groups, others, progress)

    def clusters(self, rows: Sequence[Row], features: Sequence[str], count: int) -> list[int]:
        """The number of the cluster of each row; rows of one cluster have similar fields."""
        return cross_validation.clusters(rows, features, count)


def _check_base_model(key: str) -> None:
    known = [model.key for model in BASE_MODELS]
    if key not in known:
        raise InvalidInputError(f"There is no base model {key!r}.", f"Choose one of {', '.join(known)}.")
