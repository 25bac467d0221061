"""`ontos drift`: whether an endpoint's traffic still looks like what its model was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import facts, moment, number, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.records.monitor.drift import DriftState
from ontos_tui.domain.text.dates import read_moment
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.monitor.drift import DriftReport, FeatureDrift

BAR = 24
"""Cells of the longest bar of a picture."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("drift")(drift)


def drift(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="name of the endpoint")],
    since: Annotated[str, typer.Option("--since", help="the recent time: 24h, 7d, a day, or FROM..TO")] = "24h",
    reference: Annotated[
        str, typer.Option("--reference", help="what it is compared with: training, or an earlier time FROM..TO")
    ] = "training",
    feature: Annotated[str | None, typer.Option("--feature", help="show both distributions of this signal")] = None,
    last: Annotated[bool, typer.Option("--last", help="show the last comparison, without a new one")] = False,
    team: Annotated[
        bool,
        typer.Option("--team", help="the team's traffic on Databricks: its quality monitor, or samples of its log"),
    ] = False,
    monitored: Annotated[
        str, typer.Option("--table", help="with --team: the monitored table, catalog.schema.table, if not the log")
    ] = "",
) -> None:
    """Compare recent traffic with the training pairs, or with an earlier time."""
    from ontos_tui.services.monitor.drift.service import find_feature

    if monitored and not team:
        raise typer.BadParameter("--table needs --team.")
    session = Session.of(context)
    service, now = session.workspace.monitor.drift, datetime.now(UTC)
    report: DriftReport | None
    if last:
        session.workspace.deploy.endpoints.endpoint(endpoint)
        report = service.last(endpoint, of_team=team)
        if report is None:
            raise NotReadyError(f"{endpoint!r} has not been compared yet.", f"Compare it: ontos drift {endpoint}")
    elif team:
        report = service.check_team(endpoint, recent=_window(since, now), table=monitored, now=now)
    else:
        report = service.check(
            endpoint,
            reference=reference if reference == "training" else _window(reference, now),
            recent=_window(since, now),
            now=now,
        )
    if feature is None:
        session.show(report, lambda: _report_lines(report))
    else:
        signal = find_feature(report, feature)
        session.show(signal, lambda: _feature_lines(signal, report))


def _window(text: str, now: datetime) -> tuple[datetime, datetime]:
    """FROM..TO as two moments; without TO, up to now."""
    since, _, until = text.partition("..")
    try:
        return read_moment(since, now), read_moment(until or "now", now)
    except ValueError as error:
        raise InvalidInputError(f"{error}.", "Write FROM..TO, or how far back: 24h, 7d.") from error


def _report_lines(report: DriftReport) -> Iterator[str]:
    span = f"{moment(report.recent_since)} – {moment(report.recent_until)}"
    reference = f"{report.reference_rows:,} training pairs"
    if report.reference == "baseline":
        reference = f"the monitor's baseline, {report.reference_rows:,} rows"
    elif report.reference != "training":
        reference = f"{moment(report.reference_since)} – {moment(report.reference_until)}"
        reference += f", {report.reference_rows:,} requests"
    yield from facts(
        [
            ("endpoint", report.endpoint),
            ("recent", f"{span}, {report.recent_rows:,} requests"),
            ("reference", reference),
            ("severity", report.severity.value if report.state is DriftState.COMPARED else "not compared"),
            ("result", report.summary),
        ]
    )
    rows = [
        (
            "!" if one.drifted and not one.improved else "+" if one.drifted else "",
            one.label,
            one.signal,
            one.severity if one.drifted else "",
            None if one.score is None else round(one.score, 3),
            None if one.psi is None else round(one.psi, 3),
            "" if one.p_adjusted is None else f"{one.p_adjusted:.2g}",
        )
        for one in report.features
    ]
    if rows:
        yield ""
        yield from table(("", "signal", "kind", "severity", "score", "PSI", "adjusted p"), rows)
        yield ""
        for one in report.features:
            name = "" if one.test else f"{one.label}: "
            yield safe_line(f"{'!' if one.drifted else ' '} {name}{one.why}")
    yield ""
    yield from (safe_line(note) for note in report.notes)


def _feature_lines(one: FeatureDrift, report: DriftReport) -> Iterator[str]:
    yield safe_line(one.why)
    yield from facts(
        [
            ("signal", f"{one.label} ({one.signal})"),
            ("test", f"{one.test}, statistic {number(one.statistic, 3)}" if one.test else ""),
            ("adjusted p", "" if one.p_adjusted is None else f"{one.p_adjusted:.2g}"),
            ("score", number(one.score, 3)),
            ("PSI", number(one.psi, 3)),
            ("severity", one.severity.value if one.drifted else "no drift"),
            ("new values", ", ".join(safe_line(value, 40) for value in one.new_values)),
        ]
    )
    if one.picture:
        yield ""
        side = "training" if report.reference == "training" else "reference"
        rows = [
            (bar.label, _bar(bar.reference, one.reference_count), bar.reference, _bar(bar.recent, one.recent_count),
             bar.recent)
            for bar in one.picture
        ]  # fmt: skip
        yield from table(("from", side, "n", "recent", "n"), rows)


def _bar(count: int, total: int) -> str:
    return "━" * max(1 if count else 0, round(BAR * count / total)) if total else ""
