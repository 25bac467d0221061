"""Drift of an endpoint: its recent traffic against what its model was trained on, or against an earlier time.

Inputs and predictions have a training reference. Confidence, latency, errors and ratings do not, so they are compared
with the traffic just before the recent time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from ontos_tui.domain.data import Row
from ontos_tui.domain.drift import (
    ALPHA,
    BANDS,
    MINIMUM,
    Bin,
    DriftReport,
    DriftState,
    FeatureDrift,
    Signal,
    judged,
)
from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.improve import Severity
from ontos_tui.domain.record import now as present
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.serving import Endpoint
from ontos_tui.domain.training import ModelVersion
from ontos_tui.services.drift_reading import SEED, Traffic, read_traffic, read_training, values_of
from ontos_tui.services.drift_signals import compare_columns, compare_numbers, compare_shares
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

TRAINING = "training"
RECENT = timedelta(days=1)
"""The recent time unless another one is asked for."""
BEFORE = timedelta(days=7)
"""How far back the traffic goes that recent traffic is compared with; longer when the recent time is."""
KEPT = 100
"""Reports that are kept of an endpoint."""

Window = tuple[datetime, datetime]
REPORTS = table(DriftReport).c


@dataclass(frozen=True)
class _Sides:
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


class DriftService:
    """Compares, keeps what came of it, and shows the last of it. Times are parameters, so nothing has to wait."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def check(
        self,
        endpoint: str,
        *,
        reference: str | Window = TRAINING,
        recent: timedelta | Window = RECENT,
        now: datetime | None = None,
    ) -> DriftReport:
        """Compare, keep the report and return it.

        `reference` is "training" or a span of time; `recent` is a span or how far back from `now` it reaches.
        Raises NotFoundError for an endpoint that there is not, InvalidInputError for a span that ends before it begins.
        """
        now = now or present()
        window = (now - recent, now) if isinstance(recent, timedelta) else recent
        for span in (window, *(() if isinstance(reference, str) else (reference,))):
            _check_window(*span)
        if isinstance(reference, str) and reference != TRAINING:
            raise InvalidInputError(f"{reference!r} is no reference.", 'Say "training", or name a span of time.')
        with self._store.read() as connection:
            sides = _read(connection, endpoint, reference, window)
        report = _report(endpoint, reference, sides, judged(list(_signals(sides))), now, self._actor)
        with self._store.write() as connection:
            rows.add(connection, report)
            _forget_old(connection, endpoint)
        return report

    def last(self, endpoint: str) -> DriftReport | None:
        """The newest report of an endpoint; None when it was never compared."""
        found = self.history(endpoint, 1)
        return found[0] if found else None

    def history(self, endpoint: str, limit: int = 20) -> list[DriftReport]:
        """The reports of an endpoint, newest first."""
        order = (REPORTS.made_at.desc(), REPORTS.id)
        with self._store.read() as connection:
            return rows.find(connection, DriftReport, REPORTS.endpoint == endpoint, order_by=order, limit=limit)

    def picture(self, endpoint: str, feature: str) -> list[Bin]:
        """Both distributions of one signal in the last report, in the same bins.

        Raises NotReadyError before the first comparison, NotFoundError for a signal that it does not have.
        """
        report = self.last(endpoint)
        if report is None:
            raise NotReadyError(f"{endpoint!r} has not been compared yet.", f"Run `ontos drift {endpoint}` first.")
        return find_feature(report, feature).picture


def find_feature(report: DriftReport, name: str) -> FeatureDrift:
    """A signal of a report by its name. Raises NotFoundError naming those that there are."""
    for one in report.features:
        if name in (one.label, f"{one.signal}:{one.name}"):
            return one
    there = ", ".join(one.label for one in report.features) or "none"
    raise NotFoundError(f"The report has no signal {name!r}.", f"There are: {there}.")


def _check_window(since: datetime, until: datetime) -> None:
    if since >= until:
        raise InvalidInputError("The span of time ends before it begins.", "Give its beginning first.")


