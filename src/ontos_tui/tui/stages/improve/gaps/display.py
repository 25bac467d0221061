"""The page of gaps on the screen: the list, and the gap under its cursor with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ontos_tui.tui.stages.improve.gap_lines import GAP_STATES, SEVERITIES, gap_lines, report_lines
from ontos_tui.tui.stages.improve.gaps.state import GapsState
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.improve import Gap

WORDS_FROM, STATES_FROM = 100, 140
"""Cells of the screen from which severities have their words, and from which each gap's state has a column."""


class GapsDisplay:
    """The widgets of the page, painted from its state."""

    def __init__(self) -> None:
        self.heading = OneLine(id="which-gaps")
        self.table = Table["Gap"]((), self._cells, empty="Loading…", id="gaps")
        self.details = Panel(id="about-gap", classes="main")
        self._width = 0
        self._gaps: tuple[Gap, ...] | None = None
        self._shown = ""

    @property
    def current(self) -> Gap | None:
        """The gap under the cursor."""
        return self.table.current

    def fit(self, width: int) -> None:
        """The screen is so wide now."""
        self._width = width
        self.table.show(self.table.rows, columns=self._columns())

    def paint(self, state: GapsState, gap_id: str) -> None:
        """Show the state; the cursor stands on the gap with this id when the list is another one."""
        if state.gaps is not None and state.gaps is not self._gaps:
            self._gaps = state.gaps
            self._paint_list(state, state.gaps, gap_id)
        what = "report" if state.shows_report else "" if state.about is None else state.about.gap.id
        same, self._shown = what == self._shown, what
        self.details.show(lambda width: _details(state, width), keep_place=same)

    def _paint_list(self, state: GapsState, gaps: Sequence[Gap], gap_id: str) -> None:
        count = f"{len(gaps):,} {'in all' if state.all_states else 'open'}"
        self.heading.show(lambda width: line(span(" gaps: ", "muted"), count, span("   o: open or all", "muted")))
        self.table.set_empty_text(
            "No gaps yet.\nPress a to find them."
            if state.all_states
            else "No gap is open.\nPress a to find gaps, o to see closed ones."
        )
        cursor = next((place for place, one in enumerate(gaps) if one.id == gap_id), None)
        self.table.show(gaps, cursor, self._columns())

    def _columns(self) -> list[ColumnSpec]:
        has_words, has_states = self._width >= WORDS_FROM, self._width >= STATES_FROM
        # What tells gaps apart stands at their ends: "… have defect_class = 'dent'".
        columns = [ColumnSpec("severity" if has_words else "", 10 if has_words else 1), ColumnSpec("gap", 0, ends=True)]
        return [*columns, ColumnSpec("state", 13)] if has_states else columns

    def _cells(self, gap: Gap) -> Sequence[object]:
        text, style = SEVERITIES[gap.severity.value]
        cells = (span(text if self._width >= WORDS_FROM else text[:1], style), gap.description)
        return (*cells, span(*GAP_STATES[gap.status.value])) if self._width >= STATES_FROM else cells


def _details(state: GapsState, width: int) -> Iterable[Line]:
    if state.error is not None:
        return error_lines(state.error, width)
    if state.is_analyzing:
        return [line(span("Finding gaps…", "accent"))]
    if state.shows_report and state.last_report is not None:
        return report_lines(state.last_report, width)
    return () if state.about is None else gap_lines(state.about, width)
