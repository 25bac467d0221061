"""The app: a frame, seven stages, and the first picture before anything heavy is imported."""

from __future__ import annotations

import asyncio
import gc
import inspect
import signal
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.events import Event, InputEvent, Key, Paste
from textual.screen import Screen

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.domain.text.terminal_text import safe_text
from ontos_tui.tui.app_commands import APP_COMMANDS
from ontos_tui.tui.app_dialogs import DialogActions
from ontos_tui.tui.core.background import Finished, unexpected
from ontos_tui.tui.core.commands import Command, Commanded, commanded_nodes
from ontos_tui.tui.core.frame import Header, JobLine, KeyLine, TabLine
from ontos_tui.tui.core.keys.alt_keys import as_two_keys
from ontos_tui.tui.core.keys.type_ahead import Opening, TypeAhead
from ontos_tui.tui.core.keys.unbound_keys import UnboundKeys
from ontos_tui.tui.core.keys.user_keys import UserKeys
from ontos_tui.tui.core.messages import Messages
from ontos_tui.tui.core.opening import Opened, failure_lines, open_in_background
from ontos_tui.tui.core.palette import CommandPalette
from ontos_tui.tui.core.themes import THEMES
from ontos_tui.tui.core.ui_state import Session
from ontos_tui.tui.core.updates.live_updates import LiveUpdates, ended_message
from ontos_tui.tui.drivers import driver_class
from ontos_tui.tui.stage_area import StageArea
from ontos_tui.tui.terminal import textual_internals
from ontos_tui.tui.terminal.driver import DiffDriver
from ontos_tui.tui.terminal.painter import Painter
from ontos_tui.tui.widgets.lines import Panel, line, span
from ontos_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.guide.overview import Overview
    from ontos_tui.tui.core.ports import AppPort
    from ontos_tui.tui.stages.base import Page, StageView
    from ontos_tui.workspace import Workspace

IN_WIZARD = "in_wizard"
"""The entry of the session that says that the terminal was closed while the wizard was shown."""


