"""Drift of an endpoint on Databricks: what its monitor found where the team has one, else samples of its log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ontos_tui.domain.errors import AwayError, NotReadyError, PlatformError
from ontos_tui.domain.records.drift import MINIMUM, DriftReport, DriftSource, DriftState, FeatureDrift, Signal, judged
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.inference_samples import LONGEST, PayloadSamples, Sample
from ontos_tui.platforms.databricks.quality_monitor import Monitored, MonitoredColumn, QualityMonitors
from ontos_tui.services.monitor.drift.comparison import (
    BANDS_TOLD,
    RULE_TOLD,
    Sides,
    compared,
    state_of,
    summary_of,
    verdict,
)
from ontos_tui.services.monitor.drift.samples import BEFORE, Traffic
from ontos_tui.services.monitor.drift.signals import compare_shares, told_number

LATENCY = "execution_duration_ms"
Window = tuple[datetime, datetime]


class TeamDrift:
    """Compares what everybody asked."""

    def __init__(self, monitors: QualityMonitors, samples: PayloadSamples) -> None:
        self._monitors = monitors
        self._samples = samples

    def report(
        self, endpoint: str, model: ModelVersion, window: Window, now: datetime, actor: str, table: str = ""
    ) -> DriftReport:
        """The monitor's newest comparison, or one of samples of the window and the time before it.

        Raises NotReadyError where the endpoint has no log, AwayError, PlatformError.
        """
        found, remark = self._monitored(endpoint, table)
        if found is not None:
            return _of_monitor(endpoint, model, found, now, actor)
        since, until = window
        samples = self._samples.samples(endpoint, window, (since - max(BEFORE, until - since), since))
        if samples is None:
            raise NotReadyError(
                f"{endpoint} keeps no inference table in the team's schema, so there is nothing to compare.",
                "What is deployed from here to the workspace does (DEPLOY).",
            )
        recent, before = map(_traffic, samples)
        answers = [output for output in before.outputs if output is not None]
        # Fields are taken as they were sent, and not as the model knows them: a conversation has one, its prompt.
        as_asked = model.model_copy(update={"features": []})
        sides = Sides(False, as_asked, before.inputs, answers, before.total, before, recent)
        report = compared(endpoint, sides, now, actor, DriftSource.TEAM)
        told = (
            remark,
            "The requests are those that the endpoint's log on Databricks holds, whoever sent them; the workspace "
            "writes them down within about an hour. A conversation is looked at by the last thing that the user said; "
            f"into what is longer than {LONGEST:,} characters nobody looks.",
        )
        return report.model_copy(update={"notes": [*report.notes, *(one for one in told if one)]})

    def _monitored(self, endpoint: str, table: str) -> tuple[Monitored | None, str]:
        """What a monitor found, or why nobody knows. A table that was named has to be monitored."""
        try:
            found = self._monitors.newest(endpoint, table)
        except AwayError:
            raise
        except PlatformError as error:
            if table:
                raise
            return None, f"Whether the log is monitored could not be read: {error.what}"
        if found is None and table:
            raise NotReadyError(
                f"{table} has no data-quality monitor that compared anything yet.",
                "Make one in the workspace (it needs two refreshes), or name none: samples are compared then.",
            )
        return found, "" if found else "The log has no data-quality monitor, so samples of it were compared."


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


def _of_monitor(endpoint: str, model: ModelVersion, found: Monitored, now: datetime, actor: str) -> DriftReport:
    features = judged([feature for column in found.columns for feature in _features(column, found)])
    counts = [(one.before.rows if one.before else 0, one.recent.rows if one.recent else 0) for one in found.columns]
    asked = max((recent for _, recent in counts), default=0)
    return DriftReport(
        endpoint=endpoint,
        model_id=model.id,
        made_at=now,
        made_by=actor,
        source=DriftSource.MONITOR,
        reference="baseline" if found.baseline else "window",
        reference_since=found.before_since,
        reference_until=found.before_until,
        recent_since=found.since,
        recent_until=found.until,
        reference_rows=max((before for before, _ in counts), default=0),
        recent_rows=asked,
        state=state_of(features),
        summary=summary_of(features, asked) if features else f"No data yet: {found.table}'s monitor measured nothing.",
        features=features,
        notes=list(_notes(found)),
        **verdict(features),
    )


def _features(column: MonitoredColumn, found: Monitored) -> Iterator[FeatureDrift]:
    """A column, if the monitor measured it, and how much of it is missing."""
    before = "in the baseline" if found.baseline else "before"
    if column.test or column.score is not None or column.psi is not None:
        yield _difference(column, found, before)
    a, b = column.before, column.recent
    if a is not None and b is not None and (a.nulls or b.nulls):
        yield compare_shares(column.name, Signal.MISSING, (a.nulls, a.rows), (b.nulls, b.rows), before)


def _difference(column: MonitoredColumn, found: Monitored, before: str) -> FeatureDrift:
    a, b = column.before, column.recent
    counts = (a.rows - a.nulls if a else 0, b.rows - b.nulls if b else 0)
    named = {found.prediction: Signal.PREDICTION, LATENCY: Signal.LATENCY}
    feature = FeatureDrift(
        name=column.name,
        signal=named.get(column.name, Signal.INPUT),
        reference_count=counts[0],
        recent_count=counts[1],
    )
    if a is not None and b is not None and min(counts) < MINIMUM:
        told = f"not enough yet ({counts[0]:,} {before}, {counts[1]:,} now, {MINIMUM} are needed)"
        return feature.model_copy(update={"state": DriftState.NOT_ENOUGH, "why": told})
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
        told = f"mean {told_number(a.mean)} → {told_number(b.mean)}"
        return f"{column.name} runs {told_number(abs(b.mean - a.mean))} {direction} than {before} ({told})"
    if column.mean_change:
        direction = "higher" if column.mean_change > 0 else "lower"
        return f"the mean of {column.name} is {told_number(abs(column.mean_change))} {direction} than {before}"
    if column.score is not None:
        return f"{column.name} is spread otherwise than {before} (Jensen-Shannon distance {told_number(column.score)})"
    psi = "" if column.psi is None else f" (PSI {told_number(column.psi)})"
    return f"{column.name} is compared with {before}{psi}"


def _notes(found: Monitored) -> Iterator[str]:
    against = "its baseline table"
    if not found.baseline:
        span = (found.before_since, found.before_until)
        against = " – ".join(f"{at:%Y-%m-%d %H:%M}" for at in span if at is not None)
    yield (
        f"Databricks' data-quality monitoring compared {found.table} itself, in windows of {found.granularity}: "
        f"{found.since:%Y-%m-%d %H:%M} – {found.until:%Y-%m-%d %H:%M} UTC against {against}. "
        f"This was read from {found.drift_table}, which holds no distributions, so there are no pictures."
    )
    yield f"The score is its Jensen-Shannon distance; for numbers, which have none there, its PSI. {BANDS_TOLD}"
    yield RULE_TOLD
    if found.repeated:
        yield "Some columns have several rows in this window, such as one a model: the most different one is told."
    if found.missing:
        yield f"The table does not have: {', '.join(found.missing)}."
    if unmeasured := [one.name for one in found.columns if not (one.test or one.score or one.psi)]:
        yield f"Not measured by the monitor: {', '.join(unmeasured[:10])}."
