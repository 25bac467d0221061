"""Two sides of an endpoint's traffic compared, signal by signal, and what came of it as a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.drift import (
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
from ontos_tui.domain.records.improve import Severity
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
    def told(self) -> str:
        """What the reference of inputs and answers is, as the end of a sentence: higher than `in training`."""
        return "in training" if self.trained else "earlier"

    @property
    def told_earlier(self) -> str:
        """What the earlier traffic is, as the end of a sentence."""
        return "before" if self.trained else "earlier"


BANDS_TOLD = (
    f"Of what drifted: {', '.join(f'above {above:g} {severity}' for severity, above in BANDS.items())}; else low."
)
RULE_TOLD = (
    f"A signal drifted when its adjusted p-value is below {ALPHA} and its score above {min(BANDS.values()):g}. "
    f"Each side needs {MINIMUM} values."
)


def _signals(sides: Sides) -> Iterator[FeatureDrift]:
    """Every signal, compared but not judged."""
    recent, earlier = sides.recent, sides.earlier
    if not recent.total and not recent.ratings:
        return
    for name in sides.model.features or _names(sides.inputs):
        columns = (values_of(sides.inputs, name), values_of(recent.inputs, name))
        yield from compare_columns(name, Signal.INPUT, *columns, sides.told)
    # What another version answered says nothing about this one's labels; against a time it is part of the change.
    only = sides.model.id if sides.trained else None
    outputs, confidences = recent.answers(only)
    for name in sides.model.template_snapshot["output_schema"]["properties"]:
        columns = (values_of(sides.answers, name), values_of(outputs, name))
        found = compare_columns(name, Signal.PREDICTION, *columns, sides.told)
        # People leave out what a model always answers, so that only against answers a gap says something.
        yield from (one for one in found if one.signal is not Signal.MISSING or not sides.trained)
    _, sure = earlier.answers(only)
    for name in _names(confidences):
        a, b = ([value for value in values_of(side, name) if value is not None] for side in (sure, confidences))
        yield compare_numbers(f"confidence of {name}", Signal.CONFIDENCE, a, b, sides.told_earlier)
    told = sides.told_earlier
    yield compare_numbers("latency in ms", Signal.LATENCY, earlier.answered, recent.answered, told)
    counts = [(sum(side.failed), len(side.failed)) for side in (earlier, recent)]
    yield compare_shares("errors", Signal.ERRORS, counts[0], counts[1], told)
    yield compare_numbers("rating", Signal.RATING, earlier.ratings, recent.ratings, told)


def _names(values: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for value in values for name in value))


def compared(endpoint: str, sides: Sides, now: datetime, actor: str, source: DriftSource) -> DriftReport:
    """The report of comparing both sides."""
    features = judged(list(_signals(sides)))
    recent, earlier = sides.recent, sides.earlier
    return DriftReport(
        endpoint=endpoint,
        model_id=sides.model.id,
        made_at=now,
        made_by=actor,
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
    """The severity and the score of judged features, as a report has them."""
    worst = next((one for one in features if one.drifted and not one.improved), None)
    scores = [one.score for one in features if one.score is not None]
    return {
        "severity": worst.severity if worst is not None else Severity.LOW,
        "score": worst.score if worst is not None else max(scores, default=None),
    }


def state_of(features: Sequence[FeatureDrift]) -> DriftState:
    """As far as the signal that came farthest."""
    states = {one.state for one in features}
    return next((one for one in (DriftState.COMPARED, DriftState.NOT_ENOUGH) if one in states), DriftState.NO_DATA)


def summary_of(features: Sequence[FeatureDrift], asked: int) -> str:
    """What was found in `asked` requests, in one sentence."""
    if not features:
        return "No data yet: nobody has asked this endpoint in the recent time."
    compared = [one for one in features if one.state is DriftState.COMPARED]
    if not compared:
        few = max(features, key=lambda one: min(one.reference_count, one.recent_count))
        what = "Not enough" if few.state is DriftState.NOT_ENOUGH else "Nothing to compare with"
        return f"{what} yet: {few.label} has {few.why.partition('(')[2].rstrip(')')}."
    drifted = [one for one in compared if one.drifted]
    if not drifted:
        return f"No drift in {_count(len(compared), 'signal')} over {_count(asked, 'request')}."
    return f"{len(drifted)} of {_count(len(compared), 'signal')} drifted; most of all, {drifted[0].why}."


def _count(amount: int, noun: str) -> str:
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def _notes(sides: Sides) -> list[str]:
    told = [f"The score is a Jensen-Shannon distance less chance. {BANDS_TOLD}", RULE_TOLD]
    if sides.trained:
        told.append(
            "Inputs and predictions are compared with the training pairs and their labels; confidence, latency, "
            f"errors and ratings with the traffic since {sides.earlier.since:%Y-%m-%d %H:%M} UTC."
        )
    for traffic in {id(one): one for one in (sides.earlier, sides.recent)}.values():
        if traffic.total > traffic.read:
            told.append(f"Of {traffic.total:,} requests, {traffic.read:,} were drawn {traffic.drawn}.")
    if sides.trained and sides.total > len(sides.inputs):
        told.append(f"Of {sides.total:,} training pairs, {len(sides.inputs):,} were drawn by their random ids.")
    if left := [
        name for name in _names(sides.recent.inputs) if sides.model.features and name not in sides.model.features
    ]:
        told.append(f"Not looked at, since the model does not use it: {', '.join(left[:10])}.")
    return told
