"""What must hold before a model version may answer: each check with its outcome and one line that says why.

The first checks ask what a person has demanded: must-pass cases and floors. The others ask whether something went wrong
on the way to this version: it is no better than a constant answer, it does worse than the version that answers now, or
the labels since then contradict what that version knows, as flipped labels, swapped classes and shifted columns do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.intervals import wilson
from ontos_tui.domain.text.numbers import significant

CASES, FLOORS, VERDICT = "must-pass cases", "floors", "verdict"
REGRESSION, CLASSES = "regression", "classes"
CORRECTIONS, LABELS, COLUMNS = "changed labels", "new labels", "columns"

MOST_CHANGED, LEAST_CHANGED = 0.1, 5
"""Labels that the serving version knew and that say something else now: this share of them, and so many, are a sign."""
CLEARLY, LIKELY = 2.0, 1.64
"""Standard errors of a difference that are a first sign, and a second one, which counts only beside a first."""
CLEARLY_OF_FEW = 2.6
"""The first for fewer than `MANY_UNITS` units, whose standard error is itself uncertain."""
LEAST_UNITS, MANY_UNITS = 8, 30
"""Units (groups, or rows where they are independent) that a difference can be judged from at all, and well."""
SWAPPED_SHARE, SWAPPED_LEAST = 0.35, 4
"""Labels of one class that look like one other class: this share more than usual, and so many."""
MOVED, MOVED_FAR = 0.3, 0.45
"""Kolmogorov-Smirnov distances from which on a column has moved, and from which on that alone needs a person.

A normal column that is shifted by one deviation is at 0.38, by two at 0.68; 60 values of an unchanged one are beyond
0.3 beside 250 once in 4,000 times.
"""
LEAST_VALUES = 30
"""Values on either side that are needed to say that a column has moved."""
NAMED = 3
"""Things of one kind that a line names."""
PLAYGROUND_REASON = "try it out"
"""The reason that the log keeps when a first version that is not usable yet is deployed to be tried."""


class Outcome(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Check:
    """One check: what it is about, its outcome, and why in one line. One that was demanded must also be measured."""

    name: str
    outcome: Outcome
    line: str
    demanded: bool = False

    @property
    def blocks(self) -> bool:
        """Whether a deployment needs a reason because of it."""
        return self.outcome is Outcome.FAILED or (self.demanded and self.outcome is Outcome.NOT_MEASURED)


@dataclass(frozen=True)
class GateReport:
    """All checks of one version before one endpoint. `serving` is the version that answers there now, if any."""

    model: str
    endpoint: str
    serving: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether it may be deployed without a reason."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that stand in the way."""
        return tuple(check for check in self.checks if check.blocks)

    @property
    def only_to_try(self) -> bool:
        """Whether it is a first version whose only fault is that it is not usable yet: it may be tried out."""
        return not self.serving and [check.name for check in self.failed] == [VERDICT]


class GateError(ConflictError):
    """A version did not pass the checks and no reason was given to deploy it all the same."""

    def __init__(self, report: GateReport) -> None:
        lines = "; ".join(f"{check.name}: {check.line}" for check in report.failed)
        super().__init__(
            f"{report.model} does not pass the checks for {report.endpoint}: {lines}.",
            f"To deploy it all the same, give the reason: ontos deploy {report.model.replace(' v', ':')} "
            f'--name {report.endpoint} --despite "REASON"',
        )
        self.report = report


# What people demand ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseResult:
    """A must-pass case and what was wrong with the answer: empty when it was right; `answered` is whether it was."""

    item: str
    wrong: tuple[str, ...] = ()
    answered: bool = True


def check_cases(results: Sequence[CaseResult]) -> Check:
    """Every must-pass case that was asked must be answered as expected."""
    if not results:
        return Check(CASES, Outcome.NOT_MEASURED, "none yet; T in the label desk makes a pair one")
    checked = [one for one in results if one.answered]
    bad = [one for one in checked if one.wrong]
    if bad:
        named = "; ".join(f"{one.item}: {', '.join(one.wrong)}" for one in bad[:NAMED])
        more = f"; {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        return Check(CASES, Outcome.FAILED, f"{len(bad)} of {len(checked)} wrong: {named}{more}")
    if len(checked) < len(results):
        line = f"{len(results) - len(checked)} of {len(results)} could not be asked before the model is deployed"
        return Check(CASES, Outcome.NOT_MEASURED, line)
    return Check(CASES, Outcome.PASSED, f"all {len(results)} answered as expected")


