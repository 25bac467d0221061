"""The panes of the desk beside the list: what is decided and what one decides by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.label.desk.desk_keys import DESK_COMMANDS, DeskKeys
from ontos_tui.tui.widgets.lines import Line, Panel, Span, clip, line, span


class ItemPane(Panel, DeskKeys):
    """Text about the item. What does not fit is named in the last row, so that one knows whether to scroll."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = DESK_COMMANDS
    DEFAULT_CSS = """
    ItemPane { border-left: outer $surface-lighten-1; &:focus { border-left: outer $accent; } }
    """

    def more_line(self, hidden: Sequence[Line], width: int) -> Line:
        head = f"↓ {len(hidden)} more"
        names: list[str] = []
        room = width - len(head)
        for one in hidden:  # no further than there is room: this is on the way of every key
            if room < 0:
                break
            if text := _name_and_value(one):
                names.append(text)
                room -= cell_len(text)
        if not names:
            return line(span(f"{head} lines", "muted"))
        return clip((Span(f"{head}: {' · '.join(names)}", "muted"),), width)


def _name_and_value(one: Line) -> str:
    """The beginning of a line that has a name and a value; nothing of one that goes on with the line before."""
    if not one or not one[0].text.strip():
        return ""
    text = " ".join(part.text.strip() for part in one[:2])
    return text if cell_len(text) < 60 else ""
