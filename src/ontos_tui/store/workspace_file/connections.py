"""The connections of this process to its databases: lent to one at a time, and counted by database."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

from ontos_tui.store.connection import Connection
from ontos_tui.store.workspace_file.log_files import LogFiles, may_carry_over

IDLE = 8
"""Connections that are kept open for the next who asks."""


class OpenDatabases:
    """Which databases this process has open, and how often."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._count: Counter[str] = Counter()

    @contextmanager
    def opening(self, path: Path) -> Iterator[bool]:
        """Count one more, unless opening fails; whether it is the first. Nobody else opens or closes one meanwhile."""
        name = os.path.realpath(path)
        with self._lock:
            yield not self._count[name]
            self._count[name] += 1

    def closed(self, path: Path) -> None:
        """Count one less."""
        with self._lock:
            self._count[os.path.realpath(path)] -= 1


class Pool:
    """Open connections that nobody uses at the moment; each is lent to one at a time."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._idle: list[Connection] = []
        self._files: WeakKeyDictionary[Connection, LogFiles] = WeakKeyDictionary()
        self._lock = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection outside of any transaction."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = Connection.open(self._path, self._patience)
            self._files[connection] = LogFiles.of(self._path)
        try:
            yield connection
        finally:
            self._give_back(connection)

    def carry_over(self, files: LogFiles, connection: Connection | None = None) -> bool:
        """Bring what was saved into the database after the name of the log is gone; whether all of it is there.

        `connection` is one that is lent, outside of any transaction. Only connections of before have the log: one that
        was opened later has another file.
        """
        if not may_carry_over(self._path, files):
            return False
        with self._lock:
            lent = [] if connection is None else [connection]
            old = next((one for one in (*lent, *self._idle) if self._files.get(one) == files), None)
            if old in self._idle:
                self._idle.remove(old)
        if old is None:
            return False
        try:
            return old.checkpoint()
        except sqlite3.Error:
            return False
        finally:
            if old is not connection:
                self._give_back(old)

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            reusable = len(self._idle) < IDLE
            if reusable:
                self._idle.append(connection)
        if not reusable:
            connection.close()

    def close(self) -> None:
        """Close those that nobody uses; whoever asks later opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