def check_floor(text: str, value: float | None, bound: float, n: int, *, higher_is_better: bool) -> Check:
    """A measured score against its floor, or an error against its most; `n` is how many pairs it was measured on."""
    if value is None:
        return Check(FLOORS, Outcome.NOT_MEASURED, f"{text}: no tested pair says anything about it", demanded=True)
    holds = value >= bound if higher_is_better else value <= bound
    line = f"{text}: {significant(value)} on {n:,} tested {'pair' if n == 1 else 'pairs'}"
    return Check(FLOORS, Outcome.PASSED if holds else Outcome.FAILED, line, demanded=True)


# What a person must know -------------------------------------------------------------------------------------------


def check_verdict(usable: bool, line: str) -> Check:
    """A model must do better than the best constant answer; `line` is the verdict that is shown everywhere."""
    return Check(VERDICT, Outcome.PASSED if usable else Outcome.FAILED, line)


@dataclass(frozen=True)
class Change:
    """A score of the serving version and of the new one on the same pairs; `low` to `high` bound new minus old."""

    what: str
    old: float
    new: float
    low: float
    high: float
    n: int
    higher_is_better: bool = True

    @property
    def is_worse(self) -> bool:
        """Whether the whole interval lies on the bad side of nothing."""
        return self.high < 0 if self.higher_is_better else self.low > 0

    def __str__(self) -> str:
        low, high = (f"{'−' if one < 0 else '+'}{significant(abs(one))}" for one in (self.low, self.high))
        return f"{self.what} {significant(self.old)} → {significant(self.new)} on {self.n:,} pairs ({low} … {high})"


def check_changes(name: str, changes: Sequence[Change], serving: str) -> Check:
    """No score may be clearly worse than that of the serving version on the same pairs."""
    worse = [one for one in changes if one.is_worse]
    if worse:
        named = "; ".join(map(str, worse[:NAMED]))
        return Check(name, Outcome.FAILED, f"worse than {serving}: {named}")
    if not changes:
        line = f"too few pairs that neither it nor {serving} was trained on"
        return Check(name, Outcome.NOT_MEASURED, line)
    if len(changes) == 1:
        return Check(name, Outcome.PASSED, f"not worse than {serving}: {changes[0]}")
    return Check(name, Outcome.PASSED, f"none of {len(changes)} is worse than with {serving}, on the same pairs")


def check_corrections(changed: int, known: int, serving: str) -> Check:
    """Few of the labels that the serving version knew may say something else today."""
    share = changed / known if known else 0.0
    line = f"{changed:,} of the {known:,} labels that {serving} knew say something else now"
    if changed >= LEAST_CHANGED and share >= MOST_CHANGED:
        return Check(CORRECTIONS, Outcome.FAILED, line)
    return Check(CORRECTIONS, Outcome.PASSED, line)


# Signs that something is wrong with the labels or the columns -------------------------------------------------------


@dataclass(frozen=True)
class Mean:
    """A mean with its standard error, of `n` values in so many units (groups, or rows where they are independent)."""

    value: float
    error: float
    n: int
    units: int

    def exceeds(self, other: Mean, deviations: float) -> bool:
        """Whether it lies above the other by more than so many standard errors of their difference."""
        return self.value - other.value > deviations * math.hypot(self.error, other.error)


@dataclass(frozen=True)
class Swap:
    """How many labels of one class look like another one, among the new labels and usually."""

    label: str
    called: str
    hits: int
    n: int
    usual_hits: int
    usual_n: int

    @property
    def is_clear(self) -> bool:
        """Whether it happens so much more often than usual that chance is no explanation."""
        if self.hits < SWAPPED_LEAST:
            return False
        usual = self.usual_hits / self.usual_n if self.usual_n else 0.0
        low, _ = wilson(self.hits, self.n, CLEARLY_OF_FEW)
        _, high = wilson(self.usual_hits, self.usual_n, LIKELY) if self.usual_n else (0.0, 0.5)
        return self.hits / self.n - usual >= SWAPPED_SHARE and low > high


