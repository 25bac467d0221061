"""The command line, put together from one module for each stage."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.admin import doctor, jobs, settings, start, sync
from ontos_tui.cli.core.groups import PLAIN
from ontos_tui.cli.core.output import tell, tell_error, to_json
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.data import sheets
from ontos_tui.cli.deploy import endpoints
from ontos_tui.cli.generate import templates
from ontos_tui.cli.improve import feedback, gaps
from ontos_tui.cli.label import (
    agreement,
    canonical_labels,
    decide,
    hints,
    import_export,
    labeling_jobs,
    labelsets,
    saved_views,
)
from ontos_tui.cli.monitor import alerts, drift, traffic
from ontos_tui.cli.train import train
from ontos_tui.domain.errors import OntosError
from ontos_tui.home import default_home

ANYWHERE = "Everywhere: --home DIR chooses the workspace (or ONTOS_HOME); --json prints one JSON document."
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
ASSEMBLY = ("--assembly", "--assembly-id", "--assembly_id")
"""What a training sheet was called in the earlier web version."""


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
        settings,
        sheets,
        templates,
        decide,
        hints,
        saved_views,
        canonical_labels,
        labelsets,
        labeling_jobs,
        agreement,
        train,
        jobs,
        endpoints,
        traffic,
        drift,
        alerts,
        feedback,
        gaps,
        import_export,
        sync,
    ):
        stage.register(root)
    for app in [root, *(group.typer_instance for group in root.registered_groups)]:
        for command in app.registered_commands if app else ():
            command.epilog = ANYWHERE
    return root


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="List the keys of the app.")] = False,
    home: Annotated[str, typer.Option("--home", metavar="DIR", help="The workspace (ONTOS_HOME, ~/.ontos).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """For the help and for completion: `ontos_tui.__main__` takes these out before any command is known."""


def run(words: Sequence[str], home: Path | None = None, *, as_json: bool = False) -> int:
    """Do what the words say; returns the exit code. Errors are told on stderr (and as the document with --json)."""
    session = Session(home, as_json)
    if tuple(words[:2]) == ("import", "old-web"):
        words = ["import-old-web", *words[2:]]
    root = command_line()
    groups = {group.name for group in root.registered_groups}
    try:
        typer.main.get_command(root).main(list(_training_sheet_first(words, groups)), prog_name="ontos", obj=session)
    except SystemExit as done:
        return _flushed(done.code if isinstance(done.code, int) else 0)
    except OntosError as error:
        return _failed(error, as_json)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return _quiet()
    except Exception as error:  # noqa: BLE001  # whatever it is, a user sees a sentence and not a traceback
        return _failed(_unexpected(error, session.home), as_json)
    finally:
        session.close()
    return _flushed(0)


def _training_sheet_first(words: Sequence[str], groups: set[str | None]) -> list[str]:
    """`--assembly X` anywhere means the training sheet X, which comes first after the command's name."""
    rest, named = [], []
    source = iter(words)
    for word in source:
        option, equals, value = word.partition("=")
        if option in ASSEMBLY:
            named.append(value if equals else next(source, ""))
        else:
            rest.append(word)
    at = 2 if rest and rest[0] in groups else 1
    return [*rest[:at], *named, *rest[at:]]


def _failed(error: OntosError, as_json: bool) -> int:
    try:
        if as_json:
            tell([to_json({"error": {"what": error.what, "todo": error.todo}})])
    except BrokenPipeError:
        _quiet()
    tell_error(error)
    return 1


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _quiet()
    return code


def _quiet() -> int:
    """Whoever read our output has gone (`ontos … | head`); Python must not complain about that when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unexpected(error: Exception, home: Path | None) -> OntosError:
    """Write down where it happened, without the values of variables, which may be data or secrets."""
    what = f"Something went wrong that should not have ({type(error).__name__})."
    path = (home or default_home()).expanduser() / "logs" / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.log"
    lines = [f"{type(error).__module__}.{type(error).__qualname__}\n", *traceback.format_tb(error.__traceback__)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
    except OSError:
        return OntosError(what, "It could not even be logged; check the workspace with `ontos doctor`.")
    return OntosError(what, f"Please report it, with {path}.")
