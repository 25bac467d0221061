"""One connection to the database: SQL in, plain rows out. Values are bound, never pasted into the SQL.

The driver makes times, days and structures into what SQLite keeps (store/values.py); what comes out is as SQLite keeps
it: a time is text, a structure JSON, a truth value 0 or 1.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import ontos_tui.store.values  # noqa: F401  # registers the adapters
from ontos_tui.store.field_lists import FieldLists

Values = Sequence[Any] | Mapping[str, Any]
"""What is bound: in the order of the question marks, or by the names after the colons."""
Row = tuple[Any, ...]
IntegrityError = sqlite3.IntegrityError
"""What a statement raises that would break a key, something unique, or a rule of a table."""

DatabaseError = sqlite3.Error
"""What any of SQLite's refusals is, such as of a damaged file."""

PATIENCE = 30.0
"""Seconds that a writer waits for another one."""
_STATEMENTS = 256
"""Prepared statements that each connection keeps."""
CHECKPOINT_PAGES = 1_000
"""Pages in the log of transactions from which on a commit carries them over; SQLite's own default."""
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000")


@contextmanager
def decoded() -> Iterator[None]:
    """Around what opens a database: the driver cannot decode SQLite's words about a damaged schema that it quotes."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise sqlite3.DatabaseError("malformed database schema") from error


class Connection:
    """What Store.read() and Store.write() hand out. One thread at a time may use it."""

    def __init__(self, raw: sqlite3.Connection, patience: float = PATIENCE) -> None:
        self._raw = raw
        self._patience = patience
        self.fields = FieldLists(raw)
        """What makes the fields of pairs into what is stored of them, and back."""

    @classmethod
    def open(cls, path: Path, patience: float = PATIENCE) -> Connection:
        """Open the database at `path`, making the file where there is none; `patience` in seconds.

        Raises sqlite3.Error.
        """
        # No isolation level: Python's own transactions begin too late. The store begins and ends them by itself.
        raw = sqlite3.connect(
            path,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        try:
            with decoded():
                for pragma in _PRAGMAS:
                    raw.execute(f"PRAGMA {pragma}")
                raw.execute("SELECT count(*) FROM sqlite_schema")
        except sqlite3.Error:
            raw.close()
            raise
        return cls(raw, patience)

    def close(self) -> None:
        """Let go of the database."""
        self._raw.close()

    # Asking

    def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """Run one statement; the cursor iterates over its rows and knows how many it changed (`rowcount`)."""
        return self._raw.execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Values]) -> int:
        """Run one statement with each of these rows of values; returns how many rows of the database it changed."""
        return self._raw.executemany(sql, rows).rowcount

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows."""
        return self._raw.execute(sql, values).fetchall()

    def blocks(self, sql: str, values: Values = (), size: int = 1_000) -> Iterator[list[Row]]:
        """All rows, so many at a time: for results that are larger than memory should hold."""
        cursor = self._raw.execute(sql, values)
        while some := cursor.fetchmany(size):
            yield some

    def one(self, sql: str, values: Values = ()) -> Row | None:
        """The first row, or None."""
        row: Row | None = self._raw.execute(sql, values).fetchone()
        return row

    def scalar(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        row = self._raw.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def scalars(self, sql: str, values: Values = ()) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self._raw.execute(sql, values)]

    # Transactions

    def begin(self, *, immediate: bool = False, patience: float | None = None) -> None:
        """Begin a transaction; an immediate one holds the write lock from now on.

        It is waited for as long as the connection was opened with, or up to `patience` seconds.
        """
        shorter = patience is not None and patience < self._patience - 0.1
        if shorter:
            self._raw.execute(f"PRAGMA busy_timeout = {round(1_000 * (patience or 0))}")
        try:
            self._raw.execute("BEGIN IMMEDIATE" if immediate else "BEGIN")
        finally:
            if shorter:
                self._raw.execute(f"PRAGMA busy_timeout = {round(1_000 * self._patience)}")

    @contextmanager
    def waiting_for_disk(self, wait: bool) -> Iterator[None]:
        """Whether `commit` waits until the disk has the transaction. Outside of any transaction."""
        if wait:
            yield
            return
        self._raw.execute("PRAGMA synchronous = NORMAL")
        self._raw.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield
        finally:
            self._raw.execute("PRAGMA synchronous = FULL")
            self._raw.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")

    def checkpoint(self) -> bool:
        """Carry the log of transactions over into the database, as far as nobody reads an older state; whether it is
        whole there."""
        busy, frames, carried = self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not busy and frames == carried

    def commit(self) -> None:
        """End the transaction: what it wrote is on the disk when this returns."""
        self._raw.execute("COMMIT")
        self.fields.ended()

    def rollback(self) -> None:
        """End the transaction without a trace. Does nothing where SQLite did it by itself, as on a full disk."""
        self.fields.rolled_back()
        self.fields.ended()
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")

    def savepoint(self) -> AbstractContextManager[Savepoint]:
        """A part of the transaction: on an exception nothing of the part stays, and the rest goes on."""
        return Savepoint(self._raw, self.fields)


class Savepoint:
    """A part of a transaction, as a context manager."""

    NAME = "part"  # SQLite takes the innermost one of that name

    def __init__(self, raw: sqlite3.Connection, fields: FieldLists) -> None:
        self._raw = raw
        self._fields = fields
        self._over = False

    def __enter__(self) -> Savepoint:
        self._raw.execute(f"SAVEPOINT {self.NAME}")
        return self

    def rollback(self) -> None:
        """Take back what the part has written so far, and end it."""
        self._fields.rolled_back()
        self._raw.execute(f"ROLLBACK TO {self.NAME}")
        self._raw.execute(f"RELEASE {self.NAME}")
        self._over = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._over or not self._raw.in_transaction:  # SQLite may have taken the whole transaction back
            return
        if kind is None:
            self._raw.execute(f"RELEASE {self.NAME}")
        else:
            self.rollback()
