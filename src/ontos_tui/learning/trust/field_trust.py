"""What a model may say about its answers to one field, stored with the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ontos_tui.domain.learning import Interval
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.statistics import Floats
from ontos_tui.learning.trust.calibration import Calibrator
from ontos_tui.learning.trust.conformal import Conformal

LEAST_LABELS = 200
"""Labels that a field was learned from, below which no percentage is stated."""
LIKELY_FROM = 0.8
"""Calibrated confidence from which on an answer without a percentage is called likely."""


@dataclass(frozen=True)
class FieldTrust:
    """How the confidence and the intervals of one field are made, and whether it may state percentages (`shown`).

    A field of classes or texts has a calibrator, a field of numbers a conformal interval; neither where there was
    nothing to measure it on.
    """

    field: str
    shown: bool = False
    calibrator: Calibrator | None = None
    conformal: Conformal | None = None

    def confidence(self, field: AnswerField, stated: Floats, values: Sequence[str | float]) -> Floats:
        """The calibrated confidence of answers, from what the model states of them; NaN stays NaN."""
        if self.calibrator is None:
            return stated
        return self.calibrator.confidence(stated, class_names(field, values))

    def reading_confidence(self, stated: float) -> float:
        """The calibrated confidence of what was read out of a document."""
        if self.calibrator is None:
            return stated
        return float(self.calibrator.confidence(np.array([stated]), [""])[0])

    def intervals(self, field: AnswerField, values: Sequence[str | float]) -> list[Interval]:
        """The interval around each predicted number; none where they were not measured."""
        if self.conformal is None:
            return []
        low, high = self.conformal.bounds(field, np.array(values, dtype=np.float64))
        rough = self.conformal.rough
        return [Interval(*bounds, rough) for bounds in zip(low.tolist(), high.tolist(), strict=True)]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "field": self.field,
            "shown": self.shown,
            "calibrator": self.calibrator and self.calibrator.to_json(),
            "conformal": self.conformal and self.conformal.to_json(),
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> FieldTrust:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        calibrator, conformal = plain["calibrator"], plain["conformal"]
        return cls(
            plain["field"],
            bool(plain["shown"]),
            calibrator and Calibrator.from_json(calibrator),
            conformal and Conformal.from_json(conformal),
        )


def class_names(field: AnswerField, values: Sequence[str | float]) -> list[str]:
    """The classes that a calibrator tells apart: those of the field; texts are all of one."""
    return [""] * len(values) if field.kind is FieldKind.TEXT else [str(value) for value in values]


def certainty(confidence: float) -> str:
    """The word that stands for a confidence which may not be stated."""
    return "likely" if confidence >= LIKELY_FROM else "unsure"
