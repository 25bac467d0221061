"""`ontos sync`: share with a team: push, pull, and conflicts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, facts, moment, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.records.sync import ConflictState
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.sync import SyncConflict
    from ontos_tui.services.team.sync import SyncReport, SyncStatus


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("sync")(sync)


def sync(
    context: typer.Context,
    start: Annotated[bool, typer.Option("--start", help="begin to share: create the team's tables first")] = False,
    status: Annotated[bool, typer.Option("--status", help="only show the state; sends nothing")] = False,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="list the open conflicts")] = False,
    keep: Annotated[ConflictState | None, typer.Option("--keep", help="which side of --conflict stays")] = None,
    conflict: Annotated[str, typer.Option("--conflict", help="id of the conflict for --keep")] = "",
    watch: Annotated[float | None, typer.Option("--watch", min=1, help="repeat every N seconds", metavar="N")] = None,
) -> None:
    """Share this workspace's work with the team's, both ways."""
    session = Session.of(context)
    service = session.workspace.sync
    if (keep is not None) != bool(conflict):
        raise typer.BadParameter("--keep and --conflict go together.")
    if keep is not None:
        settled = service.adjudicate(conflict, keep)
        session.show(settled, lambda: [safe_line(f"{settled.entity} {settled.entity_id[:8]}: {settled.state} stays")])
        return
    if conflicts:
        open_conflicts = service.conflicts()
        session.show(open_conflicts, lambda: _conflict_lines(open_conflicts))
        return
    if not status:
        created = service.switch_on() if start else []
        report = service.sync()
        while watch is not None:
            line = _report_line(report, service.status())
            session.show(report, lambda line=line: [line])  # type: ignore[misc]
            time.sleep(watch)
            report = _once_more(session, report)
    now = service.status()
    if status:
        session.show(now, lambda: _status_lines(now))
        return
    session.show(
        {"created": created, "report": report, "status": now},
        lambda: [*(f"created {one}" for one in created), _report_line(report, now), *_status_lines(now)],
    )


def _once_more(session: Session, before: SyncReport) -> SyncReport:
    """Synchronize while the team's workspace may be away: that is printed, and tried again."""
    try:
        return session.workspace.sync.sync()
    except PlatformError as error:
        typer.echo(safe_line(f"{error.what} {error.todo}", 300), err=True)
        return before


def _report_line(report: SyncReport, status: SyncStatus) -> str:
    conflicts = f", {count(status.conflicts, 'conflict')} open" if status.conflicts else ""
    return f"{report.pushed:,} pushed, {report.pulled:,} pulled{conflicts}"


def _status_lines(status: SyncStatus) -> list[str]:
    return facts(
        [
            ("state", status.state.value),
            ("waiting", f"{status.waiting:,}"),
            ("conflicts", f"{status.conflicts:,}"),
            ("last", moment(status.last_at) or "never"),
            ("offline since", moment(status.away_since)),
            ("why", status.error),
        ]
    )


def _conflict_lines(conflicts: list[SyncConflict]) -> list[str]:
    rows = [
        (
            one.id[:8],
            one.entity,
            one.entity_id[:8],
            one.theirs_by,
            "; ".join(f"{name}: {value} | {one.theirs.get(name)}" for name, value in one.ours.items()),
        )
        for one in conflicts
    ]
    return list(table(("conflict", "table", "row", "theirs by", "ours | theirs"), rows, "No conflicts."))
