"""The form of an annotation task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.improve import Priority
from ontos_tui.tui.dialogs.forms.form import FormField

if TYPE_CHECKING:
    from datetime import date


def task_fields(
    title: str, target: int, priority: Priority, assignee: str, due: date | None, instructions: str
) -> tuple[FormField, ...]:
    """Its fields, filled in."""
    return (
        FormField("title", "Title", title, required=True),
        FormField("target_record_count", "Pairs to decide", target, required=True, read=_count),
        FormField("priority", "Priority", priority, tuple(Priority), required=True),
        FormField("assignee", "Assignee", assignee or None, hint="a user name"),
        FormField("due_date", "Due", None if due is None else due.isoformat(), hint="such as 2027-01-31", read=_day),
        FormField("instructions", "Instructions", instructions or None, hint="empty: the template's guidelines"),
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError("at least 1")
    return count


def _day(text: str) -> date:
    from ontos_tui.services.improve.tasks.service import parse_date

    try:
        return parse_date(text)
    except OntosError as error:
        raise ValueError(error.todo) from error
