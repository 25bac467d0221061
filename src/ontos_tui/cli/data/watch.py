"""`ontos watch`: what is new in a folder becomes rows of its table."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ontos_tui.cli.core.session import Session
from ontos_tui.cli.core.shared_options import with_options
from ontos_tui.cli.data.folder_options import FOLDER, folder_options
from ontos_tui.domain.text.terminal_text import safe_line

Once = Annotated[bool, typer.Option("--once", help="add what stands still now, and end")]


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("watch")(watch)


@with_options(FOLDER)
def watch(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER|PATTERN", help="such as incoming, or 'logs/*.csv'")],
    into: Annotated[
        str, typer.Option("--into", metavar="TABLE", help="its table; otherwise called as the folder")
    ] = "",
    every: Annotated[float, typer.Option("--every", min=0.5, help="seconds between two looks")] = 5.0,
    once: Once = False,
    job: Annotated[bool, typer.Option("--job", help="in the background, until `ontos jobs cancel JOB`")] = False,
    **decisions: Any,
) -> None:
    """Add what is new in a folder to its table, each file once. A file is read when it stands still."""
    from ontos_tui.services.data.folder_tables.watch import look_message

    session = Session.of(context)
    service = session.workspace.data.watching
    request = service.request(folder, into, folder_options(decisions))
    if job:
        session.show_job(service.start(request, every))
        return
    if not once and not session.as_json:
        session.show(None, lambda: [f"Looking every {every:g} s. Ctrl+C ends it."])
    for seen in service.looks(request, every, once=once):
        message = look_message(seen)
        if once and not message:
            message = "Nothing new."
        if message:
            line = safe_line(f"{datetime.now().astimezone():%H:%M:%S}  {message}")
            session.show(seen, partial(list, [line]))
