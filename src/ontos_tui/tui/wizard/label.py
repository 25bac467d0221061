"""Step 5: the real queue, inside the wizard."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.label.desk.desk import LabelDesk
from ontos_tui.tui.stages.label.work import work_of_sheet
from ontos_tui.tui.widgets.lines import OneLine, line, span
from ontos_tui.tui.wizard.step import WizardStep

LABELS = 10
"""Decisions of one's own that the first model of a use case is asked for."""


class LabelStep(WizardStep):
    """The labeling queue, with the number of labels still needed above it."""

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

    def watch_state(self, state: WizardState) -> None:
        training, ready = state.training, state.readiness
        if training is None or ready is None:
            return
        if self._open != training.sheet.id:
            self._open = training.sheet.id
            self.desk.open(lambda workspace: work_of_sheet(workspace, training.sheet))
        else:
            self.desk.others_changed()
        missing = max(0, LABELS - state.own_labels)
        if ready.ready and state.supplied and missing:
            message = line(
                span(f"{missing:,} more label{'' if missing == 1 else 's'} from you", "warn"),
                f"; {state.supplied:,} by colleagues are here. ",
                span(">", "key"),
                " trains at once",
            )
        elif ready.ready:
            message = line(
                span(f"✓ {ready.eligible:,} labels are enough. ", "good"),
                span(">", "key"),
                " to train, or label more",
            )
        else:
            message = line(span(f"{ready.missing:,} more labels", "warn"), " needed for a first model")
        self.query_one("#enough", OneLine).show(lambda width: line(" ", *message))

    def on_label_desk_left(self) -> None:
        """Escape leaves the wizard from here as from every other step."""
        self._open = ""
        self.post_message(self.Leave())
