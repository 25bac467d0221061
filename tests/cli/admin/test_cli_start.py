"""The way in: the demo with a workspace of its own, help and completion of every command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_result import Ontos
from ontos_tui.cli.app import command_tree, run
from terminal import Terminal
from terminal import ontos as command
from tiers import DEEP


def commands(node: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group, by its words."""
    yield words
    for name, one in getattr(node, "commands", {}).items():
        yield from commands(one, (*words, name))


ALL = sorted(commands(command_tree()))


def complete(shell: str, line: str) -> str:
    """What completion answers to the beginning of a command line, as the shells ask for it."""
    asking = {
        "_ONTOS_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(command(), env={**os.environ, **asking}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_demo_leaves_the_users_workspace_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["demo", "--seed-only"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [".ontos-demo"]


def test_a_named_workspace_takes_the_demo(ontos: Ontos, home: Path) -> None:
    assert ontos("demo", as_json=True).json["created"] is True
    assert (home / "ontos.db").exists()
    assert "nothing was changed" in ontos("demo", "--seed-only").out


def test_the_demo_opens_the_app_on_its_data(tmp_path: Path) -> None:
    with Terminal(command("demo"), env={"HOME": str(tmp_path)}) as terminal:
        terminal.sees("Crystal inspections", "INS-00001", "Help")
        terminal.send("q")
        assert terminal.ended() == 0
    assert (tmp_path / ".ontos-demo").is_dir()
    assert not (tmp_path / ".ontos").exists()


def test_there_are_commands() -> None:
    assert {(), ("demo",), ("data",), ("data", "list")} <= set(ALL)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_h_helps_everywhere(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "-h"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: {' '.join(('ontos', *words))} ")
    assert "-h, --help" in out


def test_the_help_names_what_works_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    run(["-h"])
    out = capsys.readouterr().out
    assert all(f"  {option} " in out for option in ("--version", "--keys", "--home", "--json", "--install-completion"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_commands_and_options(shell: str) -> None:
    assert "template" in complete(shell, "ontos te")
    if shell != "bash" and not DEEP:
        return  # each completion is a process
    answer = complete(shell, "ontos --home somewhere data ")
    assert all(name in answer for name in ("add", "list", "preview"))
    assert "--seed-only" in complete(shell, "ontos demo --s")


def test_completion_is_installed_for_the_shell_that_asks(tmp_path: Path) -> None:
    # Another statement after it, or the shell would become our command and could not be found among its parents.
    script = f"{sys.executable} -m ontos_tui --install-completion; exit $?"
    subprocess.run(["bash", "-c", script], env={**os.environ, "HOME": str(tmp_path)}, check=True, capture_output=True)
    assert "_ONTOS_COMPLETE=complete_bash" in (tmp_path / ".bash_completions" / "ontos.sh").read_text()
    assert "ontos.sh" in (tmp_path / ".bashrc").read_text()
