"""Marking spans by keyboard: the text with its spans in brackets, walked through by words, labeled by keys."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.message import Message

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.spans import Span, SpanRules, Words, at, put, told_of
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, OneLine, Panel, color, line, span, wrap
from ontos_tui.tui.widgets.lines import Span as Part

if TYPE_CHECKING:
    from ontos_tui.domain.records.template import LabelClass

TAKEN = frozenset("wbehjklvxunp0$gG ")
"""Keys that walk and change here; a label whose own key is one of them has its number instead."""

SHOWN = 40
"""Characters of a stretch that the line below the text tells."""


def label_keys(labels: Sequence[str], classes: Sequence[LabelClass] = ()) -> dict[str, str]:
    """The key of each label: its class's own, else its number; those past the ninth have none."""
    own = {one.name: one.hotkey for one in classes if one.hotkey and one.hotkey not in TAKEN}
    numbers = {label: str(number) for number, label in enumerate(labels[:9], 1)}
    keys = {label: own[label] for label in labels if label in own}
    return keys | {label: key for label, key in numbers.items() if label not in own and key not in own.values()}


class Marking:
    """A text, its spans, and a cursor that walks through it; whatever was done can be undone."""

    def __init__(self, text: str, rules: SpanRules, spans: Sequence[Span]) -> None:
        self.text = text
        self.rules = rules
        self.spans = tuple(spans)
        self.cursor = 0
        self.anchor: int | None = None
        self._words = Words(text)
        self._before: list[tuple[Span, ...]] = []

    def go(self, position: int) -> None:
        """Put the cursor on a character."""
        self.cursor = max(0, min(position, len(self.text) - 1))

    def walk(self, motion: str) -> None:
        """Move by a word or a character, or to another span."""
        words, here = self._words, self.cursor
        starts = [one.start for one in self.spans]
        motions: Mapping[str, Callable[[], int]] = {
            "left": lambda: here - 1,
            "right": lambda: here + 1,
            "next_word": lambda: words.next_start(here),
            "previous_word": lambda: words.previous_start(here),
            "word_end": lambda: words.next_end(here),
            "next_span": lambda: min((start for start in starts if start > here), default=here),
            "previous_span": lambda: max((start for start in starts if start < here), default=here),
            "top": lambda: 0,
            "bottom": lambda: len(self.text),
        }
        self.go(motions[motion]())

    @property
    def chosen(self) -> tuple[int, int] | None:
        """What a label would be given to: the selection, else the span under the cursor, else the word."""
        if self.anchor is not None:
            start, end = min(self.anchor, self.cursor), max(self.anchor, self.cursor) + 1
            stretch = self.text[start:end]
            start += len(stretch) - len(stretch.lstrip())
            end -= len(stretch) - len(stretch.rstrip())
            return (start, end) if start < end else None
        here = None if self.rules.overlap else at(self.spans, self.cursor)
        return (here.start, here.end) if here else self._words.around(self.cursor)

    def label(self, label: str) -> None:
        """Give what is chosen a label. Raises InvalidInputError where nothing is, or an overlap is not allowed."""
        chosen = self.chosen
        if chosen is None:
            raise InvalidInputError("There is no word here.", "Walk to one, or select with v.")
        self._change(put(self.spans, Span(*chosen, label), self.rules))
        self.anchor = None

    def remove(self) -> None:
        """Take the span under the cursor away. Raises InvalidInputError where there is none."""
        here = at(self.spans, self.cursor)
        if here is None:
            raise InvalidInputError("There is no span here.", "n and p walk from span to span.")
        self._change(tuple(one for one in self.spans if one != here))

    def undo(self) -> bool:
        """Take back the last change; whether there was one."""
        if self._before:
            self.spans = self._before.pop()
            return True
        return False

    def _change(self, spans: tuple[Span, ...]) -> None:
        if spans != self.spans:
            self._before.append(self.spans)
            self.spans = spans


