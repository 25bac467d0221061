"""How well a model does on pairs that it had not seen: what a training measures and stores with the model."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ontos_tui.domain.parts import Part
from ontos_tui.domain.schema import FieldKind


class ClassScore(Part):
    """How well one class of a field is recognized on the held-out pairs."""

    precision: float
    recall: float
    f1: float
    support: int


class Calibration(Part):
    """How far stated confidence and truth lie apart, on answers to pairs that the model had not seen."""

    error: float = Field(description="expected calibration error, from 0 to 1, over ten bins of as many answers each")
    n: int = Field(description="answers that it was measured on")
    shown: bool = Field(description="whether the model may state percentages")


class IntervalCoverage(Part):
    """How often the 90 % interval of a number held the true value, on pairs that the model had not seen."""

    nominal: float
    covered: float
    width: float = Field(description="mean width of the intervals, in the unit of the field")
    groups: int
    rough: bool = Field(description="whether there were too few groups to measure it well")


class FieldScore(Part):
    """How well one field of the answer is predicted on pairs that the model had not seen.

    `metric` is accuracy for classes, mean absolute error for numbers and exact match for texts. `baseline` is the same
    metric for the best constant answer on the very same pairs, `baseline_answer`. `low` and `high` bound `value` with
    95 % confidence; where the pairs have groups, the interval is over groups and `groups` says how many there are.
    """

    field: str
    kind: FieldKind
    metric: str
    higher_is_better: bool
    value: float
    baseline: float
    low: float
    high: float
    n: int
    correct: int | None = Field(None, description="right answers among `n`, where answers are right or wrong")
    baseline_answer: str = Field("", description="the constant answer of the baseline, as a person reads it")
    baseline_correct: int | None = None
    unit: str = Field("", description="of a number, where the file of its column names one")
    gain_low: float | None = Field(
        None, description="95 % interval of how much better than the baseline it is, in the metric; positive is better"
    )
    gain_high: float | None = None
    groups: int | None = Field(None, description="groups that the interval is over; none where rows are independent")
    group_name: str = ""
    rough: bool = Field(False, description="whether there are too few groups or pairs to trust the interval")
    selection: float = Field(
        0.0, description="what was taken off for choosing the best of several ways on these pairs, in the metric"
    )
    macro_f1: float | None = None
    baseline_macro_f1: float | None = None
    classes: dict[str, ClassScore] = Field(default_factory=dict)
    confusion: dict[str, dict[str, int]] = Field(
        default_factory=dict, description="true class to predicted class to number of pairs"
    )
    calibration: Calibration | None = None
    coverage: IntervalCoverage | None = None
    worst_segments: list[str] = Field(default_factory=list, description="where it does worst, in words")


class CandidateScore(Part):
    """One way to learn that was tried, by the same folds as the others."""

    base_model: str
    params: dict[str, Any] = Field(default_factory=dict)
    derived: list[str] = Field(default_factory=list, description="derived columns that it learned from as well")
    metric: str
    higher_is_better: bool
    value: float
    low: float
    high: float
    fits: int
    chosen: bool = False
    present: str = Field("", description="the model that learned like this until now, which was the one to beat")
    why: str = ""


class LearningCurvePoint(Part):
    """The score of the same way to learn from fewer labels."""

    labels: int
    value: float
    low: float
    high: float


class Evaluation(Part):
    """How well a model does on pairs that it had not seen, field by field; the first field is the headline."""

    scores: list[FieldScore]
    n: int
    held_out_from: str = Field(description="where the tested pairs come from, in words")
    method: str = Field("", description="how it was measured, in words: 5-fold cross-validation over 42 units")
    notes: list[str] = Field(default_factory=list)
    candidates: list[CandidateScore] = Field(default_factory=list, description="the ways to learn that were tried")
    fits: int = Field(0, description="models that were fitted to choose and to measure")
    curve: list[LearningCurvePoint] = Field(default_factory=list, description="the headline field by number of labels")

    def headline(self) -> FieldScore:
        """The score that one line shows."""
        return self.scores[0]
