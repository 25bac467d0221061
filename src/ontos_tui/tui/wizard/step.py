"""What the seven steps share."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message
from textual.reactive import var

from ontos_tui.services.guide.wizard import Step, WizardChoices, WizardState
from ontos_tui.tui.stages.base import Page


class WizardStep(Page):
    """One step. It is mounted when it is entered; the wizard sets its `state`, and `watch_state` shows it."""

    STEP: ClassVar[Step]
    HELP_TITLE: ClassVar[str] = "In this step"

    state: var[WizardState] = var(WizardState(WizardChoices()), init=False, always_update=True)
    """What was chosen and how far one has come. It is set again when something behind it may have changed."""

    class Decided(Message):
        """Something was chosen; `go_on` leads to the next step when that is open then."""

        def __init__(self, choices: WizardChoices, *, go_on: bool = True) -> None:
            super().__init__()
            self.choices, self.go_on = choices, go_on

    class GoOn(Message):
        """This step is done."""

    class Outdated(Message):
        """The state has changed: the wizard reads it again."""

    class Leave(Message):
        """The user leaves the wizard."""

    def watch_state(self, state: WizardState) -> None:
        """Show the state."""
        raise NotImplementedError

    def reload(self) -> None:
        """The wizard reads again for all of its steps."""
