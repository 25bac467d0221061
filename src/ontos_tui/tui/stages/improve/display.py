"""The first view of IMPROVE on the screen: the list, the piece of feedback under its cursor, the outlook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.tui.dialogs.forms.feedback import rating_span
from ontos_tui.tui.stages.improve.lines import (
    answer_text,
    filter_words,
    item_lines,
    outlook_lines,
    short_answer_text,
    state_span,
    stats_text,
)
from ontos_tui.tui.stages.improve.state import ImproveState, Listed
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import FeedbackItem

MOST_LINES, FEW_LINES, LOW = 8, 3, 24
"""The highest that the panel about retraining becomes, and that on a screen with fewer than `LOW` rows."""
WIDE, THREE_FROM = 100, 140
"""Cells of the screen from which there is room for more columns, and for retraining in a pane of its own."""


class ImproveDisplay:
    """The widgets of the first view, painted from its state."""

    def __init__(self) -> None:
        self.heading = OneLine(id="which")
        self.table = Table["FeedbackItem"]((), self._cells, empty="Loading…", id="feedback")
        self.details = Panel(id="details", classes="main")
        self.outlook = Panel(id="outlook")
        self.outlook.can_focus = False
        self._width = self._height = 0
        self._detail_id = ""
        self._listed: Listed | None = None

    @property
    def current(self) -> FeedbackItem | None:
        """The feedback under the cursor."""
        return self.table.current

    def fit(self, width: int, height: int, state: ImproveState) -> None:
        """The screen has this size now: more columns where there is room for them."""
        self._width, self._height = width, height
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
        if self._width >= THREE_FROM:
            self.outlook.styles.height = "1fr"
            self.outlook.show(lambda width: _outlook(state, width))
            return
        is_low = self._height < LOW
        lines = len(list(_outlook(state, max(20, self._width - 2), is_low=is_low)))
        self.outlook.styles.height = min(FEW_LINES if is_low else MOST_LINES, max(1, lines))
        self.outlook.show(lambda width: _outlook(state, width, is_low=is_low))

    def _columns(self) -> list[ColumnSpec]:
        is_wide = self._width >= WIDE
        # In a narrow list the right answer at the end stays: "cont…on → dent".
        answer = ColumnSpec("answer", 0, ends=not is_wide)
        columns = [ColumnSpec("", 1), ColumnSpec("when", 6), ColumnSpec("rated", 5), answer]
        return [*columns, ColumnSpec("endpoint", 0, ends=True)] if is_wide else columns

    def _cells(self, item: FeedbackItem) -> Sequence[object]:
        state = state_span(item)
        sign = span(state.text[:1], state.style)
        cells = (sign, span(_short_time(item.created_at), "muted"), rating_span(item))
        if self._width < WIDE:
            return (*cells, short_answer_text(item))
        return (*cells, answer_text(item), span(item.endpoint, "muted"))


def _short_time(at: datetime) -> str:
    """14:02 today, Nov 24 before."""
    here = at.astimezone()
    return f"{here:%H:%M}" if here.date() == datetime.now().astimezone().date() else f"{here:%b} {here.day}"


def _empty_text(feedback_filter: FeedbackFilter) -> str:
    if replace(feedback_filter, status=None) != FeedbackFilter():
        return "No feedback matches the filter.\nPress / to change it."
    if feedback_filter.status is not None:
        return f"No feedback is {feedback_filter.status}.\nPress s for another status."
    return "No feedback yet.\nGive feedback in the playground (5, then p) or on a request (6, then f)."


def _outlook(state: ImproveState, width: int, *, is_low: bool = False) -> Iterable[Line]:
    if state.outlook is not None:
        lines = list(outlook_lines(state.outlook, state.is_training, width))
        # What comes next stands at the end; on a low screen it goes before what one knows.
        return lines[1 - FEW_LINES :] if is_low and len(lines) > FEW_LINES else lines
    if state.outlook_error is not None:
        return wrap(f"{state.outlook_error.what} {state.outlook_error.todo}", width, "muted")
    if state.listed is None:
        return ()
    return wrap("There is no endpoint yet. Press 5, then d to deploy a model.", width, "muted")
