"""Drift of an endpoint on Databricks: from its data-quality monitor if the team has one, else from log samples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ontos_tui.domain.errors import AwayError, NotReadyError, PlatformError
from ontos_tui.domain.records.monitor.drift import (
    MINIMUM,
    DriftReport,
    DriftSource,
    DriftState,
    FeatureDrift,
    Signal,
    judged,
)
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.models.registration import as_registered, packed_inputs
from ontos_tui.platforms.databricks.monitoring.inference_bins import Binned, PayloadBins
from ontos_tui.platforms.databricks.monitoring.inference_samples import LONGEST, MOST, PayloadSamples, Sample
from ontos_tui.platforms.databricks.monitoring.quality_monitor import (
    MonitorComparison,
    MonitoredColumn,
    QualityMonitors,
)
from ontos_tui.services.monitor.drift.aggregates import aggregate_report
from ontos_tui.services.monitor.drift.comparison import (
    BANDS_NOTE,
    RULE_NOTE,
    Sides,
    build_report,
    state_of,
    summary_of,
    verdict,
)
from ontos_tui.services.monitor.drift.samples import BEFORE, Traffic
from ontos_tui.services.monitor.drift.signals import compare_shares, format_number

LATENCY = "execution_duration_ms"
Window = tuple[datetime, datetime]


class TeamDrift:
    """Compares the traffic of all users."""

    def __init__(self, monitors: QualityMonitors, samples: PayloadSamples, bins: PayloadBins | None = None) -> None:
        """With `bins`, a log of more requests than are sampled is counted whole in the warehouse."""
        self._monitors = monitors
        self._samples = samples
        self._bins = bins

    def report(
        self, endpoint: str, model: ModelVersion, window: Window, now: datetime, actor: str, table: str = ""
    ) -> DriftReport:
        """The monitor's newest comparison, or one of samples of the window and the time before it.

        Raises NotReadyError when the endpoint has no log, AwayError, PlatformError.
        """
        comparison, remark = self._monitored(endpoint, table)
        if comparison is not None:
            return _monitor_report(endpoint, model, comparison, now, actor)
        since, until = window
        before_that = (since - max(BEFORE, until - since), since)
        if (counted := self._counted(endpoint, model, window, before_that)) is not None:
            report = aggregate_report(endpoint, model, counted, window, before_that, now, actor)
            return report.model_copy(update={"notes": [*report.notes, *filter(None, [remark])]})
        samples = self._samples.samples(endpoint, window, before_that)
        if samples is None:
            raise NotReadyError(
                f"{endpoint} has no inference table in the team's schema, so there is nothing to compare.",
                "Deploy it from here to the workspace to get one (DEPLOY).",
            )
        recent, before = map(_traffic, samples)
        answers = [output for output in before.outputs if output is not None]
        # Fields are compared as they were sent, not as the model's features: a conversation has one, its prompt.
        as_sent = model.model_copy(update={"features": []})
        sides = Sides(False, as_sent, before.inputs, answers, before.total, before, recent)
        report = build_report(endpoint, sides, now, actor, DriftSource.TEAM)
        extra_notes = (
            remark,
            "The requests are those in the endpoint's log on Databricks, from all users; the workspace writes them "
            "within about an hour. Of a conversation, the last user message is compared, up to "
            f"{LONGEST:,} characters.",
        )
        return report.model_copy(update={"notes": [*report.notes, *(one for one in extra_notes if one)]})

    def _counted(self, endpoint: str, model: ModelVersion, recent: Window, before: Window) -> Binned | None:
        """The counts of all requests, where these are more than a sample and a packed model answers."""
        inputs = packed_inputs(as_registered(model))
        if self._bins is None or inputs is None:
            return None
        if (self._bins.requests(endpoint, before[0], recent[1]) or 0) <= MOST:
            return None
        answers = list(model.template_snapshot["output_schema"]["properties"])
        return self._bins.compare(endpoint, recent, before, [one.name for one in inputs], answers)

    def _monitored(self, endpoint: str, table: str) -> tuple[MonitorComparison | None, str]:
        """The monitor's comparison, or a note why there is none. A table that was named must be monitored."""
        try:
            comparison = self._monitors.newest(endpoint, table)
        except AwayError:
            raise
        except PlatformError as error:
            if table:
                raise
            return None, f"The log's monitor could not be read: {error.what}"
        if comparison is None and table:
            raise NotReadyError(
                f"{table} has no data-quality monitor with a comparison yet.",
                "Create one in the workspace (it needs two refreshes), or leave --table out to compare samples.",
            )
        return (
            comparison,
            "" if comparison else "The log has no data-quality monitor, so samples of the log were compared.",
        )


def _traffic(sample: Sample) -> Traffic:
    traffic = Traffic(sample.since, sample.until, sample.total, drawn="by a hash of their ids")
    for one in sample.requests:
        traffic.inputs.extend(one.inputs)
        traffic.outputs.extend(one.outputs)
        traffic.latencies.append(one.latency_ms)
        traffic.failed.append(one.failed)
    traffic.models.extend([""] * len(traffic.outputs))
    traffic.confidences.extend({} for _ in traffic.outputs)
    traffic.ratings.extend(sample.ratings)
    return traffic


