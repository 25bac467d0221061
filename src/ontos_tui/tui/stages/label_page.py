"""A page of the LABEL stage beside its training sheets: labelsets, canonical labels, labeling jobs."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message

from ontos_tui.tui.commands import Command
from ontos_tui.tui.stages.base import Page


class LabelPage(Page):
    """One page. It is mounted on its first visit and told to `reload` whenever the workspace changed."""

    HELP_TITLE: ClassVar[str] = "On this page"
    BACK: ClassVar[Command] = Command("back", "escape", "Back", "To the training sheets")
    """Every page has it among its `OWN_COMMANDS`."""

    class Left(Message):
        """The user is done with this page."""

    def action_back(self) -> None:
        self.post_message(self.Left())
