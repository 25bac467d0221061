"""How similar rows are: numbers by rank, categories alike or not, texts by the words they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ontos_tui.domain.records.data import Row
from ontos_tui.learning.encoding.features import (
    CategoryColumn,
    FeatureColumn,
    Matrix,
    NumericColumn,
    TextColumn,
    describe,
    words_of,
)

MOST_WORDS = 2_000
MOST_LEARNED = 2_000
"""Rows from which the weights of the columns are learned."""
LEAST_LEARNED = 10
EVEN = 0.1
"""The share of the weight that is spread over all columns alike, however little they seem to tell."""

Targets = Sequence[str | float | None]


@dataclass(frozen=True)
class Words:
    """One text column of some rows: which known words each holds, and the weight of all that it holds."""

    held: NDArray[np.float32]
    total: NDArray[np.float32]


@dataclass(frozen=True)
class Points:
    """Rows in a space."""

    plain: Matrix
    texts: tuple[Words, ...]

    def take(self, lines: NDArray[np.intp]) -> Points:
        """Only these rows."""
        return Points(self.plain[lines], tuple(Words(text.held[lines], text.total[lines]) for text in self.texts))


class Space:
    """A distance between rows, with the scale of each column taken from `rows`.

    Each column's part lies between 0 and 1, times its weight; the weights add up to 1, and are learned from what the
    rows' labels say (`targets`, one sequence for each field of the answer) by the importances of a forest.
    """

    def __init__(self, rows: Sequence[Row], names: Sequence[str], targets: Sequence[Targets], seed: int = 0) -> None:
        self.table, self.left_out = describe(rows, names, most_words=MOST_WORDS)
        self._plain = [column for column in self.table.columns if not isinstance(column, TextColumn)]
        self._texts = [column for column in self.table.columns if isinstance(column, TextColumn)]
        self._scales = {
            column.name: np.sort(numbers[~np.isnan(numbers)])
            for column in self._plain
            if isinstance(column, NumericColumn)
            for numbers in [column.numbers([row.get(column.name) for row in rows])]
        }
        self.weights = self._learn(rows, targets, seed)
        self.points = self.place(rows)

    def place(self, rows: Sequence[Row]) -> Points:
        """Where rows lie; a value that is absent or odd is a missing one."""
        blocks = [
            self._coordinates(column, [row.get(column.name) for row in rows]) * self.weights[column.name]
            for column in self._plain
        ]
        texts = tuple(_words(column, [row.get(column.name) for row in rows]) for column in self._texts)
        return Points(np.hstack(blocks) if blocks else np.zeros((len(rows), 0)), texts)

    def distances(self, points: Points) -> Matrix:
        """From each of these points to each row of the space."""
        distances = np.zeros((len(points.plain), len(self.points.plain)))
        if self._plain:
            distances += cdist(points.plain, self.points.plain, "cityblock")
        for column, query, known in zip(self._texts, points.texts, self.points.texts, strict=True):
            shared = (query.held * np.asarray(column.weights, dtype=np.float32)) @ known.held.T
            union = query.total[:, None] + known.total[None, :] - shared
            alike = np.divide(shared, union, out=np.ones_like(union), where=union > 0)
            distances += self.weights[column.name] * (1 - alike)
        return distances

    def from_one(self, one: Row, rows: Sequence[Row]) -> NDArray[np.float64]:
        """How far each of these rows is from one row, without placing texts: fast for very many rows.

        As `distances`, but words that the space does not know are compared too, each as one of its rarest.
        """
        distances = np.zeros(len(rows))
        for column in self._plain:
            values = [row.get(column.name) for row in (one, *rows)]
            if isinstance(column, CategoryColumn):
                codes = column.codes(values)
                distances += self.weights[column.name] * (codes[1:] != codes[0])
            else:
                placed = self._coordinates(column, values)
                distances += self.weights[column.name] * np.abs(placed[1:] - placed[:1]).sum(axis=1)
        for text in self._texts:
            distances += self.weights[text.name] * _unlike(text, one, rows)
        return distances

    def nearest(self, points: Points, count: int) -> tuple[NDArray[np.intp], Matrix]:
        """The rows nearest to each point and how far they are; the nearest first, equally near ones in order."""
        distances = self.distances(points)
        count = min(count, distances.shape[1])
        candidates = np.sort(np.argpartition(distances, count - 1, axis=1)[:, :count], axis=1)
        near = np.take_along_axis(distances, candidates, axis=1)
        order = np.argsort(near, axis=1, kind="stable")
        return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(near, order, axis=1)

    def _coordinates(self, column: FeatureColumn, values: Sequence[object]) -> Matrix:
        if isinstance(column, NumericColumn):
            numbers, scale = column.numbers(values), self._scales[column.name]
            missing = np.isnan(numbers)
            ranks = (
                (np.searchsorted(scale, numbers, "left") + np.searchsorted(scale, numbers, "right")) / 2 / len(scale)
            )
            return np.column_stack([np.where(missing, 0.5, ranks), 0.5 * missing])
        if isinstance(column, CategoryColumn):
            # Two halves make 1 where categories differ; the last place is for those that are not known.
            codes = np.where((codes := column.codes(values)) < 0, column.width, codes)
            return np.where(codes[:, None] == np.arange(column.width + 1), 0.5, 0.0)
        return column.encode(values)

    def _learn(self, rows: Sequence[Row], targets: Sequence[Targets], seed: int) -> dict[str, float]:
        names = self.table.names
        drawn = np.random.default_rng(seed).permutation(len(rows))[:MOST_LEARNED]
        matrix = self.table.encode([rows[line] for line in drawn])
        importances = [_importances(matrix, [one[line] for line in drawn], seed) for one in targets]
        known = [one for one in importances if one is not None]
        if not known:
            return dict.fromkeys(names, 1 / len(names)) if names else {}
        mean = np.mean(known, axis=0)
        return {name: EVEN / len(names) + (1 - EVEN) * float(mean[span].sum()) for name, span in self.table.spans()}


def _unlike(column: TextColumn, one: Row, rows: Sequence[Row]) -> NDArray[np.float64]:
    """The share of the words' weight that a row's text and the one's do not have in common."""
    weights, rarest = dict(zip(column.words, column.weights, strict=True)), max(column.weights)
    query = set(words_of(one.get(column.name)))
    whole = sum(weights.get(word, rarest) for word in query)
    distances = np.zeros(len(rows))
    for line, row in enumerate(rows):
        held = set(words_of(row.get(column.name)))
        shared = sum([weights.get(word, rarest) for word in held & query])
        union = whole + sum([weights.get(word, rarest) for word in held]) - shared
        distances[line] = 1 - shared / union if union else 0.0
    return distances


