"""The text of the span editor on the screen: spans in brackets, the cursor, the selection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import groupby

from textual import events
from textual.message import Message

from ontos_tui.domain.spans import Span
from ontos_tui.tui.stages.label.spans.rows import rows_of
from ontos_tui.tui.stages.label.spans.selection import Marking
from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, span
from ontos_tui.tui.widgets.lines import Span as Part


class MarkedText(LineView, can_focus=True):
    """The text as lines: characters as harmless pictures of themselves, each knowing its place in the original."""

    DEFAULT_CSS = """
    MarkedText {
        & .line--here { text-style: reverse; }
        & .line--selected { text-style: underline bold; background: $surface-lighten-2; }
    }
    """

    class Key(Message):
        """A key that is no command was pressed."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, marking: Marking, keys: Mapping[str, str], colors: Mapping[str, str]) -> None:
        super().__init__(id="marked")
        self._marking = marking
        self._key_of = keys
        self._colors = colors
        self._top = 0
        self._laid: tuple[tuple[Span, ...], int] | None = None
        self._rows: list[list[tuple[int, str, bool]]] = []
        self._firsts: list[int] = []
        self._inside: dict[int, str] = {}

    def on_key(self, event: events.Key) -> None:
        key = event.character or event.key
        if key in self._key_of.values():
            event.stop()
            event.prevent_default()
            self.post_message(self.Key(key))

    def on_resize(self) -> None:
        super().on_resize()
        self.follow()

    def follow(self) -> None:
        """Keep the cursor in view, and paint what changed."""
        self._lay()
        row, height = self.row_of(self._marking.cursor), max(1, self.size.height)
        if row < self._top or row >= self._top + height:
            self._top = row - height // 2
        self._top = max(0, min(self._top, len(self._rows) - height))
        self.repaint()

    def row_of(self, position: int) -> int:
        """The row on which a character stands."""
        self._lay()
        return max(0, bisect_right(self._firsts, position) - 1)

    def in_row(self, by: int) -> int:
        """The character so many rows below the cursor's."""
        row = max(0, min(self.row_of(self._marking.cursor) + by, len(self._rows) - 1))
        positions = self._positions(row)
        offset = self._marking.cursor - self._firsts[self.row_of(self._marking.cursor)]
        return positions[min(offset, len(positions) - 1)]

    def edge(self, place: str) -> int:
        """The first or the last character (line_start, line_end) of the cursor's row."""
        positions = self._positions(self.row_of(self._marking.cursor))
        return positions[0 if place == "line_start" else -1]

    def _positions(self, row: int) -> list[int]:
        return [position for position, _, is_mark in self._rows[row] if not is_mark]

    def line_at(self, y: int, width: int) -> Line:
        self._lay()
        at_row = y + self._top
        if at_row >= len(self._rows):
            return EMPTY
        chosen = self._marking.chosen if self._marking.anchor is not None else None
        parts = [(text, self._style_at(position, is_mark, chosen)) for position, text, is_mark in self._rows[at_row]]
        # Every text is a character that has passed the gate, or a mark of ours.
        return tuple(
            Part("".join(text for text, _ in run), style) for style, run in groupby(parts, lambda part: part[1])
        )

    def _style_at(self, position: int, is_mark: bool, chosen: tuple[int, int] | None) -> str:
        if is_mark:
            return "key"
        if position == self._marking.cursor:
            return "here"
        if chosen is not None and chosen[0] <= position < chosen[1]:
            return "selected"
        return self._inside.get(position, "text")

    def _lay(self) -> None:
        now = (self._marking.spans, max(8, self.size.width))
        if self._laid != now:
            self._laid = now
            self._inside = {
                position: self._colors.get(one.label, "accent")
                for one in sorted(self._marking.spans, key=lambda one: one.start - one.end)  # the shortest one last
                for position in range(one.start, one.end)
            }
            self._rows = rows_of(self._pieces(), now[1])
            self._firsts = [next(position for position, _, is_mark in row if not is_mark) for row in self._rows]

    def _pieces(self) -> list[tuple[int, str, bool]]:
        """Characters and the brackets around spans, in their order: where, what, and whether it is a bracket."""
        opening: dict[int, str] = {}
        closing: dict[int, str] = {}
        for one in self._marking.spans:
            opening[one.start] = opening.get(one.start, "") + "⟦"
        for one in sorted(self._marking.spans, key=lambda one: one.start, reverse=True):
            closing[one.end - 1] = (
                closing.get(one.end - 1, "") + f"⟧{span(self._key_of.get(one.label, one.label)).text}"
            )
        pieces = []
        for position, character in enumerate(self._marking.text):
            if position in opening:
                pieces.append((position, opening[position], True))
            pieces.append((position, span(character).text, False))
            if position in closing:
                pieces.append((position, closing[position], True))
        return pieces
