"""One model for each field of the answer: what is fitted for it, and how it predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline

from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.features import Matrix
from ontos_tui.learning.models.boosted_trees import BoostedTrees
from ontos_tui.learning.models.families import MUCH, Shape, make_estimator, ranker
from ontos_tui.learning.models.flat_forest import FEW_ROWS, Forest
from ontos_tui.learning.models.image_ensemble import with_pictures
from ontos_tui.learning.targets import NUMBER_KINDS, class_codes

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

    `columns` are the positions in the matrix that it looks at, none where it looks at all.
    For texts the classes are the distinct texts, `codes` say which one each training pair has, and `steps` turn the
    distance of the nearest pair into a confidence. One that was `loaded` from a file answers again and again, so that
    tables of its trees are worth their making.
    """

    field: AnswerField
    classes: tuple[str, ...] = ()
    estimator: Any = None
    constant: float | None = None
    seen: int = 0
    codes: tuple[int, ...] = ()
    steps: Steps | None = None
    columns: tuple[int, ...] | None = None
    loaded: bool = False

    def predict(self, matrix: Matrix) -> list[tuple[str | float, float | None]]:
        """A class name or a number for each line, with the confidence where there is one."""
        values, stated = self.answers(matrix)
        return list(zip(values, [None] * len(values) if stated is None else stated.tolist(), strict=True))

    def answers(self, matrix: Matrix) -> tuple[list[str | float], NDArray[np.float64] | None]:
        """The same by the column: class names or numbers, and how sure each is; None where nothing is stated."""
        if self.estimator is None:
            value = self.classes[0] if self.constant is None else self.constant
            stated = np.full(len(matrix), smoothed(self.seen, self.seen)) if self.constant is None else None
            return [value] * len(matrix), stated
        if self.field.kind in NUMBER_KINDS:
            return self._values(matrix).tolist(), None
        if self.steps is not None:
            distances, lines = self._neighbors(matrix, 1)
            return [self.classes[self.codes[line]] for line in lines[:, 0].tolist()], self.steps.at(distances[:, 0])
        shares = self._values(matrix)
        return [self.classes[code] for code in shares.argmax(axis=1).tolist()], shares.max(axis=1)

    def class_probabilities(self, matrix: Matrix) -> NDArray[np.float64]:
        """How probable each of `classes` is for each line; only for a field of classes."""
        if self.estimator is None:
            return np.ones((len(matrix), 1))
        return self._values(matrix)

    def _values(self, matrix: Matrix) -> NDArray[np.float64]:
        matrix = self._seen_columns(matrix)
        if self._forest is not None and (self.loaded or len(matrix) <= FEW_ROWS):
            predicted = self._forest.answers(matrix, again=self.loaded)
            return predicted.ravel() if self.field.kind in NUMBER_KINDS else predicted
        if self.loaded and self._boosted is not None and not np.isnan(matrix).any():
            return self._boosted.answers(self.estimator, matrix)
        ask = self.estimator.predict if self.field.kind in NUMBER_KINDS else self.estimator.predict_proba
        return np.asarray(ask(matrix), dtype=np.float64)

    @cached_property
    def _forest(self) -> Forest | None:
        return Forest.of(self.estimator)

    @cached_property
    def _boosted(self) -> BoostedTrees | None:
        return BoostedTrees.of(self.estimator)

    def _seen_columns(self, matrix: Matrix) -> Matrix:
        if self.columns is None or len(self.columns) == matrix.shape[1]:
            return matrix
        return matrix[:, list(self.columns)]

    def _neighbors(self, matrix: Matrix, count: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        scaled = self.estimator[:-1].transform(self._seen_columns(matrix))
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
            "columns": self.columns,
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any], estimator: Any) -> FieldModel:
        """Back from plain data. Raises KeyError, TypeError or ValueError where it is none of ours."""
        field = plain["field"]
        steps = plain["steps"]
        columns = plain.get("columns")  # which earlier releases did not write
        return cls(
            field=AnswerField(**{**field, "kind": FieldKind(field["kind"]), "choices": tuple(field["choices"])}),
            classes=tuple(plain["classes"]),
            estimator=estimator,
            constant=plain["constant"],
            seen=plain["seen"],
            codes=tuple(plain["codes"]),
            steps=steps and Steps(tuple(steps["edges"]), tuple(steps["shares"])),
            columns=columns if columns is None else tuple(int(one) for one in columns),
            loaded=True,
        )


