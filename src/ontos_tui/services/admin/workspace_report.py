"""`ontos doctor --databricks`: what a team verifies once on its real workspace, as a report to keep.

Each thing that sharing and serving build on is tried by the program's own statements, in a table of its own that is
dropped at the end. What fails says what it is needed for; a step that needs a failed one is left out.
"""

from __future__ import annotations

import json
import platform
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from ontos_tui import __version__
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.base import now
from ontos_tui.platforms.databricks.team.log_files import VOLUME, LogFiles
from ontos_tui.platforms.databricks.team.schemas import create_schema
from ontos_tui.platforms.databricks.workspace_client import Place, SqlFailedError, Team, explain_sdk_error
from ontos_tui.services.admin.doctor import without_secrets
from ontos_tui.services.admin.finding import Finding, State
from ontos_tui.settings import Settings

LISTED = 8
_COLUMNS = "log STRING NOT NULL, writer STRING NOT NULL, seq BIGINT NOT NULL, actor STRING NOT NULL, body STRING"
_COPIED = "'{log}' AS log, writer, CAST(seq AS BIGINT) AS seq, current_user() AS actor, body"


@dataclass(frozen=True)
class Step:
    """One thing that is tried: what it is called, what hangs on it, and the trial, which returns what came out."""

    name: str
    needed_for: str
    run: Callable[[], str]
    is_optional: bool = False


def examine_workspace(settings: Settings) -> Iterator[Finding]:
    """One finding for each step, with the seconds that it took."""
    team = Team(Place.of(settings))
    trial = _Trial(team)
    try:
        for step in trial.steps():
            finding = _tried(step)
            yield finding
            if not finding.ok and step.name in ("who am I", "team schema", "table"):
                return
    finally:
        yield from trial.clean_up()
        team.close()


