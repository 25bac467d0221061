"""The tables that a team shared by before it had a log: read, never written, to move what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.sharing.moving import OldRow
from ontos_tui.platforms.databricks.workspace_client import GONE, SqlFailedError, Team
from ontos_tui.store.delta import delta_type


class DeltaTables:
    """One table for each shared record, with columns of their own beside the record's."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def rows(self, record: type[Record]) -> Iterator[list[OldRow]]:
        """All rows of a table, page by page; none where there is no such table. Raises PlatformError."""
        query = f"SELECT * FROM {self._team.place.table(record.TABLE)} ORDER BY {record.KEY}"  # noqa: S608
        try:
            for page in self._team.pages(query, {}):
                if page and "hub_version" not in page[0]:
                    return  # a table of this name that no workspace shared by
                # A row without a version was never shared by tables: it was written from the log.
                yield [_row(record, one) for one in page if one["hub_version"] is not None]
        except SqlFailedError as error:
            if error.error_class not in GONE and "NOT_FOUND" not in error.error_class:
                raise


def _row(record: type[Record], row: dict[str, Any]) -> OldRow:
    """A row with its columns as SQLite stores them."""
    values = {name: _stored(record, name, row[name]) for name in record.model_fields if name in row}
    return OldRow(str(row[record.KEY]), values, int(row["hub_version"]), bool(row["hub_deleted"]))


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
