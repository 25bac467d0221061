"""The numbered changes of the database's shape. Each runs once, in its own transaction.

Step 1 is the shape as of the first release. Later steps are appended here as functions that change what is there;
a released step is never edited, since workspaces out there have already taken it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateColumn

from ontos_tui.domain.records.tables import APPEND_ONLY, RECORDS
from ontos_tui.store import bulk, counts, rollups
from ontos_tui.store.tables import METADATA, table


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)
    for record in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(
                text(
                    f"CREATE TRIGGER {record.TABLE}_no_{verb.lower()} BEFORE {verb} ON {record.TABLE} "
                    f"BEGIN SELECT RAISE(ABORT, '{record.TABLE} is append-only'); END"
                )
            )


def _labeling(connection: Connection) -> None:
    """Labeling jobs, claims and hints; and the columns that came with them."""
    _add_what_is_missing(connection)
    counts.keep_labels(connection)


def _gaps(connection: Connection) -> None:
    """What gaps and annotation tasks know beside their first columns, and the pairs of a task."""
    _add_what_is_missing(connection)


def _drift_and_alerts(connection: Connection) -> None:
    """Drift reports, alert rules and alerts."""
    _add_what_is_missing(connection)


def _views(connection: Connection) -> None:
    """Saved views of the labeling queue."""
    _add_what_is_missing(connection)


def _windows(connection: Connection) -> None:
    """Sheets whose items are windows of streams, and names for columns that a file does not name."""
    _add_what_is_missing(connection)


def _sharing(connection: Connection) -> None:
    """Conflicts with what a team has at its hub."""
    _add_what_is_missing(connection)


def _team_traffic(connection: Connection) -> None:
    """What everybody asked the team's endpoints, by hour."""
    _add_what_is_missing(connection)


def _add_what_is_missing(connection: Connection) -> None:
    """Tables and columns that the records have and the database has not; a new column gets the record's default."""
    there = _columns(connection)
    METADATA.create_all(connection, [one for one in METADATA.sorted_tables if one.name not in there], checkfirst=False)
    for record in RECORDS:
        for column in table(record).c:
            if record.TABLE not in there or column.name in there[record.TABLE]:
                continue
            made = str(CreateColumn(column).compile(connection)).strip()
            if not column.nullable:
                default = record.model_fields[column.name].get_default(call_default_factory=True)
                value = bulk.stored(record, column.name, default)
                made = f"{made} DEFAULT {_literal(value)}"
            connection.exec_driver_sql(f"ALTER TABLE {record.TABLE} ADD COLUMN {made}")


def _columns(connection: Connection) -> dict[str, set[str]]:
    """The columns of every table; in one query, since a new database asks once for each of its steps."""
    query = "SELECT one.name, its.name FROM sqlite_schema one, pragma_table_info(one.name) its WHERE one.type = 'table'"
    columns: dict[str, set[str]] = {}
    for name, column in connection.exec_driver_sql(query):
        columns.setdefault(name, set()).add(column)
    return columns


def _literal(value: str | float) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(+value)


STEPS: tuple[Callable[[Connection], None], ...] = (
    _first,
    counts.keep,
    _labeling,
    _gaps,
    rollups.keep,
    _drift_and_alerts,
    _views,
    _windows,
    _sharing,
    _team_traffic,
)

VERSION = len(STEPS)
"""The version of a database that this program writes; kept in SQLite's user_version."""
