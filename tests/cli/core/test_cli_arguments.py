"""What the words of a command line mean before any command sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.__main__ import CommandLine, read_arguments
from ontos_tui.cli.app import command_tree
from ontos_tui.cli.core.words import translate

WORDS = st.lists(st.sampled_from(["data", "list", "--limit", "3", "x=y", "-t", "--name=a b", ""]), max_size=6)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--home", "/w", "data", "list", "--json"],
        ["data", "--json", "list", "--home=/w"],
        ["data", "list", "--home", "/w", "--json"],
        ["--json", "data", "--home", "/w", "list"],
    ],
)
def test_home_and_json_may_stand_anywhere(arguments: list[str]) -> None:
    assert read_arguments(arguments) == CommandLine(("data", "list"), Path("/w"), json=True)


@given(words=WORDS, home_at=st.integers(0, 6), json_at=st.integers(0, 6))
def test_other_words_keep_their_order(words: list[str], home_at: int, json_at: int) -> None:
    arguments = list(words)
    arguments[home_at:home_at] = ["--home=/w"]
    arguments[json_at:json_at] = ["--json"]
    assert read_arguments(arguments) == CommandLine(tuple(words), Path("/w"), json=True)


def test_nothing_is_taken_after_two_dashes() -> None:
    assert read_arguments(["query", "--", "--json", "--home", "x"]) == CommandLine(
        ("query", "--", "--json", "--home", "x"), None, json=False
    )


@pytest.mark.parametrize("arguments", [["--home"], ["--home="], ["data", "--home", ""]])
def test_home_without_a_folder_is_wrong_usage(arguments: list[str]) -> None:
    assert read_arguments(arguments) == "--home needs a folder."


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["train", "--assembly", "A", "--wait"], ["train", "A", "--wait"]),
        (["train", "--wait", "--assembly-id=A"], ["train", "A", "--wait"]),
        (["train", "--training-sheet-id", "A"], ["train", "A"]),
        (["label", "apply", "file.jsonl", "--assembly_id", "A"], ["label", "apply", "A", "file.jsonl"]),
        (["labeling", "create", "J", "--assembly", "A"], ["labeling", "create", "J", "--training-sheet", "A"]),
        (["assemblies"], ["training-sheets"]),
        (["assembly", "show", "A"], ["training-sheets", "show", "A"]),
        (["sheets", "list"], ["sheet", "list"]),
        (["import", "old-web", "x"], ["import-old-web", "x"]),
        (["train", "A"], ["train", "A"]),
        ([], []),
    ],
)
def test_other_names_are_understood(words: list[str], meant: list[str]) -> None:
    assert translate(words, command_tree()) == meant


def test_nothing_heavy_is_imported_before_it_is_known_what_is_wanted() -> None:
    code = "import sys, ontos_tui.__main__; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"typer", "pydantic", "sqlalchemy", "textual", "rich", "duckdb", "numpy", "sklearn", "jinja2"}
    assert not heavy & set(done.stdout.split())


def test_commands_do_not_import_what_they_do_not_use() -> None:
    code = "import sys, ontos_tui.cli.app; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"sqlalchemy", "textual", "duckdb", "numpy", "sklearn", "jinja2", "httpx", "starlette"}
    assert not heavy & set(done.stdout.split())
