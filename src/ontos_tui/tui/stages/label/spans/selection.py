"""A text with its spans and a cursor: what the keys of the span editor change, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.spans import Span, SpanRules, Words, add_span, span_at


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
        here = None if self.rules.overlap else span_at(self.spans, self.cursor)
        return (here.start, here.end) if here else self._words.around(self.cursor)

    def label(self, label: str) -> None:
        """Give what is chosen a label. Raises InvalidInputError where nothing is, or an overlap is not allowed."""
        chosen = self.chosen
        if chosen is None:
            raise InvalidInputError("There is no word here.", "Move to one, or select with v.")
        self._change(add_span(self.spans, Span(*chosen, label), self.rules))
        self.anchor = None

    def remove(self) -> None:
        """Take the span under the cursor away. Raises InvalidInputError where there is none."""
        here = span_at(self.spans, self.cursor)
        if here is None:
            raise InvalidInputError("There is no span here.", "n, p: next and previous span")
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
