"""The command line, put together from one module for each stage."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from ontos_tui.cli.admin import backup, doctor, jobs, schema, settings, start, sync
from ontos_tui.cli.core.groups import PLAIN
from ontos_tui.cli.core.output import print_error, print_lines, to_json
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.core.words import translate
from ontos_tui.cli.data import computed, joins, quality, sheets, tables, watch
from ontos_tui.cli.deploy import endpoints, gate, predict, serving
from ontos_tui.cli.generate import examples, generation, templates
from ontos_tui.cli.improve import feedback, gaps, learning_curve, legacy_web, retraining, tasks
from ontos_tui.cli.label import (
    agreement,
    canonical_labels,
    decisions,
    hints,
    import_export,
    labeling_jobs,
    labelsets,
    saved_views,
)
from ontos_tui.cli.monitor import alerts, drift, traffic
from ontos_tui.cli.train import cards, models, training, training_sheets
from ontos_tui.domain.errors import InvalidInputError, OntosError
from ontos_tui.domain.records.folders import FolderKindError
from ontos_tui.domain.records.reading import UndecidedError
from ontos_tui.home import default_home
from ontos_tui.private import FILE
from ontos_tui.replacing import write_text

ANYWHERE = "Everywhere: --home DIR chooses the workspace (or ONTOS_HOME); --json prints one JSON document."
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
UsageError: Any = typer.BadParameter.__base__
"""What typer raises for a command line that no command accepts."""


def command_line() -> typer.Typer:
    """All commands."""
    root = typer.Typer(
        name="ontos",
        help="From raw data to a deployed model and round again. Without a command, the app opens.",
        epilog=ANYWHERE,
        no_args_is_help=True,
        context_settings=HELP_OPTIONS,
        **PLAIN,
    )
    root.callback()(_options)
    for stage in (
        start,
        doctor,
        backup,
        schema,
        settings,
        tables,
        joins,
        computed,
        quality,
        sheets,
        watch,
        templates,
        examples,
        generation,
        training_sheets,
        decisions,
        hints,
        saved_views,
        canonical_labels,
        labelsets,
        labeling_jobs,
        agreement,
        training,
        models,
        cards,
        jobs,
        endpoints,
        gate,
        serving,
        predict,
        traffic,
        drift,
        alerts,
        feedback,
        gaps,
        tasks,
        retraining,
        learning_curve,
        import_export,
        legacy_web,
        sync,
    ):
        stage.register(root)
    for app in [root, *(group.typer_instance for group in root.registered_groups)]:
        for command in app.registered_commands if app else ():
            command.epilog = ANYWHERE
    return root


@cache
def command_tree() -> Any:
    """All commands as they are called. To make them takes a tenth of a second, and they keep nothing of a call."""
    return typer.main.get_command(command_line())


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
    except (UndecidedError, FolderKindError) as error:
        _failed(error, as_json)
        return 2  # as wrong usage: an option is needed
    except OntosError as error:
        return _failed(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return _quiet()
    except UnicodeEncodeError as error:
        return _failed(_not_utf8(error, words, session.home), as_json)
    except Exception as error:  # noqa: BLE001  # whatever it is, a user sees a sentence and not a traceback
        return _failed(_unexpected(error, session.home), as_json)
    finally:
        session.close()


def _refused(error: Any, as_json: bool) -> int:
    """Wrong usage: the usage and the reason on stderr, or the help of a group that stands alone."""
    if as_json:
        name = error.ctx.command_path if error.ctx is not None else "ontos"
        is_help = error.ctx is not None and error.message == error.ctx.get_help()
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
