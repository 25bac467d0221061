"""The app's own dialogs: jobs, sharing, settings, backup, help, the words and the tour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.dom import DOMNode
from textual.widget import Widget

from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import commanded_nodes

if TYPE_CHECKING:
    from ontos_tui.tui.stages.base import Page


class DialogActions(App[None]):
    """The actions that open them; each is imported on first use."""

    home: Path

    @property
    def has_workspace(self) -> bool:
        """Whether the workspace is open."""
        raise NotImplementedError

    @property
    def stage(self) -> Stage:
        """Where the user is."""
        raise NotImplementedError

    @property
    def in_wizard(self) -> bool:
        """Whether the wizard is shown in place of the stages."""
        raise NotImplementedError

    @property
    def stage_view(self) -> Page | None:
        """The stage that is shown, or the wizard."""
        raise NotImplementedError

    @property
    def key_target(self) -> DOMNode:
        """Where keys go first."""
        raise NotImplementedError

    def action_jump(self) -> None:
        from ontos_tui.tui.dialogs.jump import JumpScreen, jump_targets

        def jumped(target: Widget | None) -> None:
            if target is not None:
                target.focus()

        targets = jump_targets(self.screen)
        if targets:
            self.push_screen(JumpScreen(targets), jumped)

    def action_jobs(self) -> None:
        from ontos_tui.tui.dialogs.jobs import JobsDialog

        if self.has_workspace:
            self.push_screen(JobsDialog())

    def action_sharing(self) -> None:
        from ontos_tui.tui.dialogs.sync_conflicts import ConflictsDialog

        if self.has_workspace:
            self.push_screen(ConflictsDialog())

    def action_settings(self) -> None:
        from ontos_tui.tui.dialogs.settings import SettingsDialog

        if self.has_workspace:
            self.push_screen(SettingsDialog())

    def action_backup(self) -> None:
        from ontos_tui.tui.dialogs.backup import ask_backup

        if self.stage_view is not None:
            ask_backup(self.stage_view, self.home)

    def action_help(self) -> None:
        """The keys of this place, also of a dialog."""
        from ontos_tui.tui.dialogs.guide.help import HelpDialog

        view = self.stage_view
        sections = [
            (node.HELP_TITLE, list(node.all_commands()))
            for node in commanded_nodes(self.key_target)
            if node.possible_commands()
        ]
        about = view.ABOUT if view is not None else ""
        where = "Wizard" if self.in_wizard else self.stage.title
        self.push_screen(HelpDialog(f"Help · {where}", about, sections))

    def action_glossary(self) -> None:
        from ontos_tui.tui.dialogs.guide.glossary import GlossaryDialog

        self.push_screen(GlossaryDialog())

    def action_tour(self) -> None:
        from ontos_tui.tui.dialogs.guide.tour import Tour

        if self.has_workspace:
            self.push_screen(Tour())
