"""The learning curve of a model: every version on the same held-out pairs, with their current labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.train.comparison import evaluate_versions, headline, score_of
from ontos_tui.store.engine import Store

MOST_VERSIONS = 12
"""The newest versions that are evaluated; each takes as long as a comparison."""


@dataclass(frozen=True)
class CurvePoint:
    """One version's score. `is_own`: on the pairs that were held out when it was trained, not on the common ones."""

    model: ModelVersion
    score: FieldScore | None
    is_own: bool
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """The versions of a model, the oldest first; `n` common held-out pairs, `basis` describes what was measured."""

    name: str
    field: str
    points: tuple[CurvePoint, ...]
    n: int
    basis: str


def score_range(curve: Curve) -> tuple[float, float]:
    """The range that holds all scores with their intervals: 0 to 1 for shares."""
    scores = [point.score for point in curve.points if point.score is not None]
    if not scores or all(score.higher_is_better for score in scores):
        return 0.0, 1.0
    return 0.0, max(score.high for score in scores)


def bar(score: FieldScore, low: float, high: float, cells: int) -> str:
    """The score as a mark on its interval, drawn from `low` to `high` in so many cells of text."""
    room = high - low or 1.0
    first, at, last = (
        min(cells - 1, max(0, round((value - low) / room * (cells - 1))))
        for value in (score.low, score.value, score.high)
    )
    marks = ["─" if first <= place <= last else " " for place in range(cells)]
    marks[first], marks[last] = "├", "┤"
    marks[at] = "●"
    return "".join(marks)


def curve(store: Store, trainer: Trainer, home: Path, versions: Sequence[ModelVersion]) -> Curve:
    """Every version on the newest one's held-out pairs that none of them was trained on.

    A version that cannot be evaluated (its files are gone, it answers another field) has its own evaluation and the
    reason; so do all versions when they have no pair in common.
    """
    ordered = sorted(versions, key=lambda model: model.version)[-MOST_VERSIONS:]
    newest = ordered[-1]
    field = headline(newest)
    reasons = {model.id: _problem_with(trainer, home, model, newest) for model in ordered}
    able = [model for model in ordered if not reasons[model.id]]
    scores: dict[str, FieldScore] = {}
    n = 0
    try:
        if newest in able:
            trial = evaluate_versions(store, trainer, home, able)
            n = len(trial.examples)
            results = zip(able, trial.evaluations, strict=True)
            scores = {model.id: score_of(evaluation, field) for model, evaluation in results}
    except OntosError as error:
        reasons |= {model.id: error.what for model in able}
    points = [
        CurvePoint(model, scores[model.id], False) if model.id in scores else _own(model, reasons[model.id])
        for model in ordered
    ]
    basis = (
        f"all on the same {n:,} held-out pairs, which no version was trained on, with their current labels"
        if n
        else "each on the pairs that were held out when it was trained, so they cannot be compared exactly"
    )
    return Curve(newest.name, field.name, tuple(points), n, basis)


def _problem_with(trainer: Trainer, home: Path, model: ModelVersion, newest: ModelVersion) -> str:
    """Why a version cannot be evaluated on the newest one's pairs; empty when it can."""
    one, other = headline(model), headline(newest)
    if (one.name, one.kind) != (other.name, other.kind):
        return f"it answers {one.name} ({one.kind})"
    try:
        trainer.load(home / model.artifact, model.sha256)
    except OntosError as error:
        return error.what
    return ""


def _own(model: ModelVersion, reason: str) -> CurvePoint:
    try:
        score = score_of(Evaluation.model_validate(model.evaluation), headline(model))
    except (ValueError, OntosError):  # an imported or very old version may have none
        return CurvePoint(model, None, True, reason or "it has no evaluation")
    return CurvePoint(model, score, True, reason)
