"""What `ontos sync` shows of others: conflicts side by side, what was refused, and how far everybody is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from ontos_tui.cli.core.output import count, moment, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.team.conflict_views import differences, short_id
from ontos_tui.services.team.settling import Keep, settlings

if TYPE_CHECKING:
    from ontos_tui.services.team.conflict_views import Answer, TeamConflict
    from ontos_tui.store.sharing.queries import Member, Refusal


def show_conflicts(session: Session) -> None:
    """List the open conflicts, each with its answers side by side."""
    conflicts = session.workspace.sharing.conflicts()
    session.show(conflicts, lambda: _conflict_lines(conflicts))


def settle(session: Session, keep: Keep | None, conflict: str, all_: bool, person: str, yes: bool) -> None:
    """Settle one conflict, or all in which the rule names one answer; of all, the number is shown first."""
    if keep is None or bool(conflict) == all_:
        raise typer.BadParameter("--keep goes with either --conflict or --all.")
    if (keep is Keep.PERSON) != bool(person):
        raise typer.BadParameter("--keep person and --person go together.")
    service = session.workspace.sharing
    open_ones = [service.conflict(conflict)] if conflict else service.conflicts()
    chosen = settlings(open_ones, keep, service.names, person)
    if conflict and not chosen:
        names = ", ".join(sorted({answer.by for answer in open_ones[0].answers}))
        raise ConflictError(
            f"No single answer of this conflict is {person or keep.value!r}.",
            f"Choose by name: ontos sync --conflict {conflict} --keep person --person NAME, one of: {names}",
        )
    done = bool(chosen) and (bool(conflict) or yes)
    if done:
        service.settle([one.choice for one in chosen])
    rest = len(open_ones) - len(chosen)
    document = {"settled": [one.conflict for one in chosen] if done else [], "chosen": len(chosen), "open": rest}
    session.show(document, lambda: _settled_lines(len(chosen), rest, person or keep.value, done))


def _settled_lines(chosen: int, rest: int, which: str, done: bool) -> Iterator[str]:
    left = f"; {rest:,} without exactly one such answer stay open" if rest else ""
    if done:
        yield safe_line(f"{count(chosen, 'conflict')} settled: {which} stays{left}. Undo: ontos sync --undo", 200)
    else:
        yield safe_line(f"{which} would stay in {count(chosen, 'conflict')}{left}.", 200)
        if chosen:
            yield "Settle them: repeat the command with --yes"


def undo(session: Session) -> None:
    """Take back what was settled last."""
    number = session.workspace.sharing.undo_settling()
    session.show({"reopened": number}, lambda: [f"{count(number, 'conflict')} opened again"])


def show_refusals(session: Session) -> None:
    """List what of this workspace's own does not count, and why."""
    refusals = session.workspace.sharing.refusals()
    session.show(refusals, lambda: _refusal_lines(refusals))


def dismiss(session: Session, ref: str) -> None:
    """Take refusals off the list."""
    number = session.workspace.sharing.dismiss("" if ref == "all" else ref)
    session.show({"dismissed": number}, lambda: [f"{number:,} dismissed"])


def show_members(session: Session) -> None:
    """Who has written into the log, and how far each has read."""
    service = session.workspace.sharing
    members, version = service.members(), service.version()
    session.show({"version": version, "members": members}, lambda: _member_lines(members, version))


def _conflict_lines(conflicts: Sequence[TeamConflict]) -> Iterator[str]:
    if not conflicts:
        yield "No conflicts."
    for conflict in conflicts:
        yield safe_line(f"{conflict.about}  ({conflict.table.replace('_', ' ')}, {conflict.short_id})", 160)
        headers = ["", "before", *(_who(answer) for answer in conflict.answers)]
        rows = [[one.name, one.before, *one.values] for one in differences(conflict)]
        yield from (f"  {one}" for one in table(headers, rows))
    if conflicts:
        yield "The first name is the answer that counts until it is settled."
        yield "Settle one: ontos sync --conflict ID --keep mine; also theirs, newest or person. All of them: --all"


def _who(answer: Answer) -> str:
    return f"{answer.by or 'removed'} {moment(answer.at)}".strip()


def _refusal_lines(refusals: Sequence[Refusal]) -> list[str]:
    rows = [(short_id(one.id), one.at, one.reason) for one in refusals]
    lines = table(("id", "at", "why it does not count"), rows, "Nothing of yours was refused.")
    return [*lines, "Seen: ontos sync --dismiss ID, or --dismiss all"] if refusals else lines


def _member_lines(members: Sequence[Member], version: int) -> list[str]:
    rows = [
        (
            f"{one.name}{' (here)' if one.here else ''}",
            one.entries,
            one.at,
            _read(version if one.here else one.read, version),
        )
        for one in members
    ]
    return table(("who", "entries", "last wrote", "has read"), rows, "No entries in the team's log yet.")


def _read(read: int, version: int) -> str:
    if read < 0:
        return "not said yet"
    return "everything" if read >= version else f"to version {read:,}, {version - read:,} behind"
