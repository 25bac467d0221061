"""Reading feedback: filtered, or the latest of each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal_column, or_

from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.rules.states import FeedbackStatus
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.sqlalchemy_bridge import among_values
from ontos_tui.store.tables import table

_FEEDBACK = table(FeedbackItem).c


@dataclass(frozen=True)
class FeedbackFilter:
    """Which feedback to list.

    `ratings` names some of 1 to 5; `text` is looked for, in any case, in the comment, the input, the answers and who
    said it.
    """

    endpoint: str | None = None
    status: FeedbackStatus | None = None
    ratings: tuple[int, ...] = ()
    flagged: bool | None = None
    corrected: bool | None = None
    text: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        conditions: list[ColumnElement[bool]] = []
        if self.endpoint is not None:
            conditions.append(_FEEDBACK.endpoint == self.endpoint)
        if self.status is not None:
            conditions.append(_FEEDBACK.status == self.status)
        if self.ratings:
            conditions.append(_FEEDBACK.rating.in_(self.ratings))
        if self.flagged is not None:
            conditions.append(_FEEDBACK.flagged == self.flagged)
        if self.corrected is not None:
            conditions.append(_FEEDBACK.correction.is_not(None) == self.corrected)
        if self.text:
            text = self.text.encode("utf-8", "replace").decode()
            texts = (_FEEDBACK.comment, _FEEDBACK.created_by, _FEEDBACK.endpoint)
            values = (_FEEDBACK.input, _FEEDBACK.output, _FEEDBACK.correction)
            conditions.append(
                or_(
                    *(column.icontains(text, autoescape=True) for column in texts),
                    *(among_values(column, text) for column in values),
                )
            )
        return conditions


def find_feedback(connection: Connection, filter: FeedbackFilter, limit: int | None = None) -> list[FeedbackItem]:
    """The feedback that passes the filter, the newest first."""
    order = (_FEEDBACK.created_at.desc(), _FEEDBACK.id)
    return rows.find(connection, FeedbackItem, *filter.conditions(), order_by=order, limit=limit)


def latest_feedback(connection: Connection, *where: ColumnElement[bool]) -> list[FeedbackItem]:
    """What was said last about each request; a later word replaces an earlier one. Newest first."""
    order: tuple[Any, ...] = (_FEEDBACK.created_at.desc(), literal_column("rowid").desc())
    items = rows.find(connection, FeedbackItem, *where, _FEEDBACK.status != FeedbackStatus.DISMISSED, order_by=order)
    last: dict[str, FeedbackItem] = {}
    for item in items:
        last.setdefault(item.request_id, item)
    return list(last.values())