class OntosApp(DialogActions, Commanded):
    """The workbench."""

    TITLE = "Ontos"
    HELP_TITLE = "Everywhere"
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (140, "-wide")]
    COMMANDS_SHOWN_LAST: ClassVar[tuple[str, ...]] = ("app.palette", "app.help", "app.quit")
    COMMANDS: ClassVar[set[type[CommandPalette]]] = {CommandPalette}  # type: ignore[assignment]
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = APP_COMMANDS
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, home: Path, *, drawing: str = "", watch: bool = True, welcome: bool = False) -> None:
        """`welcome` opens the wizard when the workspace is empty and the wizard has never been opened."""
        super().__init__(driver_class=driver_class(drawing))
        self.home = home
        self.session = Session.load(home)
        self.overview: Overview | None = None
        self._workspace: Workspace | None = None
        self._busy = 0
        self._messages = Messages(self)
        self._unbound = UnboundKeys(self.show_message)
        self._user_keys = UserKeys(self.show_error)
        self._watch = watch
        self._updates = LiveUpdates(self._post, self._changed, self._show_sync)
        self._sync_text = self._wizard_step = ""
        self._welcome = welcome
        self.type_ahead = TypeAhead(self, super().on_event, self.busy)
        self.painter = Painter(self)
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.session.theme if self.session.theme in self.available_themes else THEMES[0].name

    def start_at(self, stage: Stage, *, endpoint: str = "") -> None:
        """Begin in this stage, wherever the user was last."""
        self.session.stage = stage.value
        self.session.endpoint = endpoint or self.session.endpoint
        self.session.extra.pop(IN_WIZARD, None)
        self._welcome = False

    # What screens ask of the app (core.ports)

    @property
    def workspace(self) -> Workspace:
        """The open workspace. Stages exist only once it is."""
        assert self._workspace is not None, "the workspace is not open yet"
        return self._workspace

    @property
    def has_workspace(self) -> bool:
        """Whether the workspace is open."""
        return self._workspace is not None

    @property
    def stage(self) -> Stage:
        """Where the user is."""
        return Stage(self.session.stage)

    @property
    def in_wizard(self) -> bool:
        """Whether the wizard is shown in place of the stages."""
        return self.query_one(StageArea).in_wizard

    @property
    def stage_view(self) -> Page | None:
        """The stage that is shown, once it is mounted; the wizard while that is shown."""
        return self.query_one(StageArea).page_of(self.stage)

    def show_message(self, message: str, *, title: str = "") -> None:
        """A toast about something that went well. It takes the place of those before it, but of no error."""
        self._messages.show(f"{title}: {message}" if title else message)

    def show_error(self, error: OntosError) -> None:
        """A toast that says what happened and what to do next."""
        self._messages.show_error(error)

    def busy(self, by: int) -> None:
        """Work in threads began or ended; tests wait until none is under way."""
        self._busy += by

    @property
    def is_idle(self) -> bool:
        """Whether no work in threads is under way."""
        return self._busy == 0

    @property
    def key_target(self) -> DOMNode:
        """Where keys go first."""
        return self.focused or self.stage_view or self.screen

    def refresh_keys(self) -> None:
        """Show the keys that work now."""
        if not self.is_running or len(self.screen_stack) > 1:
            return  # pop_screen does it, when what lies over the stage has gone
        commands = [
            command
            for node in commanded_nodes(self.key_target)
            for command in node.possible_commands()
            if node is not self and command.shown
        ]
        last = [command for command in self.OWN_COMMANDS if command.id in self.COMMANDS_SHOWN_LAST]
        self.query_one(KeyLine).show_keys(commands, last)

    def pop_screen(self) -> AwaitComplete:
        """Other keys work when a dialog or the palette has gone."""
        top = self.screen
        popped = super().pop_screen()
        self.type_ahead.closed(top)
        self.call_later(self.refresh_keys)
        self.call_later(self._messages.make_room)
        return popped

    # Life

    def compose(self) -> ComposeResult:
        yield Header()
        yield TabLine()
        with StageArea():
            yield Panel(id="opening")
        yield JobLine()
        yield KeyLine()

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal, number)
        self.query_one(Header).show_overview("", None)
        self.query_one(TabLine).show_stage(self.stage, None)
        self.query_one("#opening", Panel).show(lambda width: [line(span("  Opening the workspace…", "muted"))])
        self.call_after_refresh(self._begin_opening)

    def _on_signal(self, number: signal.Signals) -> None:
        """The line dropped or the process is ended: leave in order. Nothing needs saving; decisions are on the disk."""
        self.exit(return_code=128 + number)

    def _begin_opening(self) -> None:
        self.busy(+1)
        open_in_background(self.home, lambda result: self._post(partial(self._opened, result)))

    def _post(self, call: Callable[[], Any]) -> None:
        """Run a call on the event loop; from any thread."""
        self.post_message(Finished(call))

    def _opened(self, result: Opened | OntosError) -> None:
        self.busy(-1)
        if isinstance(result, OntosError):
            self._show_failure(result)
            return
        self._user_keys.use(result.keys, result.key_problems)
        self.set_keymap(result.keys)
        self._workspace = result.workspace
        self.query_one("#opening").remove()
        self._show_overview(result.overview)
        was_in_wizard = self.session.extra.get(IN_WIZARD) is True
        self.action_stage(self.stage.value)
        is_empty = not any(stage.count for stage in result.overview.stages)
        is_new = self._welcome and "wizard" not in self.session.extra and is_empty
        if is_new or was_in_wizard:
            self.call_later(self.action_wizard)
        if self._watch:
            self._updates.start(result.workspace)

    def _show_failure(self, failure: OntosError) -> None:
        """The workspace did not open."""
        self.query_one("#opening", Panel).show(lambda width: failure_lines(failure, width))
        self.query_one(Header).show(lambda width: line(span(" Ontos ", "title")))
        self.refresh_keys()

    async def on_event(self, event: Event) -> None:
        if not isinstance(event, (InputEvent, Paste)):
            await super().on_event(event)
            return
        if isinstance(event, Key) and not event.is_forwarded and (keys := as_two_keys(event, self.focused)):
            for key in keys:
                await self.on_event(key)
            return
        self._updates.key_pressed()
        if isinstance(event, (Key, Paste)) and not event.is_forwarded and self.type_ahead.holds(event):
            return
        if not (event.is_forwarded and isinstance(event, Key)):
            await super().on_event(event)
            return
        self._unbound.arrived()
        await super().on_event(event)
        self.type_ahead.handled(event)
        self._unbound.handled(event.key)

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Run an action; a key for which none runs does nothing here."""
        ran = await super().run_action(*arguments, **options)
        self._unbound.ran(ran)
        return ran

    def on_type_ahead_passed(self, message: TypeAhead.Passed) -> None:
        """The key before the ones that wait has gone its whole way."""
        message.stop()
        self.type_ahead.passed()

    def _show_sync(self, text: str) -> None:
        if text != self._sync_text:
            self._sync_text = text
            if self.overview is not None:
                self._show_overview(self.overview)

    async def on_finished(self, message: Finished) -> None:
        """A thread's result arrives on the event loop."""
        message.stop()
        if not self.is_running:
            return  # a last result, while the screens are being taken down
        done = message.deliver()
        if inspect.isawaitable(done):
            await done

    def _changed(self, overview: Overview, ended: list[Job]) -> None:
        self._show_overview(overview)
        for job in ended:
            if job.status is JobStatus.FAILED:
                self.show_error(OntosError(f"{job.title} failed: {job.error}", "Show and resume the job: J"))
            else:
                self.show_message(ended_message(job))
        if self.stage_view is not None:
            self.stage_view.reload()

    def _show_overview(self, overview: Overview) -> None:
        self.overview = overview
        step = self._wizard_step if self.in_wizard else ""
        self.query_one(Header).show_overview(self.home.name, overview, self._sync_text, step)
        self.query_one(TabLine).show_stage(self.stage, overview)
        self.query_one(JobLine).show_jobs(overview.running)

    def show_wizard_step(self, step: str) -> None:
        """The header says where in the wizard one is, as long as that is shown."""
        self._wizard_step = step
        if self.overview is not None:
            self._show_overview(self.overview)

    def refresh_overview(self) -> None:
        """Read the loop's state again, after a change of our own."""
        view = self.stage_view
        if view is not None:
            view.run_in_background(
                lambda workspace: workspace.overview.overview(), self._show_overview, group="overview"
            )

    async def on_unmount(self) -> None:
        self._updates.stop()
        self.session.theme = self.theme
        if self._workspace is not None:
            self.session.save(self.home)
            self._workspace.close()

    def _fatal_error(self) -> None:
        """A bug ended the app: leave a report without the values of variables, and say where it is."""
        error = textual_internals.fatal_exception(self)
        assert error is not None
        unexpected(error)
        what = safe_text(repr(error), 300)
        self.panic(f"Ontos stopped because of a bug: {what}\nSee {self.home}/logs/ontos.log")

    # Commands

    def action_stage(self, name: str) -> None:
        """Show a stage; it is created on its first visit."""
        stage = Stage(name)
        self.session.stage = name
        tabs = self.query_one(TabLine)
        tabs.display = True
        tabs.show_stage(stage, self.overview)
        if self._workspace is None:
            return
        view = self.query_one(StageArea).show_stage(stage)
        self.session.extra.pop(IN_WIZARD, None)
        self.show_wizard_step("")
        if view.is_attached:
            self._enter(view)
        else:
            self.busy(+1)
            self.call_later(self._enter_first, view, self.type_ahead.begins(surely=True))

    async def _enter_first(self, view: StageView, opening: Opening | None) -> None:
        if not view.is_attached:
            await self.query_one(StageArea).mount(view)
        self._user_keys.show_clashes()
        self._enter(view)
        # What is here now stays: no collection looks through all of it while the user waits for a key's answer.
        gc.freeze()
        self.busy(-1)
        self.type_ahead.ends(opening)

    def _enter(self, view: Page) -> None:
        view.reload()
        view.focus_first()
        self.refresh_keys()

    async def action_wizard(self) -> None:
        """Show the wizard where one left it, or go back to the stage."""
        if self._workspace is None:
            return
        if self.in_wizard:
            self.action_stage(self.stage.value)
            return
        self.query_one(TabLine).display = False
        self.session.extra[IN_WIZARD] = True
        wizard = await self.query_one(StageArea).show_wizard()
        if wizard is not None:
            self._enter(wizard)

    def on_wizard_view_left(self) -> None:
        self.action_stage(self.stage.value)

    def action_next_step(self) -> None:
        if self.overview is not None:
            self.action_stage(self.overview.next_stage.value)

    def action_theme(self) -> None:
        self.search_themes()

    def action_redraw(self) -> None:
        driver = textual_internals.driver_of(self)
        if isinstance(driver, DiffDriver):
            driver.redraw()
        self.refresh(layout=True)

    def action_palette(self) -> None:
        self.action_command_palette()

    def action_top(self) -> None:
        """To the first row of the list, or of the text, that has the focus."""
        if isinstance(self.focused, Table):
            self.focused.action_go(0)
        elif isinstance(self.focused, Panel):
            self.focused.action_scroll_lines(-self.focused.virtual_rows)

    async def action_quit(self) -> None:
        self.exit()

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        """A click on a tab."""
        self.action_stage(event.stage.value)

    def on_descendant_focus(self) -> None:
        """Other keys may work now."""
        self.refresh_keys()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Our own commands are in the palette by their declarations; Textual's would double them."""
        return ()


if TYPE_CHECKING:
    _PORT: type[AppPort] = OntosApp  # the type checker sees here that the app is what its screens expect
