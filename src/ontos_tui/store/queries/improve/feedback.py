"""Feedback on predictions: filtered, counted, or the latest on each request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackFilter, FeedbackItem
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.rules.states import FeedbackStatus, PairStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, all_of, among, any_of, contains, equal, value_contains, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pairs_of_sheet
from ontos_tui.store.values import to_json


@dataclass(frozen=True)
class FeedbackCount:
    """How much feedback is alike in rating, status, and in whether it has a comment and a correction."""

    rating: int
    status: FeedbackStatus
    commented: bool
    corrected: bool
    n: int


def feedback(connection: Connection, filter: FeedbackFilter, limit: int | None = None) -> list[FeedbackItem]:
    """The feedback that passes the filter, the newest first."""
    order = ("created_at DESC", "id")
    return rows.find(connection, FeedbackItem, _matching(filter), order_by=order, limit=limit)


def _matching(filter: FeedbackFilter) -> Condition:
    conditions = []
    if filter.endpoint is not None:
        conditions.append(equal(endpoint=filter.endpoint))
    if filter.status is not None:
        conditions.append(equal(status=filter.status))
    if filter.ratings:
        conditions.append(among("rating", filter.ratings))
    if filter.flagged is not None:
        conditions.append(equal(flagged=filter.flagged))
    if filter.corrected is not None:
        conditions.append(where(f"correction IS {'NOT NULL' if filter.corrected else 'NULL'}"))
    if filter.text:
        text = filter.text.encode("utf-8", "replace").decode()
        texts = (contains(column, text) for column in ("comment", "created_by", "endpoint"))
        values = (value_contains(column, text) for column in ("input", "output", "correction"))
        conditions.append(any_of(*texts, *values))
    return all_of(*conditions)


def latest_feedback(connection: Connection, model_ids: Sequence[str]) -> list[FeedbackItem]:
    """The last feedback on each request to these model versions, but what is dismissed. Newest first."""
    condition = among("model_id", model_ids) & where("status <> ?", FeedbackStatus.DISMISSED)
    last: dict[str, FeedbackItem] = {}
    for item in rows.find(connection, FeedbackItem, condition, order_by=("created_at DESC", "rowid DESC")):
        last.setdefault(item.request_id, item)
    return list(last.values())


def feedback_counts(connection: Connection, endpoint: str | None = None) -> list[FeedbackCount]:
    """The feedback on an endpoint's predictions, or on all, in numbers."""
    condition = Condition("1") if endpoint is None else equal(endpoint=endpoint)
    counts = connection.execute(
        "SELECT rating, status, comment <> '' AS commented, correction IS NOT NULL AS corrected, count(*) "  # noqa: S608
        f"FROM feedback_items WHERE {condition.sql} GROUP BY rating, status, commented, corrected",
        condition.values,
    )
    return [
        FeedbackCount(rating, FeedbackStatus(status), bool(commented), bool(corrected), n)
        for rating, status, commented, corrected, n in counts
    ]


def request_of(connection: Connection, item: FeedbackItem) -> InferenceRecord | None:
    """The request that a feedback is about, or None when it is gone."""
    return rows.find_one(connection, InferenceRecord, equal(request_id=item.request_id))


def pair_in_sheet(connection: Connection, sheet_id: str, item_ref: str) -> QAPair | None:
    """A pair of an item of a sheet, whichever training sheet it is in; None when there is none."""
    return rows.find_one(connection, QAPair, pairs_of_sheet(sheet_id), equal(item_ref=item_ref))


def pair_of_request(connection: Connection, request_id: str, sheet_id: str, item_ref: str) -> QAPair | None:
    """The pair that other feedback on a request became, or the request's own pair, which has this item reference."""
    sql = (
        "SELECT qa_pair_id FROM feedback_items WHERE request_id = ? AND qa_pair_id IS NOT NULL "
        "ORDER BY created_at, rowid LIMIT 1"
    )
    pair_id = connection.scalar(sql, (request_id,))
    if pair_id is None:
        return pair_in_sheet(connection, sheet_id, item_ref)
    return rows.find_one(connection, QAPair, equal(id=pair_id))


def open_pairs_like(connection: Connection, training_sheet_id: str, fields: Row) -> Iterator[QAPair]:
    """The undecided pairs of a training sheet whose row has the longest value of these fields; few, mostly."""
    texts = [to_json(value) for value in fields.values() if isinstance(value, str)]
    undecided = equal(training_sheet_id=training_sheet_id, status=PairStatus.UNLABELED)
    if texts:
        undecided &= where("instr(source_data, ?) > 0", max(texts, key=len))
    yield from rows.find(connection, QAPair, undecided)
