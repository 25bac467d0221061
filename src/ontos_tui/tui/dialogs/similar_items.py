"""How similar items were labeled, side by side with this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, Span, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.records.pairs import Decidable
    from ontos_tui.domain.schema import Answer
    from ontos_tui.services.label.similar_items import SimilarItem

NAME, LEAST = 24, 12
"""Cells of a field's name, and the least that a column of values is given."""


class SimilarItemsDialog(Dialog[None], BackgroundMixin):
    """The nearest labeled examples of an item, field by field."""

    DEFAULT_CSS = "SimilarItemsDialog > #box { height: 90%; max-width: 140; }"

    def __init__(self, pair: Decidable) -> None:
        super().__init__(f"Labeled items like {pair.item_ref}")
        self._pair = pair

    def compose_body(self) -> ComposeResult:
        yield Panel(id="alike")

    def on_mount(self) -> None:
        from ontos_tui.services.label.similar_items import similar_labeled_items

        panel = self.query_one(Panel)
        panel.show(lambda width: [line(span("Searching…", "muted"))])
        panel.focus()
        self.run_in_background(
            lambda workspace: similar_labeled_items(workspace.store, self._pair.id), self._show, failed=self._say
        )

    def _show(self, items: Sequence[SimilarItem]) -> None:
        pair = self._pair
        self.query_one(Panel).show(
            lambda width: similar_item_lines(pair.item_ref, pair.answer or {}, pair.source_data, items, width)
        )

    def _say(self, error: OntosError) -> None:
        message = f"{error.what} {error.todo}"
        self.query_one(Panel).show(lambda width: wrap(message, width, "warn"))


def similar_item_lines(
    name: str, answer: Answer, fields: Row, items: Sequence[SimilarItem], width: int
) -> Iterator[Line]:
    """Something with an answer and fields, called `name`, beside similar items."""
    shown = items[: max(1, (width - NAME) // LEAST - 1)]
    room = max(LEAST, (width - NAME) // (len(shown) + 1))
    heads = [_cell(name, "strong", room), *(_cell(one.ref, "title", room) for one in shown)]
    yield line(span("", width=NAME), *heads)
    yield _row("distance", ["", *(f"{one.distance:.3f}" for one in shown)], room, "muted")
    yield EMPTY
    names = dict.fromkeys([*answer, *(name for one in shown for name in one.answer)])
    for field in names:
        values = [value_text(answer.get(field)), *(value_text(one.answer.get(field)) for one in shown)]
        yield _row(field, values, room, "accent")
    yield EMPTY
    for field, value in fields.items():
        own = value_text(value)
        others = [value_text(one.fields.get(field)) for one in shown]
        yield line(
            span(field, "muted", NAME),
            _cell(own, "strong", room),
            *(_other(text, own, room) for text in others),
        )
    yield EMPTY
    legend = "Distance: 0 is identical in all compared fields, 1 is the opposite. = marks the same value."
    yield from wrap(legend, width, "muted")


def _row(name: str, values: Sequence[str], room: int, style: str) -> Line:
    return line(span(name, "muted", NAME), *(_cell(value, style, room) for value in values))


def _other(text: str, own: str, room: int) -> Span:
    return _cell("=" if text == own else text, "muted" if text == own else "text", room)


def _cell(text: str, style: str, room: int) -> Span:
    cut = span(text, style, room - 1)
    return Span(f"{cut.text} ", style)
