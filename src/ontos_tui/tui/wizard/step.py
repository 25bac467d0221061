"""What the seven steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import Step, WizardChoices, WizardState
from ontos_tui.tui.stages.base import Page

if TYPE_CHECKING:
    from ontos_tui.tui.wizard.view import WizardView


class WizardStep(Page):
    """One step. It is mounted when it is entered, and told where one stands whenever that changes."""

    STEP: ClassVar[Step]
    HELP_TITLE: ClassVar[str] = "In this step"

    class Decided(Message):
        """Something was chosen; `go_on` leads to the next step when that is open then."""

        def __init__(self, chosen: WizardChoices, *, go_on: bool = True) -> None:
            super().__init__()
            self.chosen, self.go_on = chosen, go_on

    class GoOn(Message):
        """This step is done."""

    @property
    def wizard(self) -> WizardView:
        """The wizard that this is a step of."""
        from ontos_tui.tui.wizard.view import WizardView

        return next(node for node in self.ancestors if isinstance(node, WizardView))

    @property
    def standing(self) -> WizardState:
        """Where one stands."""
        return self.wizard.standing

    def show(self, standing: WizardState) -> None:
        """Show where one stands now."""
        raise NotImplementedError

    def reload(self) -> None:
        """The wizard reads again for all of its steps."""

    def refused(self, error: OntosError) -> None:
        """Say what did not work."""
        self.ontos.tell_error(error)
