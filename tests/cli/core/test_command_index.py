"""The index by which a command runs without the others, and what a command line imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ontos_tui.cli.all_commands import INDEX, index_source

HEAVY = ("numpy", "pandas", "sklearn", "duckdb", "textual", "httpx", "databricks", "starlette")


def test_the_index_is_that_of_the_commands() -> None:
    assert INDEX.read_text(encoding="utf-8") == index_source(), "Run: python -m ontos_tui.cli.all_commands"


def imported(*words: str) -> set[str]:
    """The modules that a command line imports."""
    code = (
        "import sys\nfrom ontos_tui.__main__ import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stderr.split())


def test_the_help_imports_no_command() -> None:
    modules = imported("--help")
    assert "ontos_tui.cli.app" in modules
    assert not {one for one in modules if one.split(".")[0] in (*HEAVY, "pydantic", "sqlite3")}
    assert not {
        one for one in modules if one.startswith("ontos_tui.cli.") and one.count(".") > 2 and ".core" not in one
    }


@pytest.mark.parametrize(
    "words", [("status",), ("jobs", "list"), ("label", "stats", "none"), ("label", "next", "none")]
)
def test_a_command_imports_its_own_module_only(home: Path, words: tuple[str, ...]) -> None:
    modules = imported(*words, "--home", str(home))
    assert "ontos_tui.workspace" in modules
    assert not {one for one in modules if one.split(".")[0] in HEAVY}
    assert "ontos_tui.store.sharing.outgoing.pending" not in modules
    assert "ontos_tui.cli.deploy.serving" not in modules
