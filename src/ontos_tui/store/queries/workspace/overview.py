"""The state of the loop in numbers: what waits for a person in each stage."""

from __future__ import annotations

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.improve import FeedbackItem, Gap, Severity
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.rules.states import FeedbackStatus, GapStatus, PairStatus, SheetStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.improve.annotation_tasks import UNDER_WAY


def active_sheets(connection: Connection) -> list[Sheet]:
    """The sheets that are neither archived nor deleted, newest first."""
    return rows.find(connection, Sheet, equal(status=SheetStatus.ACTIVE), order_by=("created_at DESC",))


def training_sheets(connection: Connection) -> list[TrainingSheet]:
    """All training sheets, newest first."""
    return rows.find(connection, TrainingSheet, order_by=("created_at DESC",))


def sheets_with_labels_by(connection: Connection, actor: str, schema: str) -> set[str]:
    """The sheets over tables of this schema, among whose canonical labels is one that this actor gave."""
    sql = (
        "SELECT id FROM sheets WHERE source_table LIKE ? AND EXISTS "
        "(SELECT 1 FROM canonical_labels WHERE canonical_labels.sheet_id = sheets.id AND created_by = ?)"
    )
    return set(connection.scalars(sql, (f"{schema}.%", actor)))


def feedback_by_status(connection: Connection) -> dict[FeedbackStatus, int]:
    """How much feedback there is of each status."""
    counts = connection.rows("SELECT status, count(*) FROM feedback_items GROUP BY status")
    return {FeedbackStatus(status): n for status, n in counts}


def feedback_to_convert(connection: Connection) -> int:
    """New feedback that a model can learn from: a prediction that was not good, or a correction."""
    condition = equal(status=FeedbackStatus.NEW) & where("rating <= 3 OR correction IS NOT NULL")
    return rows.count(connection, FeedbackItem, condition)


def undecided_from_feedback(connection: Connection) -> int:
    """Pairs created from feedback that wait for a decision."""
    sql = (
        "SELECT count(*) FROM feedback_items JOIN qa_pairs ON qa_pairs.id = feedback_items.qa_pair_id "
        "WHERE qa_pairs.status = ?"
    )
    return int(connection.scalar(sql, (PairStatus.UNLABELED,)))


def severe_gaps(connection: Connection) -> int:
    """Critical and high gaps without a task."""
    severe = among("severity", (Severity.CRITICAL, Severity.HIGH))
    return rows.count(connection, Gap, equal(status=GapStatus.IDENTIFIED) & severe)


def tasks_with_undecided_pairs(connection: Connection) -> int:
    """Annotation tasks that are under way and have an undecided pair."""
    sql = (
        "SELECT count(DISTINCT annotation_tasks.id) FROM annotation_tasks "  # noqa: S608
        "JOIN annotation_task_items ON annotation_task_items.task_id = annotation_tasks.id "
        "JOIN qa_pairs ON qa_pairs.id = annotation_task_items.pair_id "
        f"WHERE annotation_tasks.status IN ({marks(UNDER_WAY)}) AND qa_pairs.status = ?"
    )
    return int(connection.scalar(sql, (*UNDER_WAY, PairStatus.UNLABELED)))
