"""A workspace is for its owner alone: the folder, the database and everything that a command leaves in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ontos_tui.store.engine import Store


def open_to_others(folder: Path) -> list[str]:
    """Folders and files that other users of the host can reach into or read."""
    return sorted(str(path) for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o077)


@pytest.fixture(autouse=True)
def _quick_databases() -> None:
    """Databases are created as they are for users."""


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_a_new_workspace_is_private_whatever_the_umask(tmp_path: Path) -> None:
    Store(tmp_path / "home" / "ontos.db").close()
    assert open_to_others(tmp_path / "home") == []


@pytest.mark.usefixtures("usual_umask")
@pytest.mark.parametrize(("mode", "then"), [(0o755, 0o700), (0o770, 0o770), (0o700, 0o700)])
def test_an_older_workspace_is_closed_and_one_that_is_shared_on_purpose_is_not(
    tmp_path: Path, mode: int, then: int
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(mode)
    Store(home / "ontos.db").close()
    assert home.stat().st_mode & 0o777 == then


@pytest.mark.usefixtures("usual_umask")
def test_what_commands_leave_is_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for words in (["seed", "anomaly_detection"], ["data", "list"], ["settings", "set", "theme", "ontos-light"]):
        command = [sys.executable, "-m", "ontos_tui", "--home", str(home), *words]
        subprocess.run(command, check=False, capture_output=True)
    assert (home / "ontos.db").exists()
    assert open_to_others(home) == []
