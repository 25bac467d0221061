"""Drift: whether what an endpoint sees and answers now is still what it was trained for.

A signal counts as drifted when the difference is neither chance (a test's p-value, adjusted for the number of signals)
nor too small to matter (an effect size). The bands of the effect size are those of the earlier web version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from ontos_tui.domain.parts import Part
from ontos_tui.domain.records.base import Record, new_id, now
from ontos_tui.domain.records.improve import Severity

BANDS: dict[Severity, float] = {Severity.CRITICAL: 0.3, Severity.HIGH: 0.2, Severity.MEDIUM: 0.1}
"""A drifted signal whose score is above this has this severity; everything else is low."""
ALPHA = 0.01
"""Share of false alarms that is accepted over all signals of a quiet endpoint together."""
MINIMUM = 30
"""Values that a signal needs on either side before it is compared."""


@dataclass(frozen=True)
class DriftReadiness:
    """Rows on either side: pairs that the model has learned from, and requests in the last 24 hours."""

    training: int
    recent: int

    @property
    def is_ready(self) -> bool:
        """Whether inputs and answers can be compared."""
        return min(self.training, self.recent) >= MINIMUM

    @property
    def short(self) -> str:
        """How far it is, for a narrow column."""
        count, what = (self.training, "labels") if self.training < MINIMUM else (self.recent, "req.")
        return f"{count:,}/{MINIMUM} {what}"

    def describe(self) -> str:
        """What is missing, and how it comes."""
        if self.training < MINIMUM:
            missing = MINIMUM - self.training
            return (
                f"from {MINIMUM} training pairs on; this version learned from {self.training:,}: "
                f"label {missing:,} more and train again"
            )
        if self.recent < MINIMUM:
            return f"from {MINIMUM} requests within 24 h on; {self.recent:,} so far"
        return "ready: not compared yet"


class Signal(StrEnum):
    """What is looked at."""

    INPUT = "input"
    MISSING = "missing"
    PREDICTION = "prediction"
    CONFIDENCE = "confidence"
    LATENCY = "latency"
    ERRORS = "errors"
    RATING = "rating"


BETTER: dict[Signal, str] = {Signal.LATENCY: "lower", Signal.ERRORS: "lower", Signal.RATING: "higher"}
"""Signals with a good side: a change in this direction is shown, but is not a problem."""


class DriftState(StrEnum):
    """How far a comparison came."""

    NO_DATA = "no_data"
    NOT_ENOUGH = "not_enough"
    COMPARED = "compared"


class DriftSource(StrEnum):
    """Whose record of an endpoint's requests was compared."""

    HERE = "here"
    TEAM = "team"
    """Samples of the log that the endpoint stores on Databricks."""
    MONITOR = "monitor"
    """What the data-quality monitor of that log found."""


class Bin(Part):
    """One bar of a picture: how many values of each side fall there."""

    label: str
    reference: int
    recent: int


class FeatureDrift(Part):
    """One signal on both sides.

    `score` is the Jensen-Shannon distance (base 2; 0 the same, 1 nothing in common) less what chance alone makes of
    samples of this size. `statistic` is that of `test`: Kolmogorov-Smirnov's D for numbers, chi-squared for categories
    and shares, the odds ratio for shares of few (Fisher). `psi` is the population stability index. The p-value is
    adjusted over all signals of the report by Benjamini and Hochberg.
    """

    name: str
    signal: Signal
    state: DriftState = DriftState.COMPARED
    reference_count: int
    recent_count: int
    test: str = ""
    statistic: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    psi: float | None = None
    score: float | None = None
    drifted: bool = False
    severity: Severity = Severity.LOW
    direction: str = Field("", description="higher, lower, wider, narrower or other")
    why: str = Field("", description="the difference in one sentence")
    new_values: list[str] = Field(default_factory=list, description="categories that the reference does not have")
    picture: list[Bin] = Field(default_factory=list)

    @property
    def label(self) -> str:
        """The name that people read: whose what."""
        return f"{self.name} missing" if self.signal is Signal.MISSING else self.name

    @property
    def improved(self) -> bool:
        """Whether it changed for the better."""
        return self.direction != "" and BETTER.get(self.signal) == self.direction


class DriftReport(Record):
    """An endpoint's recent traffic compared with its training or with an earlier time; stored, so never recomputed."""

    TABLE: ClassVar[str] = "drift_reports"
    INDEXES: ClassVar = (("endpoint", "compared_at"),)

    id: str = Field(default_factory=new_id)
    endpoint: str
    model_id: str = Field(description="the model version that the endpoint served")
    compared_at: datetime = Field(default_factory=now)
    compared_by: str = ""
    source: DriftSource = Field(DriftSource.HERE, description="whose record of the requests was compared")
    reference: str = Field(description="training, baseline (of a monitor), or window for an earlier time")
    reference_since: datetime | None = Field(None, description="start of the earlier traffic that was compared with")
    reference_until: datetime | None = None
    recent_since: datetime
    recent_until: datetime
    reference_rows: int = Field(description="training pairs or earlier requests")
    recent_rows: int = Field(description="requests in the recent time")
    state: DriftState
    severity: Severity = Severity.LOW
    score: float | None = Field(None, description="the highest of a drifted signal, else the highest there is; 0 to 1")
    summary: str = Field(description="what was found, in one sentence")
    features: list[FeatureDrift] = Field(default_factory=list, description="the signals, the most drifted first")
    notes: list[str] = Field(default_factory=list, description="what one should know about how it was made")

    @property
    def headline(self) -> str:
        """How many of the compared signals drifted."""
        compared = [one for one in self.features if one.state is DriftState.COMPARED]
        drifted = sum(one.drifted for one in compared)
        return f"{drifted} of {len(compared)} {'signal' if len(compared) == 1 else 'signals'} drifted"

    @property
    def drifted(self) -> list[FeatureDrift]:
        """The signals that drifted, for better or worse."""
        return [one for one in self.features if one.drifted]


def severity_of(score: float) -> Severity:
    """The severity of a drifted signal with this score."""
    return next((severity for severity, above in BANDS.items() if score > above), Severity.LOW)


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number by Benjamini and Hochberg (1995), in the order given."""
    count = len(p_values)
    result = [1.0] * count
    lowest = 1.0
    by_size = sorted(range(count), key=lambda index: p_values[index], reverse=True)
    for place, index in enumerate(by_size):
        lowest = min(lowest, p_values[index] * count / (count - place))
        result[index] = lowest
    return result


def judged(features: Sequence[FeatureDrift]) -> list[FeatureDrift]:
    """The signals with their verdicts, the most drifted first.

    A signal drifted when its adjusted p-value is below `ALPHA` and its score above the lowest of `BANDS`.
    """
    tested = [one for one in features if one.p_value is not None]
    p_adjusted = dict(zip(map(id, tested), adjusted([one.p_value or 0.0 for one in tested]), strict=True))
    verdicts = []
    for one in features:
        p, score = p_adjusted.get(id(one)), one.score or 0.0
        drifted = p is not None and p < ALPHA and score > min(BANDS.values())
        severity = severity_of(score) if drifted and not one.improved else Severity.LOW
        verdicts.append(one.model_copy(update={"p_adjusted": p, "drifted": drifted, "severity": severity}))
    return sorted(verdicts, key=lambda one: (not one.drifted, one.improved, -(one.score or 0.0)))
