"""Do intervals of 90 % hold nine of ten numbers of units that nobody had seen? Many rotations on public data.

    python tests/benchmarks/intervals.py [--rotations N] [parkinsons|turbofans|air ...]

In each rotation some units (people, engines, weeks) are drawn. A model of a family that learns fast answers them in
grouped cross-validation, which teaches the intervals (`Conformal`), and then all other units: how many of their numbers
lie within, each unit with the same weight. Beside ours stands the quantile over groups that is enough whatever the data
(Lee, Barber and Willett 2023, level 0.9 (1 + 1 / units)), which is wider than it has to be where rows of one unit say
different things. Ends with an error where ours holds less than 88 % or more than 93 % by more than chance explains.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from truth import SETS, Set

from ontos_tui.learning.encoding.features import describe
from ontos_tui.learning.evaluation.scores import coverage_of
from ontos_tui.learning.models.field_models import fit
from ontos_tui.learning.search.folds import group_numbers, make_folds
from ontos_tui.learning.targets import in_range
from ontos_tui.learning.trust.conformal import NOMINAL, Conformal

NUMBERS = ("parkinsons", "turbofans", "air")
FAMILIES = ("logistic", "nearest")
UNITS = (20, 30, 40)
LEAST_LEFT = 10
LEAST, MOST = 0.88, 0.93
Floats = np.ndarray


class Rows:
    """A set as a matrix."""

    def __init__(self, data: Set) -> None:
        self.field = data.answer
        rows = [one.fields for one in data.examples]
        self.matrix = describe(rows, data.features)[0].encode(rows)
        self.truth = np.array([float(one.answer[data.answer.name]) for one in data.examples])
        self.groups = group_numbers([one.group for one in data.examples], len(rows))
        self.units = int(self.groups.max()) + 1

    def answers(self, learned: Floats, tested: Floats, family: str, seed: int) -> Floats:
        """What a model of some rows says of others."""
        model, _ = fit(self.field, self.matrix[learned], self.truth[learned].tolist(), family, seed)
        return np.array([in_range(self.field, float(one)) for one, _ in model.predict(self.matrix[tested])])

    def rotation(self, units: int, family: str, seed: int) -> tuple[float, float, float]:
        """The shares of the other units' numbers that ours and the other quantile hold, and how much wider that is."""
        drawn = np.isin(self.groups, np.random.default_rng(seed).permutation(self.units)[:units])
        own, others = np.flatnonzero(drawn), np.flatnonzero(~drawn)
        given = np.zeros(len(own))
        names = [str(one) for one in self.groups[own]]
        for learned, tested in make_folds(self.truth[own].tolist(), names, seed=seed):
            given[tested] = self.answers(own[learned], own[tested], family, seed)
        groups = np.unique(self.groups[own], return_inverse=True)[1]
        intervals = Conformal.learned(self.truth[own], given, groups)
        said = self.answers(own, others, family, seed)
        low, high = intervals.bounds(self.field, said)
        reach = enough_for_all(np.abs(self.truth[own] - given), groups)
        ours = coverage_of(self.truth[others], low, high, self.groups[others])
        other = coverage_of(self.truth[others], said - reach, said + reach, self.groups[others])
        assert ours is not None
        assert other is not None
        return ours.covered, other.covered, other.width / ours.width


def enough_for_all(errors: Floats, groups: Floats) -> float:
    """The quantile over groups that holds 90 % whatever the data, when the last group is counted as beyond it."""
    sizes = np.bincount(groups)
    order = np.argsort(errors, kind="stable")
    reached = np.cumsum((1 / (sizes[groups] * len(sizes)))[order])
    level = min(1.0, NOMINAL * (1 + 1 / len(sizes)))
    return float(errors[order[min(len(order) - 1, int(np.searchsorted(reached, level - 1e-12)))]])


def measure(key: str, rotations: int) -> bool:
    """Print the lines of one set; whether ours holds as much as it says."""
    rows = Rows(SETS[key]())
    fair = True
    for family in FAMILIES:
        for units in UNITS:
            if rows.units - units < LEAST_LEFT:
                continue
            results = np.array([rows.rotation(units, family, seed) for seed in range(rotations)])
            ours, other, width = results.mean(axis=0)
            error = results[:, 0].std(ddof=1) / np.sqrt(rotations)
            holds = LEAST - 2 * error <= ours <= MOST + 2 * error
            fair &= bool(holds)
            print(
                f"{key:11} {family:9} {units} units: holds {ours:.3f} ± {error:.3f}{'' if holds else '  OUTSIDE'}; "
                f"enough for all data {other:.3f}, {width:.2f} times as wide; {rotations} rotations",
                flush=True,
            )
    return fair


def main(arguments: Sequence[str] | None = None) -> int:
    """All sets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[[], *NUMBERS], default=[])
    parser.add_argument("--rotations", type=int, default=60)
    given = parser.parse_args(arguments)
    fair = [measure(key, given.rotations) for key in given.sets or NUMBERS]
    return 0 if all(fair) else 1


if __name__ == "__main__":
    raise SystemExit(main())
