"""Every command that keys reach, in Textual's palette, with its key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from ontos_tui.tui.core.commands import Command, Commanded, commanded_nodes

if TYPE_CHECKING:
    from ontos_tui.tui.core.ports import AppPort


class CommandPalette(Provider):
    """The commands that make sense now, from the focused widget outward."""

    def _commands(self) -> list[tuple[Commanded, Command, str]]:
        app = cast("AppPort", self.app)
        return [
            (node, command, f"{command.label} ({command.key_shown})")
            for node in commanded_nodes(self.focused or app.stage_view or self.screen)
            for command in node.possible_commands()
            if not command.key_text
        ]

    async def search(self, query: str) -> Hits:
        """The commands that match what was typed."""
        matcher = self.matcher(query)
        for node, command, title in self._commands():
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), partial(self._run, node, command), help=command.help)

    async def discover(self) -> Hits:
        """All commands, before anything is typed."""
        for node, command, title in self._commands():
            yield DiscoveryHit(title, partial(self._run, node, command), help=command.help)

    async def _run(self, node: Commanded, command: Command) -> None:
        await self.app.run_action(command.run_action, node)
