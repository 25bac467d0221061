"""What somebody says about a prediction: a rating, a comment, and the right answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values, schema_check, schema_fields, without_empty
from ontos_tui.tui.widgets.lines import Span, span

if TYPE_CHECKING:
    from ontos_tui.domain.improve import FeedbackItem
    from ontos_tui.domain.schema import Answer
    from ontos_tui.tui.gateway import ServiceUser
    from ontos_tui.workspace import Workspace

GOOD, BAD = 5, 1


def rating_span(item: FeedbackItem | None) -> Span:
    """A rating as a triangle up or down and its number, with a pen where the right answer came along."""
    if item is None:
        return Span("")
    mark, style = ("▲", "good") if item.rating >= 4 else ("▼", "bad") if item.rating <= 2 else ("■", "warn")
    return span(f"{mark} {item.rating}{'✎' if item.correction else ''}", style)


def ask_feedback(
    asker: ServiceUser,
    request_id: str,
    schema: Mapping[str, Any],
    output: Answer | None,
    then: Callable[[FeedbackItem], Any],
    rating: int = BAD,
) -> None:
    """Show the form about one request; what is filled in is kept, then `then` is told.

    The correction starts as the answer that was given; it is sent only when something in it differs.
    """
    answer_fields = schema_fields(schema, output)
    fields = [
        FormField("rating", "Rating", rating, choices=(1, 2, 3, 4, 5), required=True, hint="1 bad … 5 good"),
        FormField("comment", "Comment"),
        *(_prefixed(field, required=output is not None) for field in answer_fields),
    ]
    check = schema_check(schema)

    def answer_of(values: Values) -> Answer:
        return without_empty({field.name: values[f"answer.{field.name}"] for field in answer_fields})

    def problems(values: Values) -> list[str]:
        return check(answer_of(values)) if answer_of(values) != (output or {}) else []

    def done(values: Values | None) -> None:
        if values is None:
            return
        answer = answer_of(values)
        correction = answer if answer != (output or {}) else None
        send_feedback(asker, request_id, values["rating"], values["comment"] or "", correction, then)

    about = "Change the answer where it was wrong. A correction can become a training pair."
    asker.app.push_screen(FormDialog("Feedback", fields, about=about, check=problems), done)


def _prefixed(field: FormField, *, required: bool) -> FormField:
    """A field of the answer; where nothing was answered, nothing need be corrected."""
    return replace(field, name=f"answer.{field.name}", required=field.required and required)


def send_feedback(
    asker: ServiceUser,
    request_id: str,
    rating: int,
    comment: str,
    correction: Answer | None,
    then: Callable[[FeedbackItem], Any],
) -> None:
    """Keep a piece of feedback."""

    def add(workspace: Workspace) -> FeedbackItem:
        return workspace.improve.add_feedback(request_id, rating, comment, correction)

    asker.ask(add, then, group="feedback")
