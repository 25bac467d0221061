"""Writers take turns: everybody who waits asks again as often as everybody else, so that nobody waits for long.

This is a courtesy among our own processes; what keeps the database whole is SQLite's own lock. Where there are no file
locks, or somebody holds one for too long, the writer goes on to that.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # not every system has them
    fcntl = None  # type: ignore[assignment]

PATIENCE = 20.0
"""Seconds after which a turn is no longer waited for."""
ASK_SECONDS = 0.001
_HERE: dict[str, threading.Lock] = {}
_MAKING = threading.Lock()


@contextmanager
def turn(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the turn to write to the database at `path`; within this process and among others.

    It is waited for no longer than `patience`, in seconds, or PATIENCE.
    """
    patience = min(patience, PATIENCE)
    here = _of(path)
    until = time.monotonic() + patience
    mine = here.acquire(timeout=patience)
    try:
        file = _taken(path.with_name(f"{path.name}-turn"), until) if mine else None
        try:
            yield
        finally:
            if file is not None:
                os.close(file)  # which lets go of the lock
    finally:
        if mine:
            here.release()


def _of(path: Path) -> threading.Lock:
    with _MAKING:
        return _HERE.setdefault(str(path), threading.Lock())


def _taken(path: Path, until: float) -> int | None:
    """The locked file, or None when it cannot be locked."""
    if fcntl is None:
        return None
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                break
            time.sleep(ASK_SECONDS)
        except OSError:
            break
        else:
            return file
    os.close(file)
    return None
