"""Whether the database is whole, which version of the schema it has, and whether its triggers count right."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.store.connection import Connection

_BY = (
    "status",
    "was_auto_approved",
    "generation_error <> ''",
    # No uses stand for the usual ones.
    "(allowed_uses = '' OR instr(allowed_uses, '\"training\"') > 0) AND instr(prohibited_uses, '\"training\"') = 0",
)
_COUNTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "pair_counts": ("qa_pairs", ("training_sheet_id", *_BY)),
    "item_counts": ("labeling_items", ("task_id", *_BY)),
    "label_counts": ("canonical_labels", ("label_type", "sheet_id")),
    "request_counts": ("inference_log", ("endpoint",)),
}
"""The tables of counts, what each counts, and by which expressions, as the triggers have them."""
_MISSING = "SELECT sheet_id, training_sheet_id FROM qa_pairs EXCEPT SELECT sheet_id, training_sheet_id FROM pair_sheets"
"""What is not known of which training sheets have pairs of which sheet."""


@dataclass(frozen=True)
class Health:
    """`damage` is what SQLite reports, empty when the database is whole; `version` is that of its schema."""

    damage: str
    version: int


def health(connection: Connection) -> Health:
    """Check the whole database, which takes about as long as reading it."""
    result = str(connection.scalar("PRAGMA quick_check(1)"))
    return Health("" if result == "ok" else result, int(connection.scalar("PRAGMA user_version")))


def wrong_counts(connection: Connection) -> dict[str, int]:
    """The tables whose stored counts differ from what is there, with how many counts of each are wrong."""
    wrong = {}
    for counts, (table, by) in _COUNTED.items():
        counted = {tuple(row) for row in connection.rows(_count_query(table, by))}
        stored = {tuple(row) for row in connection.rows(f"SELECT * FROM {counts} WHERE n <> 0")}  # noqa: S608
        keys = {row[:-1] for row in counted ^ stored}
        if keys:
            wrong[table] = len(keys)
    missing = len(connection.rows(_MISSING))
    if missing:
        wrong[QAPair.TABLE] = wrong.get(QAPair.TABLE, 0) + missing
    return wrong


def recount(connection: Connection) -> None:
    """Count anew what the triggers count; for a database whose counts are wrong."""
    for counts, (table, by) in _COUNTED.items():
        connection.execute(f"DELETE FROM {counts}")  # noqa: S608
        connection.execute(f"INSERT INTO {counts} {_count_query(table, by)}")
    connection.execute(f"INSERT INTO pair_sheets {_MISSING}")  # of this module


def _count_query(table: str, by: tuple[str, ...]) -> str:
    places = ", ".join(map(str, range(1, len(by) + 1)))
    return f"SELECT {', '.join(by)}, count(*) FROM {table} GROUP BY {places}"  # noqa: S608  # names of this module
