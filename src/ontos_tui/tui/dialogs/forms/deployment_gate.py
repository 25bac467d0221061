"""Deploying through the gate: when checks fail, they are shown, and only a reason leads on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.deployment_gate import PLAYGROUND_REASON, Check, GateError, GateReport, Outcome
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.workspace import Workspace

T = TypeVar("T")
SIGNS = {
    Outcome.PASSED: ("✓", "good"),
    Outcome.FAILED: ("✗", "bad"),
    Outcome.NOT_MEASURED: ("○", "muted"),
}
NAME = 17
"""Cells of a check's name."""
AROUND = 9
"""Rows of the dialog that are not checks."""


def deploy_checked(
    view: BackgroundMixin, deploy: Callable[[Workspace, str], T], done: Callable[[T], object], *, group: str
) -> None:
    """Deploy in the background; where checks fail, ask for a reason and deploy with it, or leave all as it is.

    `deploy` gets the workspace and the reason, empty at first, and raises GateError when it needs one.
    """

    def refused(error: OntosError) -> None:
        if not isinstance(error, GateError):
            view.ontos.show_error(error)
            return

        def answered(reason: str | None) -> None:
            if reason:
                view.run_in_background(lambda workspace: deploy(workspace, reason), done, group=group)

        view.app.push_screen(GateDialog(error.report), answered)

    view.run_in_background(lambda workspace: deploy(workspace, ""), done, group=group, failed=refused)


class GateDialog(Dialog[str]):
    """The checks that a version did not pass, and a line for the reason to deploy it all the same."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.gate.deploy", "ctrl+s,f2", "Deploy all the same", "Deploy it; the log keeps the reason"),
        Command("dialog.gate.try_out", "t,enter", "Try it out", "Deploy it to be tried; the log keeps it"),
    )
    DEFAULT_CSS = """
    GateDialog #checks { height: auto; }
    GateDialog #problem { height: 1; }
    """

    def __init__(self, report: GateReport) -> None:
        super().__init__(f"{report.model} does not pass the checks for {report.endpoint}")
        self._report = report

    def compose_body(self) -> ComposeResult:
        yield Panel(id="checks")
        yield OneLine(self._demand)
        if not self._report.only_to_try:
            yield ValueInput("", id="reason")
            yield OneLine(lambda width: EMPTY, id="problem")

    def on_mount(self) -> None:
        self.query_one("#checks", Panel).show(self._lines)
        self.query_one("#checks" if self._report.only_to_try else "#reason").focus()

    def on_resize(self) -> None:
        panel = self.query_one("#checks", Panel)
        room = max(3, int(self.size.height * 0.9) - AROUND)
        width = panel.size.width or min(96, int(self.size.width * 0.9) - 4)
        panel.styles.height = min(room, len(list(self._lines(width))))

    def _lines(self, width: int) -> Iterator[Line]:
        # What failed comes first: it is what the reason is about.
        for check in sorted(self._report.checks, key=lambda check: not check.blocks):
            yield from check_lines(check, width)

    def _demand(self, width: int) -> Line:
        failed = len(self._report.failed)
        checks = "1 check" if failed == 1 else f"{failed} checks"
        todo = "t deploys it to be tried" if self._report.only_to_try else "Type a reason to go on"
        return line(span(f"✗ {checks} failed. {todo}; the log keeps it.", "bad"))

    def possible(self, command: str) -> bool:
        return self._report.only_to_try is (command == "try_out") if command in ("try_out", "deploy") else True

    def on_input_submitted(self) -> None:
        self.action_deploy()

    def action_deploy(self) -> None:
        reason = self.query_one("#reason", ValueInput).value.strip()
        if reason:
            self.dismiss(reason)
        else:
            self.query_one("#problem", OneLine).show(lambda width: line(span("✗ A reason is required.", "bad")))

    def action_try_out(self) -> None:
        self.dismiss(PLAYGROUND_REASON)


def check_lines(check: Check, width: int) -> Iterator[Line]:
    """One check: its sign, its name, and its line, wrapped beside the name."""
    sign, style = SIGNS[check.outcome]
    style = "bad" if check.blocks else style
    first, *rest = wrap(check.line, width - NAME - 2, "text" if check.blocks else "muted")
    yield line(span(f"{sign} ", style), span(check.name, style if check.blocks else "muted", NAME), *first)
    for more in rest:
        yield line(" " * (NAME + 2), *more)
