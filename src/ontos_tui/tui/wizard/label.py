"""Step 5: the real queue, inside the wizard."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.label.desk.desk import LabelDesk
from ontos_tui.tui.stages.label.desk.source import work_of_sheet
from ontos_tui.tui.widgets.lines import OneLine, line, span
from ontos_tui.tui.wizard.step import WizardStep


class LabelStep(WizardStep):
    """The desk, with what is still missing above it."""

    STEP = Step.LABEL
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._open = ""

    def compose(self) -> ComposeResult:
        yield OneLine(id="enough")
        yield LabelDesk()

    @property
    def desk(self) -> LabelDesk:
        """Where the labeling happens."""
        return self.query_one(LabelDesk)

    def focus_first(self) -> None:
        self.desk.focus_queue()

    def show(self, standing: WizardState) -> None:
        training, ready = standing.training, standing.readiness
        if training is None or ready is None:
            return
        if self._open != training.sheet.id:
            self._open = training.sheet.id
            self.desk.open(lambda workspace: work_of_sheet(workspace, training.sheet))
        else:
            self.desk.others_changed()
        told = (
            line(
                span(f"✓ {ready.eligible:,} answers: enough to train. ", "good"), span(">", "key"), " trains, or go on"
            )
            if ready.ready
            else line(span(f"{ready.missing:,} more answers", "warn"), " are needed for a first model")
        )
        self.query_one("#enough", OneLine).show(lambda width: line(" ", *told))

    def on_label_desk_left(self) -> None:
        """Escape leaves the wizard from here as from every other step."""
        self._open = ""
        self.wizard.action_leave()