@dataclass(frozen=True)
class Moved:
    """A column in the new pairs against those that the serving version knew: medians, and the distance of both."""

    column: str
    before: float
    after: float
    distance: float

    @property
    def is_clear(self) -> bool:
        """Whether it moved so much that a unit or a sensor may have changed."""
        return self.distance >= MOVED

    @property
    def is_far(self) -> bool:
        """Whether it moved so far that this alone needs a person."""
        return self.distance >= MOVED_FAR

    def __str__(self) -> str:
        return f"{self.column} {significant(self.before)} → {significant(self.after)}"


@dataclass(frozen=True)
class FieldSigns:
    """One field of the new labels: how many surprise, and how many usually do, a tenth by definition.

    `new` and `usual` are judged by models that learned the labels which the serving version knew, `out_of_fold` by
    models that learned today's labels without those that they are asked about.
    """

    field: str
    new: Mean
    usual: Mean
    out_of_fold: Mean | None = None
    swaps: tuple[Swap, ...] = ()

    @property
    def disagrees(self) -> bool:
        """Whether clearly more of the new labels surprise than usual."""
        few = min(self.new.units, self.usual.units) < MANY_UNITS
        return self.new.exceeds(self.usual, CLEARLY_OF_FEW if few else CLEARLY)

    @property
    def is_noise(self) -> bool:
        """Whether the new labels do not confirm each other either."""
        return self.out_of_fold is not None and self.out_of_fold.exceeds(self.usual, LIKELY)


def check_new_labels(fields: Sequence[FieldSigns], moved: Sequence[Moved], serving: str) -> Check:
    """The new labels may contradict those that the serving version knew only where they agree among themselves.

    Only labels count that were not chosen because that version was wrong. A world that has changed can look the same as
    a mistake: a person decides.
    """
    judged = [one for one in fields if min(one.new.units, one.usual.units) >= LEAST_UNITS]
    if not judged:
        few = max((one.new.n for one in fields), default=0)
        line = f"{few:,} since {serving}: too few to judge" if few else f"none since {serving}"
        return Check(LABELS, Outcome.NOT_MEASURED if few else Outcome.PASSED, line)
    for one in judged:
        fault = _fault(one, moved)
        if fault:
            return Check(LABELS, Outcome.FAILED, fault)
    most = max(judged, key=lambda one: one.new.value)
    line = f"{_percent(most.new)} of {most.new.n:,} new labels surprise, usually {_percent(most.usual)}"
    return Check(LABELS, Outcome.PASSED, line)


def _fault(signs: FieldSigns, moved: Sequence[Moved]) -> str:
    """What is wrong with the new labels of one field, in words; empty where nothing is known to be."""
    swap = next((swap for swap in signs.swaps if swap.is_clear), None)
    if swap is not None:
        usual = f"usually {swap.usual_hits} of {swap.usual_n}"
        return f"{swap.hits} of {swap.n} new labels {swap.label!r} look like {swap.called!r}, {usual}: swapped?"
    if not signs.disagrees:
        return ""
    line = f"{signs.field}: {_percent(signs.new)} of the new labels surprise, usually {_percent(signs.usual)}"
    if signs.is_noise:
        return f"{line}; they do not confirm each other: wrong labels?"
    if not moved:
        return ""
    return f"{line}; columns have moved (medians): {', '.join(map(str, moved[:NAMED]))}"


def check_columns(moved: Sequence[Moved], serving: str) -> Check:
    """No column of the new pairs may lie far from where it was when the serving version learned."""
    far = [one for one in moved if one.is_far]
    if far:
        named = ", ".join(map(str, far[:NAMED]))
        line = f"moved since {serving} (medians): {named}: another unit or sensor?"
        return Check(COLUMNS, Outcome.FAILED, line)
    return Check(COLUMNS, Outcome.PASSED, f"none lies far from where it was for {serving}")


def _percent(mean: Mean) -> str:
    return f"{100 * mean.value:.0f} %"
