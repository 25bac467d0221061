"""The numbered changes of the database's shape. Each runs once, in its own transaction.

A released step never changes what it does, since workspaces out there have already taken it: what a step makes stands
here as SQL (`v01.sql` and so on) and not in the records. A later step is appended as a file of its own, with a function
where rows have to be rewritten.

Step 1 makes every table that the first ten releases knew, so that a new workspace is made at once; the steps after it
add to older workspaces the tables and columns that came later.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files

from ontos_tui.store.connection import Connection
from ontos_tui.store.values import uses_from_json

Step = Callable[[Connection], None]

_LATER_COLUMNS = (
    ("annotation_tasks", "training_sheet_id TEXT"),
    ("canonical_label_versions", "confidence TEXT NOT NULL DEFAULT 'high'"),
    ("canonical_label_versions", "source TEXT NOT NULL DEFAULT 'review'"),
    ("data_tables", "column_names TEXT NOT NULL DEFAULT '[]'"),
    ("drift_reports", "source TEXT NOT NULL DEFAULT 'here'"),
    ("events", "seconds FLOAT"),
    ("gap_updates", "by_analysis BOOLEAN NOT NULL DEFAULT 0"),
    ("gap_updates", "note TEXT NOT NULL DEFAULT ''"),
    ("identified_gaps", "estimate_basis TEXT NOT NULL DEFAULT ''"),
    ("identified_gaps", "seen_at TEXT"),
    ("labelsets", "guidelines TEXT NOT NULL DEFAULT ''"),
    ("labelsets", "parent_id TEXT"),
    ("labelsets", "published_at TEXT"),
    ("labelsets", "response_schema TEXT NOT NULL DEFAULT '{}'"),
    ("qa_pairs", "was_blind BOOLEAN NOT NULL DEFAULT 0"),
    ("sheets", "tags TEXT NOT NULL DEFAULT '[]'"),
    ("sheets", "window_group TEXT"),
    ("sheets", "window_labels TEXT NOT NULL DEFAULT '{}'"),
    ("sheets", "window_order TEXT"),
    ("sheets", "window_size INTEGER"),
    ("sheets", "window_step INTEGER"),
    ("training_sheets", "blind_share FLOAT NOT NULL DEFAULT 0.0"),
)
"""The columns that came between the first and the tenth release, with the value for the rows that were there."""


def statements(name: str) -> Iterator[str]:
    """The statements of one of the files here. Each ends at the end of a line."""
    statement = ""
    for line in files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def _script(name: str) -> Step:
    """A step that runs a file's statements."""

    def step(connection: Connection) -> None:
        for statement in statements(name):
            connection.execute(statement)

    return step


def _labeling(connection: Connection) -> None:
    """Labeling jobs, claims and hints, with their counters; and the columns that came with them."""
    _add_missing(connection)
    _script("v03.sql")(connection)


def _add_missing(connection: Connection) -> None:
    """The tables of step 1 and the later columns that an older workspace has not."""
    existing: dict[str, set[str]] = {}
    query = "SELECT one.name, its.name FROM sqlite_schema one, pragma_table_info(one.name) its WHERE one.type = 'table'"
    for name, column in connection.execute(query):
        existing.setdefault(name, set()).add(column)
    for statement in statements("v01.sql"):
        kind, _, rest = statement.removeprefix("CREATE ").partition(" ")
        table = rest.split(" ON ")[-1].split()[0]
        if kind in ("TABLE", "INDEX") and table not in existing:
            connection.execute(statement)
    for table, column in _LATER_COLUMNS:
        if table in existing and column.split()[0] not in existing[table]:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _indexes(connection: Connection) -> None:
    """The indexes of today for workspaces that were made before them, and a column that came without a step."""
    _add_missing(connection)
    _script("v11.sql")(connection)


def _field_lists(connection: Connection) -> None:
    """The names of pairs' fields are written once, and the usual uses not at all. Nobody has decided anything by that,
    so that nothing is noted for a team."""
    _script("v14_before.sql")(connection)
    connection.execute("INSERT INTO sync_applying VALUES (1)")
    for table in ("qa_pairs", "labeling_items"):
        last = -1
        sql = f"SELECT rowid, source_data, allowed_uses FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT 500"  # noqa: S608
        update = f"UPDATE {table} SET source_data = ?, allowed_uses = ? WHERE rowid = ?"  # noqa: S608
        while pairs := connection.rows(sql, (last,)):
            last = pairs[-1][0]
            rewritten = [(connection.fields.from_object(one), uses_from_json(uses), at) for at, one, uses in pairs]
            connection.executemany(update, rewritten)
    connection.execute("DELETE FROM sync_applying")
    _script("v14_after.sql")(connection)


STEPS: tuple[Step, ...] = (
    _script("v01.sql"),
    _script("v02.sql"),  # counters of pairs and requests, with their triggers
    _labeling,
    _add_missing,  # what gaps and annotation tasks know beside their first columns
    _script("v05.sql"),  # sums of requests and ratings by minute, hour and day
    _add_missing,  # drift reports, alert rules and alerts
    _add_missing,  # saved views of the labeling queue
    _add_missing,  # sheets whose items are windows of streams
    _add_missing,  # conflicts with what a team has at its hub
    _add_missing,  # what everybody asked the team's endpoints, by hour
    _indexes,
    _script("v12.sql"),  # what was in a data file when it was read last
    _script("v13.sql"),  # splits by group, calibrated answers, must-pass cases, how a data file is read
    _field_lists,  # the fields of pairs as arrays of values
)

VERSION = len(STEPS)
"""The version of a database that this program writes; kept in SQLite's user_version."""


@cache
def table_names() -> frozenset[str]:
    """The tables that a database of this version has, by the steps themselves."""
    names: set[str] = set()
    for file in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            for verb, name in re.findall(r"^(CREATE|DROP) TABLE (?:IF NOT EXISTS )?(\w+)", text, re.MULTILINE):
                (names.add if verb == "CREATE" else names.discard)(name)
    return frozenset(names)
