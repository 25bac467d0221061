"""Entries as text for the log, and back. What comes from the log is data: it is checked before it is used."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from ontos_tui.domain.sharing.entries import FORMAT, Change, Choice, Entry, EntryId, Group, Settlement, Thing


class NewerFormatError(Exception):
    """The entry was written by a newer version of this program."""


class MalformedEntryError(Exception):
    """The text is no entry."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Settlement(_Strict):
    conflict: str
    choice: str
    candidate: tuple[str, int] | None
    seen: tuple[tuple[str, int] | None, ...]


class _Body(_Strict):
    settlements: tuple[_Settlement, ...] = ()
    reopened: tuple[str, ...] = ()
    read: int | None = None


def to_text(entry: Entry) -> str:
    """The entry's body: everything but its id, actor, time and format, which are columns of the log."""
    groups = [[_change(change) for change in group.changes] for group in entry.groups]
    settlements = [
        {"conflict": one.conflict, "choice": one.choice.value, "candidate": one.candidate, "seen": one.seen}
        for one in entry.settlements
    ]
    body = {"groups": groups, "settlements": settlements, "reopened": entry.reopened}
    full: dict[str, Any] = {name: part for name, part in body.items() if part}
    if entry.read is not None:
        full["read"] = entry.read
    return json.dumps(full, ensure_ascii=True, separators=(",", ":"))


def _change(change: Change) -> dict[str, Any]:
    shown: dict[str, Any] = {"t": change.thing.table, "k": change.thing.key, "v": change.values}
    if change.base is not None:
        shown["b"] = change.base
    if change.before is not None:
        shown["w"] = change.before
    if change.old_version is not None:
        shown["o"] = change.old_version
    return shown


def from_text(id: EntryId, actor: str, format: int, at: datetime | None, text: str) -> Entry:
    """The entry of a log's row. Raises NewerFormatError and MalformedEntryError."""
    if format > FORMAT:
        raise NewerFormatError(f"format {format}; this version reads up to {FORMAT}")
    try:
        content = from_json(text, allow_inf_nan=False, cache_strings="keys")
        if type(content) is not dict:
            raise ValueError("the body is no object")
        groups = _read_groups(content.pop("groups", ()))
        body = _REST if not content else _Body.model_validate_json(json.dumps(content))
        settlements = tuple(
            Settlement(one.conflict, Choice(one.choice), _id(one.candidate), tuple(_id(seen) for seen in one.seen))
            for one in body.settlements
        )
    except (ValidationError, ValueError, TypeError) as error:
        raise MalformedEntryError(f"entry {id} is damaged") from error
    return Entry(id, actor, groups, settlements, body.reopened, body.read, at, format)


_REST = _Body()
_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1


def _read_groups(given: Any) -> tuple[Group, ...]:
    """By hand: joining a team reads little else, and a model for each change takes three times as long."""
    if type(given) not in (list, tuple):
        raise ValueError("the groups are no list")
    if not all(type(group) in (list, tuple) for group in given):
        raise ValueError("a group is no list")
    return tuple(Group(tuple(_read_change(**one) for one in group)) for group in given)


def _read_change(t: Any, k: Any, v: Any, b: Any = None, w: Any = None, o: Any = None) -> Change:
    if type(t) is not str or type(k) is not str or type(o) not in (int, type(None)):
        raise ValueError("a change names no row")
    if v is not None:
        _check_values(v)
    if w is not None:
        _check_values(w)
    return Change(Thing(t, k), v, None if b is None else _read_id(*b), w, o)


def _read_id(writer: Any, seq: Any) -> EntryId:
    if type(writer) is not str or type(seq) is not int:
        raise ValueError("an entry's name is a text and a number")
    return EntryId(writer, seq)


def _check_values(values: Any) -> None:
    if type(values) is not dict:
        raise ValueError("the values are no object")
    for value in [value for value in values.values() if type(value) is not str and value is not None]:
        if type(value) is int:
            if not _SMALLEST <= value <= _LARGEST:
                raise ValueError("a number is larger than a table holds")
        elif type(value) is not float:
            raise ValueError("a value is neither a text nor a number")


def _id(pair: tuple[str, int] | None) -> EntryId | None:
    return None if pair is None else EntryId(*pair)
