"""One row in full: all fields, whole texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult

from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import Line, Panel, Span, line, span, wrap
from ontos_tui.tui.widgets.sparkline import sparkline

FEWEST = 3
"""Numbers that make a series; fewer are shown as they are."""
WIDEST = 60
"""Cells of a drawn series."""
LARGEST = 1e300
"""Larger numbers are drawn as missing."""


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


def series_line(value: Any, width: int) -> tuple[Span, ...]:
    """A list of numbers, with None where one is missing, as a sparkline with its range; () for anything else."""
    if not isinstance(value, list) or len(value) < FEWEST:
        return ()
    if any(isinstance(one, bool) or not isinstance(one, (int, float, NoneType)) for one in value):
        return ()
    known = [one for one in value if one is not None and abs(one) < LARGEST]  # not NaN either
    if not known:
        return ()
    low, high = float(min(known)), float(max(known))
    range_text = f"  {value_text(low)} to {value_text(high)}"
    drawn = [float(one) if one is not None and abs(one) < LARGEST else None for one in value]
    room = max(4, min(WIDEST, width - len(range_text)))
    return span(sparkline(drawn, room, bottom=low, top=high), "accent"), span(range_text, "muted")


def field_lines(fields: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Name and value of every field, aligned; long texts are wrapped beside their name, series of numbers are drawn.

    The series come first: of the many fields of a window, they show most at a glance.
    """
    names = {name: safe_line(name, 60) for name in fields}
    room = min(28, max((cell_len(name) for name in names.values()), default=0)) + 1
    series = {name: drawn for name, value in fields.items() if (drawn := series_line(value, width - room))}
    for name, drawn in series.items():
        yield line(span(names[name], "muted", room), *drawn)
    for name, value in fields.items():
        if name in series:
            continue
        text = value if isinstance(value, str) else value_text(value)
        for number, part in enumerate(wrap(text, width - room)):
            head = span(names[name], "muted", room) if number == 0 else Span(" " * room)
            yield line(head, *part)
