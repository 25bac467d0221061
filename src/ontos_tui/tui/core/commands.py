"""Commands: one declaration gives the key, the footer, the help screen and the palette entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode


@dataclass(frozen=True)
class Command:
    """Something that a key does. The method `action_<id>` of the class that declares it does the work.

    `key` may name several, separated by commas; the first is shown. `shown` puts it into the footer. With a `key_text`
    each of the keys means something else, so that is shown instead and the palette leaves the command out.
    """

    id: str
    key: str
    label: str
    help: str
    shown: bool = True
    key_text: str = ""

    @property
    def name(self) -> str:
        """What the command is called in the settings: `approve` for desk('approve')."""
        inner = self.id.partition("(")[2].rstrip(")").strip("'")
        return inner or self.id

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that do it now."""
        return tuple(KEY_OVERRIDES.get(self.name, self.key).split(","))

    @property
    def key_shown(self) -> str:
        """The key as people write it."""
        return self.key_text or key_name(self.keys[0])


KEY_OVERRIDES: dict[str, str] = {}
"""The keys that this user has chosen, by the commands' names; the app fills it from the settings when it starts."""


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "space": "space",
    "escape": "esc",
    "enter": "enter",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    "greater_than_sign": ">",
    "less_than_sign": "<",
}


def key_name(key: str) -> str:
    """`ctrl+p` as ^p, `question_mark` as ?, `A` as A."""
    if key.startswith("ctrl+"):
        return f"^{key_name(key[5:])}"
    return _KEY_NAMES.get(key, key)


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """The Textual bindings of some commands."""
    return [
        Binding(command.key, command.id, command.label, show=False, tooltip=command.help, id=command.name)
        for command in commands
    ]


class Commanded(DOMNode):
    """A node with commands; its bindings are made from them."""

    HELP_TITLE: ClassVar[str] = ""
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = ()

    def __init_subclass__(cls, **options: object) -> None:
        own = cls.__dict__.get("OWN_COMMANDS", ())
        if own:
            cls.BINDINGS = [*cls.__dict__.get("BINDINGS", []), *bindings(own)]
        super().__init_subclass__(**options)  # type: ignore[arg-type]  # Textual's own keyword options pass through


def owners(of: type[Commanded] = Commanded) -> list[type[Commanded]]:
    """Every class that declares commands, as far as it is imported."""
    found = [of] if of.__dict__.get("OWN_COMMANDS") else []
    return found + [owner for child in of.__subclasses__() for owner in owners(child)]


def clashes() -> list[str]:
    """Where one key does two things in the same place, in words."""
    told = []
    for owner in owners():
        by_key: dict[str, str] = {}
        for command in owner.OWN_COMMANDS:
            for key in command.keys:
                other = by_key.setdefault(key, command.name)
                if other != command.name:
                    told.append(f"The key {key_name(key)} does both {other} and {command.name}")
    return told


def can_do(node: DOMNode, command: Command) -> bool:
    """Whether the command makes sense now: the node's check_action says so."""
    return node.check_action(command.id, ()) is True


def in_reach(focus: DOMNode) -> list[Commanded]:
    """Who has commands that keys reach from here: from the focused widget outward to the app."""
    return [node for node in focus.ancestors_with_self if isinstance(node, Commanded)]


class CommandPalette(Provider):
    """Every command in reach, in Textual's palette, with its key."""

    def _commands(self) -> list[tuple[DOMNode, Command]]:
        from ontos_tui.tui.app import OntosApp

        assert isinstance(self.app, OntosApp)
        nodes = in_reach(self.focused or self.app.stage_view or self.screen)
        return [(node, one) for node in nodes for one in node.OWN_COMMANDS if can_do(node, one) and not one.key_text]

    async def search(self, query: str) -> Hits:
        """The commands that fit what was typed."""
        matcher = self.matcher(query)
        for node, command in self._commands():
            title = f"{command.label} ({command.key_shown})"
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), partial(self._run, node, command), help=command.help)

    async def discover(self) -> Hits:
        """All commands, before anything is typed."""
        for node, command in self._commands():
            title = f"{command.label} ({command.key_shown})"
            yield DiscoveryHit(title, partial(self._run, node, command), help=command.help)

    async def _run(self, node: DOMNode, command: Command) -> None:
        await self.app.run_action(command.id, node)
