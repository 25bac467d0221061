"""What a screen does not need is not imported for it: that is memory, and time before the first key is answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from labeling import a_training_sheet
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


def test_labeling_needs_no_machine_learning(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        a_training_sheet(workspace.store, 3)
    done = subprocess.run(
        [sys.executable, "-c", LABELING, str(tmp_path)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stdout.split())
    assert "sqlalchemy" in imported
    assert not {"numpy", "scipy", "sklearn", "duckdb", "PIL", "plotext", "httpx"} & imported
