"""One model for each field of the answer: what is fitted for it, and how it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.features import Matrix
from ontos_tui.learning.image_ensemble import with_pictures
from ontos_tui.learning.targets import NUMBER_KINDS

TREES = 100
NEIGHBORS = 5
FEW_ROWS = 32
"""Up to so many rows, asking the trees one by one is faster than the forest's own loop (0.3 ms against 4.3 ms)."""
STEPS = 5
"""Steps of the table from distance to confidence."""


@dataclass(frozen=True)
class Steps:
    """How often the nearest example was right at what distance, measured by leaving each example out once."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def at(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share that was right at each of these distances."""
        return np.asarray(self.shares)[np.searchsorted(self.edges, distances, side="left")]

    @classmethod
    def measured(cls, distances: NDArray[np.float64], right: NDArray[np.bool_]) -> Steps:
        """Steps of as many examples each; a greater distance never means a greater share."""
        order = np.argsort(distances, kind="stable")
        groups = np.array_split(order, min(STEPS, max(1, len(order) // 10)))
        shares = np.minimum.accumulate([smoothed(int(right[group].sum()), len(group)) for group in groups])
        edges = [float(distances[group].max()) for group in groups[:-1]]
        return cls(tuple(edges), tuple(shares.tolist()))


def smoothed(hits: int, n: int) -> float:
    """A share from few cases that claims neither never nor always (Laplace's rule of succession)."""
    return (hits + 1) / (n + 2)


@dataclass(frozen=True)
class FieldModel:
    """What was learned for one field. `classes` are the estimator's; with a single one there is no estimator.

    For texts the classes are the distinct texts, `codes` say which one each training pair has, and `steps` turn the
    distance of the nearest pair into a confidence.
    """

    field: AnswerField
    classes: tuple[str, ...] = ()
    estimator: Any = None
    constant: float | None = None
    seen: int = 0
    codes: tuple[int, ...] = ()
    steps: Steps | None = None

    def predict(self, matrix: Matrix) -> list[tuple[str | float, float | None]]:
        """A class name or a number for each line, with the confidence where there is one."""
        if self.estimator is None:
            value = self.classes[0] if self.constant is None else self.constant
            confidence = smoothed(self.seen, self.seen) if self.constant is None else None
            return [(value, confidence)] * len(matrix)
        if self.field.kind in NUMBER_KINDS:
            return [(float(value), None) for value in self._values(matrix)]
        if self.steps is not None:
            distances, lines = self._neighbors(matrix, 1)
            shares = self.steps.at(distances[:, 0])
            return [
                (self.classes[self.codes[line]], float(share)) for line, share in zip(lines[:, 0], shares, strict=True)
            ]
        shares = self._values(matrix)
        best = shares.argmax(axis=1)
        return [(self.classes[code], float(line[code])) for code, line in zip(best, shares, strict=True)]

    def class_probabilities(self, matrix: Matrix) -> NDArray[np.float64]:
        """How probable each of `classes` is for each line; only for a field of classes."""
        if self.estimator is None:
            return np.ones((len(matrix), 1))
        return self._values(matrix)

    def _values(self, matrix: Matrix) -> NDArray[np.float64]:
        trees = getattr(self.estimator, "estimators_", None)
        if trees is not None and len(matrix) <= FEW_ROWS and hasattr(trees[0], "tree_"):
            narrow = matrix.astype(np.float32)
            predicted: NDArray[np.float64] = sum(tree.tree_.predict(narrow) for tree in trees) / len(trees)
            return predicted.ravel() if self.field.kind in NUMBER_KINDS else predicted
        ask = self.estimator.predict if self.field.kind in NUMBER_KINDS else self.estimator.predict_proba
        return np.asarray(ask(matrix), dtype=np.float64)

    def _neighbors(self, matrix: Matrix, count: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        scaled = self.estimator[:-1].transform(matrix)
        distances, positions = self.estimator[-1].kneighbors(scaled, n_neighbors=count)
        return distances, positions

    def to_json(self) -> dict[str, Any]:
        """Everything but the estimator, as plain data."""
        return {
            "field": asdict(self.field),
            "classes": self.classes,
            "constant": self.constant,
            "seen": self.seen,
            "codes": self.codes,
            "steps": self.steps and asdict(self.steps),
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any], estimator: Any) -> FieldModel:
        """Back from plain data. Raises KeyError, TypeError or ValueError where it is none of ours."""
        field = plain["field"]
        steps = plain["steps"]
        return cls(
            field=AnswerField(**{**field, "kind": FieldKind(field["kind"]), "choices": tuple(field["choices"])}),
            classes=tuple(plain["classes"]),
            estimator=estimator,
            constant=plain["constant"],
            seen=plain["seen"],
            codes=tuple(plain["codes"]),
            steps=steps and Steps(tuple(steps["edges"]), tuple(steps["shares"])),
        )


def fit(
    field: AnswerField,
    matrix: Matrix,
    targets: Sequence[str | float],
    base_model: str,
    seed: int,
    pictures: Sequence[slice] = (),
) -> tuple[FieldModel, dict[str, Any]]:
    """Learn one field from the lines of `matrix`; gives the head and what was set when it was fitted.

    `pictures` says which columns hold histograms of pictures: these become a few scores first (see `image_ensemble`).
    """
    if field.kind in NUMBER_KINDS:
        numbers = np.array(targets, dtype=np.float64)
        if len(np.unique(numbers)) == 1:
            return FieldModel(field, constant=float(numbers[0]), seen=len(numbers)), {}
        estimator, params = _regressor(base_model, matrix, seed)
        if pictures:
            estimator, params = with_pictures(estimator, params, numbers, matrix.shape[1], pictures, seed)
        return FieldModel(field, estimator=estimator.fit(matrix, numbers), seen=len(numbers)), params
    classes, codes = np.unique(np.array(targets, dtype=object), return_inverse=True)
    names = tuple(str(name) for name in classes)
    if len(names) == 1:
        return FieldModel(field, classes=names, seen=len(targets)), {}
    if field.kind is FieldKind.TEXT:
        return _nearest_text(field, matrix, names, codes, seed)
    estimator, params = _classifier(base_model, matrix, seed)
    if pictures:
        estimator, params = with_pictures(estimator, params, codes, matrix.shape[1], pictures, seed)
    return FieldModel(field, classes=names, estimator=estimator.fit(matrix, codes), seen=len(targets)), params


def _nearest_text(
    field: AnswerField, matrix: Matrix, names: tuple[str, ...], codes: NDArray[np.intp], seed: int
) -> tuple[FieldModel, dict[str, Any]]:
    finder = NearestNeighbors(algorithm="brute", metric="manhattan", n_jobs=1)
    head = FieldModel(
        field,
        classes=names,
        estimator=make_pipeline(ranker(matrix), finder).fit(matrix),
        seen=len(codes),
        codes=tuple(codes.tolist()),
    )
    drawn = np.random.default_rng(seed).permutation(len(codes))[:1_000]
    distances, positions = head._neighbors(matrix[drawn], 2)  # `fit` has made sure of two different pairs
    # A line is its own nearest neighbor, unless an equal line comes first.
    other = np.where(positions[:, 0] == drawn, 1, 0)
    lines = np.arange(len(drawn))
    right = codes[positions[lines, other]] == codes[drawn]
    steps = Steps.measured(distances[lines, other], right)
    return replace(head, steps=steps), {"neighbors": 1}


def ranker(matrix: Matrix) -> Any:
    """Every column as its rank, from 0 to 1: distances are then the same whatever the unit, and no outlier rules."""
    return QuantileTransformer(n_quantiles=min(256, len(matrix)), subsample=None, random_state=0)


def _neighbor_classifier(count: int) -> Any:
    return KNeighborsClassifier(count, weights="distance", algorithm="brute", metric="manhattan", n_jobs=1)


def _forest_params(matrix: Matrix) -> dict[str, Any]:
    """All features are weighed at every split, as rare faults hang on few of them; with many (texts) a share.

    Measured: F1 of the machine failures among 8,000 rows .73 against .51 with the root of their number.
    """
    rows, width = matrix.shape
    return {
        "n_estimators": TREES,
        "max_features": None if width <= 64 else max(64, int(width**0.5)),
        "min_samples_leaf": max(2, rows // 20_000),
    }


def _classifier(base_model: str, matrix: Matrix, seed: int) -> tuple[Any, dict[str, Any]]:
    if base_model == "extra_trees":
        params = {**_forest_params(matrix), "class_weight": "balanced"}
        return ExtraTreesClassifier(**params, n_jobs=1, random_state=seed), params
    if base_model == "hist_gradient_boosting":
        # Its early stopping would split off a part, which fails for a class with one example.
        params = {"max_iter": 100, "learning_rate": 0.1, "early_stopping": False}
        return HistGradientBoostingClassifier(**params, random_state=seed), params
    if base_model == "logistic":
        params = {"C": 1.0, "max_iter": 1_000}
        return make_pipeline(StandardScaler(), LogisticRegression(**params)), params
    count = min(NEIGHBORS, len(matrix))
    return make_pipeline(ranker(matrix), _neighbor_classifier(count)), {"neighbors": count}


def _regressor(base_model: str, matrix: Matrix, seed: int) -> tuple[Any, dict[str, Any]]:
    if base_model == "extra_trees":
        params = _forest_params(matrix)
        return ExtraTreesRegressor(**params, n_jobs=1, random_state=seed), params
    if base_model == "hist_gradient_boosting":
        params = {"max_iter": 100, "learning_rate": 0.1, "early_stopping": False}
        return HistGradientBoostingRegressor(**params, random_state=seed), params
    if base_model == "logistic":
        return make_pipeline(StandardScaler(), Ridge(alpha=1.0)), {"alpha": 1.0}
    count = min(NEIGHBORS, len(matrix))
    regressor = KNeighborsRegressor(count, weights="distance", algorithm="brute", metric="manhattan", n_jobs=1)
    return make_pipeline(ranker(matrix), regressor), {"neighbors": count}
