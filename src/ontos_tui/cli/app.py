"""The command line: what it says is done, and how errors are shown."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from ontos_tui.cli.command_index import INDEX
from ontos_tui.cli.core import command_tree as tree
from ontos_tui.cli.core.groups import PLAIN, LateGroup
from ontos_tui.cli.core.output import print_error, print_lines, to_json
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.core.words import translate
from ontos_tui.domain.errors import InvalidInputError, NeedsOptionError, OntosError
from ontos_tui.domain.text.terminal_text import safe_text
from ontos_tui.home import default_home
from ontos_tui.private import FILE
from ontos_tui.replacing import write_text

ANYWHERE = "Everywhere: --home DIR chooses the workspace (or ONTOS_HOME); --json prints one JSON document."
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
UsageError: Any = typer.BadParameter.__base__
"""What typer raises for a command line that no command accepts."""
LONGEST_NAME = 200
_ABOUT_PATHS = {errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EROFS}


@cache
def command_tree() -> Any:
    """All commands as they are called; those that nobody asks for are not imported. They keep nothing of a call."""
    root = typer.Typer(
        name="ontos",
        help="From raw data to a deployed model and round again. Without a command, the app opens.",
        epilog=ANYWHERE,
        no_args_is_help=True,
        context_settings=HELP_OPTIONS,
        cls=LateGroup,
        **PLAIN,
    )
    root.callback()(_options)
    return tree.command_tree(root, INDEX, ANYWHERE)


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="List the keys of the app.")] = False,
    home: Annotated[str, typer.Option("--home", metavar="DIR", help="The workspace (ONTOS_HOME, ~/.ontos).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """For the help and for completion: `ontos_tui.__main__` takes these out before any command is known."""


def run(words: Sequence[str], home: Path | None = None, *, as_json: bool = False) -> int:
    """Do what the words say; returns the exit code. Errors are printed on stderr, with --json also as the document."""
    session = Session(home, as_json)
    command = command_tree()
    try:
        code = command.main(translate(words, command), prog_name="ontos", obj=session, standalone_mode=False)
        return _flushed(code if isinstance(code, int) else 0)
    except UsageError as error:
        return _refused(error, as_json)
    except NeedsOptionError as error:
        _failed(error, as_json)
        return 2  # as wrong usage
    except OntosError as error:
        return _failed(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return _quiet()
    except UnicodeEncodeError as error:
        return _failed(_not_utf8(error, words, session.home), as_json)
    except OSError as error:
        return _failed(_not_usable(error, session.home), as_json)
    except Exception as error:  # noqa: BLE001  # whatever it is, a user sees a sentence and not a traceback
        return _failed(_unexpected(error, session.home), as_json)
    finally:
        session.close()


def _refused(error: Any, as_json: bool) -> int:
    """Wrong usage: the usage and the reason on stderr, or the help of a group that stands alone."""
    is_help = error.ctx is not None and error.message == error.ctx.get_help()
    if not is_help:
        error.message = safe_text(error.message)  # it repeats what was typed, which may be a file's name
    if as_json:
        name = error.ctx.command_path if error.ctx is not None else "ontos"
        what = f"{name} needs a command." if is_help else error.format_message()
        _print_json_error(OntosError(what, f"List its options: {name} --help"))
    error.show()
    return int(error.exit_code)


def _failed(error: OntosError, as_json: bool) -> int:
    if as_json:
        _print_json_error(error)
    print_error(error)
    return 1


def _print_json_error(error: OntosError) -> None:
    try:
        print_lines([to_json({"error": {"what": error.what, "todo": error.todo}})])
    except BrokenPipeError:
        _quiet()


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _quiet()
    return code


def _quiet() -> int:
    """The reader of our output has gone, such as `head`; Python must not complain about that when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _not_usable(error: OSError, home: Path | None) -> OntosError:
    """A path that the system does not take, such as one that is too long, is no fault of the program's."""
    if error.errno not in _ABOUT_PATHS or not isinstance(error.filename, str):
        return _unexpected(error, home)
    name = error.filename if len(error.filename) <= LONGEST_NAME else f"{error.filename[:LONGEST_NAME]}…"
    return InvalidInputError(f"{name} cannot be used: {error.strerror}.", "Name another file or folder.")


def _not_utf8(error: UnicodeEncodeError, words: Sequence[str], home: Path | None) -> OntosError:
    """Bytes on the command line that are no UTF-8 can be in the name of a file, and in nothing that is stored."""
    if all(word.isascii() or _is_utf8(word) for word in words):
        return _unexpected(error, home)
    return InvalidInputError("A word on the command line is not UTF-8.", "Type it again in UTF-8. Nothing was changed.")


def _is_utf8(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unexpected(error: Exception, home: Path | None) -> OntosError:
    """Write down where it happened, without the values of variables, which may be data or secrets."""
    what = f"Something went wrong that should not have ({type(error).__name__})."
    path = (home or default_home()).expanduser() / "logs" / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.log"
    lines = [f"{type(error).__module__}.{type(error).__qualname__}\n", *traceback.format_tb(error.__traceback__)]
    try:
        write_text(path, "".join(lines), mode=FILE)
    except OntosError:
        return OntosError(what, "It could not be logged. Check the workspace: `ontos doctor`")
    return OntosError(what, f"Please report it, with {path}.")
