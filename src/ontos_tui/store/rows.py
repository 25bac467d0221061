"""Records in and out of their tables. What is more than these verbs stands in store/queries/."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from ontos_tui.domain.errors import ConflictError, NotFoundError
from ontos_tui.domain.nouns import no_such, noun
from ontos_tui.domain.records.base import Record, new_id, now
from ontos_tui.domain.records.pairs import Decidable, Event
from ontos_tui.store.bulk import stored
from ontos_tui.store.conditions import Condition, all_of, equal, starts_with
from ontos_tui.store.connection import Connection, Row
from ontos_tui.store.tables import FIELDS, columns

R = TypeVar("R", bound=Record)
BATCH = 2_000


def add(connection: Connection, record: Record) -> None:
    """Insert one record. Raises ConflictError when its key or something unique is taken."""
    try:
        connection.execute(_insert(type(record)), _values(connection, record))
    except sqlite3.IntegrityError as error:
        what = noun(type(record)).singular
        raise ConflictError(f"This {what} exists already ({error}).", "Choose another name.") from error


def add_many(connection: Connection, records: Iterable[Record]) -> int:
    """Insert records of one type in batches; returns how many. Raises IntegrityError as the driver does."""
    count = 0
    rows = iter(records)
    while batch := list(islice(rows, BATCH)):
        connection.executemany(_insert(type(batch[0])), [_values(connection, record) for record in batch])
        count += len(batch)
    return count


def get(connection: Connection, record: type[R], key: str) -> R:
    """The record with this key. Raises NotFoundError."""
    one = find_one(connection, record, equal(**{record.KEY: key}))
    if one is None:
        raise no_such(record, key)
    return one


def find(
    connection: Connection,
    record: type[R],
    *where: Condition,
    order_by: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[R]:
    """All records that fulfil every condition, in the order of these columns: "name", "at DESC", "rowid"."""
    condition = all_of(*where)
    sql = f"{_select(record)} WHERE {condition.sql}{_order(record, order_by)}"
    values = condition.values
    if limit is not None or offset:
        sql, values = f"{sql} LIMIT ? OFFSET ?", (*values, -1 if limit is None else limit, offset)
    return list(read(connection, record, connection.execute(sql, values)))


def find_one(connection: Connection, record: type[R], *where: Condition) -> R | None:
    """The first record that fulfils every condition, or None."""
    return next(iter(find(connection, record, *where, limit=1)), None)


def count(connection: Connection, record: type[Record], *where: Condition) -> int:
    """How many records fulfil every condition."""
    condition = all_of(*where)
    sql = f"SELECT count(*) FROM {record.TABLE} WHERE {condition.sql}"  # noqa: S608
    return int(connection.scalar(sql, condition.values))


def read(connection: Connection, record: type[R], rows: Iterable[Row]) -> Iterator[R]:
    """Rows with exactly the columns of the record (see `names`), as records."""
    fields, decoders = tuple(record.model_fields), _decoders(record)
    if issubclass(record, Decidable):
        decoders = (*decoders, (_place_of_fields(record), connection.fields.row))
    for row in rows:
        values = list(row)
        for place, decode in decoders:
            text = values[place]
            if text is not None:
                values[place] = decode(text)
        yield record.model_validate(dict(zip(fields, values, strict=True)))


def names(record: type[Record], alias: str = "") -> str:
    """The columns of the record, for a SELECT whose rows `read` takes: `names(Hint, "h")` is `h.id, h.pair_id, …`."""
    return ", ".join(f"{alias}.{name}" if alias else name for name in record.model_fields)


def resolve(connection: Connection, record: type[R], ref: str, *where: Condition) -> R:
    """The record that a person means by `ref`: its key, its name, or the unambiguous beginning of its key.

    Raises NotFoundError, and ConflictError when several fit.
    """
    conditions = [equal(**{record.KEY: ref})]
    if "name" in record.model_fields:
        conditions.append(equal(name=ref))
    if len(ref) >= 4:
        conditions.append(starts_with(record.KEY, ref))
    for condition in conditions:
        matches = find(connection, record, condition, *where, limit=3)
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise ConflictError(
                f"{ref!r} could be several {noun(record).plural}: {', '.join(item.key()[:8] for item in matches)}…",
                "Give its id instead.",
            )
    raise no_such(record, ref)


def change(connection: Connection, record: R, **changes: Any) -> R:
    """Write the changed columns of one record and return it as it is now; the times and versions move with it."""
    kind = type(record)
    if "updated_at" in kind.model_fields:
        changes.setdefault("updated_at", now())
    changed = kind.model_validate({**_fields(record), **changes})
    values = [_stored(connection, kind, name, getattr(changed, name)) for name in changes]
    sql = f"UPDATE {record.TABLE} SET {', '.join(f'{name} = ?' for name in changes)} WHERE {record.KEY} = ?"  # noqa: S608
    try:
        result = connection.execute(sql, (*values, record.key()))
    except sqlite3.IntegrityError as error:
        what = noun(kind).singular
        raise ConflictError(f"There is another {what} like that ({error}).", "Choose another name.") from error
    if result.rowcount != 1:
        raise NotFoundError(f"The {noun(kind).singular} {record.key()!r} is gone.", "It was removed in the meantime.")
    return changed


def log(
    connection: Connection,
    subject: Record,
    action: str,
    actor: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    scope_id: str = "",
    reason: str = "",
    batch_id: str = "",
    undoes: str = "",
) -> Event:
    """Append what happened to `subject` to the event log, in the caller's transaction."""
    event = Event(
        id=new_id(),
        entity_type=subject.TABLE,
        entity_id=subject.key(),
        scope_id=scope_id,
        action=action,
        actor=actor,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        reason=reason,
        batch_id=batch_id,
        undoes=undoes,
    )
    add(connection, event)
    return event


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).model_fields}


@cache
def _insert(record: type[Record]) -> str:
    marks = ", ".join("?" * len(record.model_fields))
    return f"INSERT INTO {record.TABLE} ({names(record)}) VALUES ({marks})"  # noqa: S608


@cache
def _select(record: type[Record]) -> str:
    return f"SELECT {names(record)} FROM {record.TABLE}"  # noqa: S608


def _order(record: type[Record], order_by: Sequence[str]) -> str:
    for one in order_by:
        name = one.removesuffix(" DESC")
        if name not in record.model_fields and name != "rowid":
            raise ValueError(f"{one!r} is no order of {record.TABLE}.")
    return f" ORDER BY {', '.join(order_by)}" if order_by else ""


def _values(connection: Connection, record: Record) -> list[Any]:
    """The record as a row, as SQLite stores it."""
    kind = type(record)
    fields = record.__dict__
    values = [fields[name] for name in kind.model_fields]
    for place, encode in _encoders(kind):
        value = values[place]
        if value is not None:
            values[place] = encode(value)
    if isinstance(record, Decidable):
        values[_place_of_fields(kind)] = connection.fields.text(record.source_data)
    return values


def _stored(connection: Connection, record: type[Record], name: str, value: Any) -> Any:
    is_of_pair = name == FIELDS and issubclass(record, Decidable)
    return connection.fields.text(value) if is_of_pair else stored(record, name, value)


@cache
def _place_of_fields(record: type[Record]) -> int:
    return list(record.model_fields).index(FIELDS)


@cache
def _encoders(record: type[Record]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    return tuple((place, one.encode) for place, one in enumerate(columns(record)) if one.encode)


@cache
def _decoders(record: type[Record]) -> tuple[tuple[int, Callable[[str], Any]], ...]:
    return tuple((place, one.decode) for place, one in enumerate(columns(record)) if one.decode)
