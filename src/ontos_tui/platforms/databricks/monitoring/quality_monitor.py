"""Results of Databricks' own monitoring of a table: drift and profile metrics tables of its data-quality monitor.

The columns are those of tables as they were printed in August 2025. One that a table does not have is missing in what
is read, and reported. A column of numbers has a Kolmogorov-Smirnov test and no Jensen-Shannon distance there, a column
of categories a chi-squared test and one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import TableAddress
from ontos_tui.platforms.databricks.cell_values import utc
from ontos_tui.platforms.databricks.endpoints import payload_table
from ontos_tui.platforms.databricks.workspace_client import Team, explain_sdk_error, quoted

BASELINE = "BASELINE"
_MEASURES = {
    "ks": ("ks_test", "statistic"),
    "ks_p": ("ks_test", "pvalue"),
    "chi": ("chi_squared_test", "statistic"),
    "chi_p": ("chi_squared_test", "pvalue"),
    "js": ("js_distance",),
    "psi": ("population_stability_index",),
    "mean_change": ("avg_delta",),
}
_DRIFT = """
SELECT d.column_name AS name, d.drift_type AS kind, d.granularity AS granularity,
  d.`window`.`start` AS since, d.`window`.`end` AS until,
  d.window_cmp.`start` AS before_since, d.window_cmp.`end` AS before_until, {measures}
FROM {table} AS d
WHERE d.slice_key IS NULL AND d.column_name <> ':table' AND d.`window`.`end` = (
  SELECT max(e.`window`.`end`) FROM {table} AS e WHERE e.slice_key IS NULL AND e.column_name <> ':table'
)
"""
_PROFILE = """
SELECT p.column_name AS name, p.log_type AS kind, p.granularity AS granularity,
  p.`window`.`start` AS since, p.`window`.`end` AS until,
  p.count AS rows, p.num_nulls AS nulls, p.avg AS mean
