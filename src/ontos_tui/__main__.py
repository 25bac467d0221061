"""The command `ontos`: alone it opens the app, with a subcommand it does that without a screen.

Opening the app must be quick, so nothing but Python's own modules is imported here before the command is known.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.private import hide_new_files

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
APP_OPTIONS = (("--plain",), ("--plain-driver",))
"""How the app is drawn: as lines for a screen reader, or by Textual's own driver."""
COMPLETING = "_ONTOS_COMPLETE"
"""Set by a shell that asks how the words on its command line could go on."""


@dataclass(frozen=True)
class CommandLine:
    """What the command line asks for; `words` is what remains when the options that stand anywhere are taken out."""

    words: tuple[str, ...]
    home: Path | None
    json: bool


def read_arguments(arguments: Sequence[str]) -> CommandLine | str:
    """Take --home and --json out of the arguments, wherever they stand before a `--`. A str says what is wrong."""
    words: list[str] = []
    home: Path | None = None
    json = False
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            words += [word, *rest]
        elif word == "--json":
            json = True
        elif word == "--home" or word.startswith("--home="):
            value = word[7:] if "=" in word else next(rest, "")
            if not value:
                return "--home needs a folder."
            home = Path(value)
        else:
            words.append(word)
    return CommandLine(tuple(words), home, json)


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed (the reason is on stderr), 2 wrong usage."""
    hide_new_files()
    gc.set_threshold(20_000)  # imports make many objects and next to no garbage: a tenth of the time of a command
    command_line = read_arguments(sys.argv[1:])
    if isinstance(command_line, str):
        sys.exit(_refuse(f"Error: {command_line}", as_json="--json" in sys.argv))
    if command_line.words == ("--version",):
        from ontos_tui import __version__

        _print(f"ontos {__version__}")
    elif command_line.words == ("--keys",):
        sys.exit(_list_keys(command_line.home))
    elif command_line.words[:1] == ("monitor",) and "--wall" in command_line.words:
        endpoint = next((word for word in command_line.words[1:] if not word.startswith("-")), "")
        sys.exit(_open_app(command_line.home, as_json=command_line.json, wall=True, endpoint=endpoint))
    elif (command_line.words and command_line.words not in APP_OPTIONS) or COMPLETING in os.environ:
        from ontos_tui.cli.app import run

        sys.exit(run(command_line.words, command_line.home, as_json=command_line.json))
    else:
        drawing = command_line.words[0].removeprefix("--") if command_line.words else ""
        sys.exit(_open_app(command_line.home, drawing=drawing, as_json=command_line.json))


def _refuse(reason: str, *, as_json: bool) -> int:
    """Wrong usage: the reason on stderr, and as the document with --json."""
    if as_json:
        import json

        print(
            json.dumps({"error": {"what": reason.removeprefix("Error: "), "todo": "List the commands: ontos --help"}})
        )
    print(reason, file=sys.stderr)
    return WRONG_USAGE


def _list_keys(home: Path | None) -> int:
    from ontos_tui.domain.errors import OntosError
    from ontos_tui.home import default_home
    from ontos_tui.settings import Settings
    from ontos_tui.tui.core.keys.key_listing import listing

    try:
        keys = Settings.load(home or default_home()).keys
    except OntosError as error:
        print(f"Error: {error.what} {error.todo}", file=sys.stderr)
        return FAILED
    _print("\n".join(listing(keys)))
    return DONE


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader has gone, such as `head`; Python must not complain when it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_app(home: Path | None, *, as_json: bool, drawing: str = "", wall: bool = False, endpoint: str = "") -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return _refuse(
            "The app needs a terminal, and there is none here.\n"
            "Run `ontos` in a terminal (over SSH: ssh -t), or work without a screen: "
            "`ontos status`, `ontos seed`, `ontos --help`.",
            as_json=as_json,
        )
    from ontos_tui.tui.run import leave, run_app

    return leave(run_app(home, drawing=drawing, wall=wall, endpoint=endpoint))


if __name__ == "__main__":
    main()
