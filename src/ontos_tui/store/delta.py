"""The Delta DDL of every record, for schemas/ and for the team's shared tables in Unity Catalog.

`python -m ontos_tui.store.delta [DIR]` writes the files; a test holds them to the records. Keys and unique columns
are informational in Delta (nothing enforces them), so they are declared as a comment where Delta has no syntax.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.store.tables import storage_type

_DELTA = {str: "STRING", bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", datetime: "TIMESTAMP", date: "DATE"}


def delta_type(annotation: Any) -> str:
    """The Delta type of a record's field. Lists of strings are arrays; other structures are JSON in a STRING."""
    python, _ = storage_type(annotation)
    if issubclass(python, Enum):
        return "STRING"
    if issubclass(python, list) and get_origin(annotation) is list and get_args(annotation) == (str,):
        return "ARRAY<STRING>"
    if issubclass(python, (dict, list, BaseModel)):
        return "STRING"
    return _DELTA[python]


def _quote(text: str) -> str:
    # Backslash escapes mean the same to Spark and to sqlglot; a doubled quote does not.
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _comment(record: type[Record], name: str) -> str:
    field = record.model_fields[name]
    parts = [field.description] if field.description else []
    python, _ = storage_type(field.annotation)
    if issubclass(python, Enum):
        parts.append(" | ".join(member.value for member in python))
    elif delta_type(field.annotation) == "STRING" and issubclass(python, (dict, list, BaseModel)):
        parts.append("JSON")
    return "; ".join(parts)


def render(record: type[Record], called: str = "", more: Mapping[str, str] | None = None) -> str:
    """The CREATE TABLE statement of one record, called so; without a name, the session's schema holds it.

    `more` are columns beside the record's, with their types.
    """
    lines = []
    for name, field in record.model_fields.items():
        _, nullable = storage_type(field.annotation)
        comment = _comment(record, name)
        lines.append(
            f"  {name} {delta_type(field.annotation)}"
            + ("" if nullable else " NOT NULL")
            + (f" COMMENT {_quote(comment)}" if comment else "")
        )
    lines.extend(f"  {name} {kind}" for name, kind in (more or {}).items())
    lines.append(f"  CONSTRAINT {record.TABLE}_pk PRIMARY KEY ({record.KEY})")
    meaning = " ".join((record.__doc__ or "").split())
    unique = "".join(f"-- one row for each ({', '.join(names)})\n" for names in record.UNIQUE)
    return (
        f"-- Rendered from {record.__module__}.{record.__name__} by: python -m ontos_tui.store.delta\n"
        f"{unique}CREATE TABLE IF NOT EXISTS {called or record.TABLE} (\n" + ",\n".join(lines) + f"\n)\nUSING DELTA\n"
        f"CLUSTER BY ({record.KEY})\n"
        f"COMMENT {_quote(meaning)}\n"
        "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');\n"
    )


def file_names() -> dict[str, str]:
    """File name to content for every table, as schemas/ holds them."""
    return {f"{record.TABLE}.sql": render(record) for record in RECORDS}


def write(folder: Path) -> None:
    """Write every file and remove those of tables that no longer exist."""
    files = file_names()
    for stale in folder.glob("*.sql"):
        if stale.name not in files:
            stale.unlink()
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[1] / "schemas")
