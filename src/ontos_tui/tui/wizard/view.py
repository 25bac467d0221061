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
from ontos_tui.tui.stages.base import Page
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Line, LineView, Panel, Span, span, wrap
from ontos_tui.tui.wizard.step import WizardStep
from ontos_tui.tui.wizard.texts import ABOUT

SESSION_KEY = "wizard"
"""The entry of the session that holds the choices."""


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

    def show_step(self, here: Step, reached: Step) -> None:
        """Show the present step, and the last one that is open."""
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
    """The frame of the steps. The choices are saved with the session, so the user comes back to the same place."""

    HELP_TITLE = "In the wizard"
    ABOUT: ClassVar[str] = "Seven steps from data to a deployed model. You can leave and come back at any time."
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("wizard.next_step", "greater_than_sign", "Next", "To the next step, when this one is done"),
        Command("wizard.previous_step", "less_than_sign", "Back", "To the previous step; nothing is lost"),
        Command("wizard.leave", "escape", "Leave", "To the stages; W comes back to this step"),
        Command(
            "wizard.start_over", "ctrl+r", "Start over", "Choose another use case; nothing is deleted", shown=False
        ),
        *(
            Command(
                f"wizard.go_to_{step.name.lower()}",
                str(step.value),
                step.title,
                "To this step, if it is open",
                shown=False,
                action=f"step({step.value})",
            )
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
        self.state = WizardState(WizardChoices())
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
        return WizardChoices.of(self.session.extra.get(SESSION_KEY))

    def _save(self, chosen: WizardChoices) -> None:
        self.session.extra[SESSION_KEY] = chosen.as_json()

    def focus_first(self) -> None:
        if self._step is not None:
            self._step.focus_first()

    # State

    def reload(self) -> None:
        chosen = self.chosen
        self.run_in_background(lambda workspace: workspace.wizard.state_of(chosen), self._show, failed=self._show_error)

    async def _show(self, state: WizardState) -> None:
        self.state = state
        here = Step(min(state.chosen.step, state.reached))
        self._save(replace(state.chosen, step=here.value))
        await self._enter(here)

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#about-step", Panel).show(lambda width: error_lines(error, width))

    async def _enter(self, step: Step) -> None:
        """Show a step, which is created unless it is shown already."""
        if self._step is None or self._step.STEP is not step:
            place = self.query_one("#step")
            await place.remove_children()
            self._step = _create_step(step)
            await place.mount(self._step)
            self._show_about(step)
            self._step.state = self.state
            self._step.focus_first()
        else:
            self._step.state = self.state
        self.query_one(StepLine).show_step(step, self.state.reached)
        self.ontos.show_wizard_step(f"wizard: step {step.value} of {len(Step)} · esc: the stages")
        self.commands_changed()

    def _show_about(self, step: Step) -> None:
        panel = self.query_one("#about-step", Panel)
        panel.show(lambda width: wrap(ABOUT[step], width, "muted"))
        panel.styles.height = len(wrap(ABOUT[step], max(20, self.size.width - 2)))

    def on_resize(self) -> None:
        if self._step is not None:
            self._show_about(self._step.STEP)

    # Steps

    def possible(self, command: str) -> bool:
        step = self._step.STEP if self._step is not None else Step.USE_CASE
        if command == "next_step":
            return step is not Step.DEPLOY
        return command != "previous_step" or step is not Step.USE_CASE

    def go(self, step: int) -> None:
        """To a step that is open."""
        self._save(replace(self.chosen, step=step))
        self.reload()

    def on_step_line_picked(self, event: StepLine.Picked) -> None:
        self.action_step(event.step)

    def action_step(self, number: int) -> None:
        """To a step, if it is open by now: a job may have ended since the last look."""
        chosen = self.chosen

        def enter(state: WizardState) -> None:
            if number <= state.reached:
                self.go(number)
            else:
                self.ontos.show_message(state.missing(state.reached))

        self.run_in_background(lambda workspace: workspace.wizard.state_of(chosen), enter, group="step")

    def action_next_step(self) -> None:
        self.action_step(self.chosen.step + 1)

    def action_previous_step(self) -> None:
        self.go(max(1, self.chosen.step - 1))

    def action_start_over(self) -> None:
        self._save(WizardChoices())
        self.reload()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_wizard_step_decided(self, event: WizardStep.Decided) -> None:
        """Save the choices, and go on when the next step is open then."""
        event.stop()
        step = self.chosen.step
        self._save(replace(event.choices, step=step + 1 if event.go_on else step))
        self.reload()
        self.ontos.refresh_overview()

    def on_wizard_step_outdated(self, event: WizardStep.Outdated) -> None:
        event.stop()
        self.reload()

    def on_wizard_step_leave(self, event: WizardStep.Leave) -> None:
        event.stop()
        self.action_leave()

    def on_wizard_step_go_on(self, event: WizardStep.GoOn) -> None:
        event.stop()
        self.go(min(len(Step), self.chosen.step + 1))


def _create_step(step: Step) -> WizardStep:
    """A step; what it needs is imported when it is entered."""
    name = step.name.lower()
    module = importlib.import_module(f"ontos_tui.tui.wizard.{name}")
    created: WizardStep = getattr(module, f"{''.join(part.capitalize() for part in name.split('_'))}Step")()
    return created
