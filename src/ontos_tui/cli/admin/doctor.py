"""`ontos doctor`: checks everything that Ontos needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.session import Session
from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.admin.finding import Finding


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    start: Annotated[bool, typer.Option("--start", help="also start a SQL warehouse that is stopped")] = False,
    databricks: Annotated[
        bool, typer.Option("--databricks", help="try what sharing needs on the team's workspace; takes a minute")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="with --databricks: write the report there, as Markdown")
    ] = None,
    recount: Annotated[bool, typer.Option("--recount", help="first count anew what is counted as it changes")] = False,
) -> None:
    """Check everything that Ontos needs: ok, a warning, or a failure with what to do about it."""
    from ontos_tui.home import default_home
    from ontos_tui.services.admin.doctor import examine
    from ontos_tui.services.admin.integrity import recount_all

    session = Session.of(context)
    if databricks or report is not None:
        _try_workspace(session, report)
        return
    home = (session.home or default_home()).expanduser().absolute()
    if recount:
        recount_all(session.workspace.store)
    _show(session, list(examine(home, lambda: session.workspace.store, start=start)))


def _try_workspace(session: Session, report: Path | None) -> None:
    from ontos_tui.replacing import write_text
    from ontos_tui.services.admin.workspace_report import examine_workspace, report_text

    settings = session.workspace.settings
    if not (settings.databricks_catalog and settings.databricks_warehouse):
        raise NotReadyError(
            "No team is set up.", "Set databricks_catalog and databricks_warehouse, then check them: ontos doctor"
        )
    findings = list(examine_workspace(settings))
    if report is not None:
        write_text(report, report_text(findings, settings))
    _show(session, findings)


def _show(session: Session, findings: Sequence[Finding]) -> None:
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