def fit(
    field: AnswerField,
    matrix: Matrix,
    targets: Sequence[str | float],
    base_model: str,
    seed: int,
    pictures: Sequence[slice] = (),
    params: Mapping[str, Any] | None = None,
    columns: Sequence[int] | None = None,
) -> tuple[FieldModel, dict[str, Any]]:
    """Learn one field from the lines of `matrix`; gives the head and what was set when it was fitted.

    `pictures` says which columns hold histograms of pictures: these become a few scores first (see `image_ensemble`).
    `params` replace defaults of the base model; `columns` are the positions that it looks at, all where not given.
    """
    seen = None if columns is None else tuple(columns)
    matrix = matrix if seen is None else matrix[:, list(seen)]
    head, used = _fit(field, matrix, targets, base_model, seed, pictures, params or {})
    return replace(head, columns=seen), used


def _fit(
    field: AnswerField,
    matrix: Matrix,
    targets: Sequence[str | float],
    base_model: str,
    seed: int,
    pictures: Sequence[slice],
    params: Mapping[str, Any],
) -> tuple[FieldModel, dict[str, Any]]:
    if field.kind in NUMBER_KINDS:
        numbers = np.array(targets, dtype=np.float64)
        if (numbers == numbers[0]).all():
            return FieldModel(field, constant=float(numbers[0]), seen=len(numbers)), {}
        estimator, used = fitted(base_model, matrix, numbers, seed, pictures, params)
        return FieldModel(field, estimator=estimator, seen=len(numbers)), used
    classes, codes = class_codes([str(one) for one in targets])
    names = tuple(classes)
    if len(names) == 1:
        return FieldModel(field, classes=names, seen=len(targets)), {}
    if field.kind is FieldKind.TEXT:
        return _nearest_text(field, matrix, names, codes, seed)
    estimator, used = fitted(base_model, matrix, codes, seed, pictures, params)
    return FieldModel(field, classes=names, estimator=estimator, seen=len(targets)), used


def threads_for(values: int) -> AbstractContextManager[object]:
    """Work on a small matrix goes in one thread: boosting's threads wait for each other longer than they work."""
    return nullcontext() if values >= MUCH else _thread_pools().limit(limits=1)


@cache
def _thread_pools() -> Any:
    """The libraries with threads. All are loaded by the first fit; to look for them takes as long as a small one."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


def fitted(
    base_model: str,
    matrix: Matrix,
    targets: NDArray[Any],
    seed: int,
    pictures: Sequence[slice],
    params: Mapping[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """An estimator that has learned `targets`, class numbers or values, and what was set on it.

    It learns on all cores, and answers on one: threads would add the trees' votes in another order each time.
    """
    shape = Shape(len(matrix), matrix.shape[1], classes=targets.dtype.kind == "i")
    estimator, used = make_estimator(base_model, shape, params, seed)
    if pictures:
        estimator, used = with_pictures(estimator, used, targets, matrix.shape[1], pictures, seed)
    with threads_for(matrix.size):
        estimator = estimator.fit(matrix, targets)
    _answer_on_one_core(estimator)
    return estimator, used


def _answer_on_one_core(estimator: Any) -> None:
    parts = [estimator]
    while parts:
        part = parts.pop()
        if hasattr(part, "n_jobs"):
            part.n_jobs = 1
        parts += [step for _, step in getattr(part, "steps", ())]
        if (final := getattr(part, "final_estimator_", None)) is not None:  # of a stack, with what stands before it
            parts += [final, *part.estimators_]


def _nearest_text(
    field: AnswerField, matrix: Matrix, names: tuple[str, ...], codes: NDArray[np.intp], seed: int
) -> tuple[FieldModel, dict[str, Any]]:
    finder = NearestNeighbors(algorithm="brute", metric="manhattan", n_jobs=1)
    head = FieldModel(
        field,
        classes=names,
        estimator=make_pipeline(ranker(len(matrix)), finder).fit(matrix),
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