def report_text(findings: list[Finding], settings: Settings) -> str:
    """The findings as a page of Markdown."""
    libraries = ", ".join(_library(name) for name in ("databricks-sdk", "databricks-sql-connector"))
    place = f"{settings.databricks_catalog}.{settings.databricks_schema}"
    lines = [
        "# Ontos on this Databricks workspace",
        "",
        f"{now():%Y-%m-%d %H:%M} UTC, Ontos {__version__}, Python {platform.python_version()}, {libraries}.",
        f"Warehouse {settings.databricks_warehouse}, schema {place}.",
        "",
        "| | step | what came out | what to do |",
        "|---|---|---|---|",
        *(f"| {one.state.value} | {one.name} | {_cell(one.message)} | {_cell(one.todo)} |" for one in findings),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _library(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} missing"


def _tried(step: Step) -> Finding:
    begun = time.perf_counter()
    failed = State.WARN if step.is_optional else State.FAIL
    try:
        finding = Finding.of(step.name, step.run())
    except OntosError as error:
        finding = Finding.of(step.name, error.what, f"{error.todo} Needed for {step.needed_for}.", failed)
    except OSError as error:  # all errors of the SDK are such
        problem = explain_sdk_error(error)
        finding = Finding.of(step.name, problem.what, f"{problem.todo} Needed for {step.needed_for}.", failed)
    message = f"{finding.message} ({time.perf_counter() - begun:.1f} s)"
    return replace(finding, message=without_secrets(message), todo=without_secrets(finding.todo))


class _Trial:
    """The steps, over one table of their own."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._log = f"ontos_check_{uuid.uuid4().hex[:12]}"
        self._is_created = False

    @property
    def _table(self) -> str:
        return self._team.place.table(self._log)

    def steps(self) -> Iterator[Step]:
        """In the order in which each builds on those before."""
        yield Step("who am I", "everything", self._login)
        yield Step("warehouse", "everything", self._warehouse)
        yield Step("team schema", "sharing", self._schema)
        yield Step("table", "starting to share: CREATE TABLE, change data feed, row tracking", self._create)
        yield Step("append", "sharing: one small INSERT", self._append)
        yield Step("change feed", "reading others' decisions: table_changes", self._changes)
        yield Step("nothing new", "reading when there is nothing: the error class of an empty range", self._nothing_new)
        yield Step("row tracking", "reading after the feed was vacuumed: _metadata.row_commit_version", self._tracking)
        yield Step("volume", "first sharing of much at once: WRITE VOLUME", self._volume)
        yield Step("COPY INTO", "first sharing of much at once: files are loaded once", self._copy)
        yield Step("MERGE", "the tables for dashboards", self._merge)
        yield Step("history", "whether a source was changed: DESCRIBE HISTORY", self._history)
        yield Step("tags", "PII and other tags of tables: information_schema", self._tags)
        yield Step("model endpoints", "proposals by a model", self._endpoints)
        yield Step("tokens", "tokens and versions in Monitor: system.serving", self._system, is_optional=True)

    def clean_up(self) -> Iterator[Finding]:
        """Drop what was created."""
        if self._is_created:
            yield _tried(Step("clean up", "nothing; drop it by hand", self._drop))

    def _login(self) -> str:
        me = self._team.client.current_user.me()
        return f"{me.user_name} at {self._team.client.config.host}, by {self._team.client.config.auth_type}"

    def _warehouse(self) -> str:
        about = self._team.client.warehouses.get(self._team.place.warehouse_id)
        (row,) = self._team.rows("SELECT current_user() AS login")
        kind = "serverless" if about.enable_serverless_compute else "not serverless"
        size = f"{about.cluster_size}, {kind}, stops after {about.auto_stop_mins} minutes"
        return f"{about.name}: {size}; statements are by {row['login']}"

    def _schema(self) -> str:
        created = create_schema(self._team)
        return f"{self._team.place.catalog}.{self._team.place.schema} {'was created' if created else 'exists'}"

    def _create(self) -> str:
        self._team.change(
            f"CREATE TABLE {self._table} ({_COLUMNS}) USING DELTA TBLPROPERTIES ('delta.appendOnly' = 'false', "
            "'delta.enableChangeDataFeed' = 'true', 'delta.enableRowTracking' = 'true')"
        )
        self._is_created = True
        return "created with change data feed and row tracking"

    def _append(self) -> str:
        rows = json.dumps([{"writer": "check", "seq": 1, "body": '{"text":"ä 🔬"}'}])
        changed = self._team.change(
            f"INSERT INTO {self._table} (log, writer, seq, actor, body) "  # noqa: S608
            "SELECT :log, r.writer, r.seq, current_user(), r.body "
            "FROM (SELECT explode(from_json(:rows, 'ARRAY<STRUCT<writer:STRING,seq:BIGINT,body:STRING>>')) AS r)",
            {"log": self._log, "rows": rows},
        )
        return f"{changed} row"

    def _changes(self) -> str:
        rows = self._team.rows(
            f"SELECT writer, seq, body, _change_type, _commit_version FROM table_changes('{self._table}', 0)"  # noqa: S608
        )
        if [(row["_change_type"], row["body"]) for row in rows] != [("insert", '{"text":"ä 🔬"}')]:
            raise OntosError(f"The feed gave {len(rows)} rows that are not what was appended.", "Report this page.")
        return f"the row came back as of version {rows[0]['_commit_version']}"

    def _nothing_new(self) -> str:
        try:
            rows = self._team.rows(f"SELECT 1 AS one FROM table_changes('{self._table}', 1000)")  # noqa: S608
        except SqlFailedError as error:
            return f"refused as {error.error_class}"
        return f"{len(rows)} rows"

    def _tracking(self) -> str:
        (row,) = self._team.rows(f"SELECT max(_metadata.row_commit_version) AS version FROM {self._table}")  # noqa: S608
        return f"the row is of version {row['version']}"

    def _volume(self) -> str:
        LogFiles(self._team, self._table, self._log).prepare()
        return f"{VOLUME} can be written"

    def _copy(self) -> str:
        line = json.dumps({"writer": "file", "seq": 1, "body": "{}"})
        files = LogFiles(self._team, self._table, self._log)
        for _ in range(2):
            files.copy([line], _COPIED.format(log=self._log))
        (row,) = self._team.rows(f"SELECT count(*) AS n FROM {self._table} WHERE writer = 'file'")  # noqa: S608
        if int(row["n"]) != 1:
            raise OntosError(f"A file that was sent twice is there {row['n']} times.", "Report this page.")
        return "a file that was sent twice was loaded once"

    def _merge(self) -> str:
        rows = json.dumps([{"writer": "check", "seq": 1}, {"writer": "merged", "seq": 1}])
        changed = self._team.change_retried(
            f"MERGE INTO {self._table} AS t USING (SELECT r.* FROM (SELECT explode(from_json(:rows, "  # noqa: S608
            "'ARRAY<STRUCT<writer:STRING,seq:BIGINT>>')) AS r)) AS s ON t.writer = s.writer "
            "WHEN MATCHED THEN UPDATE SET t.seq = s.seq + 1 WHEN NOT MATCHED THEN "
            "INSERT (log, writer, seq, actor, body) VALUES (:log, s.writer, s.seq, current_user(), '{}')",
            {"rows": rows, "log": self._log},
        )
        return f"{changed} rows"

    def _history(self) -> str:
        rows = self._team.rows(f"DESCRIBE HISTORY {self._table}")
        return f"{len(rows)} versions: {', '.join(str(row['operation']) for row in rows[:LISTED])}"

    def _tags(self) -> str:
        from ontos_tui.platforms.databricks.unity_tags import tags_statement
        from ontos_tui.platforms.databricks.workspace_client import quoted

        place = self._team.place
        rows = self._team.rows(
            tags_statement(quoted(place.catalog)), {"schema": place.schema.upper(), "table": self._log}
        )
        return f"can be read; {len(rows)} reach the team's schema"

    def _endpoints(self) -> str:
        names = [one.name or "" for one in self._team.client.serving_endpoints.list()]
        return f"{len(names)} that you may see: {', '.join(names[:LISTED]) or 'none'}"

    def _system(self) -> str:
        for table in ("served_entities", "endpoint_usage"):
            self._team.rows(f"SELECT 1 AS one FROM `system`.`serving`.`{table}` LIMIT 1")  # noqa: S608
        return "system.serving can be read"

    def _drop(self) -> str:
        self._team.change(f"DROP TABLE {self._table}")
        return "the table of this check is dropped"
