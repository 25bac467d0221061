"""Training on this machine with scikit-learn: one model for each field of the answer, learned from the row's fields."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sklearn

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.learning import (
    BaseModel,
    ClassProbabilities,
    Estimate,
    LabeledExample,
    OutOfFoldPredictions,
    Predictor,
    Progress,
    Trained,
    TrainingSet,
)
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import Evaluation
from ontos_tui.domain.schema import AnswerField
from ontos_tui.learning import cross_validation
from ontos_tui.learning.evaluation.curve import CURVE_FITS, MOST_CURVE_ROWS
from ontos_tui.learning.evaluation.evaluate import evaluate
from ontos_tui.learning.models import model_file
from ontos_tui.learning.models.families import BASE_MODELS, BEST, FITS, check_base_model
from ontos_tui.learning.search import trials
from ontos_tui.learning.search.folds import FOLDS
from ontos_tui.platforms.local.model_loading import FORMAT, load_model
from ontos_tui.platforms.local.predictor import LocalPredictor
from ontos_tui.platforms.local.training import Training

ENGINE = f"scikit-learn {sklearn.__version__}"

SECONDS = {
    "extra_trees": 8e-6,
    "random_forest": 1.3e-5,
    "hist_gradient_boosting": 9e-6,
    "logistic": 5e-7,
    "nearest": 3e-7,
    "pls": 3e-7,
}
"""Seconds for each pair and feature that one model learns from: 8,000 pairs of 20 columns and four classes, on 2 quiet
cores, 30 November 2026."""
START, OF_A_FIT = 2.0, 0.1
"""Seconds that a training takes whatever its size (the process, the libraries, the checks), and each model in it: 0.09
s for one of 120 pairs and 5 columns, the mean of three families."""


class LocalTrainer:
    """Trains, tests, keeps and loads models on this machine."""

    def base_models(self) -> tuple[BaseModel, ...]:
        """What can be trained, the recommended one first."""
        return BASE_MODELS

    def estimate(self, pairs: int, features: int, base_model: str) -> Estimate:
        """Seconds from what was measured; there is no cost, as it runs on this machine."""
        check_base_model(base_model)
        best = base_model == BEST
        each = sum(SECONDS.values()) / len(SECONDS) if best else SECONDS[base_model]
        last = max(SECONDS.values()) if best else each  # whichever family is chosen
        few = pairs <= trials.MOST_ROWS  # of more pairs, one fold of a sample is enough to calibrate
        searched = FITS if best else FOLDS if few else 1
        curve = CURVE_FITS if pairs <= MOST_CURVE_ROWS else 0
        # Of five folds, four are learned from; the curve learns from a quarter and half of these.
        learned = 0.8 * searched * min(pairs, trials.MOST_ROWS) + 0.3 * curve * pairs
        fits = searched + curve + 1
        return Estimate(
            seconds=round(START + OF_A_FIT * fits + (each * learned + last * pairs) * features, 1),
            cost=None,
            currency="",
            basis=f"estimate: {START:.0f} s, {OF_A_FIT} s for each of about {fits} models that are fitted to choose "
            f"and to measure, and {each:.0e} s for each pair and feature that one learns from, for one field of the "
            "answer, as measured on 30 November 2026 on 2 cores with 8,000 pairs; it runs on this machine and costs "
            "nothing else",
        )

    def train(self, data: TrainingSet, base_model: str, folder: Path, progress: Progress) -> Trained:
        """Train, test on the held-out rows beside a baseline, and write the model into `folder` (made if missing).

        Raises InvalidInputError for an unknown base model, NotReadyError when the rows cannot teach anything.
        """
        started = time.monotonic()
        check_base_model(base_model)
        if not data.train:
            raise NotReadyError("There are no pairs to learn from.", "Label pairs whose allowed uses include training.")
        training = Training(data, base_model, progress)
        predictor, evaluation = training.run()
        training.report(training.steps - 1, "writing the model")
        return Trained(
            base_model=base_model,
            engine=ENGINE,
            params=training.params,
            features=predictor.features,
            evaluation=evaluation,
            sha256=_write(predictor, base_model, training.params, folder),
            seconds=time.monotonic() - started,
            warnings=tuple(training.warnings),
        )

    def evaluate(self, predictor: Predictor, data: TrainingSet) -> Evaluation:
        """How well a loaded model does on `data.held_out`, beside the best constant answer there."""
        if isinstance(predictor, LocalPredictor):
            return evaluate(predictor.stating_all(), data, predictor.reader)
        return evaluate(predictor, data)

    def load(self, folder: Path, sha256: str) -> Predictor:
        """The model in `folder`, without running code from it. Raises PlatformError when the file was altered."""
        return load_model(folder, sha256)

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


def _write(predictor: LocalPredictor, base_model: str, params: dict[str, Any], folder: Path) -> str:
    """Write the model's files; the sha256 that names them."""
    plain: dict[str, Any] = {
        "format": FORMAT,
        "engine": ENGINE,
        "base_model": base_model,
        "params": params,
        "features": predictor.table.to_json(),
        "heads": [head.to_json() for head in predictor.heads],
        "trust": [one.to_json() for one in predictor.trust.values()],
        "learned": predictor.applicability.to_json(),
    }
    if predictor.reader is not None:
        plain["reader"] = predictor.reader.to_json()
    return model_file.write(folder, plain, [head.estimator for head in predictor.heads])
