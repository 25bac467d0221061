"""Evaluations as a training stores them, and models whose evaluation is one of them."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.records.training import (
    Calibration,
    CandidateScore,
    ClassScore,
    Evaluation,
    FieldScore,
    ModelVersion,
)
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

CLASSES = ("none", "scratch", "crack")
WEAK = "Not usable yet: right 24 of 100; always 'none' is right 47 of 100"
"""The verdict on `weak_evaluation`."""


def class_score(correct: int, baseline: int, n: int, **changes: Any) -> FieldScore:
    """A field of classes with `correct` of `n` right, where always "none" is right `baseline` times."""
    share, constant = correct / n, baseline / n
    fields: dict[str, Any] = {
        "field": "defect", "kind": "enum", "metric": "accuracy", "higher_is_better": True,
        "value": share, "baseline": constant, "low": max(0.0, share - 0.08), "high": min(1.0, share + 0.08), "n": n,
        "correct": correct, "baseline_answer": "none", "baseline_correct": baseline,
        "gain_low": share - constant - 0.1, "gain_high": share - constant + 0.1,
    }  # fmt: skip
    return FieldScore.model_validate(fields | changes)


def weak_evaluation() -> Evaluation:
    """A model that is worse than always giving one answer."""
    return Evaluation(scores=[class_score(24, 47, 100)], n=100, held_out_from="at random")


def full_evaluation() -> Evaluation:
    """Everything that can be measured: groups, calibration, confusions, segments, and what was tried."""
    confusion = {"none": {"none": 40, "crack": 7}, "scratch": {"scratch": 29, "none": 1}, "crack": {"crack": 23}}
    score = class_score(
        92,
        47,
        100,
        groups=42,
        group_name="person",
        macro_f1=0.9,
        baseline_macro_f1=0.21,
        classes={name: ClassScore(precision=0.9, recall=0.9, f1=0.9, support=33) for name in CLASSES},
        confusion=confusion,
        calibration=Calibration(error=0.034, n=100, shown=True),
        worst_segments=["line south: right 12 of 20"],
    )
    tried = [
        CandidateScore(
            base_model=name, derived=derived, metric="accuracy", higher_is_better=True, value=value, low=value - 0.05,
            high=value + 0.05, fits=5, chosen=name == "boosting", why="better than the default" if derived else "",
        )
        for name, derived, value in (("trees", [], 0.86), ("boosting", ["a*b"], 0.92), ("linear", [], 0.61))
    ]  # fmt: skip
    return Evaluation(
        scores=[score],
        n=100,
        held_out_from="100 pairs of 42 people",
        method="5-fold cross-validation over 42 people",
        candidates=tried,
        fits=37,
    )


def measured(workspace: Workspace, model: ModelVersion, evaluation: Evaluation) -> ModelVersion:
    """The model as if its training had measured this."""
    with workspace.store.write() as connection:
        return rows.change(connection, model, evaluation=evaluation.model_dump(mode="json"))
