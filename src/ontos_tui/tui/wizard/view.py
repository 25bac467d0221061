"""The wizard: a line of seven steps, what happens in the present one and why, and the step itself."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.guide.wizard import Step, WizardChoices, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.base import Page, error_lines
from ontos_tui.tui.widgets.lines import Line, LineView, Panel, Span, span, wrap
from ontos_tui.tui.wizard.step import WizardStep
from ontos_tui.tui.wizard.texts import ABOUT

KEPT = "wizard"
"""Under which name the session keeps what was chosen."""


class StepLine(LineView):
    """The seven steps: done, here, open, or still closed."""

    DEFAULT_CSS = "StepLine { height: 1; background: $surface; }"

    class Picked(Message):
        """A step was clicked."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__()
        self._here = Step.USE_CASE
        self._reached = Step.USE_CASE

    def tell(self, here: Step, reached: Step) -> None:
        """Show where one is."""
        self._here, self._reached = here, reached
        self.repaint()

    def _parts(self, width: int) -> list[tuple[Step, Span]]:
        full = [(step, self._part(step, step.title)) for step in Step]
        if sum(len(part.text) for _, part in full) <= width:
            return full
        return [(step, self._part(step, step.title if step is self._here else step.title[:5])) for step in Step]

    def _part(self, step: Step, title: str) -> Span:
        mark = "✓" if step < self._reached else "·" if step > self._reached else " "
        if step is self._here:
            return span(f"▐{step.value}{mark}{title}▌", "key")
        return span(f" {step.value}{mark}{title} ", "text" if step <= self._reached else "muted")

    def line_at(self, y: int, width: int) -> Line:
        return tuple(part for _, part in self._parts(width))

    def on_click(self, event: events.Click) -> None:
        at = 0
        for step, part in self._parts(self.size.width):
            at += len(part.text)
            if event.x < at:
                self.post_message(self.Picked(step))
                return


class WizardView(Page):
    """The frame of the steps. What was chosen is kept with the session, so one comes back to the same place."""

    HELP_TITLE = "In the wizard"
    ABOUT: ClassVar[str] = "Seven steps lead from data to a model that answers. You can leave and come back any time."
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("next_step", "greater_than_sign", "Next", "To the next step, when this one is done"),
        Command("previous_step", "less_than_sign", "Back", "To the step before; nothing is lost"),
        Command("leave", "escape", "Leave", "To the stages; W comes back to this place"),
        Command("start_over", "ctrl+r", "Start over", "Choose another use case; what was made stays", shown=False),
        *(
            Command(f"step({step.value})", str(step.value), step.title, "To this step, if it is open", False)
            for step in Step
        ),
    )
    DEFAULT_CSS = """
    WizardView #about-step { height: 2; padding: 0 1; }
    WizardView #step { height: 1fr; }
    """

    class Left(Message):
        """The user goes to the stages."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = WizardState(WizardChoices())
        self._step: WizardStep | None = None

    def compose(self) -> ComposeResult:
        yield StepLine()
        about = Panel(id="about-step")
        about.can_focus = False
        yield about
        yield Container(id="step")

    @property
    def chosen(self) -> WizardChoices:
        """What was chosen so far."""
        return WizardChoices.of(self.session.extra.get(KEPT))

    def _keep(self, chosen: WizardChoices) -> None:
        self.session.extra[KEPT] = chosen.kept()

    def focus_first(self) -> None:
        if self._step is not None:
            self._step.focus_first()

    # Where one stands

    def reload(self) -> None:
        chosen = self.chosen
        self.run_in_background(lambda workspace: workspace.wizard.standing(chosen), self._show, failed=self._say)

    async def _show(self, standing: WizardState) -> None:
        self.standing = standing
        here = Step(min(standing.chosen.step, standing.reached))
        self._keep(replace(standing.chosen, step=here.value))
        await self._enter(here)

    def _say(self, error: OntosError) -> None:
        self.query_one("#about-step", Panel).show(lambda width: error_lines(error, width))

    async def _enter(self, step: Step) -> None:
        """Show a step, which is made anew unless one is in it already."""
        if self._step is None or self._step.STEP is not step:
            place = self.query_one("#step")
            await place.remove_children()
            self._step = _make_step(step)
            await place.mount(self._step)
            self._tell_about(step)
            self._step.show(self.standing)
            self._step.focus_first()
        else:
            self._step.show(self.standing)
        self.query_one(StepLine).tell(step, self.standing.reached)
        self.commands_changed()

    def _tell_about(self, step: Step) -> None:
        panel = self.query_one("#about-step", Panel)
        panel.show(lambda width: wrap(ABOUT[step], width, "muted"))
        panel.styles.height = len(wrap(ABOUT[step], max(20, self.size.width - 2)))

    def on_resize(self) -> None:
        if self._step is not None:
            self._tell_about(self._step.STEP)

    # Going

    def possible(self, command: str) -> bool:
        step = self._step.STEP if self._step is not None else Step.USE_CASE
        if command == "next_step":
            return step is not Step.DEPLOY
        return command != "previous_step" or step is not Step.USE_CASE

    def go(self, step: int) -> None:
        """To a step that is open."""
        self._keep(replace(self.chosen, step=step))
        self.reload()

    def on_step_line_picked(self, event: StepLine.Picked) -> None:
        self.action_step(event.step)

    def action_step(self, number: int) -> None:
        """To a step, if it is open by now: a job may have ended since one looked."""
        chosen = self.chosen

        def found(standing: WizardState) -> None:
            if number <= standing.reached:
                self.go(number)
            else:
                self.ontos.tell(standing.missing(standing.reached))

        self.run_in_background(lambda workspace: workspace.wizard.standing(chosen), found, group="step")

    def action_next_step(self) -> None:
        self.action_step(self.chosen.step + 1)

    def action_previous_step(self) -> None:
        self.go(max(1, self.chosen.step - 1))

    def action_start_over(self) -> None:
        self._keep(WizardChoices())
        self.reload()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_wizard_step_decided(self, event: WizardStep.Decided) -> None:
        """Keep what was chosen, and go on when the next step is open then."""
        event.stop()
        step = self.chosen.step
        self._keep(replace(event.chosen, step=step + 1 if event.go_on else step))
        self.reload()
        self.ontos.refresh_overview()

    def on_wizard_step_go_on(self, event: WizardStep.GoOn) -> None:
        event.stop()
        self.go(min(len(Step), self.chosen.step + 1))


def _make_step(step: Step) -> WizardStep:
    """A step; what it needs is imported when it is entered."""
    name = step.name.lower()
    module = importlib.import_module(f"ontos_tui.tui.wizard.{name}")
    made: WizardStep = getattr(module, f"{''.join(part.capitalize() for part in name.split('_'))}Step")()
    return made
