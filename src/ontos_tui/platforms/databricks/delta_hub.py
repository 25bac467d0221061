"""The team's shared record: one Delta table for each shared table, written by one MERGE a batch.

Besides a record's own columns a hub table has the hub's: which write of the row this is, who made it, which change of
theirs, whether the row is gone, and when, by the warehouse's clock. A row is overwritten only by whoever saw its last
version, so nothing is lost when two people write; and the same change pushed twice is one change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.sync import HubRow
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError, Team, quoted
from ontos_tui.store.delta import HUB_COLUMNS, delta_type, render

MOST_BYTES = 900_000
"""Bytes of one batch; all parameters of a statement may have 1 MB."""
TRIES = 5
"""How often a batch is tried again when another user writes at the same time."""


class Hub:
    """Reads and writes the team's tables."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def prepare(self) -> list[str]:
        """Create the schema and the tables, and add missing columns; returns what was created, in words."""
        place, created = self._team.place, []
        self._team.change(f"CREATE SCHEMA IF NOT EXISTS {quoted(place.catalog)}.{quoted(place.schema)}")
        for record in SHARED:
            name = place.table(record.TABLE)
            try:
                existing = set(self._columns(name))
            except SqlFailedError as error:
                if "NOT_FOUND" not in error.error_class:
                    raise
                self._team.change(render(record, name).rstrip().rstrip(";"))
                created.append(f"table {record.TABLE}")
                continue
            types = {field: delta_type(one.annotation) for field, one in record.model_fields.items()}
            missing = [(column, kind) for column, kind in {**types, **HUB_COLUMNS}.items() if column not in existing]
            for column, kind in missing:
                self._team.change(f"ALTER TABLE {name} ADD COLUMN {quoted(column)} {kind}")
                created.append(f"column {record.TABLE}.{column}")
        return created

    def _columns(self, name: str) -> list[str]:
        return [str(row["col_name"]) for row in self._team.rows(f"DESCRIBE TABLE {name}")]

    def push(self, record: type[Record], rows: Sequence[HubRow]) -> dict[str, HubRow]:
        """Write a batch; returns what stands at the hub about these rows afterwards, by key.

        A row was taken when its `push` is ours there. One that was not has been written by somebody else since
        `version - 1`, and stands there as they wrote it.
        """
        if not rows:
            return {}
        payload = json.dumps([_outgoing(record, row) for row in rows], ensure_ascii=True, separators=(",", ":"))
        for attempt in range(TRIES):
            try:
                self._team.change(self._merge(record), {"rows": payload})
                break
            except SqlFailedError as error:
                if "CONCURRENT" not in error.error_class or attempt == TRIES - 1:
                    raise
        keys = json.dumps([row.key for row in rows])
        stored = self._team.rows(
            f"SELECT * FROM {self._team.place.table(record.TABLE)} WHERE {record.KEY} IN "  # noqa: S608
            "(SELECT explode(from_json(:keys, 'ARRAY<STRING>')))",
            {"keys": keys},
        )
        return {row.key: row for row in (_incoming(record, one) for one in stored)}

    def _merge(self, record: type[Record]) -> str:
        columns = [*record.model_fields, *(name for name in HUB_COLUMNS if name != "hub_at")]
        struct = ",".join(f"{name}:{_json_type(record, name)}" for name in columns)
        sets = ", ".join(f"t.{name} = s.{name}" for name in columns if name != record.KEY)
        values = ", ".join(f"s.{name}" for name in columns)
        gone = ", ".join(f"t.{name} = s.{name}" for name in columns if name.startswith("hub_"))
        newer = "t.hub_version = s.hub_version - 1"
        return (
            f"MERGE INTO {self._team.place.table(record.TABLE)} AS t USING ("  # noqa: S608
            f"SELECT r.* FROM (SELECT explode(from_json(:rows, 'ARRAY<STRUCT<{struct}>>')) AS r)) AS s "
            f"ON t.{record.KEY} = s.{record.KEY} "
            f"WHEN MATCHED AND {newer} AND s.hub_deleted THEN UPDATE SET {gone}, t.hub_at = current_timestamp() "
            f"WHEN MATCHED AND {newer} THEN UPDATE SET {sets}, t.hub_at = current_timestamp() "
            f"WHEN NOT MATCHED AND NOT s.hub_deleted THEN INSERT ({', '.join(columns)}, hub_at) "
            f"VALUES ({values}, current_timestamp())"
        )

    def pull(self, record: type[Record], since: datetime | None) -> Iterator[list[HubRow]]:
        """What was written at the hub since then, oldest first, page by page."""
        where, parameters = "", {}
        if since is not None:
            where, parameters = "WHERE hub_at >= :since", {"since": since}
        query = f"SELECT * FROM {self._team.place.table(record.TABLE)} {where} ORDER BY hub_at, {record.KEY}"  # noqa: S608
        for page in self._team.pages(query, parameters):
            yield [_incoming(record, row) for row in page]

    def written(self, since: Mapping[type[Record], datetime | None]) -> dict[type[Record], int]:
        """How often the rows that were written since each table's time were written in all: more with every write.

        One statement for all tables, so that looking whether there is anything new costs the warehouse next to nothing.
        """
        parts, parameters = [], {}
        for number, (record, at) in enumerate(since.items()):
            where = ""
            if at is not None:
                where, parameters[f"since{number}"] = f" WHERE hub_at >= :since{number}", at
            table = self._team.place.table(record.TABLE)
            parts.append(f"SELECT {number} AS number, sum(hub_version) AS written FROM {table}{where}")  # noqa: S608
        totals = {
            row["number"]: int(row["written"] or 0) for row in self._team.rows(" UNION ALL ".join(parts), parameters)
        }
        return {record: totals[number] for number, record in enumerate(since)}

    def close(self) -> None:
        """Let go of the connection."""
        self._team.close()


