"""Step 7: deploy the model and try it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.services.guide.wizard import Step, WizardState
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.forms.deployment_gate import deploy_checked
from ontos_tui.tui.dialogs.verdict import verdict_lines, verdict_of
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.wizard.step import WizardStep

if TYPE_CHECKING:
    from ontos_tui.domain.records.serving import Endpoint


class DeployStep(WizardStep):
    """Deploy with one key, then ask the endpoint about rows it has never seen."""

    STEP = Step.DEPLOY
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "wizard.deploy.deploy", "enter,d", "Deploy, then try", "Deploy the model to an endpoint, then send it a row"
        ),
        Command("wizard.deploy.playground", "p", "Playground", "Send real rows to the endpoint"),
    )

    def compose(self) -> ComposeResult:
        yield Panel(id="endpoint")

    def focus_first(self) -> None:
        self.query_one("#endpoint").focus()

    def watch_state(self, state: WizardState) -> None:
        self.query_one("#endpoint", Panel).show(lambda width: _lines(state, width), keep_place=True)
        self.commands_changed()

    def possible(self, command: str) -> bool:
        state = self.state
        return state.endpoint is not None if command == "playground" else state.model is not None

    def action_deploy(self) -> None:
        model, endpoint = self.state.model, self.state.endpoint
        if endpoint is not None:
            self.action_playground()
        elif model is not None:
            deploy_checked(
                self,
                lambda workspace, reason: workspace.deploy.endpoints.deploy(model.id, despite=reason),
                self._deployed,
                group="deploy",
            )

    def _deployed(self, endpoint: Endpoint) -> None:
        self.post_message(self.Outdated())
        self.ontos.refresh_overview()
        self._try(endpoint)

    def action_playground(self) -> None:
        endpoint = self.state.endpoint
        if endpoint is not None:
            self._try(endpoint)

    def _try(self, endpoint: Endpoint) -> None:
        from ontos_tui.tui.stages.deploy.playground import Playground

        def closed(_: None) -> None:
            self.post_message(self.Outdated())

        self.app.push_screen(Playground(endpoint.name), closed)


def _lines(state: WizardState, width: int) -> Iterator[Line]:
    model, endpoint = state.model, state.endpoint
    if model is None:
        yield line(span("No model yet. Go back to training: <", "muted"))
        return
    yield line(span(model.label(), "title"))
    yield from verdict_lines(verdict_of(model), width)
    yield EMPTY
    if endpoint is None:
        yield line(span("enter", "key"), " deploys it to an endpoint on this machine, which others cannot reach")
        return
    yield line(span(f"✓ {endpoint.name}", "good"), f" serves {model.label()}")
    yield EMPTY
    yield line(span("enter", "key"), " sends it a real row; there, ", span("-", "key"), " corrects a wrong answer")
    yield EMPTY
    next_steps = (
        "All seven steps are done. Next, in the stages: 6 Monitor shows the endpoint's requests, 7 Improve turns your "
        "feedback into training pairs and trains a better version. Go to the stages: esc"
    )
    yield from wrap(next_steps, width)
