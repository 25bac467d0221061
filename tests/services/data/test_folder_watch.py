"""Watched folders: each file once, none while it is written, and nothing twice or lost by a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from builders.folders import log_folder, write_picture
from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.folders import BeingReadError, FolderOptions, UnreadableFilesError
from ontos_tui.services.data.folder_tables.watch import FolderWatcher, look_message
from ontos_tui.tabular.folders.look import locked
from ontos_tui.workspace import Workspace
from tiers import deep


def test_a_file_is_added_once_when_it_stands_still(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    watcher = FolderWatcher(workspace.data.folders, workspace.data.watching.request(folder, "arrived"))
    assert watcher.look().look is None  # nothing is there yet
    log_folder(folder, files=2)
    seen = watcher.look()
    assert (seen.look, seen.waiting) == (None, ("run0.csv", "run1.csv"))
    assert look_message(seen) == "2 files not read until they stand still: run0.csv, run1.csv"

    with (folder / "run1.csv").open("a") as file:
        file.write("4,1.4\n")
    seen = watcher.look()
    assert seen.look is not None
    assert (seen.look.new, seen.waiting, seen.newly_waiting) == (("run0.csv",), ("run1.csv",), ())
    assert look_message(seen) == "1 file new, +4 rows: local.files.arrived has 4 (run0.csv)"
    seen = watcher.look()
    assert look_message(seen) == "1 file new, +5 rows: local.files.arrived has 9 (run1.csv)"
    assert look_message(watcher.look()) == ""

    (folder / "run0.csv").rename(folder / "old.csv")  # as loggers rename theirs
    (folder / "run1.csv").unlink()
    watcher.look()
    seen = watcher.look()
    assert look_message(seen) == "1 file new, 1 file renamed, +0 rows: local.files.arrived has 9 (old.csv)"
    rows = workspace.data.catalog.preview("local.files.arrived").items
    assert Counter(item.fields["source_file"] for item in rows) == {"run1.csv": 5, "old.csv": 4}


def test_a_watch_goes_on_with_a_table(workspace: Workspace, tmp_path: Path) -> None:
    folder = log_folder(tmp_path / "logs", files=2)
    watching = workspace.data.watching
    pauses: list[float] = []
    (seen,) = watching.looks(watching.request(folder), 5.0, pauses.append, once=True)
    assert (seen.look and seen.look.new, pauses) == (("run0.csv", "run1.csv"), [1.0])
    (folder / "run2.csv").write_text("t,y\n0,1\n", encoding="utf-8")
    with pytest.raises(UnreadableFilesError, match=r"run2.csv: does not go with the others: run2.csv lacks 'x'"):
        list(watching.looks(watching.request(folder), 5.0, pauses.append, once=True))
    skip = FolderOptions(skip_unreadable=True)
    (seen,) = watching.looks(watching.request(folder, "logs", skip), 5.0, pauses.append, once=True)
    assert not seen.differs
    with pytest.raises(ConflictError, match=r"local.files.logs holds what is in"):
        watching.request(tmp_path, "logs")
    with pytest.raises(InvalidInputError, match="No folder"):
        watching.request(tmp_path / "nothing")


def test_two_processes_do_not_look_at_once(workspace: Workspace, tmp_path: Path) -> None:
    folder = log_folder(tmp_path / "logs", files=1)
    watching = workspace.data.watching
    list(watching.looks(watching.request(folder), 5.0, lambda _: None, once=True))
    (key,) = (one.name for one in (workspace.home / "folder_tables").iterdir())
    with locked(workspace.home, key), pytest.raises(BeingReadError):
        list(watching.looks(watching.request(folder), 5.0, lambda _: None, once=True))


@deep
def test_a_killed_watch_loses_nothing_and_doubles_nothing(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    command = [sys.executable, "-m", "ontos_tui", "--home", str(home), "watch", str(folder), "--every", "0.5"]
    for number in range(60):
        write_picture(folder / f"{number}.pgm", number)
        if number % 12 == 11:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(2.0 + number / 40)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    with Workspace(home) as workspace:
        watching = workspace.data.watching
        list(watching.looks(watching.request(folder), 1.0, lambda _: None, once=True))
        page = workspace.data.catalog.preview("local.files.incoming", limit=100)
        assert sorted(item.fields["picture"] for item in page.items) == sorted(f"{one}.pgm" for one in range(60))
        (table,) = (home / "folder_tables").iterdir()
        assert len(list(table.glob("part-*"))) <= 2


def test_a_job_watches_until_it_is_cancelled(workspace: Workspace, tmp_path: Path) -> None:
    folder = log_folder(tmp_path / "logs", files=1)
    watching = workspace.data.watching
    job = watching.start(watching.request(folder, "arrivals"), every=0.5)
    assert watching.start(watching.request(folder), every=9.0).id == job.id, "one is enough"

    class ArrivedError(Exception):
        pass

    class UntilArrived:
        def update(self, done: int, total: int, message: str = "") -> None:
            if done == 1:
                raise ArrivedError

    with pytest.raises(ArrivedError):
        workspace.jobs.wait(job.id, timeout=60, progress=UntilArrived())
    assert workspace.data.catalog.preview("local.files.arrivals").total == 4
    workspace.jobs.cancel(job.id)
    assert workspace.jobs.wait(job.id, timeout=60).status.value == "cancelled"
    assert watching.start(watching.request(folder), every=0.5).id != job.id
