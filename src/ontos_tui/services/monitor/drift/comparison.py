"""Compares two sides of an endpoint's traffic, signal by signal, and builds the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.drift import (
    ALPHA,
    BANDS,
    MINIMUM,
    DriftReport,
    DriftSource,
    DriftState,
    FeatureDrift,
    Signal,
    judged,
)
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.schema import Answer
from ontos_tui.services.monitor.drift.samples import Traffic, values_of
from ontos_tui.services.monitor.drift.signals import compare_columns, compare_numbers, compare_shares


@dataclass(frozen=True)
class Sides:
    """Everything that is compared. `inputs` and `answers` are the reference's: pairs if `trained`, else traffic."""

    trained: bool
    model: ModelVersion
    inputs: list[Row]
    answers: list[Answer]
    total: int
    earlier: Traffic
    recent: Traffic

    @property
    def reference_phrase(self) -> str:
        """The reference of inputs and answers as the end of a sentence: higher than `in training`."""
        return "in training" if self.trained else "earlier"

    @property
    def earlier_phrase(self) -> str:
        """The earlier traffic as the end of a sentence."""
        return "before" if self.trained else "earlier"


BANDS_NOTE = (
    f"Severity by score: {', '.join(f'above {above:g} {severity}' for severity, above in BANDS.items())}; else low."
)
RULE_NOTE = (
    f"A signal drifted when its adjusted p-value is below {ALPHA} and its score above {min(BANDS.values()):g}. "
    f"Each side needs {MINIMUM} values."
)


def _signals(sides: Sides) -> Iterator[FeatureDrift]:
    """Every signal, compared; `judged` decides which of them drifted."""
    recent, earlier = sides.recent, sides.earlier
    if not recent.total and not recent.ratings:
        return
    for name in sides.model.features or _names(sides.inputs):
        columns = (values_of(sides.inputs, name), values_of(recent.inputs, name))
        yield from compare_columns(name, Signal.INPUT, *columns, sides.reference_phrase)
    # Answers of another version cannot be compared with this one's labels; against earlier traffic they can.
    only = sides.model.id if sides.trained else None
    outputs, confidences = recent.answers(only)
    for name in sides.model.template_snapshot["output_schema"]["properties"]:
        columns = (values_of(sides.answers, name), values_of(outputs, name))
        results = compare_columns(name, Signal.PREDICTION, *columns, sides.reference_phrase)
        # People leave out fields that a model always answers, so missing values count only against earlier answers.
        yield from (one for one in results if one.signal is not Signal.MISSING or not sides.trained)
    _, earlier_confidences = earlier.answers(only)
    for name in _names(confidences):
        a, b = (
            [value for value in values_of(side, name) if value is not None]
            for side in (earlier_confidences, confidences)
        )
        yield compare_numbers(f"confidence of {name}", Signal.CONFIDENCE, a, b, sides.earlier_phrase)
    before = sides.earlier_phrase
    yield compare_numbers("latency in ms", Signal.LATENCY, earlier.answered, recent.answered, before)
    counts = [(sum(side.failed), len(side.failed)) for side in (earlier, recent)]
    yield compare_shares("errors", Signal.ERRORS, counts[0], counts[1], before)
    yield compare_numbers("rating", Signal.RATING, earlier.ratings, recent.ratings, before)


def _names(values: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for value in values for name in value))


def build_report(endpoint: str, sides: Sides, now: datetime, actor: str, source: DriftSource) -> DriftReport:
    """The report of comparing both sides."""
    features = judged(list(_signals(sides)))
    recent, earlier = sides.recent, sides.earlier
    return DriftReport(
        endpoint=endpoint,
        model_id=sides.model.id,
        compared_at=now,
        compared_by=actor,
        source=source,
        reference="training" if sides.trained else "window",
        reference_since=earlier.since,
        reference_until=earlier.until,
        recent_since=recent.since,
        recent_until=recent.until,
        reference_rows=sides.total,
        recent_rows=recent.total,
        state=state_of(features),
        summary=summary_of(features, recent.total),
        features=features,
        notes=_notes(sides),
        **verdict(features),
    )


def verdict(features: Sequence[FeatureDrift]) -> dict[str, Any]:
    """The severity and the score of the features, as a report has them."""
    worst = next((one for one in features if one.drifted and not one.improved), None)
    scores = [one.score for one in features if one.score is not None]
    return {
        "severity": worst.severity if worst is not None else Severity.LOW,
        "score": worst.score if worst is not None else max(scores, default=None),
    }


def state_of(features: Sequence[FeatureDrift]) -> DriftState:
    """The state of the report: that of its best signal."""
    states = {one.state for one in features}
    return next((one for one in (DriftState.COMPARED, DriftState.NOT_ENOUGH) if one in states), DriftState.NO_DATA)


def summary_of(features: Sequence[FeatureDrift], requests: int) -> str:
    """The result over `requests` requests in one sentence."""
    if not features:
        return "No data yet: this endpoint had no requests in the recent time."
    measured = [one for one in features if one.state is DriftState.COMPARED]
    if not measured:
        few = max(features, key=lambda one: min(one.reference_count, one.recent_count))
        what = "Not enough" if few.state is DriftState.NOT_ENOUGH else "Nothing to compare with"
        return f"{what} yet: {few.label} has {few.why.partition('(')[2].rstrip(')')}."
    drifted = [one for one in measured if one.drifted]
    if not drifted:
        return f"No drift in {_count(len(measured), 'signal')} over {_count(requests, 'request')}."
    return f"{len(drifted)} of {_count(len(measured), 'signal')} drifted; the strongest: {drifted[0].why}."


def _count(amount: int, noun: str) -> str:
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def _notes(sides: Sides) -> list[str]:
    notes = [f"The score is a Jensen-Shannon distance less chance. {BANDS_NOTE}", RULE_NOTE]
    if sides.trained:
        notes.append(
            "Inputs and predictions are compared with the training pairs and their labels; confidence, latency, "
            f"errors and ratings with the traffic since {sides.earlier.since:%Y-%m-%d %H:%M} UTC."
        )
    for traffic in {id(one): one for one in (sides.earlier, sides.recent)}.values():
        if traffic.total > traffic.read:
            notes.append(f"Of {traffic.total:,} requests, {traffic.read:,} were sampled {traffic.drawn}.")
    if sides.trained and sides.total > len(sides.inputs):
        notes.append(f"Of {sides.total:,} training pairs, {len(sides.inputs):,} were sampled by their random ids.")
    if left := [
        name for name in _names(sides.recent.inputs) if sides.model.features and name not in sides.model.features
    ]:
        notes.append(f"Not compared, because the model does not use it: {', '.join(left[:10])}.")
    return notes
