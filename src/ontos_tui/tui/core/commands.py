"""Commands: one declaration gives the key, the footer, the help screen and the palette entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding
from textual.dom import DOMNode


@dataclass(frozen=True)
class Command:
    """Something that a key does.

    `id` is unique in the whole app: its place, and after the last dot its name (`label.desk.approve`). The settings
    and `ontos --keys` use it. The method `action_<name>` of the class that declares it does the work, or `action` where
    several commands share one method (`desk('approve')`). `key` may name several keys, separated by commas; the first
    is shown. `shown` puts the command into the footer. With a `key_text` each of the keys means something else, so
    that is shown instead and the palette leaves the command out.
    """

    id: str
    key: str
    label: str
    help: str
    shown: bool = True
    key_text: str = ""
    action: str = ""

    @property
    def name(self) -> str:
        """The last part of the id; unique in its class."""
        return self.id.rpartition(".")[2]

    @property
    def binding(self) -> Binding:
        """The Textual binding; its action names the command, so that only the class that has it runs it."""
        return Binding(self.key, self.run_action, self.label, show=False, tooltip=self.help, id=self.id)

    @property
    def run_action(self) -> str:
        """The Textual action that runs this command on a node that has it."""
        return f"run_command('{self.id}')"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that do it now."""
        return tuple(KEY_OVERRIDES.get(self.id, self.key).split(","))

    @property
    def key_shown(self) -> str:
        """The key as people write it."""
        return self.key_text or key_name(self.keys[0])

    @property
    def keys_shown(self) -> str:
        """All of its keys as people write them."""
        return self.key_text or ", ".join(key_name(key) for key in self.keys)


KEY_OVERRIDES: dict[str, str] = {}
"""The keys that this user has chosen, by the commands' ids; the app fills it from the settings when it starts."""


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "escape": "esc",
    "enter": "enter",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    "dollar_sign": "$",
    "greater_than_sign": ">",
    "less_than_sign": "<",
}


def key_name(key: str) -> str:
    """`ctrl+p` as ^p, `question_mark` as ?, `A` as A."""
    if key.startswith("ctrl+"):
        return f"^{key_name(key[5:])}"
    return _KEY_NAMES.get(key, key)


class Commanded(DOMNode):
    """A node with commands; they give it its bindings. A command of a base class is replaced by its name."""

    HELP_TITLE: ClassVar[str] = ""
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = ()
    _commands: ClassVar[dict[str, Command]] = {}

    def __init_subclass__(cls, **options: object) -> None:
        own: tuple[Command, ...] = cls.__dict__.get("OWN_COMMANDS", ())
        if own:
            cls.BINDINGS = [*cls.__dict__.get("BINDINGS", []), *(command.binding for command in own)]
        names: dict[str, Command] = {}
        for owner in cls.__mro__:
            for command in owner.__dict__.get("OWN_COMMANDS", ()):
                names.setdefault(command.name, command)
        cls._commands = {command.id: command for command in names.values()}
        super().__init_subclass__(**options)  # type: ignore[arg-type]  # Textual's own keyword options pass through

    @classmethod
    def all_commands(cls) -> Iterable[Command]:
        """The commands of this class: its own first, then those of its base classes that it does not replace."""
        return cls._commands.values()

    def possible_commands(self) -> list[Command]:
        """Those that make sense now."""
        return [command for command in self.all_commands() if self.possible(command.name)]

    def possible(self, command: str) -> bool:
        """Whether the command of this name makes sense in the present state; the others are not shown and not run."""
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "run_command":
            command = self._commands.get(str(parameters[0]))
            return command is not None and self.possible(command.name)
        return super().check_action(action, parameters)

    async def action_run_command(self, command_id: str) -> None:
        """Do what a command's declaration says."""
        command = self._commands[command_id]
        await self.app.run_action(command.action or command.name, self)


def declaring_classes(base: type[Commanded] = Commanded) -> Iterator[type[Commanded]]:
    """Every class that declares commands, as far as it is imported."""
    if base.__dict__.get("OWN_COMMANDS"):
        yield base
    for child in base.__subclasses__():
        yield from declaring_classes(child)


def key_clashes() -> list[str]:
    """Where one key does two things in the same place, as sentences without a stop."""
    messages = []
    for owner in declaring_classes():
        by_key: dict[str, str] = {}
        for command in owner.all_commands():
            for key in command.keys:
                other = by_key.setdefault(key, command.id)
                if other != command.id:
                    messages.append(f"{key_name(key)} is the key of both {other} and {command.id}")
    return list(dict.fromkeys(messages))


def commanded_nodes(focus: DOMNode) -> list[Commanded]:
    """The nodes whose commands keys reach from here: from the focused widget outward to the app."""
    return [node for node in focus.ancestors_with_self if isinstance(node, Commanded)]
