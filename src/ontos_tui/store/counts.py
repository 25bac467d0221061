"""Counts that are always right: SQLite's triggers keep them in the transaction that changes what is counted.

Counting a million pairs takes a second; the header and the labeling queue ask every few moments. So the pairs of a
training sheet are counted by what the screens tell apart, and the requests by endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ontos_tui.domain.governance import Use
from ontos_tui.domain.states import PairStatus


@dataclass(frozen=True)
class PairCount:
    """How many pairs of a training sheet are alike in status, origin and in whether training on them is allowed."""

    training_sheet_id: str
    status: PairStatus
    auto_approved: bool
    failed: bool
    trainable: bool
    n: int


def pair_counts(connection: Connection, training_sheet_id: str | None = None) -> list[PairCount]:
    """The counts of one training sheet, or of all."""
    where = "" if training_sheet_id is None else "WHERE training_sheet_id = :id "
    rows = connection.execute(
        text(f"SELECT training_sheet_id, {_KINDS}, n FROM pair_counts {where}"),  # noqa: S608
        {"id": training_sheet_id} if where else {},
    )
    return [
        PairCount(row[0], PairStatus(row[1]), bool(row[2]), bool(row[3]), bool(row[4]), row[5])
        for row in rows
        if row[5]
    ]


def request_counts(connection: Connection) -> dict[str, int]:
    """How many requests each endpoint has had."""
    return {row[0]: row[1] for row in connection.execute(text("SELECT endpoint, n FROM request_counts")) if row[1]}


def keep(connection: Connection) -> None:
    """Make the counters and their triggers, and count what is there already."""
    for statement in _statements():
        connection.exec_driver_sql(statement)


_KINDS = "status, auto_approved, failed, trainable"
_COUNTED = ("status", "was_auto_approved", "generation_error", "allowed_uses", "prohibited_uses")


def _kinds(row: str) -> str:
    """The values of `_KINDS` for a row of qa_pairs. Uses are kept as JSON lists of plain words."""
    quoted = f"'\"{Use.TRAINING}\"'"
    return (
        f"{row}training_sheet_id, {row}status, {row}was_auto_approved, {row}generation_error <> '', "
        f"instr({row}allowed_uses, {quoted}) > 0 AND instr({row}prohibited_uses, {quoted}) = 0"
    )


def _statements() -> Iterator[str]:
    yield (
        "CREATE TABLE pair_counts (training_sheet_id TEXT NOT NULL, status TEXT NOT NULL, "
        "auto_approved INTEGER NOT NULL, failed INTEGER NOT NULL, trainable INTEGER NOT NULL, n INTEGER NOT NULL, "
        f"PRIMARY KEY (training_sheet_id, {_KINDS})) WITHOUT ROWID"
    )
    yield f"INSERT INTO pair_counts SELECT {_kinds('')}, count(*) FROM qa_pairs GROUP BY 1, 2, 3, 4, 5"  # noqa: S608
    more, fewer = _add("pair_counts", _kinds("new."), 1), _add("pair_counts", _kinds("old."), -1)
    yield f"CREATE TRIGGER qa_pairs_counted AFTER INSERT ON qa_pairs BEGIN {more} END"
    yield f"CREATE TRIGGER qa_pairs_uncounted AFTER DELETE ON qa_pairs BEGIN {fewer} END"
    yield (
        f"CREATE TRIGGER qa_pairs_recounted AFTER UPDATE OF {', '.join(_COUNTED)} ON qa_pairs BEGIN {fewer} {more} END"
    )
    yield "CREATE TABLE request_counts (endpoint TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID"
    yield "INSERT INTO request_counts SELECT endpoint, count(*) FROM inference_log GROUP BY 1"
    more, fewer = _add("request_counts", "new.endpoint", 1), _add("request_counts", "old.endpoint", -1)
    yield f"CREATE TRIGGER inference_log_counted AFTER INSERT ON inference_log BEGIN {more} END"
    yield f"CREATE TRIGGER inference_log_uncounted AFTER DELETE ON inference_log BEGIN {fewer} END"


def _add(counter: str, values: str, by: int) -> str:
    return f"INSERT INTO {counter} VALUES ({values}, {by}) ON CONFLICT DO UPDATE SET n = n + {by};"  # noqa: S608
