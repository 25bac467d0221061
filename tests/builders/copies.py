"""Workspaces that many tests begin with: made once in each run by the app's own code, then copied.

The processes of a run share them by a folder that the first of them makes and removes; nothing is left for another run.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pickle
import shutil
import tempfile
import uuid
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace

T = TypeVar("T")
SHARED = "ONTOS_TESTS_FOLDER"
"""The variable by which the processes that a run starts know its folder."""
_create = Store._create
_results: dict[Hashable, tuple[Path, bytes]] = {}


def share_folder() -> None:
    """Make the folder of this run, unless the process that started this one did. It goes when its maker ends."""
    if SHARED not in os.environ:
        os.environ[SHARED] = folder = tempfile.mkdtemp(prefix="ontos-tests-")
        atexit.register(_remove, folder, os.getpid())


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # and not a fork of it
        shutil.rmtree(folder, ignore_errors=True)


def copied_workspace(home: Path, key: Hashable, make: Callable[[Path], T]) -> T:
    """Lay at `home` the workspace that `make` makes, and give what it returned; `key` says which workspace that is.

    The key is written the same in every process, and what `make` returns can be pickled.
    """
    source, result = _made(key, make)
    shutil.copytree(source, home, dirs_exist_ok=True)
    return pickle.loads(result)  # type: ignore[no-any-return]


def empty_workspace(home: Path) -> None:
    """A workspace in which nothing is yet."""
    copied_workspace(home, "empty", lambda place: Workspace(place).close())


def copied_database(store: Store) -> None:
    """In place of `Store._create`: the new database is a copy of the first one that the run created."""
    first = Path(os.environ[SHARED]) / "ontos.db"
    if not first.exists():
        _create(store)
        part = first.with_suffix(f".{os.getpid()}")
        shutil.copy(store.path, part)
        part.replace(first)
        return
    part = store.path.with_name(f".{store.path.name}.{uuid.uuid4().hex}")
    shutil.copy(first, part)
    try:
        os.link(part, store.path)
    except FileExistsError:
        pass  # another process was first
    finally:
        part.unlink()


def _made(key: Hashable, make: Callable[[Path], Any]) -> tuple[Path, bytes]:
    """The folder with the workspace, and what `make` returned, pickled."""
    if key not in _results:
        place = Path(os.environ[SHARED]) / hashlib.sha256(repr(key).encode()).hexdigest()[:20]
        home, result = place / "home", place / "result"
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not result.exists():
                shutil.rmtree(place, ignore_errors=True)  # of one that failed
                place.mkdir()
                pickled = pickle.dumps(make(home))
                result.write_bytes(pickled)
        _results[key] = home, result.read_bytes()
    return _results[key]