def _words(column: TextColumn, values: Sequence[object]) -> Words:
    held = np.zeros((len(values), column.width), dtype=np.float32)
    total = np.zeros(len(values), dtype=np.float32)
    rarest = max(column.weights)
    for line, value in enumerate(values):
        for word in set(words_of(value)):
            position = column.positions.get(word)
            if position is not None:
                held[line, position] = 1
            total[line] += rarest if position is None else column.weights[position]
    return Words(held, total)


def _importances(matrix: Matrix, targets: Targets, seed: int) -> NDArray[np.float64] | None:
    """How much each column of the matrix tells about the targets (adding up to 1); None when there is too little."""
    from sklearn.ensemble import ExtraTreesClassifier

    known = [line for line, one in enumerate(targets) if one is not None]
    values = [targets[line] for line in known]
    if len(known) < LEAST_LEARNED or matrix.shape[1] == 0 or len(set(values)) < 2:
        return None
    if isinstance(values[0], float):
        numbers = np.array(values, dtype=np.float64)
        codes = np.searchsorted(np.quantile(numbers, [0.25, 0.5, 0.75]), numbers)
    else:
        codes = np.unique(np.array(values, dtype=object), return_inverse=True)[1]
    if len(np.unique(codes)) in (1, len(codes)):  # texts that are all different tell nothing
        return None
    every = None if matrix.shape[1] <= 64 else "sqrt"
    forest = ExtraTreesClassifier(50, max_features=every, class_weight="balanced", n_jobs=1, random_state=seed)
    importances = np.asarray(forest.fit(matrix[known], codes).feature_importances_, dtype=np.float64)
    return importances if importances.sum() > 0 else None
