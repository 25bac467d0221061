"""A page of the LABEL stage beside its training sheets: labelsets, canonical labels, labeling jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.pages import StagePage

if TYPE_CHECKING:
    from ontos_tui.tui.stages.label.work import Work
    from ontos_tui.workspace import Workspace


class LabelPage(StagePage):
    """One page. It is mounted on its first visit; `reload` is called whenever the workspace changed."""

    BACK: ClassVar[Command] = Command("label.back", "escape", "Back", "To the training sheets")
    """Every page has it among its `OWN_COMMANDS`."""

    class Labeling(Message):
        """Open the desk for some work; `came_back` is called when the user leaves it."""

        def __init__(self, find: Callable[[Workspace], Work]) -> None:
            super().__init__()
            self.find = find

    def came_back(self, work_id: str) -> None:
        """The user has left the desk, where this work was open."""
        self.reload()
