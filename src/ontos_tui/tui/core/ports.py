"""What a screen may ask of the app, so that screens and dialogs need not know the app's class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.services.guide.overview import Overview
    from ontos_tui.tui.core.keys.type_ahead import TypeAhead
    from ontos_tui.tui.core.ui_state import Session
    from ontos_tui.workspace import Workspace

R = TypeVar("R")


class AppPort(Protocol):
    """The app as its screens see it."""

    session: Session
    """What the user works on; saved when the app ends."""
    overview: Overview | None
    """The state of the seven stages as it was read last; None until the workspace is open."""

    @property
    def workspace(self) -> Workspace:
        """The open workspace. Stages exist only once it is."""

    @property
    def stage_view(self) -> Widget | None:
        """The stage that is shown, or the wizard while that is shown; None until it is mounted."""

    def show_message(self, message: str, *, title: str = "") -> None:
        """A toast about something that went well."""

    def show_error(self, error: OntosError) -> None:
        """A toast that says what happened and what to do next."""

    def push_screen(self, screen: Screen[R], callback: Callable[[R | None], Any] | None = None) -> Any:
        """Show a dialog; `callback` gets what it is dismissed with, None when the user left it."""

    def busy(self, by: int) -> None:
        """Count work in threads that began (+1) or ended (-1)."""

    @property
    def type_ahead(self) -> TypeAhead:
        """The keys that wait until what the keys before them open is there."""

    def action_jump(self) -> None:
        """Letters at everything that can take keys."""

    def refresh_keys(self) -> None:
        """Show the keys that work now."""

    def show_wizard_step(self, step: str) -> None:
        """The header says where in the wizard one is, as long as that is shown."""

    def refresh_overview(self) -> None:
        """Read the state of the stages again, after a change of our own."""

    def action_stage(self, name: str) -> None:
        """Show a stage; it is created on its first visit."""

    def action_help(self) -> None:
        """Show the keys that work here."""

    def action_glossary(self) -> None:
        """Show what the words mean."""

    def action_tour(self) -> None:
        """Begin the tour."""