def _read(connection: Connection, endpoint: str, reference: str | Window, window: Window) -> _Sides:
    there = rows.find_one(connection, Endpoint, table(Endpoint).c.name == endpoint)
    if there is None:
        raise NotFoundError(f"There is no endpoint {endpoint!r}.", "List the endpoints (DEPLOY), or deploy a model.")
    model = rows.get(connection, ModelVersion, there.model_id)
    recent = read_traffic(connection, endpoint, *window)
    if not isinstance(reference, str):
        earlier = read_traffic(connection, endpoint, *reference)
        answers = [output for output in earlier.outputs if output is not None]
        return _Sides(False, model, earlier.inputs, answers, earlier.total, earlier, recent)
    since, until = window
    earlier = read_traffic(connection, endpoint, since - max(BEFORE, until - since), since)
    inputs, answers, total = read_training(connection, model.id)
    return _Sides(True, model, inputs, answers, total, earlier, recent)


def _signals(sides: _Sides) -> Iterator[FeatureDrift]:
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


def _report(
    endpoint: str, reference: str | Window, sides: _Sides, features: Sequence[FeatureDrift], now: datetime, actor: str
) -> DriftReport:
    recent, earlier = sides.recent, sides.earlier
    worst = next((one for one in features if one.drifted and not one.improved), None)
    scores = [one.score for one in features if one.score is not None]
    return DriftReport(
        endpoint=endpoint,
        model_id=sides.model.id,
        made_at=now,
        made_by=actor,
        reference=reference if isinstance(reference, str) else "window",
        reference_since=earlier.since,
        reference_until=earlier.until,
        recent_since=recent.since,
        recent_until=recent.until,
        reference_rows=sides.total,
        recent_rows=recent.total,
        state=_state(features),
        severity=worst.severity if worst is not None else Severity.LOW,
        score=worst.score if worst is not None else max(scores, default=None),
        summary=_summary(sides, features),
        features=list(features),
        notes=_notes(sides),
    )


def _state(features: Sequence[FeatureDrift]) -> DriftState:
    """As far as the signal that came farthest."""
    states = {one.state for one in features}
    return next((one for one in (DriftState.COMPARED, DriftState.NOT_ENOUGH) if one in states), DriftState.NO_DATA)


def _summary(sides: _Sides, features: Sequence[FeatureDrift]) -> str:
    asked = sides.recent.total
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


def _notes(sides: _Sides) -> list[str]:
    bands = ", ".join(f"above {above:g} {severity}" for severity, above in BANDS.items())
    told = [
        f"The score is a Jensen-Shannon distance less chance. Of what drifted: {bands}; else low.",
        f"A signal drifted when its adjusted p-value is below {ALPHA} and its score above {min(BANDS.values()):g}. "
        f"Each side needs {MINIMUM} values.",
    ]
    if sides.trained:
        told.append(
            "Inputs and predictions are compared with the training pairs and their labels; confidence, latency, "
            f"errors and ratings with the traffic since {sides.earlier.since:%Y-%m-%d %H:%M} UTC."
        )
    for traffic in {id(one): one for one in (sides.earlier, sides.recent)}.values():
        if traffic.total > len(traffic.inputs):
            told.append(f"Of {traffic.total:,} requests, {len(traffic.inputs):,} were drawn at random (seed {SEED}).")
    if sides.trained and sides.total > len(sides.inputs):
        told.append(f"Of {sides.total:,} training pairs, {len(sides.inputs):,} were drawn by their random ids.")
    if left := [
        name for name in _names(sides.recent.inputs) if sides.model.features and name not in sides.model.features
    ]:
        told.append(f"Not looked at, since the model does not use it: {', '.join(left[:10])}.")
    return told


def _forget_old(connection: Connection, endpoint: str) -> None:
    newest = select(REPORTS.id).where(REPORTS.endpoint == endpoint).order_by(REPORTS.made_at.desc()).limit(KEPT)
    connection.execute(delete(table(DriftReport)).where(REPORTS.endpoint == endpoint, REPORTS.id.not_in(newest)))
