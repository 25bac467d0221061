"""What the seven stages share: where they get their data, and how they say that there is none."""

from __future__ import annotations

from typing import ClassVar

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Commanded
from ontos_tui.tui.core.ui_state import Session
from ontos_tui.tui.widgets.lines import Line, span, wrap


class Page(BackgroundMixin, Commanded):
    """Something that fills the screen, with commands of its own. `ABOUT` says in the help what it is for."""

    ABOUT: ClassVar[str] = ""
    DEFAULT_CSS = """
    Page { height: 1fr; layout: vertical; }
    """

    @property
    def session(self) -> Session:
        """What the user works on."""
        return self.ontos.session

    def reload(self) -> None:
        """Ask the services again and show what they say, keeping the user's place."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Put the focus where the keys of this page make sense."""
        raise NotImplementedError

    def commands_changed(self) -> None:
        """What can be done here is different now; the footer follows."""
        self.ontos.refresh_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Commands that make no sense now are left out of the footer and the palette: override `possible`."""
        if any(command.id == action for command in self.OWN_COMMANDS):
            return self.possible(action)
        return super().check_action(action, parameters)

    def possible(self, command: str) -> bool:
        """Whether this command makes sense in the present state."""
        return True


class StageView(Page):
    """One stage. It is mounted on its first visit and told to `reload` whenever the workspace changed."""

    STAGE: ClassVar[Stage]
    HELP_TITLE: ClassVar[str] = "In this stage"


def error_lines(error: OntosError, width: int) -> list[Line]:
    """What happened and what to do next, for a panel that has nothing else to show."""
    return [*wrap(f"✗ {error.what}", width, "bad"), *wrap(error.todo, width), (span(""),)]