def _json_type(record: type[Record], name: str) -> str:
    """The type of a column in the batch. Times go as text and are read by the hub: from_json would guess their zone."""
    if name in HUB_COLUMNS:
        return HUB_COLUMNS[name]
    return delta_type(record.model_fields[name].annotation)


def _outgoing(record: type[Record], row: HubRow) -> dict[str, Any]:
    """A row as JSON: lists as lists, yes and no as such, times as ISO text."""
    fields: dict[str, Any] = {record.KEY: row.key}
    for name, value in row.values.items():
        fields[name] = _json_value(delta_type(record.model_fields[name].annotation), value)
    return {
        **fields,
        "hub_version": row.version,
        "hub_origin": row.origin,
        "hub_push": row.push,
        "hub_deleted": row.deleted,
    }


def _json_value(kind: str, value: Any) -> Any:
    if value is not None and kind.startswith("ARRAY"):
        return json.loads(value)
    return bool(value) if value is not None and kind == "BOOLEAN" else value


def _incoming(record: type[Record], row: dict[str, Any]) -> HubRow:
    """A row of the hub with its columns as SQLite stores them."""
    values = {name: _stored(record, name, row.get(name)) for name in record.model_fields}
    at = row["hub_at"]
    return HubRow(
        str(row[record.KEY]),
        values,
        int(row["hub_version"]),
        str(row["hub_origin"]),
        str(row["hub_push"]),
        bool(row["hub_deleted"]),
        at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC),
    )


def _stored(record: type[Record], name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = delta_type(record.model_fields[name].annotation)
    if kind == "TIMESTAMP":
        at = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    if kind == "DATE":
        return value.isoformat()
    if kind == "BOOLEAN":
        return int(value)
    if kind.startswith("ARRAY"):
        # Without pyarrow the connector gives an array as its JSON text.
        items = json.loads(value) if isinstance(value, str) else [str(one) for one in value]
        return json.dumps(items, ensure_ascii=False, separators=(",", ":"))
    return value
