"""The team's log as one append-only Delta table.

Appends of different people never meet: an INSERT reads nothing of the table. Commits of a table are a total order, so
that whoever has read up to a version has missed nothing before it; no clock has a say in it.
[Delta: isolation levels; functions/table_changes]
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from ontos_tui.domain.errors import AwayError, ConflictError, PlatformError
from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.sharing.entries import EntryId, LogRow
from ontos_tui.platforms.databricks.team.log_files import LogFiles, too_large
from ontos_tui.platforms.databricks.team.schemas import create_schema
from ontos_tui.platforms.databricks.workspace_client import GONE, SqlFailedError, Team

TABLE = "ontos_log"
MOST_BYTES = 900_000
"""Bytes of one statement's entries; all parameters of a statement may have 1 MB."""
MOST_STATEMENTS = 4
"""What takes more statements than these goes by files in a volume."""
FETCHED = 100
"""Rows that are taken from the connector at once."""
PAGE_ROWS, PAGE_BYTES = 1_000, 4 << 20
"""Entries that are read at once: at most so many, or the first that have so many bytes together."""
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
        self._log = self._login = ""
        self.statement_bytes = MOST_BYTES

    def prepare(self) -> list[str]:
        """Create the schema and the log where they are missing; returns what was created, in words."""
        if self._exists():
            return []
        created = create_schema(self._team)
        self._create()
        # Of two who begin at the same moment one meets the other's row: an INSERT that reads is no blind append.
        self._team.change_retried(
            f"INSERT INTO {self._name} (log, writer, seq, actor, format, body) "  # noqa: S608
            "SELECT :log AS log, :writer AS writer, 0 AS seq, current_user() AS actor, 0 AS format, '' AS body "
            "FROM (SELECT 1 AS one) AS s "
            f"WHERE NOT EXISTS (SELECT 1 FROM {self._name} WHERE seq = 0)",
            {"log": new_id(), "writer": new_id()},
            self._sleep,
        )
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
            try:
                first = self._team.rows(
                    f"SELECT log, current_user() AS login FROM {self._name} WHERE seq = 0 ORDER BY log LIMIT 1"  # noqa: S608
                )
            except SqlFailedError as error:
                if error.error_class not in GONE and "NOT_FOUND" not in error.error_class:
                    raise
                first = []
            if not first:
                raise ConflictError("The team has no log here.", "Start sharing: ontos sync --start")
            self._log, self._login = str(first[0]["log"]), str(first[0]["login"])
        return self._log

    def login(self) -> str:
        """Who Databricks says is logged in."""
        self.identity()
        return self._login

    def append(self, entries: Iterable[tuple[EntryId, int, str]]) -> None:
        """Put entries behind those that are there: by a few statements, or by files where that would be many.

        Raises SqlFailedError, PlatformError, AwayError. Then those of some statements may be there; again is harmless.
        Of EntryTooLargeError, all before that entry are there.
        """
        log = self.identity()
        lines = (_line(entry) for entry in entries)
        first: list[str] = []
        size = 0
        for line in lines:
            first.append(line)
            size += len(line) + 1
            if size > self.statement_bytes * MOST_STATEMENTS or len(line) > self.statement_bytes:
                self._append_files(first, lines, log)
                return
        for some in runs(first, self.statement_bytes):
            self._append(some, log)

    def _append_files(self, first: Sequence[str], others: Iterable[str], log: str) -> None:
        """By files; where the volume cannot be used, by as many statements as it takes."""
        files = LogFiles(self._team, self._name, log)
        try:
            files.prepare()
        except PlatformError as error:
            if isinstance(error, AwayError):
                raise
            for some in runs(chain(first, others), self.statement_bytes):
                if len(some[0]) > self.statement_bytes:
                    row = json.loads(some[0])
                    raise too_large(EntryId(row["writer"], row["seq"]), len(some[0]), error) from error
                self._append(some, log)
            return
        files.copy(
            chain(first, others),
            f"'{log}' AS log, writer, CAST(seq AS BIGINT) AS seq, current_user() AS actor, "
            "CAST(format AS INT) AS format, body",
        )

    def _append(self, lines: Sequence[str], log: str) -> None:
        struct = "ARRAY<STRUCT<writer:STRING,seq:BIGINT,format:INT,body:STRING>>"
        sql = (
            f"INSERT INTO {self._name} (log, writer, seq, actor, format, body) "  # noqa: S608
            f"SELECT :log, r.writer, r.seq, current_user(), r.format, r.body "
            f"FROM (SELECT explode(from_json(:rows, '{struct}')) AS r)"
        )
        self._team.change_retried(sql, {"log": log, "rows": f"[{','.join(lines)}]"}, self._sleep)

    def read(self, after: int) -> Iterator[list[LogRow]]:
        """What was appended after this version, page by page; a page may end within a version."""
        # The range begins with a version that exists, so that the warehouse has no reason to refuse it.
        sql = (
            "SELECT log, writer, seq, actor, format, body, _change_type, _commit_version, _commit_timestamp "  # noqa: S608
            f"FROM table_changes('{self._name}', {max(0, int(after))}) WHERE _commit_version > {int(after)} "
            "ORDER BY _commit_version, writer, seq"
        )
        page: list[LogRow] = []
        size = 0
        try:
            for some in self._team.pages(sql, {}, FETCHED):
                for row in some:
                    if len(page) >= PAGE_ROWS or size >= PAGE_BYTES:
                        yield page
                        page, size = [], 0
                    page += self._checked(row, int(row["_commit_version"]))
                    size += len(str(row["body"]))
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


def _line(entry: tuple[EntryId, int, str]) -> str:
    id, format, body = entry
    row = {"writer": id.writer, "seq": id.seq, "format": format, "body": body}
    return json.dumps(row, ensure_ascii=True, separators=(",", ":"))


def runs(lines: Iterable[str], most: int) -> Iterator[list[str]]:
    """The lines in runs of so many bytes at most; one that has more is a run of its own."""
    some: list[str] = []
    size = 0
    for line in lines:
        if some and size + len(line) + 1 > most:
            yield some
            some, size = [], 0
        some.append(line)
        size += len(line) + 1
    if some:
        yield some
