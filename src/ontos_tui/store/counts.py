"""Counts that are always right: SQLite's triggers keep them in the transaction that changes what is counted.

Counting a million pairs takes a second; the header and the labeling queue ask every few moments. So the pairs of a
training sheet and the items of a labeling task are counted by what the screens tell apart, the canonical labels by
sheet and label type, and the requests by endpoint. The triggers stand in the migrations (steps 2, 3 and 14).

Of the pairs is also known which training sheets have some of a sheet: their index by item is that of a training sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import Decidable, QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store.conditions import Condition, where
from ontos_tui.store.connection import Connection


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
    sql = f"SELECT {of.CONTAINER}, status, auto_approved, failed, trainable, n FROM {_COUNTERS[of]} WHERE n <> 0"  # noqa: S608
    if container_id is None:
        rows = connection.rows(sql)
    else:
        rows = connection.rows(f"{sql} AND {of.CONTAINER} = ?", (container_id,))
    return [PairCount(row[0], PairStatus(row[1]), bool(row[2]), bool(row[3]), bool(row[4]), row[5]) for row in rows]


def label_counts(connection: Connection, label_type: str) -> dict[str, int]:
    """How many items of each sheet have a canonical label of this type, by the sheet's id."""
    return dict(connection.rows("SELECT sheet_id, n FROM label_counts WHERE label_type = ? AND n <> 0", (label_type,)))


def request_counts(connection: Connection) -> dict[str, int]:
    """How many requests each endpoint has had."""
    return dict(connection.rows("SELECT endpoint, n FROM request_counts WHERE n <> 0"))


def pairs_of_sheet(sheet_id: str, pairs: str = "qa_pairs") -> Condition:
    """The condition that a pair is of this sheet; with one on `item_ref` it has an index. `pairs` is what the table is
    called in the query."""
    training_sheets = "SELECT training_sheet_id FROM pair_sheets WHERE sheet_id = ?"
    return where(
        f"{pairs}.training_sheet_id IN ({training_sheets}) AND {pairs}.sheet_id = ?",
        sheet_id,
        sheet_id,
    )
