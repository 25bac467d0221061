"""Workspaces that many tests begin with: made once in each process by the app's own code, then copied."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

from ontos_tui.workspace import Workspace

T = TypeVar("T")
_MADE: dict[Hashable, tuple[Path, Any]] = {}


def copied_workspace(home: Path, key: Hashable, make: Callable[[Path], T]) -> T:
    """Lay at `home` the workspace that `make` makes, and give what it returned; `key` says which workspace that is."""
    if key not in _MADE:
        folder = Path(tempfile.mkdtemp(prefix="ontos-made-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _MADE[key] = folder, make(folder / "home")
    folder, result = _MADE[key]
    shutil.copytree(folder / "home", home, dirs_exist_ok=True)
    return result  # type: ignore[no-any-return]


def empty_workspace(home: Path) -> None:
    """A workspace in which nothing is yet."""
    copied_workspace(home, "empty", lambda place: Workspace(place).close())
