"""Everything about one row: all fields, whole texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult

from ontos_tui.domain.safe import safe_line
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import Line, Panel, Span, line, span, wrap


class RecordDialog(Dialog[None]):
    """The fields of one item, to read."""

    DEFAULT_CSS = "RecordDialog > #box { height: 80%; }"

    def __init__(self, heading: str, fields: Mapping[str, Any]) -> None:
        super().__init__(heading)
        self._shown_fields = fields

    def compose_body(self) -> ComposeResult:
        yield Panel(id="fields")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: field_lines(self._shown_fields, width))
        panel.focus()


def field_lines(fields: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Name and value of every field, aligned; long texts are wrapped beside their name."""
    names = {name: safe_line(name, 60) for name in fields}
    room = min(28, max((cell_len(name) for name in names.values()), default=0)) + 1
    for name, value in fields.items():
        text = value if isinstance(value, str) else value_text(value)
        for number, part in enumerate(wrap(text, width - room)):
            head = span(names[name], "muted", room) if number == 0 else Span(" " * room)
            yield line(head, *part)
