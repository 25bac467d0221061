"""Makes the pictures of the real app: `python docs/picture.py`. Seeds a workspace in a temporary folder.

docs/ontos.svg is in color. README.md has the same screen as text, which shows wherever a README is read.
"""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.tui.app import OntosApp
from ontos_tui.workspace import Workspace

PICTURE = Path(__file__).with_name("ontos.svg")
README = Path(__file__).parents[1] / "README.md"
SIZE, TEXT_SIZE = (120, 34), (96, 26)
KEYS = ("3", "enter", "a", "a", "a", "2", "2")


async def _take(home: Path) -> None:
    """Label as far as the picture is to show, and take it at both sizes."""
    app = OntosApp(home, watch=False)
    async with app.run_test(size=SIZE) as pilot:
        while app.stage_view is None or not app.is_idle:
            await pilot.pause(0.05)
        for key in KEYS:
            await pilot.press(key)
            while not app.is_idle:
                await pilot.pause(0.05)
        await pilot.pause(0.2)
        PICTURE.write_text(app.export_screenshot(title="ontos"), encoding="utf-8")
        await pilot.resize_terminal(*TEXT_SIZE)
        await pilot.pause(0.5)
        console = Console(width=TEXT_SIZE[0], height=TEXT_SIZE[1], file=io.StringIO(), record=True)
        console.print(app.screen._compositor.render_update(full=True))
        lines = [line.rstrip() for line in console.export_text().splitlines()]
        block = "```text\n" + "\n".join(lines) + "\n```"
        text = README.read_text(encoding="utf-8")
        text, blocks = re.subn(r"```text\n.*?\n```", lambda _: block, text, count=1, flags=re.DOTALL)
        assert blocks, "README.md has no ```text block"
        README.write_text(text, encoding="utf-8")


def main() -> None:
    """Seed, walk to the labeling queue, take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        with Workspace(home) as workspace:
            seeded = workspace.onboarding.seed("defect_detection", supplied=True)
            workspace.generate.generation.generate(seeded.sheet.id, seeded.template.id, GenerationMode.AI)
        asyncio.run(_take(home))


if __name__ == "__main__":
    main()
