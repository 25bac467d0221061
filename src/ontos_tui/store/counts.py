"""Counts that are always right: SQLite's triggers keep them in the transaction that changes what is counted.

Counting a million pairs takes a second; the header and the labeling queue ask every few moments. So the pairs of a
training sheet and the items of a labeling task are counted by what the screens tell apart, the canonical labels by
sheet and label type, and the requests by endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import Decidable, QAPair
from ontos_tui.domain.rules.governance import Use
from ontos_tui.domain.rules.states import PairStatus


@dataclass(frozen=True)
class PairCount:
    """How many pairs of a training sheet are alike in status, origin and in whether training on them is allowed.

    Of a labeling task's items: `container_id` is then the task.
    """

    container_id: str
    status: PairStatus
    auto_approved: bool
    failed: bool
    trainable: bool
    n: int


_COUNTERS: dict[type[Decidable], str] = {QAPair: "pair_counts", TaskItem: "item_counts"}


def pair_counts(
    connection: Connection, container_id: str | None = None, of: type[Decidable] = QAPair
) -> list[PairCount]:
    """The counts of one training sheet (or labeling task), or of all."""
    where = "" if container_id is None else f"WHERE {of.CONTAINER} = :id "
    rows = connection.execute(
        text(f"SELECT {of.CONTAINER}, {_KINDS}, n FROM {_COUNTERS[of]} {where}"),  # noqa: S608
        {"id": container_id} if where else {},
    )
    return [
        PairCount(row[0], PairStatus(row[1]), bool(row[2]), bool(row[3]), bool(row[4]), row[5])
        for row in rows
        if row[5]
    ]


def label_counts(connection: Connection, label_type: str) -> dict[str, int]:
    """How many items of each sheet have a canonical label of this type, by the sheet's id."""
    query = text("SELECT sheet_id, n FROM label_counts WHERE label_type = :type")
    return {row[0]: row[1] for row in connection.execute(query, {"type": label_type}) if row[1]}


def request_counts(connection: Connection) -> dict[str, int]:
    """How many requests each endpoint has had."""
    return {row[0]: row[1] for row in connection.execute(text("SELECT endpoint, n FROM request_counts")) if row[1]}


def keep(connection: Connection) -> None:
    """Make the counters of pairs and requests with their triggers, and count what is there already."""
    for statement in (*_counted(QAPair), *_requests()):
        connection.exec_driver_sql(statement)


def keep_labels(connection: Connection) -> None:
    """The same for the items of labeling tasks and for canonical labels."""
    for statement in (*_counted(TaskItem), *_labels()):
        connection.exec_driver_sql(statement)


_KINDS = "status, auto_approved, failed, trainable"
_COUNTED = ("status", "was_auto_approved", "generation_error", "allowed_uses", "prohibited_uses")


def _kinds(of: type[Decidable], row: str) -> str:
    """The values of `_KINDS` for a row. Uses are kept as JSON lists of plain words."""
    quoted = f"'\"{Use.TRAINING}\"'"
    return (
        f"{row}{of.CONTAINER}, {row}status, {row}was_auto_approved, {row}generation_error <> '', "
        f"instr({row}allowed_uses, {quoted}) > 0 AND instr({row}prohibited_uses, {quoted}) = 0"
    )


def _counted(of: type[Decidable]) -> Iterator[str]:
    counter, kept = _COUNTERS[of], of.TABLE
    yield (
        f"CREATE TABLE {counter} ({of.CONTAINER} TEXT NOT NULL, status TEXT NOT NULL, "
        "auto_approved INTEGER NOT NULL, failed INTEGER NOT NULL, trainable INTEGER NOT NULL, n INTEGER NOT NULL, "
        f"PRIMARY KEY ({of.CONTAINER}, {_KINDS})) WITHOUT ROWID"
    )
    yield f"INSERT INTO {counter} SELECT {_kinds(of, '')}, count(*) FROM {kept} GROUP BY 1, 2, 3, 4, 5"  # noqa: S608
    more, fewer = _add(counter, _kinds(of, "new."), 1), _add(counter, _kinds(of, "old."), -1)
    yield f"CREATE TRIGGER {kept}_counted AFTER INSERT ON {kept} BEGIN {more} END"
    yield f"CREATE TRIGGER {kept}_uncounted AFTER DELETE ON {kept} BEGIN {fewer} END"
    yield f"CREATE TRIGGER {kept}_recounted AFTER UPDATE OF {', '.join(_COUNTED)} ON {kept} BEGIN {fewer} {more} END"


def _labels() -> Iterator[str]:
    yield (
        "CREATE TABLE label_counts (label_type TEXT NOT NULL, sheet_id TEXT NOT NULL, n INTEGER NOT NULL, "
        "PRIMARY KEY (label_type, sheet_id)) WITHOUT ROWID"
    )
    yield "INSERT INTO label_counts SELECT label_type, sheet_id, count(*) FROM canonical_labels GROUP BY 1, 2"
    more, fewer = (
        _add("label_counts", f"{row}.label_type, {row}.sheet_id", by) for row, by in (("new", 1), ("old", -1))
    )
    yield f"CREATE TRIGGER canonical_labels_counted AFTER INSERT ON canonical_labels BEGIN {more} END"
    yield f"CREATE TRIGGER canonical_labels_uncounted AFTER DELETE ON canonical_labels BEGIN {fewer} END"


def _requests() -> Iterator[str]:
    yield "CREATE TABLE request_counts (endpoint TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID"
    yield "INSERT INTO request_counts SELECT endpoint, count(*) FROM inference_log GROUP BY 1"
    more, fewer = _add("request_counts", "new.endpoint", 1), _add("request_counts", "old.endpoint", -1)
    yield f"CREATE TRIGGER inference_log_counted AFTER INSERT ON inference_log BEGIN {more} END"
    yield f"CREATE TRIGGER inference_log_uncounted AFTER DELETE ON inference_log BEGIN {fewer} END"


def _add(counter: str, values: str, by: int) -> str:
    return f"INSERT INTO {counter} VALUES ({values}, {by}) ON CONFLICT DO UPDATE SET n = n + {by};"  # noqa: S608
