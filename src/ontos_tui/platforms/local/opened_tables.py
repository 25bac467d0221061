"""The tables of this machine, opened: files, folders, and tables that come of others. Some stay open."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.records.data import DataTable, TableAddress
from ontos_tui.domain.records.reading import Reading, UndecidedError
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.tabular.derived_tables import FOLDER, store_computed, store_joined, stored_file
from ontos_tui.tabular.folders.snapshot import open_snapshot
from ontos_tui.tabular.source import Source, fingerprint, open_source
from ontos_tui.tabular.stored_rows import open_stored

OPEN_FILES = 4
"""Files that stay open for the next look at them."""


class OpenedTables:
    """Opens tables, and keeps the last ones open. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._home = store.path.parent
        self._opened: dict[tuple[Any, ...], Source] = {}
        self._lock = threading.Lock()
        self.spill = self._home / "spill"

    def record(self, address: TableAddress) -> DataTable:
        """What is stored of a table. Raises NotFoundError."""
        with self._store.read() as connection:
            return rows.get(connection, DataTable, str(address))

    def fingerprint(self, address: TableAddress) -> str:
        """What changes when the table does. Raises NotFoundError, or PlatformError when its file is gone."""
        return self._seen(self.record(address))

    def source(self, address: TableAddress) -> Source:
        """The table's rows, opened; opened anew when what they come of was changed since."""
        return self.source_of(self.record(address))

    def source_of(self, record: DataTable) -> Source:
        """The same for a table that may not be stored yet."""
        seen = self._seen(record)
        key = _key(record)
        with self._lock:
            source = self._opened.pop(key, None)
            if source is None or source.fingerprint != seen:
                source = None if _derivation(record) else self._open_file(record, seen)
            if source is not None:
                self._keep_open(key, source)
                return source
        # What it comes of is opened by the same lock.
        source = self._open_derived(record, seen)
        with self._lock:
            self._keep_open(key, source)
        return source

    def base_of(self, record: DataTable) -> Source:
        """The rows of a table without its computed columns."""
        return self.source_of(record.model_copy(update={"computed": [], "fingerprint": "", "reading": None}))

    def inputs_of(self, addresses: Iterable[str]) -> dict[str, Source]:
        """Other tables that a table comes of, by their addresses."""
        return {address: self.source(TableAddress.parse(address)) for address in addresses}

    def forget(self, record: DataTable) -> None:
        """Close a table that was only looked at, and remove its stored rows."""
        with self._lock:
            self._opened.pop(_key(record), None)
        self._stored(record, self._seen(record)).unlink(missing_ok=True)

    def _keep_open(self, key: tuple[Any, ...], source: Source) -> None:
        self._opened[key] = source
        while len(self._opened) > OPEN_FILES:
            del self._opened[next(iter(self._opened))]

    def _open_file(self, record: DataTable, seen: str) -> Source:
        known = record.reading if record.fingerprint == seen else None
        with _named_errors(record):
            source = _open(record, self._home, seen)
            _check_decided(source)
        if known is not None:
            source.reading.equal_rows = known.equal_rows
        return source

    def _open_derived(self, record: DataTable, seen: str) -> Source:
        """The rows of a join, or with computed columns: stored when they are not, or are not what they come of."""
        target = self._stored(record, seen)
        known = record.reading if record.fingerprint == seen else None
        with _named_errors(record):
            notes = known.notes if known is not None else []
            if known is None or not target.exists():
                notes = self._store_derived(record, target)
            source = open_stored(target, self.spill, Path(record.path), seen, notes)
        if known is not None:
            source.reading.equal_rows = known.equal_rows
        return source

    def _stored(self, record: DataTable, seen: str) -> Path:
        """Where the rows are stored; those of a join stay beside those with its computed columns."""
        name = f"{record.address} with columns" if record.computed else record.address
        return stored_file(self._home / FOLDER, name, seen)

    def _store_derived(self, record: DataTable, target: Path) -> list[str]:
        if record.computed:
            events = self.inputs_of(one.events.table for one in record.computed if one.events is not None)
            return store_computed(self.base_of(record), record.computed, events, target, self.spill)
        assert record.joined is not None
        left, right = (self.inputs_of([one])[one] for one in (record.joined.left, record.joined.right))
        return store_joined(left, right, record.joined, target, self.spill)

    def _seen(self, record: DataTable) -> str:
        """What changes when the table's file, its reading, or a table that it comes of does."""
        derivation = _derivation(record)
        own = "" if record.joined is not None else _fingerprint(record)
        if not derivation:
            return own
        inputs = [self.fingerprint(TableAddress.parse(address)) for address in record.inputs]
        digest = hashlib.sha256("|".join((*derivation, *inputs)).encode()).hexdigest()[:16]
        return f"{own}-{digest}" if own else digest


def _key(record: DataTable) -> tuple[Any, ...]:
    """What a table's rows are opened by."""
    return record.path, record.format, record.reading_options.key(), *record.column_names, *_derivation(record)


def _derivation(record: DataTable) -> tuple[str, ...]:
    """What a table comes of, as texts; empty for a file as it is."""
    joined = [record.joined.model_dump_json()] if record.joined is not None else []
    return (*joined, *(one.model_dump_json() for one in record.computed))


def _open(record: DataTable, home: Path, seen: str) -> Source:
    path, known = Path(record.path), record.reading if record.fingerprint == seen else None
    if record.folder is not None:
        return open_snapshot(home, record.folder, path, record.reading or Reading(format="folder"))
    return open_source(path, record.format, home / "spill", record.column_names, record.reading_options, known)


@contextmanager
def _named_errors(record: DataTable) -> Iterator[None]:
    """What is wrong with a table is an error of the platform that names it; what is undecided stays a question."""
    try:
        yield
    except UndecidedError:
        raise
    except InvalidInputError as error:
        raise PlatformError(f"{record.address}: {error.what}", error.todo) from error


def _fingerprint(record: DataTable) -> str:
    if record.folder is not None:
        return record.folder.snapshot
    try:
        return fingerprint(Path(record.path), record.reading_options)
    except InvalidInputError as error:
        raise PlatformError(
            f"The file of {record.address} is gone or cannot be read: {record.path}.",
            "Put it back, or add it again from its new folder.",
        ) from error


def _check_decided(source: Source) -> None:
    """Raise UndecidedError when the file leaves open how it is to be read."""
    if source.reading.questions:
        raise UndecidedError(source.reading.questions[0], source.path.name)
