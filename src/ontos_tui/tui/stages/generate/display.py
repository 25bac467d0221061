"""GENERATE on the screen: the setting, the previewed pairs, and the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.confidence_text import short_certainty
from ontos_tui.tui.stages.generate.lines import Setting, pair_lines, setting_lines
from ontos_tui.tui.stages.generate.state import GenerateState
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.generate.service import PreviewPair

TALLEST = 9
"""Rows that the setting may take from the preview."""
ERROR_ROWS = 4


class GenerateDisplay:
    """The widgets of the stage, painted from its state."""

    def __init__(self) -> None:
        self.setting = Panel(id="setting")
        self.table = Table["PreviewPair"](
            [ColumnSpec("preview", 0), ColumnSpec("proposal", 0), ColumnSpec("sure", 6, right=True)],
            _cells,
            empty="Loading…",
            id="previews",
            classes="side",
        )
        self.pair = Panel(id="pair", classes="main")
        self._painted: GenerateState | None = None

    def fit(self, state: GenerateState, rows: int) -> None:
        """The setting gets as many of the screen's rows as it has lines, so that the preview gets the others."""
        setting, width = state.setting, self.setting.size.width
        if setting is None:
            self.setting.styles.height = ERROR_ROWS
        elif width:
            lines = sum(1 for _ in setting_lines(setting, state.limit, width))
            self.setting.styles.height = min(TALLEST, max(1, rows // 2), lines)

    def paint(self, state: GenerateState, rows: int) -> None:
        """Show the state on a screen of so many rows."""
        setting, error, limit = state.setting, state.error, state.limit
        if error is not None:
            self.setting.show(lambda width: error_lines(error, width))
        elif setting is not None:
            self.setting.show(lambda width: setting_lines(setting, limit, width))
        self.fit(state, rows)
        before, self._painted = self._painted, state
        # The preview is painted when it is another one: its cursor and what one has scrolled to stay.
        if before is None or (before.pairs, before.problem, before.error) != (state.pairs, state.problem, state.error):
            self.table.set_empty_text(_empty_text(state))
            self.table.show(state.pairs or (), cursor=0)
            self.paint_pair(state)

    def paint_pair(self, state: GenerateState) -> None:
        """Show the previewed pair under the cursor, or why there is none."""
        problem, pair, place = state.problem, self.table.current, f"{self.table.cursor + 1} of {len(self.table.rows)}"
        if problem is not None:
            self.pair.show(lambda width: error_lines(problem, width))
        elif pair is None:
            self.pair.show(lambda width: ())
        else:
            self.pair.show(lambda width: pair_lines(pair, place, width))


def _empty_text(state: GenerateState) -> str:
    if state.error is not None:
        return "Nothing to preview yet."
    if state.problem is not None:
        return "No preview; see the reason on the right. t: other template, s: other sheet"
    if state.pairs is not None:
        return "The sheet has no items. Press 1 and change its filter."
    return _waiting_text(state.setting)


def _waiting_text(setting: Setting | None) -> str:
    if setting is None:
        return "Loading…"
    return f"Waiting for {setting.source}…" if setting.mode is GenerationMode.AI else "Loading the preview…"


def _cells(pair: PreviewPair) -> Sequence[object]:
    proposal = " · ".join(value_text(value) for value in (pair.proposal or {}).values())
    sure = short_certainty(pair.confidence, pair.certainty)
    return pair.item_ref, span(f"✗ {pair.error}", "bad") if pair.error else proposal, span(sure, "muted")