class MarkedText(LineView, can_focus=True):
    """The text as lines: characters as harmless pictures of themselves, each knowing its place in the original."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--here", "line--selected"}
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


def rows_of(pieces: Sequence[tuple[int, str, bool]], width: int) -> list[list[tuple[int, str, bool]]]:
    """Pieces in rows of at most `width` cells, broken behind spaces where there are some, and at line ends."""
    rows: list[list[tuple[int, str, bool]]] = []
    row: list[tuple[int, str, bool]] = []
    used, breakable = 0, 0
    for piece in pieces:
        cells = cell_len(piece[1])
        if used + cells > width and any(not is_mark for _, _, is_mark in row):
            cut = breakable or len(row)
            if all(is_mark for _, _, is_mark in row[:cut]):
                cut = len(row)
            rows.append(row[:cut])
            row = row[cut:]
            used, breakable = sum(cell_len(text) for _, text, _ in row), 0
        row.append(piece)
        used += cells
        if not piece[2] and piece[1] == " ":
            breakable = len(row)
        elif not piece[2] and piece[1] == "⏎":
            rows.append(row)
            row, used, breakable = [], 0, 0
    if any(not is_mark for _, _, is_mark in row):
        rows.append(row)
    elif row and rows:
        rows[-1] += row
    return rows


class SpansDialog(Dialog[tuple[Span, ...]]):
    """Marks the spans of one text; gives them, or None when they shall stay as they were."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("accept", "enter,ctrl+s,f2", "Done", "Take these spans"),
        Command("select", "v", "Select", "Begin a selection here, or let it go; walking extends it"),
        Command("remove", "x", "Remove", "Take the span under the cursor away"),
        Command("undo", "u", "Undo", "Take back the last change here"),
        Command("walk('next_word')", "w", "Word", "To the next word"),
        Command("walk('previous_word')", "b", "Back a word", "To the word before", shown=False),
        Command("walk('word_end')", "e", "Word end", "To the end of the word", shown=False),
        Command("walk('right')", "l,right", "Right", "One character on", shown=False),
        Command("walk('left')", "h,left", "Left", "One character back", shown=False),
        Command("row('line_down')", "j,down", "Down", "One line down", shown=False),
        Command("row('line_up')", "k,up", "Up", "One line up", shown=False),
        Command("edge('line_start')", "0,home", "Line start", "To the beginning of the line", shown=False),
        Command("edge('line_end')", "dollar_sign,end", "Line end", "To the end of the line", shown=False),
        Command("walk('top')", "g", "Top", "To the beginning of the text", shown=False),
        Command("walk('bottom')", "G", "Bottom", "To the end of the text", shown=False),
        Command("walk('next_span')", "n", "Next span", "To the next span", shown=False),
        Command("walk('previous_span')", "p", "Span before", "To the span before", shown=False),
        Command("which", "space", "Label", "Choose a label from a list", shown=False),
        Command("leave", "escape", "Back", "Let the selection go, or leave everything as it was"),
    )
    DEFAULT_CSS = """
    SpansDialog > #box { height: 90%; max-width: 140; }
    SpansDialog #labels { height: auto; max-height: 3; }
    """

    def __init__(
        self, heading: str, text: str, rules: SpanRules, spans: Sequence[Span], classes: Sequence[LabelClass] = ()
    ) -> None:
        super().__init__(heading)
        self._marking = Marking(text, rules, spans)
        self._key_of = label_keys(rules.labels, classes)
        self._colors = {one.name: color(one.color) for one in classes if one.color}
        self._names = {one.name: one.display_name for one in classes if one.display_name}
        self._said = ""

    def compose_body(self) -> ComposeResult:
        labels = Panel(id="labels")
        labels.can_focus = False
        yield labels
        yield MarkedText(self._marking, self._key_of, self._colors)
        yield OneLine(id="here")

    def on_mount(self) -> None:
        named = (f"{self._key_of.get(one, '·')} {self._names.get(one, one)}" for one in self._marking.rules.labels)
        told = "   ".join(named)
        self.query_one("#labels", Panel).show(lambda width: wrap(told, width, "key"))
        self.query_one("#labels").styles.height = min(3, 1 + cell_len(told) // max(20, min(self.size.width, 130) - 8))
        self.query_one(MarkedText).focus()
        self.call_after_refresh(self._show)

    def _show(self, said: str = "") -> None:
        self._said = said
        self.query_one(MarkedText).follow()
        self.query_one("#here", OneLine).show(lambda width: self._here())

    def _here(self) -> Line:
        """In words where the cursor is, and what a label would be given to."""
        marking = self._marking
        if self._said:
            return line(span(self._said, "warn"))
        inside, chosen = at(marking.spans, marking.cursor), marking.chosen
        parts = [span(f"{marking.cursor}/{len(marking.text)}  ", "muted")]
        if chosen is not None:
            stretch = marking.text[slice(*chosen)]
            cut = stretch if len(stretch) <= SHOWN else f"{stretch[: SHOWN - 1]}…"
            what = (
                "selected" if marking.anchor is not None else "span" if inside and not marking.rules.overlap else "word"
            )
            parts.append(span(f"{what} {chosen[0]}–{chosen[1]} “{cut}”", "strong"))
        elif marking.anchor is not None:
            parts.append(span("selecting; only spaces so far", "strong"))
        if inside is not None:
            parts.append(span(f"  ⟦⟧ {told_of(inside)}", "accent"))
        return line(*parts)

    def on_marked_text_key(self, event: MarkedText.Key) -> None:
        """A label's key."""
        event.stop()
        self._label(next(label for label, key in self._key_of.items() if key == event.key))

    def _label(self, label: str) -> None:
        self._try(lambda: self._marking.label(label))

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
        except InvalidInputError as refused:
            self._show(f"✗ {refused.what} {refused.todo}")
        else:
            self._show()

    def action_walk(self, motion: str) -> None:
        self._marking.walk(motion)
        self._show()

    def action_row(self, way: str) -> None:
        self._marking.go(self.query_one(MarkedText).in_row(1 if way == "line_down" else -1))
        self._show()

    def action_edge(self, place: str) -> None:
        self._marking.go(self.query_one(MarkedText).edge(place))
        self._show()

    def action_select(self) -> None:
        marking = self._marking
        marking.anchor = marking.cursor if marking.anchor is None else None
        self._show()

    def action_remove(self) -> None:
        self._try(self._marking.remove)

    def action_undo(self) -> None:
        self._show("" if self._marking.undo() else "Nothing left to undo here.")

    def action_which(self) -> None:
        """A list of the labels, for those that have no key."""
        from ontos_tui.tui.dialogs.choose import ChooseDialog

        labels = self._marking.rules.labels
        choices = [(self._names.get(one, one), self._key_of.get(one, "")) for one in labels]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._label(labels[index])

        self.app.push_screen(ChooseDialog("Which label?", choices), chosen)

    def action_accept(self) -> None:
        self.dismiss(self._marking.spans)

    def action_leave(self) -> None:
        if self._marking.anchor is not None:
            self._marking.anchor = None
            self._show()
        else:
            self.dismiss(None)
