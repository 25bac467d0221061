"""`ontos sync`: share with a team through its log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.admin import sync_conflicts as disagreements
from ontos_tui.cli.admin import sync_verification as verification
from ontos_tui.cli.admin.sync_cost import show_cost
from ontos_tui.cli.core.output import count, facts, moment
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.team.settling import Keep

if TYPE_CHECKING:
    from ontos_tui.services.team.team_log import SharingReport, SharingStatus


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("sync")(sync)


def sync(
    context: typer.Context,
    start: Annotated[bool, typer.Option("--start", help="begin to share: create the team's log first")] = False,
    other_log: Annotated[bool, typer.Option("--other-log", help="with --start: share with another log now")] = False,
    status: Annotated[bool, typer.Option("--status", help="only show the state; sends nothing")] = False,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="show open conflicts side by side")] = False,
    keep: Annotated[Keep | None, typer.Option("--keep", help="which answer of --conflict or --all stays")] = None,
    conflict: Annotated[str, typer.Option("--conflict", help="id of the conflict for --keep", metavar="ID")] = "",
    all_: Annotated[bool, typer.Option("--all", help="all open conflicts, for --keep; counts them first")] = False,
    person: Annotated[str, typer.Option("--person", help="whose answer --keep person means", metavar="NAME")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="with --all: settle them, after they were counted")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="take back what was settled here last")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="list what of yours does not count, and why")] = False,
    dismiss: Annotated[str, typer.Option("--dismiss", help="take it off the list: an id, or all", metavar="ID")] = "",
    members: Annotated[bool, typer.Option("--members", help="who is ahead, and how far each has read")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="compare with a replay of the log, row by row")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="with --verify: make this workspace equal")] = False,
    move_to_log: Annotated[
        bool, typer.Option("--move-to-log", help="from the tables of an earlier version to the log; loses nothing")
    ] = False,
    cost: Annotated[bool, typer.Option("--cost", help="what sharing took in the last 30 days; sends nothing")] = False,
    watch: Annotated[float | None, typer.Option("--watch", min=1, help="repeat every N seconds", metavar="N")] = None,
) -> None:
    """Share this workspace's work with the team's, both ways."""
    session = Session.of(context)
    if keep is not None or conflict or all_:
        disagreements.settle(session, keep, conflict, all_, person, yes)
    elif undo:
        disagreements.undo(session)
    elif dismiss:
        disagreements.dismiss(session, dismiss)
    elif conflicts:
        disagreements.show_conflicts(session)
    elif refused:
        disagreements.show_refusals(session)
    elif members:
        disagreements.show_members(session)
    elif verify or repair:
        verification.verify(session, repair)
    elif status:
        now = session.workspace.sharing.status()
        session.show(now, lambda: _status_lines(now))
    elif cost:
        show_cost(session)
    elif move_to_log:
        _move(session)
    else:
        _share(session, start or other_log, other_log, watch)


def _move(session: Session) -> None:
    service = session.workspace.sharing
    moved = service.move()
    report = service.sync()
    now = service.status()
    rows = f"{count(moved.rows, 'row')} of the team's tables moved, {moved.unsent:,} that were not sent put on top"
    session.show(
        {"moved": moved, "report": report, "status": now},
        lambda: [*(f"created {one}" for one in moved.created), rows, _report_line(report, now), *_status_lines(now)],
    )


def _share(session: Session, start: bool, other_log: bool, watch: float | None) -> None:
    service = session.workspace.sharing
    created = service.start(other_log=other_log) if start else []
    report = service.sync()
    while watch is not None:
        line = _report_line(report, service.status())
        session.show(report, lambda line=line: [line])  # type: ignore[misc]
        time.sleep(watch)
        report = _once_more(session, report)
    if session.workspace.publishing is not None:
        session.workspace.publishing.publish_if_due()
    now = service.status()
    session.show(
        {"created": created, "report": report, "status": now},
        lambda: [*(f"created {one}" for one in created), _report_line(report, now), *_status_lines(now)],
    )


def _once_more(session: Session, before: SharingReport) -> SharingReport:
    """Synchronize while the team's workspace may be away: that is printed, and tried again."""
    try:
        return session.workspace.sharing.sync()
    except OntosError as error:
        typer.echo(safe_line(f"{error.what} {error.todo}", 300), err=True)
        return before


def _report_line(report: SharingReport, status: SharingStatus) -> str:
    conflicts = f", {count(status.conflicts, 'conflict')} open" if status.conflicts else ""
    refused = f", {status.refused:,} refused" if status.refused else ""
    return f"{report.pushed:,} pushed, {report.pulled:,} pulled{conflicts}{refused}"


def _status_lines(status: SharingStatus) -> list[str]:
    return facts(
        [
            ("state", status.state.value),
            ("waiting", f"{status.waiting:,}"),
            ("conflicts", f"{status.conflicts:,}"),
            ("refused", f"{status.refused:,}"),
            ("last", moment(status.last_at) or "never"),
            ("offline since", moment(status.away_since)),
            ("why", status.error),
        ]
    )
