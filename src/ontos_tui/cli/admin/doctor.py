"""`ontos doctor`: checks everything that Ontos needs."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.session import Session
from ontos_tui.domain.terminal_text import safe_line


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    start: Annotated[bool, typer.Option("--start", help="also start a SQL warehouse that is stopped")] = False,
    recount: Annotated[bool, typer.Option("--recount", help="first count anew what is counted as it changes")] = False,
) -> None:
    """Check everything that Ontos needs: ok, a warning, or a failure with what to do about it."""
    from ontos_tui.home import default_home
    from ontos_tui.services.admin.doctor import examine
    from ontos_tui.services.admin.integrity import recount_all

    session = Session.of(context)
    home = (session.home or default_home()).expanduser().absolute()
    if recount:
        recount_all(session.workspace.store)
    findings = list(examine(home, lambda: session.workspace.store, start=start))
    width = max(len(finding.name) for finding in findings)
    session.show(
        findings,
        lambda: [
            f"{one.state.value:<4}  {one.name:<{width}}  {safe_line(f'{one.message} {one.todo}'.strip())}"
            for one in findings
        ],
    )
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
