"""Which base model is recommended for some data, and why, before anything was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.models.families import BEST, DEFAULT_FAMILY

if TYPE_CHECKING:
    from ontos_tui.learning.encoding.features import FeatureTable, Matrix

SPECTRUM = 30
"""Number columns from which they may be one spectrum."""
ALIKE = 0.95
"""Mean correlation of neighboring columns from which they are one spectrum."""
MOST_CLASSES = 30
"""Classes up to which boosting is compared."""
MOST_ROWS = 1_000
"""Rows that are looked at to see whether columns hang together."""


@dataclass(frozen=True)
class Recommendation:
    """The key of a base model, and why it is recommended, in one line."""

    key: str
    reason: str


def recommend(
    fields: Sequence[AnswerField],
    column_kinds: Mapping[str, str],
    use_case: str = "",
    pictures: Sequence[str] = (),
) -> Recommendation:
    """What to train for these answer fields from these columns.

    `column_kinds` maps the name of each feature to `number`, `boolean`, `category`, `text`, `series` or `picture`.
    """
    kinds = list(column_kinds.values())
    numbers = kinds.count("number")
    if pictures or "picture" in kinds:
        return Recommendation(
            "extra_trees", "pictures are turned into a few scores first, and trees join these with the other columns"
        )
    if fields and all(field.kind in (FieldKind.TEXT, FieldKind.SPANS) for field in fields):
        return Recommendation("nearest", "texts are read out of the document, or copied from the nearest labeled pair")
    if "text" in kinds and kinds.count("text") * 2 >= len(kinds):
        return Recommendation(BEST, "texts become hundreds of word columns, where linear is often best: it is compared")
    if "series" in kinds:
        return Recommendation(BEST, "values of a series hang together: trees, linear and partial least squares compete")
    if numbers >= SPECTRUM:
        return Recommendation(
            BEST, f"{numbers} number columns: if they are one spectrum, partial least squares or linear are often best"
        )
    return Recommendation(BEST, "which family is best differs from table to table, so it is measured on yours")


def families_to_try(table: FeatureTable, matrix: Matrix, classes: int = 0) -> tuple[str, ...]:
    """The families that a search compares on this matrix for a field of so many classes (0 for numbers), default first.

    Measured in November 2026: random forests were the best of classes where a fault begins at a certain value, never of
    numbers, where they also take longest. Boosting grows a tree for each class in each round.
    """
    if table.pictures():
        return (DEFAULT_FAMILY, "logistic")
    plain = ("logistic", "nearest")
    if is_spectrum(table, matrix):
        return (DEFAULT_FAMILY, "pls", *plain)
    boosting = ("hist_gradient_boosting",) if classes <= MOST_CLASSES else ()
    return (DEFAULT_FAMILY, *boosting, *(("random_forest",) if classes else ()), *plain)


def is_spectrum(table: FeatureTable, matrix: Matrix) -> bool:
    """Whether there are many number columns whose neighbors hang together, as in a spectrum or a series."""
    places = list(table.number_positions().values())
    if len(places) < SPECTRUM or len(matrix) < 3:
        return False
    values = matrix[:MOST_ROWS, places]
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    neighbors = np.abs((scaled[:, 1:] * scaled[:, :-1]).mean(axis=0))
    return bool(neighbors.mean() >= ALIKE)
