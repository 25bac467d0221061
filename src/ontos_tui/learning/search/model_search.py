"""Which way to learn a field is best, by evidence: every candidate is tested by the same grouped cross-validation.

The one to beat is the way that the present model learns, where there is one, else a default. Another family or setting
replaces it only where it is better by more than one standard error of the paired difference over groups, and derived
columns that it does not have only by more than two. Classes are compared by macro F1, numbers by mean
absolute error. The search is bounded by a number of fits, never by time, so one
seed gives one result on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ontos_tui.domain.learning import Progress
from ontos_tui.domain.records.training import CandidateScore
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.derived import DerivedColumn
from ontos_tui.learning.encoding.features import FeatureTable, Matrix
from ontos_tui.learning.models.families import BEST, FITS, SETTINGS, Params, checked_params
from ontos_tui.learning.search.derived_proposals import PROPOSAL_FITS, propose
from ontos_tui.learning.search.folds import Positions, group_numbers
from ontos_tui.learning.search.jackknife import standard_error
from ontos_tui.learning.search.present import Present
from ontos_tui.learning.search.recommendation import families_to_try
from ontos_tui.learning.search.trials import Trials
from ontos_tui.learning.search.tried import OutOfFold, Tried, Way, is_better
from ontos_tui.learning.search.unit_baseline import advice, can_be_tried, formula, most_telling

MOST_WITH_DERIVED = 2
"""Families that are tried with derived columns."""
TREES = ("extra_trees", "random_forest", "hist_gradient_boosting")
ACCURACY, MEAN_ABSOLUTE_ERROR = "accuracy", "mean absolute error"


@dataclass(frozen=True)
class Search:
    """What a search chose: how to fit the final model, and the out-of-fold answers of exactly this way to learn.

    `params` go to `field_models.fit`, and `derived` to `FeatureTable.with_derived`. `optimism` is by how much the mean
    error (of classes the share of wrong answers) out of fold is too small, for the best of several was chosen by it.
    `advice` is what would help, but cannot be part of the model.
    """

    base_model: str
    params: dict[str, Any]
    derived: tuple[DerivedColumn, ...]
    candidates: tuple[CandidateScore, ...]
    out_of_fold: OutOfFold
    fits: int
    why: str = ""
    optimism: float = 0.0
    advice: str = ""


def search(
    field: AnswerField,
    table: FeatureTable,
    matrix: Matrix,
    targets: Sequence[str | float],
    groups: Sequence[str | None] | None,
    *,
    base_model: str,
    params: Mapping[str, Any],
    seed: int,
    progress: Progress,
    in_order: bool = False,
    unit_name: str = "",
    defaults: Mapping[str, Params] | None = None,
    present: Present | None = None,
) -> Search:
    """Choose how to learn `field` (base model `best`), or measure one family, by out-of-fold answers.

    `matrix` has a line for each of `targets`; with `in_order` the lines are in the order of time. `progress` counts
    fits. Groups that are called `unit_name` are units whose own first rows may be a baseline. `defaults` replace the
    parameters that a family is first tried with. `present` is tried first and is the one to beat. Raises
    InvalidInputError for unknown parameters or values.
    """
    searching = _Searching(field, table, matrix, targets, groups, seed, progress, in_order)
    searching.unit_name, searching.defaults, searching.present = unit_name, defaults or {}, present
    return searching.run(base_model, params)


class _Searching(Trials):
    """One search under way: which ways are tried, and which of them is chosen."""

    unit_name = ""
    defaults: Mapping[str, Params]
    present: Present | None = None
    stages: list[int]
    """After each choice, how many ways competed in it."""
    reserved = 0
    """Fits that are kept for the units' own baselines."""

    def run(self, base_model: str, params: Mapping[str, Any]) -> Search:
        self.stages = []
        given = checked_params(base_model, params)
        if base_model != BEST or self.field.kind is FieldKind.TEXT or len(self.folds) < 2:
            self.present = None  # nothing is compared with it
            way = Way(self._families()[0]) if base_model == BEST else Way(base_model, given)
            if base_model != BEST and self.is_sample:
                self.folds = self.folds[-1:]  # enough answers to calibrate; the score is that of the held-out pairs
            self.most_fits = len(self.folds)
            return self._result(self.attempt(way))
        self.most_fits = int(given.get("fits", FITS))
        derive = bool(given.get("derived", True))
        units = group_numbers(self.groups, len(self.targets))
        numbers = 0 if self.table.pictures() else len(self.table.number_positions())
        if derive and self.unit_name and not self.few and can_be_tried(units, numbers):
            self.reserved = len(self.folds)
        best = self._best(derive=derive)
        if self.reserved and self.fits + self.reserved <= self.most_fits:
            self._try_unit_baseline(best, units)
        return self._result(best)

    def _best(self, *, derive: bool) -> Tried:
        default, *others = self._families()
        if self.few:
            others = [family for family in others if family in ("logistic", "pls")]
        ways = [self._first(family) for family in (default, *others)]
        if self.present is not None:
            ways = [self.present.way, *(way for way in ways if way != self.present.way)]
        best = self.attempt(ways[0])
        for way in ways[1:]:
            if self._affordable(len(self.folds)):
                self.attempt(way)
        best = self._winner(best)
        if derive and not self.few and not self.table.pictures():
            best = self._with_derived(best)
        for setting in () if self.few else SETTINGS[best.way.base_model]:
            if setting != best.way.params and self._affordable(len(self.folds)):
                self.attempt(replace(best.way, params=setting))
        return self._winner(best)

    def _first(self, family: str) -> Way:
        return Way(family, dict(self.defaults.get(family, {})))

    def _families(self) -> tuple[str, ...]:
        """The families to try, the default first.

        On units that nobody has seen a line goes astray less than trees do: there it is for trees to prove better.
        Measured on voices of new people: RMSE 11.2 against 12.9, a difference of less than two standard errors.
        """
        families = families_to_try(self.table, self.matrix, len(self.classes))
        if self.grouped and not self.few and not self.table.pictures():
            return tuple(dict.fromkeys(("logistic", *families)))
        return families

    def _with_derived(self, best: Tried) -> Tried:
        if len(self.table.number_positions()) < 2 or not self._affordable(PROPOSAL_FITS + len(self.folds)):
            return best
        derived = propose(self.table, self.matrix, self.truth, classes=not self.numeric, seed=self.seed)
        self.fits += PROPOSAL_FITS
        if not derived:
            return best
        trees = [one.way.base_model for one in self._ranked() if one.way.base_model in TREES]
        # Its best splits gain most by derived columns: machine failures F1 .88, boosting .86, extra trees .83.
        first = ["random_forest"] if "random_forest" in trees else []
        most = 1 if self.reserved else MOST_WITH_DERIVED
        for family in [*dict.fromkeys([best.way.base_model, *first, *trees])][:most]:
            if self._affordable(len(self.folds)):
                way = best.way if family == best.way.base_model else self._first(family)
                self.attempt(replace(way, derived=derived))
        return self._winner(best)

    def _try_unit_baseline(self, best: Tried, units: Positions) -> None:
        """Measure whether columns relative to each unit's own first rows would help; they are never chosen."""
        places = self.table.number_positions()
        values = self.matrix[:, list(places.values())]
        if names := most_telling(values, units, self.truth.astype(np.float64), list(places)):
            self.attempt(replace(best.way, relative=names))

    def _advice(self, chosen: Tried) -> str:
        better = self.relative
        if better is None or not is_better(better, chosen):
            return ""
        measure = MEAN_ABSOLUTE_ERROR if self.numeric else "macro F1"
        return advice(better, chosen, measure, standard_error(better.criteria - chosen.criteria), self.unit_name)

    def _affordable(self, fits: int) -> bool:
        return self.fits + fits <= self.most_fits - self.reserved

    def _ranked(self) -> list[Tried]:
        return sorted(self.tried, key=lambda one: -one.criterion)

    def _winner(self, default: Tried) -> Tried:
        """The best of those that are better than the default by more than one standard error; else the default."""
        self.stages.append(len(self.tried))
        better = [one for one in self.tried if is_better(one, default)]
        return max(better, key=lambda one: one.criterion, default=default)

    def _result(self, chosen: Tried) -> Search:
        out_of_fold = replace(chosen.out_of_fold, rows=self.drawn[chosen.out_of_fold.rows])
        default = self.tried[0]
        shown = self.tried if self.relative is None else [*self.tried, self.relative]
        candidates = tuple(self._candidate(one, one is chosen, default) for one in shown) if self.folds else ()
        way = chosen.way
        why = self._why(chosen, default)
        flattered = self.optimism(self.stages) if len(self.tried) > 1 else 0.0
        return Search(
            way.base_model,
            dict(way.params),
            way.derived,
            candidates,
            out_of_fold,
            self.fits,
            why,
            flattered,
            self._advice(chosen),
        )

    def _candidate(self, one: Tried, chosen: bool, default: Tried) -> CandidateScore:
        low, high = one.value - 1.96 * one.spread, one.value + 1.96 * one.spread
        return CandidateScore(
            base_model=one.way.base_model,
            params=one.way.params,
            derived=[*(column.name for column in one.way.derived), *map(formula, one.way.relative)],
            metric=MEAN_ABSOLUTE_ERROR if self.numeric else ACCURACY,
            higher_is_better=not self.numeric,
            value=one.value,
            low=max(0.0, low),
            high=high if self.numeric else min(1.0, high),
            fits=one.fits,
            chosen=chosen,
            present=self.present.model if self.present is not None and one is default else "",
            why=self._why(one, default) if chosen else "",
        )

    def _why(self, chosen: Tried, default: Tried) -> str:
        present = self.present is not None
        if chosen is default:
            than = " than the present model" if present else ""
            return f"no other was better{than} by more than one standard error" if len(self.tried) > 1 else ""
        measure = MEAN_ABSOLUTE_ERROR if self.numeric else "macro F1"
        own, its = abs(chosen.criterion), abs(default.criterion)
        error = standard_error(chosen.criteria - default.criteria)
        beaten = f"the present model ({default.way.base_model})" if present else default.way.base_model
        return f"{measure} {own:.3g} against {its:.3g} of {beaten}, standard error {error:.2g}"
