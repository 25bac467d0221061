"""Folders on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.folders import log_folder, picture_folder, write_picture
from builders.pdfs import pdf
from command_result import Ontos


def test_folders_patterns_and_files_are_added_alike(
    ontos: Ontos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture_folder(Path("tiles"))
    log_folder(Path("logs"))
    added = ontos("data", "add", "tiles", "logs/*.csv", "logs/run0.csv")
    assert "local.files.tiles  folder" in added.out
    assert "2 classes, by the names of the folders: bad 3, good 3" in added.out
    assert "local.files.run0   csv" in added.out
    assert "3 files read" in added.out
    assert "6 files read" in ontos("data", "report", "local.files.tiles").out
    assert "6 files read" in ontos("data", "report", "tiles").out
    assert "go with folders" in ontos("data", "add", "logs/run0.csv", "--pages", fails=2).err


def test_what_is_left_to_decide_ends_with_2_and_the_option(ontos: Ontos, tmp_path: Path) -> None:
    write_picture(tmp_path / "mixed" / "a.pgm", 1)
    (tmp_path / "mixed" / "a.pdf").write_bytes(pdf([["text"]]))
    asked = ontos("data", "add", str(tmp_path / "mixed"), fails=2)
    assert "--as pictures or --as documents" in asked.err
    (tmp_path / "mixed" / "\x1b]0;evil\x07.pgm").write_bytes(b"no picture")
    refused = ontos("data", "add", str(tmp_path / "mixed"), "--as", "pictures", fails=1)
    assert "\x1b" not in refused.err
    assert "--skip-unreadable" in refused.err
    added = ontos("data", "add", str(tmp_path / "mixed"), "--as", "pictures", "--skip-unreadable")
    assert "1 left out, as they cannot be read" in added.out
    assert "\x1b" not in added.out


def test_watch_once_adds_what_stands_still(ontos: Ontos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ontos_tui.services.data.folder_tables.watch.SETTLE", 0.0)
    log_folder(tmp_path / "logs", files=2)
    first = ontos("watch", str(tmp_path / "logs"), "--into", "arrivals", "--once")
    assert "2 files new, +8 rows: local.files.arrivals has 8 (run0.csv, run1.csv)" in first.out
    assert "Nothing new." in ontos("watch", str(tmp_path / "logs"), "--into", "arrivals", "--once").out
    assert "No folder" in ontos("watch", str(tmp_path / "nowhere"), fails=1).err
