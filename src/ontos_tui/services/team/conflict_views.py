"""Conflicts as a person sees them: one disagreement, with the answers side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.domain.sharing.entries import Change, EntryId, Thing
from ontos_tui.domain.sharing.state import Conflict, SharedState
from ontos_tui.domain.sharing.table_rules import ORDER, differing, same

_FIRST = (CanonicalLabel.TABLE, QAPair.TABLE)
"""What is shown of a conflict that is about several rows: the truth about the item, else its pair."""


@dataclass(frozen=True)
class Answer:
    """One of the answers of a conflict. `entry` is None for the one that stands; no values mean that it was removed.

    `by` is who decided, also where another brought it into the log. `at` is when it was given, by the clock of who gave
    it, but never later than it came into the log.
    """

    entry: EntryId | None
    by: str
    at: datetime | None
    values: dict[str, Any]


@dataclass(frozen=True)
class TeamConflict:
    """One disagreement: the table and the item or name that it is about, what was there before whoever came second
    decided, what stands, and what waits beside it."""

    id: str
    table: str
    about: str
    before: dict[str, Any]
    standing: Answer
    others: tuple[Answer, ...]

    @property
    def short_id(self) -> str:
        """The last part of the writer's name, and the place of the entry: enough to tell one from another."""
        return short_id(self.id)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What stands, then the others."""
        return (self.standing, *self.others)


@dataclass(frozen=True)
class Difference:
    """In what answers differ: a column, or a field of an answer; what was before, and each answer's value."""

    name: str
    before: Any
    values: tuple[Any, ...]


ABSENT = "(none)"
"""Stands where there was nothing, or where the row was removed."""


def differences(conflict: TeamConflict) -> list[Difference]:
    """In what the answers differ, each answer's fields apart, in the order of `TeamConflict.answers`."""
    columns = list(dict.fromkeys(name for answer in conflict.answers for name in answer.values))
    sides = [conflict.before, *(answer.values for answer in conflict.answers)]
    lines: list[Difference] = []
    for column in columns:
        values = [side.get(column) if side else ABSENT for side in sides]
        dicts = [value for value in values if isinstance(value, dict)]
        if not dicts or any(not isinstance(value, dict) and value not in (None, ABSENT) for value in values):
            lines.append(Difference(column, values[0], tuple(values[1:])))
            continue
        for field in dict.fromkeys(name for value in dicts for name in value):
            parts = [value.get(field) if isinstance(value, dict) else value or ABSENT for value in values]
            if any(part != parts[1] for part in parts[2:]):
                lines.append(Difference(field, parts[0], tuple(parts[1:])))
    return lines


def short_id(id: str) -> str:
    """The end of a writer's name, and what follows it."""
    writer, colon, rest = id.partition(":")
    return f"{writer[-6:]}{colon}{rest}"


def team_conflict(state: SharedState, conflict: Conflict, actors: Mapping[str, str]) -> TeamConflict:
    """The view of a conflict; `actors` tells who each writer is. Only the columns in which answers differ are in it."""
    thing = _shown(state, conflict)
    standing = state.standing(thing)
    stands = None if standing is None else standing.values
    waiting = [(one, _change(one.changes, thing)) for one in conflict.candidates]
    rows = [stands, *(change.values for _, change in waiting if change is not None)]
    columns = sorted({name for row in rows for name in differing(thing.table, stands, row)})
    values = next((row for row in rows if row), {})
    about = str(values.get("item_ref") or values.get("name") or thing.key[:8])
    first = next((change for _, change in waiting if change is not None), None)
    return TeamConflict(
        conflict.id,
        thing.table,
        about,
        _before(first, columns),
        _answer(
            None,
            "" if standing is None else actors.get(standing.entry.writer, ""),
            None if standing is None else standing.at,
            stands,
            columns,
        ),
        tuple(
            _answer(one.entry, one.actor, one.at, None if change is None else change.values, columns)
            for one, change in waiting
        ),
    )


def _shown(state: SharedState, conflict: Conflict) -> Thing:
    """The row that tells most: in which an answer differs, a label before a pair before all others."""
    differ = [
        change.thing
        for one in conflict.candidates
        for change in one.changes
        if not same(change.thing.table, change.values, _values(state, change.thing))
    ]
    order = {table: place - len(_FIRST) for place, table in enumerate(_FIRST)}
    return min(differ or conflict.things, key=lambda thing: (order.get(thing.table, ORDER[thing.table]), thing))


def _values(state: SharedState, thing: Thing) -> Mapping[str, Any] | None:
    standing = state.standing(thing)
    return None if standing is None else standing.values


def _change(changes: Iterable[Change], thing: Thing) -> Change | None:
    return next((change for change in changes if change.thing == thing), None)


def _before(change: Change | None, columns: Iterable[str]) -> dict[str, Any]:
    """The columns as the author of a change saw them before; empty where there was nothing."""
    if change is None or change.before is None:
        return {}
    before = {**(change.values or {}), **change.before}
    return {name: _plain(before.get(name)) for name in columns}


def _answer(
    entry: EntryId | None,
    by: str,
    in_log: datetime | None,
    values: Mapping[str, Any] | None,
    columns: Iterable[str],
) -> Answer:
    if not values:
        return Answer(entry, by, in_log, {})
    at = values.get("updated_at")
    given = datetime.fromisoformat(at) if isinstance(at, str) else in_log
    if given is not None and given.tzinfo is None:
        given = given.replace(tzinfo=UTC)
    if given is not None and in_log is not None:
        given = min(given, in_log)
    shown = {name: _plain(values.get(name)) for name in columns}
    return Answer(entry, str(values.get("updated_by") or by), given, shown)


def _plain(value: Any) -> Any:
    """A structure is stored as JSON."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
