"""Conflicts as a person sees them: one disagreement, with the answers side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.domain.sharing.entries import Change, EntryId, Thing
from ontos_tui.domain.sharing.state import Conflict, SharedState
from ontos_tui.domain.sharing.table_rules import ORDER, differing, same

_FIRST = (CanonicalLabel.TABLE, QAPair.TABLE)
"""What is shown of a conflict that is about several rows: the truth about the item, else its pair."""


@dataclass(frozen=True)
class Answer:
    """One of the answers of a conflict. `entry` is None for the one that stands; no values mean that it was removed."""

    entry: EntryId | None
    by: str
    at: datetime | None
    values: dict[str, Any]


@dataclass(frozen=True)
class TeamConflict:
    """One disagreement: the table and the item or name that it is about, what stands, and what waits beside it."""

    id: str
    table: str
    about: str
    standing: Answer
    others: tuple[Answer, ...]


def team_conflict(state: SharedState, conflict: Conflict) -> TeamConflict:
    """The view of a conflict. Only the columns in which the answers differ are in it."""
    thing = _shown(state, conflict)
    standing = state.standing(thing)
    stands = None if standing is None else standing.values
    waiting = [(one, _change(one.changes, thing)) for one in conflict.candidates]
    rows = [stands, *(values for _, values in waiting)]
    columns = sorted({name for row in rows for name in differing(thing.table, stands, row)})
    values = next((row for row in rows if row), {})
    about = str(values.get("item_ref") or values.get("name") or thing.key[:8])
    return TeamConflict(
        conflict.id,
        thing.table,
        about,
        _answer(None, "", stands, columns),
        tuple(_answer(one.entry, one.actor, values, columns) for one, values in waiting),
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


def _change(changes: Iterable[Change], thing: Thing) -> Mapping[str, Any] | None:
    return next((change.values for change in changes if change.thing == thing), None)


def _answer(entry: EntryId | None, by: str, values: Mapping[str, Any] | None, columns: Iterable[str]) -> Answer:
    if not values:
        return Answer(entry, by, None, {})
    at = values.get("updated_at")
    shown = {name: _plain(values.get(name)) for name in columns}
    moment = datetime.fromisoformat(at) if isinstance(at, str) else None
    return Answer(entry, by or str(values.get("updated_by") or ""), moment, shown)


def _plain(value: Any) -> Any:
    """A structure is stored as JSON."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
