"""The team's log as one append-only Delta table.

Appends of different people never meet: an INSERT reads nothing of the table. Commits of a table are a total order, so
that whoever has read up to a version has missed nothing before it; no clock has a say in it.
[Delta: isolation levels; functions/table_changes]
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ontos_tui.domain.errors import ConflictError, PlatformError
from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.sharing.entries import EntryId, LogRow
from ontos_tui.platforms.databricks.workspace_client import GONE, SqlFailedError, Team, quoted

TABLE = "ontos_log"
MOST_BYTES = 800_000
"""Bytes of one statement's entries; all parameters of a statement may have 1 MB."""
TRIES = 6
"""How often an append is tried again when the table's metadata changed meanwhile."""
NOTHING_NEW = ("DELTA_INVALID_CDC_RANGE", "DELTA_TIMESTAMP_GREATER_THAN_COMMIT", "DELTA_VERSION_NOT_FOUND")
"""How the warehouse says that there is no version after the newest one."""
_COLUMNS = (
    "log STRING NOT NULL COMMENT 'which log this is; a table that was made anew has another'",
    "writer STRING NOT NULL COMMENT 'one opening of a workspace that shares'",
    "seq BIGINT NOT NULL COMMENT 'the place of the entry among those of its writer, from 1'",
    "actor STRING NOT NULL COMMENT 'who Databricks says was logged in'",
    "format INT NOT NULL COMMENT 'the form of the body'",
    "body STRING NOT NULL COMMENT 'changes that hold together, settlements of conflicts; JSON'",
)


class DeltaLog:
    """Appends to the team's log and reads it. `sleep` waits between tries."""

    def __init__(self, team: Team, sleep: Callable[[float], None] = time.sleep) -> None:
        self._team = team
        self._sleep = sleep
        self._name = team.place.table(TABLE)
        self._log = ""

    def prepare(self) -> list[str]:
        """Create the schema and the log where they are missing; returns what was created, in words."""
        if self._exists():
            return []
        created = []
        place = self._team.place
        try:
            self._create()
        except SqlFailedError as error:
            if "SCHEMA_NOT_FOUND" not in error.error_class:
                raise
            self._team.change(f"CREATE SCHEMA IF NOT EXISTS {quoted(place.catalog)}.{quoted(place.schema)}")
            created.append(f"schema {place.schema}")
            self._create()
        self._append([(EntryId(new_id(), 0), 0, "")], log=new_id())
        return [*created, f"table {TABLE}"]

    def _exists(self) -> bool:
        try:
            return bool(self._team.rows(f"SELECT log FROM {self._name} WHERE seq = 0 LIMIT 1"))  # noqa: S608
        except SqlFailedError as error:
            if error.error_class in GONE or "NOT_FOUND" in error.error_class:
                return False
            raise

    def _create(self) -> None:
        self._team.change(
            f"CREATE TABLE IF NOT EXISTS {self._name} ({', '.join(_COLUMNS)}) USING DELTA "
            "TBLPROPERTIES ('delta.appendOnly' = 'true', 'delta.enableChangeDataFeed' = 'true', "
            "'delta.enableRowTracking' = 'true')"
        )

    def identity(self) -> str:
        """The name that the log was given when it was made. Raises ConflictError where there is none."""
        if not self._log:
            first = self._team.rows(
                f"SELECT log FROM {self._name} WHERE seq = 0 ORDER BY log LIMIT 1"  # noqa: S608
            )
            if not first:
                raise ConflictError("The team has no log here.", "Start sharing: ontos sync --start")
            self._log = str(first[0]["log"])
        return self._log

    def append(self, entries: Sequence[tuple[EntryId, int, str]]) -> None:
        """Put entries behind those that are there, in as few statements as their size allows."""
        log = self.identity()
        some: list[tuple[EntryId, int, str]] = []
        size = 0
        for entry in entries:
            bytes_of = len(entry[2]) + 120
            if some and size + bytes_of > MOST_BYTES:
                self._append(some, log)
                some, size = [], 0
            some.append(entry)
            size += bytes_of
        if some:
            self._append(some, log)

    def _append(self, entries: Sequence[tuple[EntryId, int, str]], log: str) -> None:
        rows = [{"writer": id.writer, "seq": id.seq, "format": format, "body": body} for id, format, body in entries]
        struct = "ARRAY<STRUCT<writer:STRING,seq:BIGINT,format:INT,body:STRING>>"
        sql = (
            f"INSERT INTO {self._name} (log, writer, seq, actor, format, body) "  # noqa: S608
            f"SELECT :log, r.writer, r.seq, current_user(), r.format, r.body "
            f"FROM (SELECT explode(from_json(:rows, '{struct}')) AS r)"
        )
        payload = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
        for attempt in range(TRIES):
            try:
                self._team.change(sql, {"log": log, "rows": payload})
                return
            except SqlFailedError as error:
                retryable = "CONCURRENT" in error.error_class or "METADATA_CHANGED" in error.error_class
                if not retryable or attempt == TRIES - 1:
                    raise
                self._sleep(min(8.0, 0.2 * 2**attempt) * (0.5 + random.random()))  # noqa: S311

    def read(self, after: int) -> Iterator[list[LogRow]]:
        """What was appended after this version, page by page, each version whole."""
        # The range begins with a version that exists, so that the warehouse has no reason to refuse it.
        sql = (
            "SELECT log, writer, seq, actor, format, body, _change_type, _commit_version, _commit_timestamp "  # noqa: S608
            f"FROM table_changes('{self._name}', {max(0, int(after))}) WHERE _commit_version > {int(after)} "
            "ORDER BY _commit_version, writer, seq"
        )
        page: list[LogRow] = []
        try:
            for some in self._team.pages(sql, {}):
                for row in some:
                    version = int(row["_commit_version"])
                    if len(page) >= 1_000 and version != page[-1].version:
                        yield page
                        page = []
                    page += self._checked(row, version)
        except SqlFailedError as error:
            if not any(one in error.error_class for one in NOTHING_NEW):
                raise
            self._check_replaced()
        if page:
            yield page

    def _checked(self, row: dict[str, Any], version: int) -> list[LogRow]:
        if row["_change_type"] != "insert" or str(row["log"]) != self.identity():
            raise ConflictError(
                "The team's log was restored, replaced or changed by hand.",
                "Nothing was changed here. DESCRIBE HISTORY tells who did it.",
            )
        if int(row["seq"]) == 0:
            return []  # the log's name
        at = row["_commit_timestamp"]
        moment: datetime = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        texts = {name: str(row[name]) for name in ("writer", "actor", "body")}
        return [LogRow(version, moment, seq=int(row["seq"]), format=int(row["format"]), **texts)]

    def _check_replaced(self) -> None:
        before, self._log = self._log, ""
        if before and self.identity() != before:
            raise PlatformError(
                "The team's log was made anew.", "Nothing was changed here. DESCRIBE HISTORY tells who did it."
            )

    def close(self) -> None:
        """Let go of the connection."""
        self._team.close()