FROM {table} AS p
WHERE p.slice_key IS NULL AND (
  (p.`window`.`start` = :since AND p.`window`.`end` = :until)
  OR (p.`window`.`start` = :before_since AND p.`window`.`end` = :before_until)
  OR p.log_type = 'BASELINE'
)
"""


@dataclass(frozen=True)
class Profile:
    """A column in a span of time: its values, how many of them are missing, and their mean if they are numbers."""

    rows: int
    nulls: int
    mean: float | None


@dataclass(frozen=True)
class MonitoredColumn:
    """How a column differs between two spans. `score` is the Jensen-Shannon distance, else None."""

    name: str
    test: str
    statistic: float | None
    p_value: float | None
    score: float | None
    psi: float | None
    mean_change: float | None
    before: Profile | None
    recent: Profile | None


@dataclass(frozen=True)
class MonitorComparison:
    """The newest comparison of a monitor; with a baseline table where `baseline`, else with the time before.

    `missing` names measures that the table does not have. Columns of which it has several rows, such as one for each
    model, are `repeated`; the most different one stands for them.
    """

    table: str
    drift_table: str
    granularity: str
    baseline: bool
    since: datetime
    until: datetime
    before_since: datetime | None
    before_until: datetime | None
    prediction: str
    columns: tuple[MonitoredColumn, ...]
    missing: tuple[str, ...]
    repeated: bool


class QualityMonitors:
    """The data-quality monitors of the team's tables."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def newest(self, endpoint: str, table: str = "") -> MonitorComparison | None:
        """The newest comparison of `table` (catalog.schema.table), else of the endpoint's inference table or the
        one derived from it (`…_payload_processed`). None where nothing is monitored, or nothing was compared yet.

        Raises SqlFailedError, AwayError, and PlatformError where the monitor may not be seen.
        """
        payload = payload_table(endpoint)
        place = self._team.place
        own = [f"{place.catalog}.{place.schema}.{name}" for name in (f"{payload}_processed", payload)]
        for name in [table] if table else own:
            comparison = self._of(name)
            if comparison is not None:
                return comparison
        return None

    def _of(self, name: str) -> MonitorComparison | None:
        from databricks.sdk import errors

        client = self._team.client
        try:
            about = client.tables.get(name)
            monitor = client.data_quality.get_monitor("table", str(about.table_id))
        except errors.NotFound:
            return None
        except OSError as error:
            raise explain_sdk_error(error) from error
        config = monitor.data_profiling_config
        if config is None or not config.drift_metrics_table_name:
            return None
        drift = self._read(config.drift_metrics_table_name)
        if drift is None:
            return None
        rows, missing = drift
        log = config.inference_log
        # With a baseline every window is compared with the same data; of several widths the widest has the most rows.
        chosen = min(rows, key=lambda row: (row["kind"] != BASELINE, row["since"]))
        same = ("kind", "since", "granularity")
        rows = [row for row in rows if all(row[one] == chosen[one] for one in same)]
        most: dict[str, dict[str, Any]] = {}
        for row in sorted(rows, key=lambda row: row["js"] or row["psi"] or 0.0):
            most[str(row["name"])] = row
        profiles = self._profiles(config.profile_metrics_table_name, chosen)
        return MonitorComparison(
            table=name,
            drift_table=config.drift_metrics_table_name,
            granularity=str(chosen["granularity"] or ""),
            baseline=chosen["kind"] == BASELINE,
            since=utc(chosen["since"]),
            until=utc(chosen["until"]),
            before_since=_moment(chosen["before_since"]),
            before_until=_moment(chosen["before_until"]),
            prediction=(log.prediction_column or "") if log is not None else "",
            columns=tuple(_columns([most[name] for name in sorted(most)], profiles)),
            missing=missing,
            repeated=len(most) < len(rows),
        )

    def _read(self, table: str) -> tuple[list[dict[str, Any]], tuple[str, ...]] | None:
        """The rows of the newest window, and which measures the table does not have; None while it has no row."""
        try:
            there = {str(column.name) for column in self._team.client.tables.get(table).columns or ()}
        except OSError as error:
            raise explain_sdk_error(error) from error
        missing = {parts[0]: None for parts in _MEASURES.values() if parts[0] not in there}
        rows = self._team.rows(drift_statement(_quoted(table), there))
        return (rows, tuple(missing)) if rows else None

    def _profiles(self, table: str | None, chosen: Mapping[str, Any]) -> Mapping[tuple[bool, str], Profile]:
        """Profiles by whether they are of the recent window, and column."""
        if not table:
            return {}
        times = {name: chosen[name] for name in ("since", "until", "before_since", "before_until")}
        profiles: dict[tuple[bool, str], Profile] = {}
        for row in self._team.rows(profile_statement(_quoted(table)), times):
            recent = row["kind"] != BASELINE and row["since"] == chosen["since"] and row["until"] == chosen["until"]
            before = row["kind"] == BASELINE if chosen["kind"] == BASELINE else row["kind"] != BASELINE
            if row["rows"] is not None and (recent or before):
                mean = None if row["mean"] is None else float(row["mean"])
                profiles[recent, str(row["name"])] = Profile(int(row["rows"]), int(row["nulls"] or 0), mean)
        return profiles


def drift_statement(table: str, columns: Iterable[str]) -> str:
    """The statement over a drift metrics table, whose name is quoted, with those of the measures that it has."""
    there = set(columns)
    measures = ", ".join(
        f"d.{'.'.join(parts)} AS {name}" if parts[0] in there else f"CAST(NULL AS DOUBLE) AS {name}"
        for name, parts in _MEASURES.items()
    )
    return _DRIFT.format(table=table, measures=measures)


def profile_statement(table: str) -> str:
    """The statement over a profile metrics table, whose name is quoted."""
    return _PROFILE.format(table=table)


def _columns(
    rows: Iterable[Mapping[str, Any]], profiles: Mapping[tuple[bool, str], Profile]
) -> Iterable[MonitoredColumn]:
    for row in rows:
        name, numeric = str(row["name"]), row["ks"] is not None
        test, statistic, p = ("Kolmogorov-Smirnov", "ks", "ks_p") if numeric else ("chi-squared", "chi", "chi_p")
        yield MonitoredColumn(
            name=name,
            test=test if row[statistic] is not None else "",
            statistic=_float(row[statistic]),
            p_value=_float(row[p]),
            score=_float(row["js"]),
            psi=_float(row["psi"]),
            mean_change=_float(row["mean_change"]),
            before=profiles.get((False, name)),
            recent=profiles.get((True, name)),
        )


def _quoted(name: str) -> str:
    """A table's name as an API gave it. Raises InvalidInputError."""
    try:
        return ".".join(quoted(part) for part in TableAddress.parse(name))
    except InvalidInputError as error:
        raise InvalidInputError(
            f"The monitor names a table that cannot be read: {name!r}.", "Check the monitor in the workspace."
        ) from error


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _moment(at: datetime | None) -> datetime | None:
    return None if at is None else utc(at)
