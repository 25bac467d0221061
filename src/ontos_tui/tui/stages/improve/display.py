"""The first view of IMPROVE on the screen: the list, the piece of feedback under its cursor, the outlook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.tui.dialogs.forms.feedback import rating_span
from ontos_tui.tui.stages.improve.lines import filter_words, item_lines, outlook_lines, state_span, stats_text
from ontos_tui.tui.stages.improve.state import ImproveState, Listed
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem

MOST_LINES = 8
"""The highest that the panel about retraining becomes."""
WIDE = 100
"""Cells of the screen from which there is room for more columns."""


class ImproveDisplay:
    """The widgets of the first view, painted from its state."""

    def __init__(self) -> None:
        self.heading = OneLine(id="which")
        self.table = Table["FeedbackItem"]((), self._cells, empty="Loading…", id="feedback")
        self.details = Panel(id="details", classes="main")
        self.outlook = Panel(id="outlook")
        self.outlook.can_focus = False
        self._width = 0
        self._detail_id = ""
        self._listed: Listed | None = None

    @property
    def current(self) -> FeedbackItem | None:
        """The feedback under the cursor."""
        return self.table.current

    def fit(self, width: int, state: ImproveState) -> None:
        """The screen has this width now: more columns where there is room for them."""
        self._width = width
        self.table.show(self.table.rows, columns=self._columns())
        self._paint_outlook(state)

    def paint(self, state: ImproveState) -> None:
        """Show the state."""
        self._paint_list(state)
        self._paint_detail(state)
        self._paint_outlook(state)

    def _paint_list(self, state: ImproveState) -> None:
        listed = state.listed
        if listed is None or listed is self._listed:
            return
        self._listed = listed
        about, status = filter_words(state.feedback_filter), state.feedback_filter.status
        self.heading.show(
            lambda width: line(
                span(" feedback: ", "muted"),
                f"{len(listed.items):,} {status or 'in all'}",
                span(f" {about}", "warn"),
                span(f" · {stats_text(listed.stats)}", "muted"),
            )
        )
        self.table.set_empty_text(_empty_text(state.feedback_filter))
        before = self.current.id if self.current is not None else ""
        cursor = next((place for place, item in enumerate(listed.items) if item.id == before), None)
        self.table.show(listed.items, cursor, self._columns())

    def _paint_detail(self, state: ImproveState) -> None:
        detail, error = state.detail, state.error
        if error is not None:
            self.details.show(lambda width: error_lines(error, width))
        elif detail is None:
            self._detail_id = ""
            self.details.show(lambda width: ())
        else:
            same, self._detail_id = detail.item.id == self._detail_id, detail.item.id
            self.details.show(lambda width: item_lines(detail.item, detail.pair, width), keep_place=same)

    def _paint_outlook(self, state: ImproveState) -> None:
        self.outlook.styles.height = min(MOST_LINES, max(1, len(list(_outlook(state, max(20, self._width - 2))))))
        self.outlook.show(lambda width: _outlook(state, width))

    def _columns(self) -> list[ColumnSpec]:
        if self._width < WIDE:
            return [ColumnSpec("when", 11), ColumnSpec("rated", 5), ColumnSpec("state", 0)]
        fixed = [ColumnSpec("rated", 5), ColumnSpec("fix", 3), ColumnSpec("state", 11)]
        return [ColumnSpec("when", 11), ColumnSpec("endpoint", 0), *fixed]

    def _cells(self, item: FeedbackItem) -> Sequence[object]:
        when = f"{item.created_at.astimezone():%m-%d %H:%M}"
        if self._width < WIDE:
            return when, rating_span(item), state_span(item)
        corrected = "yes" if item.correction is not None else span("no", "muted")
        return when, item.endpoint, rating_span(item), corrected, state_span(item)


def _empty_text(feedback_filter: FeedbackFilter) -> str:
    if replace(feedback_filter, status=None) != FeedbackFilter():
        return "No feedback matches the filter.\nPress / to change it."
    if feedback_filter.status is not None:
        return f"No feedback is {feedback_filter.status}.\nPress s for another status."
    return "No feedback yet.\nGive feedback in the playground (5, then p) or on a request (6, then f)."


def _outlook(state: ImproveState, width: int) -> Iterable[Line]:
    if state.outlook is not None:
        return outlook_lines(state.outlook, state.is_training, width)
    if state.outlook_error is not None:
        return wrap(f"{state.outlook_error.what} {state.outlook_error.todo}", width, "muted")
    if state.listed is None:
        return ()
    return wrap("There is no endpoint yet. Press 5, then d to deploy a model.", width, "muted")