def _monitor_report(
    endpoint: str, model: ModelVersion, comparison: MonitorComparison, now: datetime, actor: str
) -> DriftReport:
    features = judged([feature for column in comparison.columns for feature in _features(column, comparison)])
    counts = [
        (one.before.rows if one.before else 0, one.recent.rows if one.recent else 0) for one in comparison.columns
    ]
    requests = max((recent for _, recent in counts), default=0)
    return DriftReport(
        endpoint=endpoint,
        model_id=model.id,
        compared_at=now,
        compared_by=actor,
        source=DriftSource.MONITOR,
        reference="baseline" if comparison.baseline else "window",
        reference_since=comparison.before_since,
        reference_until=comparison.before_until,
        recent_since=comparison.since,
        recent_until=comparison.until,
        reference_rows=max((before for before, _ in counts), default=0),
        recent_rows=requests,
        state=state_of(features),
        summary=summary_of(features, requests)
        if features
        else f"No data yet: {comparison.table}'s monitor measured nothing.",
        features=features,
        notes=list(_notes(comparison)),
        **verdict(features),
    )


def _features(column: MonitoredColumn, comparison: MonitorComparison) -> Iterator[FeatureDrift]:
    """A column, if the monitor measured it, and its share of missing values."""
    before = "in the baseline" if comparison.baseline else "before"
    if column.test or column.score is not None or column.psi is not None:
        yield _difference(column, comparison, before)
    a, b = column.before, column.recent
    if a is not None and b is not None and (a.nulls or b.nulls):
        yield compare_shares(column.name, Signal.MISSING, (a.nulls, a.rows), (b.nulls, b.rows), before)


def _difference(column: MonitoredColumn, comparison: MonitorComparison, before: str) -> FeatureDrift:
    a, b = column.before, column.recent
    counts = (a.rows - a.nulls if a else 0, b.rows - b.nulls if b else 0)
    named = {comparison.prediction: Signal.PREDICTION, LATENCY: Signal.LATENCY}
    feature = FeatureDrift(
        name=column.name,
        signal=named.get(column.name, Signal.INPUT),
        reference_count=counts[0],
        recent_count=counts[1],
    )
    if a is not None and b is not None and min(counts) < MINIMUM:
        reason = f"not enough data yet ({counts[0]:,} {before}, {counts[1]:,} now, {MINIMUM} needed)"
        return feature.model_copy(update={"state": DriftState.NOT_ENOUGH, "why": reason})
    change = column.mean_change or 0.0
    measured = {
        "test": column.test,
        "statistic": column.statistic,
        "p_value": column.p_value,
        "psi": column.psi,
        "score": column.score if column.score is not None else None if column.psi is None else min(1.0, column.psi),
        "direction": "higher" if change > 0 else "lower" if change < 0 else "other",
        "why": _why(column, before),
    }
    return feature.model_copy(update=measured)


def _why(column: MonitoredColumn, before: str) -> str:
    a, b = column.before, column.recent
    if a is not None and b is not None and a.mean is not None and b.mean is not None and a.mean != b.mean:
        direction = "higher" if b.mean > a.mean else "lower"
        means = f"mean {format_number(a.mean)} → {format_number(b.mean)}"
        return f"{column.name} is {format_number(abs(b.mean - a.mean))} {direction} than {before} ({means})"
    if column.mean_change:
        direction = "higher" if column.mean_change > 0 else "lower"
        return f"the mean of {column.name} is {format_number(abs(column.mean_change))} {direction} than {before}"
    if column.score is not None:
        return f"{column.name} is distributed differently than {before} (distance {format_number(column.score)})"
    psi = "" if column.psi is None else f" (PSI {format_number(column.psi)})"
    return f"{column.name} is compared with {before}{psi}"


def _notes(comparison: MonitorComparison) -> Iterator[str]:
    against = "its baseline table"
    if not comparison.baseline:
        span = (comparison.before_since, comparison.before_until)
        against = " – ".join(f"{at:%Y-%m-%d %H:%M}" for at in span if at is not None)
    yield (
        f"Databricks' data-quality monitoring compared {comparison.table} in windows of {comparison.granularity}: "
        f"{comparison.since:%Y-%m-%d %H:%M} – {comparison.until:%Y-%m-%d %H:%M} UTC against {against}. "
        f"The result is read from {comparison.drift_table}, which has no distributions, so there are no charts."
    )
    yield f"The score is the monitor's Jensen-Shannon distance, or its PSI for numbers. {BANDS_NOTE}"
    yield RULE_NOTE
    if comparison.repeated:
        yield "Some columns have several rows in this window, such as one a model: the most different one is shown."
    if comparison.missing:
        yield f"The table does not have: {', '.join(comparison.missing)}."
    if unmeasured := [one.name for one in comparison.columns if not (one.test or one.score or one.psi)]:
        yield f"Not measured by the monitor: {', '.join(unmeasured[:10])}."
