"""Cards side by side, one of them under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, Span, fit, span, wrap

ROWS = 5
"""Rows of a card with its frame."""
NARROWEST = 37


@dataclass(frozen=True)
class Card:
    """What stands on a card."""

    title: str
    text: str
    remark: str = ""


class CardGrid(LineView, can_focus=True):
    """As many columns of cards as there is room for. Arrows move, enter or a card's number takes it."""

    BINDINGS = [
        ("right,l", "move(1)", "Next"),
        ("left,h", "move(-1)", "Previous"),
        ("down,j", "row(1)", "Down"),
        ("up,k", "row(-1)", "Up"),
        ("enter", "take", "Take"),
    ]

    class Moved(Message):
        """The cursor stands on another card."""

    class Taken(Message):
        """A card was taken."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cards: Sequence[Card] = ()
        self.cursor = 0
        self._top = 0

    def show(self, cards: Sequence[Card], cursor: int | None = None) -> None:
        """Show these cards."""
        self.cards = cards
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, len(cards) - 1))
        self._follow()
        self.repaint()

    @property
    def columns(self) -> int:
        """Cards beside each other."""
        return max(1, self.size.width // NARROWEST)

    def line_at(self, y: int, width: int) -> Line:
        columns = self.columns
        row, inside = divmod(y + self._top * ROWS, ROWS)
        room = width // columns
        # A card that reaches one row below the edge has one row of text less.
        cut = (row - self._top + 1) * ROWS == self.size.height + 1
        if cut and inside == ROWS - 2:
            inside = ROWS - 1
        parts: list[Span] = []
        for index in range(row * columns, min((row + 1) * columns, len(self.cards))):
            parts += self._part(index, inside, room, ROWS - 3 - cut)
        return tuple(parts) or EMPTY

    def _part(self, index: int, inside: int, room: int, texts: int) -> list[Span]:
        """One row of one card with so many rows of text; the one under the cursor has a heavy frame and a mark."""
        card, here = self.cards[index], index == self.cursor
        corners, edge, frame = ("┏┓┗┛", "━┃", "key") if here else ("╭╮╰╯", "─│", "muted")
        inner = room - 4
        if inside == 0:
            return [Span(corners[0] + edge[0] * (room - 3) + corners[1] + " ", frame)]
        if inside == ROWS - 1:
            return [Span(corners[2] + edge[0] * (room - 3) + corners[3] + " ", frame)]
        if inside == 1:
            number = f"{index + 1} " if index < 9 else ""
            name = span(f"{'▸' if here else ' '}{number}{card.title}").text
            remark = span(card.remark).text
            text = fit(name, inner - len(remark)) + remark if len(remark) < inner - 8 else fit(name, inner)
            content = Span(text, "title" if here else "strong")
        else:
            lines = wrap(card.text, inner - 1)
            shown = lines[inside - 2] if inside - 2 < len(lines) else EMPTY
            shown_text = "".join(part.text for part in shown)
            if inside == texts + 1 and len(lines) > texts:
                shown_text = fit(shown_text, inner - 2).rstrip() + "…"
            content = Span(fit(f" {shown_text}", inner), "text" if here else "muted")
        return [Span(edge[1], frame), content, Span(f" {edge[1]} ", frame)]

    def _follow(self) -> None:
        rows, room = self.cursor // self.columns, max(1, (self.size.height + 1) // ROWS)
        if rows < self._top:
            self._top = rows
        elif rows >= self._top + room:
            self._top = rows - room + 1

    def on_resize(self) -> None:
        super().on_resize()
        self._follow()

    def _go(self, index: int) -> None:
        if 0 <= index < len(self.cards) and index != self.cursor:
            self.cursor = index
            self._follow()
            self.repaint()
            self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        self._go(self.cursor + by)

    def action_row(self, by: int) -> None:
        self._go(self.cursor + by * self.columns)

    def action_take(self) -> None:
        if self.cards:
            self.post_message(self.Taken(self.cursor))

    def on_key(self, event: events.Key) -> None:
        if event.key.isdigit() and 1 <= int(event.key) <= len(self.cards):
            event.stop()
            event.prevent_default()
            self._go(int(event.key) - 1)
            self.action_take()

    def on_click(self, event: events.Click) -> None:
        columns = self.columns
        room = max(1, self.size.width // columns)
        index = (event.y // ROWS + self._top) * columns + event.x // room
        if index == self.cursor:
            self.action_take()
        self._go(index)
