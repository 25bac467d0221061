"""Ways to learn that are tried by the same folds: fitting, asking and scoring each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ontos_tui.domain.learning import Progress
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.features import FeatureTable, Matrix
from ontos_tui.learning.models.families import FITS
from ontos_tui.learning.models.field_models import FieldModel, fit, threads_for
from ontos_tui.learning.search.folds import FOLDS, Fold, Positions, group_numbers, make_folds, sample_of_groups
from ontos_tui.learning.search.jackknife import blocks
from ontos_tui.learning.search.optimism import WayTables, optimism
from ontos_tui.learning.search.tried import OutOfFold, Tried, Way, errors_needed, tried
from ontos_tui.learning.search.unit_baseline import relative_to_first
from ontos_tui.learning.targets import NUMBER_KINDS

MOST_ROWS = 20_000
"""Rows that a search learns from; of more, whole groups are drawn."""
FEW_ROWS, FEW_GROUPS = 50, 5
"""Rows and groups below which only linear ways are compared with the default: more differences would be chance."""


class Trials:
    """Ways to learn one field, each tried by the same folds. `tried` are those that may be chosen."""

    def __init__(
        self,
        field: AnswerField,
        table: FeatureTable,
        matrix: Matrix,
        targets: Sequence[str | float],
        groups: Sequence[str | None] | None,
        seed: int,
        progress: Progress,
        in_order: bool,
    ) -> None:
        self.field, self.table, self.seed, self.progress = field, table, seed, progress
        self.drawn = sample_of_groups(groups, len(targets), MOST_ROWS, seed)
        self.is_sample = len(self.drawn) < len(targets)
        self.matrix = matrix[self.drawn] if self.is_sample else matrix
        self.targets = [targets[line] for line in self.drawn.tolist()]
        self.groups = None if groups is None else [groups[line] for line in self.drawn.tolist()]
        self.folds: list[Fold] = make_folds(self.targets, self.groups, FOLDS, seed, in_order)
        self.numeric = field.kind in NUMBER_KINDS
        names, codes = np.unique(np.array(self.targets, dtype=object), return_inverse=True)
        self.classes = () if self.numeric else tuple(str(name) for name in names)
        self.truth = np.array(self.targets, dtype=np.float64) if self.numeric else codes
        groups_there = len(set(group_numbers(self.groups, len(self.targets)).tolist()))
        self.grouped = groups_there < len(self.targets)
        self.few = len(self.targets) < FEW_ROWS or groups_there < FEW_GROUPS
        self.fits = 0
        self.most_fits = FITS
        self.tried: list[Tried] = []
        self.relative: Tried | None = None

    def attempt(self, way: Way) -> Tried:
        """Fit a way to learn in every fold, and score what it answers."""
        table = self.table.with_derived(way.derived)
        matrix = table.extended(self.matrix)
        if way.relative:
            places = self.table.number_positions()
            values = self.matrix[:, [places[name] for name in way.relative]]
            units = group_numbers(self.groups, len(self.targets))
            matrix = np.column_stack([matrix, relative_to_first(values, units)])
        answers = []
        for learned, tested in self.folds:
            self.progress.update(self.fits, self.most_fits, f"{self.field.name}: testing {way.base_model}")
            head, _ = fit(
                self.field,
                matrix[learned],
                [self.targets[line] for line in learned.tolist()],
                way.base_model,
                self.seed,
                table.pictures(),
                way.params,
            )
            with threads_for(matrix.size):
                answers.append(self._answers(head, matrix[tested], tested))
            self.fits += 1
        out_of_fold = self._joined(answers)
        measured = self._measured(way, out_of_fold)
        if way.relative:
            self.relative = measured
        else:
            self.tried.append(measured)
        return measured

    def _answers(self, head: FieldModel, matrix: Matrix, tested: Positions) -> OutOfFold:
        if self.numeric:
            return OutOfFold(tested, numbers=np.array([value for value, _ in head.predict(matrix)], dtype=np.float64))
        places = {name: place for place, name in enumerate(self.classes)}
        if self.field.kind is FieldKind.TEXT:
            said = head.predict(matrix)
            return OutOfFold(
                tested,
                answers=np.array([places[str(value)] for value, _ in said], dtype=np.intp),
                confidence=np.array([one or 0.0 for _, one in said], dtype=np.float64),
            )
        lines = np.zeros((len(tested), len(self.classes)))
        lines[:, [places[name] for name in head.classes]] = head.class_probabilities(matrix)
        return OutOfFold(tested, probabilities=lines)

    def _joined(self, parts: Sequence[OutOfFold]) -> OutOfFold:
        if not parts:
            return OutOfFold(np.zeros(0, dtype=np.intp), self.classes)

        def together(name: str) -> Any:
            arrays = [getattr(one, name) for one in parts]
            return None if arrays[0] is None else np.concatenate(arrays)

        return OutOfFold(
            together("rows"),
            self.classes,
            together("probabilities"),
            together("numbers"),
            together("answers"),
            together("confidence"),
        )

    def _measured(self, way: Way, answers: OutOfFold) -> Tried:
        """Scores of a way to learn, and of the same with each block of groups left out."""
        if not len(answers.rows):
            return Tried(way, answers, 0.0, 0.0, 0.0, np.zeros(0), 0)
        units = group_numbers(self.groups, len(self.targets))[answers.rows]
        return tried(way, answers, self.truth[answers.rows], blocks(units, self.seed), len(self.folds))

    def optimism(self, stages: Sequence[int]) -> float:
        """By how much the mean error of the chosen way is too small; `stages` are the ways that competed each time."""
        if len(self.tried) < 2:
            return 0.0
        units = group_numbers(self.groups, len(self.targets))
        tables = []
        for one in self.tried:
            rows, errors = one.out_of_fold.rows, [errors_needed(one.way, other.way) for other in self.tried]
            truth, parts = self.truth[rows], blocks(units[rows], self.seed)
            numbers = one.out_of_fold.numbers
            if numbers is not None:
                tables.append(WayTables.of_numbers(np.abs(truth - numbers), parts, errors))
            else:
                given = one.out_of_fold.class_positions()
                tables.append(WayTables.of_classes(truth.astype(np.intp), given, parts, len(self.classes), errors))
        return optimism(tables, stages, self.seed)
