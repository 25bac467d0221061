"""A team whose warehouse is Sail: Spark SQL in Rust over real Delta tables on this machine's disk.

What Sail has no words for is done by delta-rs on the same files: making a table with its properties. Parameters are
written into the statements, since Sail binds none in commands; a catalog's name is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ontos_tui.platforms.databricks.retries import TRIES
from ontos_tui.platforms.databricks.workspace_client import Place, SqlFailedError

_CREATE = re.compile(r"CREATE TABLE IF NOT EXISTS `\w+`\.`(\w+)`\.`(\w+)` \((.*)\)\s*USING DELTA", re.DOTALL)
_COLUMN = re.compile(r"^\s*`?(\w+)`? (STRING|BIGINT|INT|DOUBLE|BOOLEAN|TIMESTAMP|DATE|ARRAY<STRING>)", re.MULTILINE)
_CLASS = re.compile(r"\[([A-Z][A-Z0-9_.]+)\]")


class SailTeam:
    """Stands for Team, as far as the log and the tables use it."""

    def __init__(self, spark: Any, folder: Path, schema: str = "ontos") -> None:
        self.place = Place("", "w1", "team", schema)
        self.folder = folder
        self.spark = spark
        self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}").collect()

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        created = _CREATE.search(sql)
        if created is not None:
            return self._create(*created.groups())
        text = re.sub(r":(\w+)", lambda match: _literal((parameters or {})[match[1]]), _spare_literals(sql))
        text = text.replace("`team`.", "").replace("\x00", ":")
        try:
            return [row.asDict() for row in self.spark.sql(text).collect()]
        except Exception as error:
            match = _CLASS.search(str(error))
            raise SqlFailedError(str(error)[:300], "", match[1] if match else "") from error

    def change(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        rows = self.rows(sql, parameters)
        return int(rows[0].get("count") or 0) if rows else 0

    def change_retried(
        self, sql: str, parameters: Mapping[str, Any] | None = None, sleep: Callable[[float], None] = lambda _: None
    ) -> int:
        for _ in range(TRIES - 1):
            try:
                return self.change(sql, parameters)
            except SqlFailedError as error:
                if "ransaction" not in error.what:
                    raise
        return self.change(sql, parameters)

    def pages(self, sql: str, parameters: Mapping[str, Any] | None = None, size: int = 1) -> Iterator[list[Any]]:
        yield self.rows(sql, parameters)

    def path(self, table: str) -> str:
        """Where a table's files are."""
        return str(self.folder / table)

    def _create(self, schema: str, table: str, columns: str) -> list[dict[str, Any]]:
        import deltalake
        import pyarrow as pa

        types = {
            "STRING": pa.string(), "BIGINT": pa.int64(), "INT": pa.int32(), "DOUBLE": pa.float64(),
            "BOOLEAN": pa.bool_(), "TIMESTAMP": pa.timestamp("us", "UTC"), "DATE": pa.date32(),
            "ARRAY<STRING>": pa.list_(pa.string()),
        }  # fmt: skip
        columns = re.sub(r"COMMENT '(?:[^'\\]|\\.)*'", "", columns)
        described = _COLUMN.findall(columns.replace(", ", ",\n"))
        fields = [pa.field(name, types[kind]) for name, kind in described]
        deltalake.DeltaTable.create(self.path(table), deltalake.Schema.from_arrow(pa.schema(fields)), mode="ignore")
        sql = f"CREATE TABLE IF NOT EXISTS {schema}.{table} USING DELTA LOCATION '{self.path(table)}'"
        self.spark.sql(sql).collect()
        return []


def _spare_literals(sql: str) -> str:
    """The statement with the colons of its texts put aside, such as those of a STRUCT's types."""
    return re.sub(r"'(?:[^'\\]|\\.)*'", lambda match: match[0].replace(":", "\x00"), sql)


def _literal(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace("'", "\\'").replace(":", "\x00")
    return f"'{text}'"
