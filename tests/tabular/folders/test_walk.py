"""Which files a folder or a pattern means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular.folders.walk import Place, list_files, natural, place_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("run2.csv", "run10.csv", "a/run1.csv", "a/b/run1.csv", "a/run1.txt", ".hidden.csv", "[x].csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("t\n1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.csv", ["[x].csv", "run2.csv", "run10.csv"]),
        ("**/run1.csv", ["a/b/run1.csv", "a/run1.csv"]),
        ("a/*", ["run1.csv", "run1.txt"]),
        ("a/**", ["b/run1.csv", "run1.csv", "run1.txt"]),
        ("run?.csv", ["run2.csv"]),
        ("run[!2]*.csv", ["run10.csv"]),
        ("[[]x].csv", ["[x].csv"]),
        ("*/run[0-9].c*", ["a/run1.csv"]),
    ],
)
def test_a_pattern_means_files_below_its_folder(tree: Path, pattern: str, names: list[str]) -> None:
    place = place_of(tree / pattern)
    assert place is not None
    assert sorted(file.path for file in list_files(place).files) == sorted(names)


def test_a_file_that_is_there_is_no_pattern(tree: Path) -> None:
    assert place_of(tree / "[x].csv") is None
    assert place_of(tree / "nothing.csv") is None
    assert place_of(tree) == Place(tree)
    assert Place(tree / "logs", "**/run*.csv").name == "logs run"
    with pytest.raises(InvalidInputError, match="No folder"):
        place_of(tree / "nowhere" / "*.csv")
    with pytest.raises(InvalidInputError, match="is no pattern"):
        list_files(Place(tree, "[z-a].csv"))


def test_what_is_no_file_of_the_folder_is_named(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("t\n1\n", encoding="utf-8")
    (tree / "a" / "in.csv").symlink_to(tree / "run2.csv")
    (tree / "a" / "out.csv").symlink_to(outside)
    (tree / "a" / "up").symlink_to(tree)
    (tree / "a" / "gone.csv").symlink_to(tree / "never.csv")
    os.mkfifo(tree / "a" / "pipe.csv")
    (tree / os.fsdecode(b"bad\xff.csv")).write_text("", encoding="utf-8")
    listing = list_files(Place(tree))
    reasons = {one.path: one.reason.partition(";")[0] for one in listing.problems}
    assert reasons == {
        "a/out.csv": "a link that leaves the folder",
        "a/up": "a link to a folder",
        "a/gone.csv": "No such file or directory",
        "a/pipe.csv": "not a regular file",
        "bad\\udcff.csv": "its name is not valid Unicode",
    }
    assert "a/in.csv" in [file.path for file in listing.files]
    assert listing.hidden == 1
    assert sorted(["run10", "run2", "b", "1"], key=natural) == ["1", "b", "run2", "run10"]
