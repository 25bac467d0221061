"""What the seven stages share: where they get their data, and which of their commands make sense now."""

from __future__ import annotations

from typing import ClassVar

from textual import events

from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Commanded
from ontos_tui.tui.core.ui_state import Session


class Page(BackgroundMixin, Commanded):
    """Something that fills the screen, with commands of its own. `ABOUT` says in the help what it is for."""

    ABOUT: ClassVar[str] = ""
    DEFAULT_CSS = """
    Page { height: 1fr; layout: vertical; }
    """

    _is_laid_out = False

    def on_resize(self) -> None:
        self._is_laid_out = True

    def on_mount(self) -> None:
        self.call_after_refresh(self._lay_out_first)

    def _lay_out_first(self) -> None:
        """Textual sends no Resize when somebody asked where the page stands just before its first layout."""
        if not self._is_laid_out and self.size:
            self.post_message(events.Resize(self.size, self.virtual_size, self.container_size))

    @property
    def session(self) -> Session:
        """What the user works on."""
        return self.ontos.session

    def reload(self) -> None:
        """Read from the services again and show it, keeping the user's place."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Put the focus where the keys of this page make sense."""
        raise NotImplementedError

    def commands_changed(self) -> None:
        """What can be done here is different now; the footer follows."""
        self.ontos.refresh_keys()


class StageView(Page):
    """One stage. It is mounted on its first visit and reloaded whenever the workspace changed."""

    STAGE: ClassVar[Stage]
    HELP_TITLE: ClassVar[str] = "In this stage"
