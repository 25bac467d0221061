"""Drift over every request of a log, from counts that the warehouse made; no request is read here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ontos_tui.domain.records.monitor.drift import (
    MINIMUM,
    Bin,
    DriftReport,
    DriftSource,
    DriftState,
    FeatureDrift,
    Signal,
    judged,
)
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.learning.drift_statistics import Difference, compare_categories
from ontos_tui.platforms.databricks.monitoring.inference_bins import (
    BEFORE,
    MISSING,
    RECENT,
    Binned,
    BinnedColumn,
)
from ontos_tui.services.monitor.drift.comparison import BANDS_NOTE, RULE_NOTE, state_of, summary_of, verdict
from ontos_tui.services.monitor.drift.signals import compare_shares, format_number

Window = tuple[datetime, datetime]
EARLIER = "earlier"


def aggregate_report(
    endpoint: str, model: ModelVersion, binned: Binned, recent: Window, before: Window, now: datetime, actor: str
) -> DriftReport:
    """The report of comparing the counts of both spans."""
    features = judged(list(_signals(binned)))
    requests = binned.requests.get(RECENT, 0)
    compared = sum(column.rows.get(RECENT, 0) for column in binned.inputs[:1])
    return DriftReport(
        endpoint=endpoint,
        model_id=model.id,
        compared_at=now,
        compared_by=actor,
        source=DriftSource.TEAM,
        reference="window",
        reference_since=before[0],
        reference_until=before[1],
        recent_since=recent[0],
        recent_until=recent[1],
        reference_rows=binned.requests.get(BEFORE, 0),
        recent_rows=requests,
        state=state_of(features),
        summary=summary_of(features, requests),
        features=features,
        notes=[
            f"All {requests:,} requests of the log, with {compared:,} rows, were counted in the warehouse by the "
            "deciles of the time before, or by their words; none was read here.",
            f"The score is a Jensen-Shannon distance of these counts. {BANDS_NOTE}",
            RULE_NOTE,
        ],
        **verdict(features),
    )


def _signals(binned: Binned) -> Iterator[FeatureDrift]:
    for signal, columns in ((Signal.INPUT, binned.inputs), (Signal.PREDICTION, binned.answers)):
        for column in columns:
            yield from _column(column, signal)
    yield from _column(binned.latency, Signal.LATENCY)
    counts = [(binned.errors.get(side, 0), binned.requests.get(side, 0)) for side in (BEFORE, RECENT)]
    yield compare_shares("errors", Signal.ERRORS, counts[0], counts[1], EARLIER)


def _column(column: BinnedColumn, signal: Signal) -> Iterator[FeatureDrift]:
    """The values of a column, and those that are missing."""
    missing = {side: column.counts[side].get(MISSING, 0) for side in (BEFORE, RECENT)}
    sides = [_without_missing(column.counts[side]) for side in (BEFORE, RECENT)]
    amounts = [sum(one.values()) for one in sides]
    if min(amounts) < MINIMUM:
        why = f"not enough data yet ({amounts[0]:,} {EARLIER}, {amounts[1]:,} now, {MINIMUM} needed)"
        state = DriftState.NOT_ENOUGH if all(amounts) else DriftState.NO_DATA
        yield FeatureDrift(
            name=column.name,
            signal=signal,
            state=state,
            reference_count=amounts[0],
            recent_count=amounts[1],
            why=why,
        )
        return
    yield _compared(column, signal, amounts, compare_categories(sides[0], sides[1]))
    if any(missing.values()):
        counts = [(missing[side], column.rows.get(side, 0)) for side in (BEFORE, RECENT)]
        yield compare_shares(column.name, Signal.MISSING, counts[0], counts[1], EARLIER)


def _compared(column: BinnedColumn, signal: Signal, amounts: list[int], difference: Difference) -> FeatureDrift:
    was, now = column.means.get(BEFORE), column.means.get(RECENT)
    if column.is_number and was is not None and now is not None:
        direction = "higher" if now > was else "lower" if now < was else "other"
        means = f"mean {format_number(was)} → {format_number(now)}"
        why = f"{column.name} is {format_number(abs(now - was))} {direction} than {EARLIER} ({means})"
        if direction == "other":
            why = f"{column.name} is distributed differently than {EARLIER} ({means})"
    else:
        direction = "other"
        why = _changed_share(column.name, difference)
    new = () if column.is_number else difference.new_values
    return FeatureDrift(
        name=column.name,
        signal=signal,
        reference_count=amounts[0],
        recent_count=amounts[1],
        test=difference.test,
        statistic=difference.statistic,
        p_value=difference.p_value,
        psi=difference.psi,
        score=difference.score,
        direction=direction,
        why=why,
        new_values=list(new[:10]),
        picture=[Bin(label=label, reference=a, recent=b) for label, a, b in difference.bars],
    )


def _changed_share(name: str, difference: Difference) -> str:
    """The word whose share changed most."""
    words = difference.reference.keys() | difference.recent.keys()
    word = max(sorted(words), key=lambda one: abs(difference.recent.get(one, 0.0) - difference.reference.get(one, 0.0)))
    was, now = difference.reference.get(word, 0.0), difference.recent.get(word, 0.0)
    return f"{word} is {100 * now:.1f} % of {name}, {100 * was:.1f} % {EARLIER}"


def _without_missing(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name != MISSING}
