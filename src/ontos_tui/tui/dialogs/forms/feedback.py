"""Feedback on a prediction: a rating, a comment, and the correct answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.rules.ratings import Rating, is_bad, is_good
from ontos_tui.tui.dialogs.forms.answer_form import schema_check, schema_fields, without_empty
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.widgets.lines import Line, Span, line, span

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem
    from ontos_tui.domain.records.serving import InferenceRecord
    from ontos_tui.domain.schema import Answer
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace


def rating_span(item: FeedbackItem | None) -> Span:
    """A rating as a triangle up or down and its number, with a pen where the right answer came along."""
    if item is None:
        return Span("")
    mark, style = ("▲", "good") if is_good(item.rating) else ("▼", "bad") if is_bad(item.rating) else ("■", "warn")
    return span(f"{mark} {item.rating}{'✎' if item.correction else ''}", style)


def ask_feedback(
    widget: BackgroundMixin,
    record: InferenceRecord,
    then: Callable[[FeedbackItem], Any],
    rating: Rating | None = None,
) -> None:
    """Show the feedback form of one request; store what is filled in, then call `then` with it.

    The correction follows the schema of the model that answered, which need not be the one that answers now. It
    starts as the answer that was given, and is sent only when something in it differs.
    """

    def read_schema(workspace: Workspace) -> dict[str, Any]:
        schema: dict[str, Any] = workspace.train.models.model(record.model_id).template_snapshot["output_schema"]
        return schema

    widget.run_in_background(read_schema, lambda it: _show_form(widget, record, it, then, rating), group="schema")


def _show_form(
    widget: BackgroundMixin,
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
            send_feedback(widget, record, values["rating"], then, values["comment"] or "", correction)

    about = "Change what was wrong; a correction can become a training pair."

    def evidence(width: int) -> Iterator[Line]:
        yield line(span("the input", "title"))
        yield from field_lines(record.input, width)

    widget.app.push_screen(
        FormDialog("Feedback", fields, about=about, check=problems, evidence=evidence, verb="Send"), done
    )


def send_feedback(
    widget: BackgroundMixin,
    record: InferenceRecord,
    rating: Rating,
    then: Callable[[FeedbackItem], Any],
    comment: str = "",
    correction: Answer | None = None,
) -> None:
    """Store a piece of feedback."""

    def add(workspace: Workspace) -> FeedbackItem:
        return workspace.improve.feedback.add_feedback(record.request_id, int(rating), comment, correction)

    widget.run_in_background(add, then, group="feedback")


def feedback_message(item: FeedbackItem) -> str:
    """What a toast says once a piece of feedback is stored."""
    return "Saved. Press 7 to turn the correction into a training pair." if item.correction else "Saved."
