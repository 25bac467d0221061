"""What somebody says about a prediction: a rating, a comment, and the right answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ontos_tui.tui.dialogs.form import FormDialog, FormField, Values, schema_check, schema_fields, without_empty
from ontos_tui.tui.widgets.lines import Span, span

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.serving import InferenceRecord
    from ontos_tui.domain.schema import Answer
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace


class Rating(IntEnum):
    """How good an answer was; the thumbs are the first and the last."""

    BAD = 1
    POOR = 2
    FAIR = 3
    GOOD = 4
    VERY_GOOD = 5

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


def rating_span(item: FeedbackItem | None) -> Span:
    """A rating as a triangle up or down and its number, with a pen where the right answer came along."""
    if item is None:
        return Span("")
    mark, style = ("▲", "good") if item.rating >= 4 else ("▼", "bad") if item.rating <= 2 else ("■", "warn")
    return span(f"{mark} {item.rating}{'✎' if item.correction else ''}", style)


def ask_feedback(
    asker: BackgroundMixin,
    record: InferenceRecord,
    then: Callable[[FeedbackItem], Any],
    rating: Rating | None = None,
) -> None:
    """Show the form about one request; what is filled in is kept, then `then` is told.

    The correction is made by the schema of the model that answered, which need not be the one that answers now. It
    starts as the answer that was given, and is sent only when something in it differs.
    """

    def schema(workspace: Workspace) -> dict[str, Any]:
        found: dict[str, Any] = workspace.train.models.model(record.model_id).template_snapshot["output_schema"]
        return found

    asker.run_in_background(schema, lambda found: _show_form(asker, record, found, then, rating), group="schema")


def _show_form(
    asker: BackgroundMixin,
    record: InferenceRecord,
    schema: dict[str, Any],
    then: Callable[[FeedbackItem], Any],
    rating: Rating | None,
) -> None:
    given = without_empty(record.output or {})
    answer_fields = schema_fields(schema, given)
    fields = [
        FormField("rating", "Rating", rating, choices=tuple(Rating), required=True),
        FormField("comment", "Comment"),
        # Where nothing was answered, nothing need be corrected.
        *(replace(one, name=f"answer.{one.name}", required=one.required and bool(given)) for one in answer_fields),
    ]
    check = schema_check(schema)

    def answer_of(values: Values) -> Answer:
        return without_empty({field.name: values[f"answer.{field.name}"] for field in answer_fields})

    def problems(values: Values) -> list[str]:
        return check(answer_of(values)) if answer_of(values) != given else []

    def done(values: Values | None) -> None:
        if values is not None:
            answer = answer_of(values)
            correction = answer if answer != given else None
            send_feedback(asker, record, values["rating"], then, values["comment"] or "", correction)

    about = "Change what was wrong; a correction can become a training pair."
    asker.app.push_screen(FormDialog("Feedback", fields, about=about, check=problems), done)


def send_feedback(
    asker: BackgroundMixin,
    record: InferenceRecord,
    rating: Rating,
    then: Callable[[FeedbackItem], Any],
    comment: str = "",
    correction: Answer | None = None,
) -> None:
    """Keep a piece of feedback."""

    def add(workspace: Workspace) -> FeedbackItem:
        return workspace.improve.feedback.add_feedback(record.request_id, int(rating), comment, correction)

    asker.run_in_background(add, then, group="feedback")


def noted(item: FeedbackItem) -> str:
    """What the user is told when a piece of feedback is kept."""
    return "Noted. Press 7 to make a training pair of the correction." if item.correction else "Noted."
