"""Records in and out of their tables. Everything that is more than these verbs stands with the service that asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ontos_tui.domain.errors import ConflictError, NotFoundError
from ontos_tui.domain.records.base import Record, new_id, now
from ontos_tui.domain.records.pairs import Event
from ontos_tui.store.tables import table

R = TypeVar("R", bound=Record)
BATCH = 2_000


def _values(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).model_fields}


def add(connection: Connection, record: Record) -> None:
    """Insert one record. Raises ConflictError when its key or something unique is taken."""
    try:
        connection.execute(insert(table(type(record))), _values(record))
    except IntegrityError as error:
        what = record.TABLE.replace("_", " ").rstrip("s")
        raise ConflictError(f"There is such a {what} already ({error.orig}).", "Choose another name.") from error


def add_many(connection: Connection, records: Iterable[Record]) -> int:
    """Insert records of one type in batches; returns how many. Raises IntegrityError as the driver does."""
    count = 0
    rows = iter(records)
    while batch := list(islice(rows, BATCH)):
        connection.execute(insert(table(type(batch[0]))), [_values(record) for record in batch])
        count += len(batch)
    return count


def get(connection: Connection, record: type[R], key: str) -> R:
    """The record with this key. Raises NotFoundError."""
    found = find_one(connection, record, table(record).c[record.KEY] == key)
    if found is None:
        raise NotFoundError(f"There is no {_noun(record)} {key!r}.", "List them to see what there is.")
    return found


def find(
    connection: Connection,
    record: type[R],
    *where: ColumnElement[bool],
    order_by: Sequence[Any] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[R]:
    """All records that fulfil every condition."""
    query = select(table(record)).where(*where).order_by(*order_by)
    if limit is not None or offset:
        query = query.limit(-1 if limit is None else limit).offset(offset)
    return [record.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def find_one(connection: Connection, record: type[R], *where: ColumnElement[bool]) -> R | None:
    """The first record that fulfils every condition, or None."""
    return next(iter(find(connection, record, *where, limit=1)), None)


def count(connection: Connection, record: type[Record], *where: ColumnElement[bool]) -> int:
    """How many records fulfil every condition."""
    return connection.execute(select(func.count()).select_from(table(record)).where(*where)).scalar_one()


def resolve(connection: Connection, record: type[R], ref: str, *where: ColumnElement[bool]) -> R:
    """The record that a person means by `ref`: its key, its name, or the unambiguous beginning of its key.

    Raises NotFoundError, and ConflictError when several fit.
    """
    columns = table(record).c
    key = columns[record.KEY]
    conditions = [key == ref]
    if "name" in columns:
        conditions.append(columns["name"] == ref)
    if len(ref) >= 4:
        conditions.append(key.startswith(ref, autoescape=True))
    for condition in conditions:
        found = find(connection, record, condition, *where, limit=3)
        if len(found) == 1:
            return found[0]
        if found:
            raise ConflictError(
                f"{ref!r} could be several {_noun(record)}s: {', '.join(item.key()[:8] for item in found)}…",
                "Give its id instead.",
            )
    raise NotFoundError(f"There is no {_noun(record)} {ref!r}.", "List them to see what there is.")


def change(connection: Connection, record: R, **changes: Any) -> R:
    """Write the changed columns of one record and return it as it is now; the times and versions move with it."""
    if "updated_at" in type(record).model_fields:
        changes.setdefault("updated_at", now())
    changed = record.model_validate({**_values(record), **changes})
    values = {name: getattr(changed, name) for name in changes}
    where = table(type(record)).c[record.KEY] == record.key()
    try:
        result = connection.execute(update(table(type(record))).where(where).values(values))
    except IntegrityError as error:
        raise ConflictError(
            f"There is another {_noun(type(record))} like that ({error.orig}).", "Choose another name."
        ) from error
    if result.rowcount != 1:
        raise NotFoundError(f"The {_noun(type(record))} {record.key()!r} is gone.", "Look again; somebody removed it.")
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


def _noun(record: type[Record]) -> str:
    return record.TABLE.replace("_", " ").rstrip("s")
