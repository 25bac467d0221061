"""Entries as text for the log, and back. What comes from the log is data: it is checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ontos_tui.domain.sharing.entries import FORMAT, Change, Choice, Entry, EntryId, Group, Settlement, Thing


class NewerFormatError(Exception):
    """The entry was written by a newer version of this program."""


class MalformedEntryError(Exception):
    """The text is no entry."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Change(_Strict):
    t: str
    k: str
    v: dict[str, str | int | float | None] | None
    b: tuple[str, int] | None = None


class _Settlement(_Strict):
    conflict: str
    choice: str
    candidate: tuple[str, int] | None
    seen: tuple[tuple[str, int] | None, ...]


class _Body(_Strict):
    groups: tuple[tuple[_Change, ...], ...] = ()
    settlements: tuple[_Settlement, ...] = ()
    reopened: tuple[str, ...] = ()


def to_text(entry: Entry) -> str:
    """The entry's body: everything but its id, actor, time and format, which are columns of the log."""
    groups = [[_change(change) for change in group.changes] for group in entry.groups]
    settlements = [
        {"conflict": one.conflict, "choice": one.choice.value, "candidate": one.candidate, "seen": one.seen}
        for one in entry.settlements
    ]
    body = {"groups": groups, "settlements": settlements, "reopened": entry.reopened}
    return json.dumps({name: part for name, part in body.items() if part}, ensure_ascii=True, separators=(",", ":"))


def _change(change: Change) -> dict[str, Any]:
    shown = {"t": change.thing.table, "k": change.thing.key, "v": change.values}
    return shown if change.base is None else {**shown, "b": change.base}


def from_text(id: EntryId, actor: str, format: int, at: datetime | None, text: str) -> Entry:
    """The entry of a log's row. Raises NewerFormatError and MalformedEntryError."""
    if format > FORMAT:
        raise NewerFormatError(f"format {format}; this version reads up to {FORMAT}")
    try:
        body = _Body.model_validate_json(text)
        groups = tuple(Group(tuple(_read_change(one) for one in group)) for group in body.groups)
        settlements = tuple(
            Settlement(one.conflict, Choice(one.choice), _id(one.candidate), tuple(_id(seen) for seen in one.seen))
            for one in body.settlements
        )
    except (ValidationError, ValueError) as error:
        raise MalformedEntryError(f"entry {id} is damaged") from error
    return Entry(id, actor, groups, settlements, body.reopened, at, format)


def _read_change(one: _Change) -> Change:
    values: Mapping[str, Any] | None = one.v
    return Change(Thing(one.t, one.k), values, _id(one.b))


def _id(pair: tuple[str, int] | None) -> EntryId | None:
    return None if pair is None else EntryId(*pair)
