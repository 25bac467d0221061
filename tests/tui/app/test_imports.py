"""What a screen does not need is not imported for it: that is memory, and time before the first key is answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from builders.severity import unlabeled_sheet
from ontos_tui.workspace import Workspace

LABELING = """
import asyncio, sys
from pathlib import Path
from harness import open_app

async def label(home):
    async with open_app(home) as driver:
        await driver.press("3", "enter")
        await driver.sees("0/3 decided")
        await driver.press("a")
        await driver.sees("1/3 decided")

asyncio.run(label(Path(sys.argv[1])))
print(*{name.split(".")[0] for name in sys.modules})
"""


WIZARD = """
import asyncio, sys
from pathlib import Path
from harness import open_app

async def begin(home):
    async with open_app(home) as driver:
        await driver.press("W")
        await driver.sees("Use case", "Your own data")

asyncio.run(begin(Path(sys.argv[1])))
print(*{name.split(".")[0] for name in sys.modules})
"""
HEAVY = {"numpy", "scipy", "sklearn", "pandas", "duckdb", "PIL", "plotext", "httpx", "databricks", "sqlalchemy"}


def imported(script: str, home: Path) -> set[str]:
    """The libraries that are there after the script was run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    libraries = set(done.stdout.split())
    assert "textual" in libraries
    return libraries


def test_labeling_needs_no_machine_learning(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        unlabeled_sheet(workspace.store, 3)
    assert not HEAVY & imported(LABELING, tmp_path)


def test_the_wizard_on_an_empty_workspace_needs_none_either(tmp_path: Path) -> None:
    assert not HEAVY & imported(WIZARD, tmp_path)
