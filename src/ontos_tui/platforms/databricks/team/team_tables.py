"""Tables for the team's dashboards: the state at a version of the log, one Delta table for each kind of record.

Whoever publishes writes what changed, with the version in each row: a row is replaced only by a later state, and
nothing is written once a later version was published. Members never read these tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.platforms.databricks.team.delta_log import runs
from ontos_tui.platforms.databricks.team.log_files import LogFiles
from ontos_tui.platforms.databricks.workspace_client import GONE, SqlFailedError, Team
from ontos_tui.store.delta import delta_type, render

VERSION, REMOVED = "log_version", "log_removed"
"""The version of the log as of which a row was written, and whether it is gone since."""
PUBLISHED = "ontos_published"
"""The table of what was published: which log, up to which version."""
MOST_BYTES = 900_000
"""Bytes of one statement's rows; all parameters of a statement may have 1 MB."""
Values = Mapping[str, Any]
Change = tuple[str, Values | None]
"""A row's key, and its columns as SQLite keeps them; None for one that is gone."""


class OldTableError(ValueError):
    """The table is one that an earlier version shared by; it is left alone."""


class TeamTables:
    """Writes the tables. `log` is the name of the log that their rows come of."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def published(self, log: str) -> int:
        """Up to which version of this log was published; -1 where nothing was. Raises PlatformError, AwayError."""
        name = self._team.place.table(PUBLISHED)
        sql = f"SELECT max(version) AS version FROM {name} WHERE log = :log"  # noqa: S608
        try:
            rows = self._team.rows(sql, {"log": log})
        except SqlFailedError as error:
            if error.error_class in GONE or "NOT_FOUND" in error.error_class:
                columns = "log STRING NOT NULL, version BIGINT NOT NULL, actor STRING NOT NULL, at TIMESTAMP NOT NULL"
                self._team.change(f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING DELTA")
                return -1
            raise
        version = rows[0]["version"] if rows else None
        return -1 if version is None else int(version)

    def note_published(self, log: str, version: int) -> None:
        """From now on everything up to this version is there."""
        self._team.change_retried(
            f"INSERT INTO {self._team.place.table(PUBLISHED)} (log, version, actor, at) "
            "SELECT :log, :version, current_user(), current_timestamp()",
            {"log": log, "version": version},
        )

    def write(self, record: type[Record], changes: Iterable[Change], log: str, version: int) -> int:
        """Write what changed, as of this version; returns how many rows were sent. Raises OldTableError."""
        lines = (_line(record, key, values, version) for key, values in changes)
        first = list(islice(lines, 1))
        if not first:
            return 0
        if self._create(record):
            files = LogFiles(self._team, self._team.place.table(record.TABLE), f"{log}-{record.TABLE}-{version}")
            files.prepare()
            counted = _Counted(chain(first, lines))
            files.copy(counted, _selected(record))
            return counted.number
        sent = 0
        for some in runs(chain(first, lines), MOST_BYTES):
            self._merge(record, some, log, version)
            sent += len(some)
        return sent

    def _create(self, record: type[Record]) -> bool:
        """Create the table where it is missing; returns whether it is empty."""
        name = self._team.place.table(record.TABLE)
        try:
            return not self._team.rows(f"SELECT {VERSION} FROM {name} LIMIT 1")  # noqa: S608
        except SqlFailedError as error:
            if error.error_class.startswith("UNRESOLVED_COLUMN"):
                raise OldTableError(record.TABLE) from error
            if error.error_class not in GONE and "NOT_FOUND" not in error.error_class:
                raise
        more = {VERSION: "BIGINT NOT NULL", REMOVED: "BOOLEAN NOT NULL"}
        self._team.change(render(record, name, more).rstrip().rstrip(";"))
        return True

    def _merge(self, record: type[Record], lines: Sequence[str], log: str, version: int) -> None:
        columns = [*record.model_fields, VERSION, REMOVED]
        # Times go as text: what from_json makes of them hangs on the session.
        struct = ",".join(f"{name}:{_wire_type(record, name)}" for name in columns)
        sets = ", ".join(f"t.{name} = s.{name}" for name in columns if name != record.KEY)
        gone = f"t.{VERSION} = s.{VERSION}, t.{REMOVED} = true"
        newer = f"t.{VERSION} < s.{VERSION}"
        published = f"SELECT 1 FROM {self._team.place.table(PUBLISHED)} WHERE log = :log AND version > :version"  # noqa: S608
        self._team.change_retried(
            f"MERGE INTO {self._team.place.table(record.TABLE)} AS t USING ("  # noqa: S608
            f"SELECT {_selected(record, 'r.')} FROM (SELECT explode(from_json(:rows, 'ARRAY<STRUCT<{struct}>>')) AS r) "
            f"WHERE NOT EXISTS ({published})) AS s ON t.{record.KEY} = s.{record.KEY} "
            f"WHEN MATCHED AND {newer} AND s.{REMOVED} THEN UPDATE SET {gone} "
            f"WHEN MATCHED AND {newer} THEN UPDATE SET {sets} "
            f"WHEN NOT MATCHED AND NOT s.{REMOVED} THEN INSERT ({', '.join(columns)}) "
            f"VALUES ({', '.join(f's.{name}' for name in columns)})",
            {"rows": f"[{','.join(lines)}]", "log": log, "version": version},
        )


class _Counted:
    """Lines that are counted as they go by; those of rows that are gone are left out of a new table."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if line.endswith(f'"{REMOVED}":true}}'):
                continue
            self.number += 1
            yield line


def _line(record: type[Record], key: str, values: Values | None, version: int) -> str:
    if values is None:
        row: dict[str, Any] = {record.KEY: key}
    else:
        row = {name: _json_value(_type(record, name), values[name]) for name in record.model_fields}
    row |= {VERSION: version, REMOVED: values is None}
    return json.dumps(row, ensure_ascii=True, separators=(",", ":"))


def _type(record: type[Record], name: str) -> str:
    own = {VERSION: "BIGINT", REMOVED: "BOOLEAN"}
    return own.get(name) or delta_type(record.model_fields[name].annotation)


def _json_value(kind: str, value: Any) -> Any:
    if value is not None and kind.startswith("ARRAY"):
        return json.loads(value)
    return bool(value) if value is not None and kind == "BOOLEAN" else value


def _wire_type(record: type[Record], name: str) -> str:
    kind = _type(record, name)
    return "STRING" if kind in ("TIMESTAMP", "DATE") else kind


def _selected(record: type[Record], of: str = "") -> str:
    """The columns of rows as they are sent, with the types of the table."""
    names = [*record.model_fields, VERSION, REMOVED]
    return ", ".join(f"CAST({of}{name} AS {_type(record, name)}) AS {name}" for name in names)
