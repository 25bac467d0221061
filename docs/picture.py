"""Makes the README's picture from the real app: `python docs/picture.py`. Seeds a workspace in a temporary folder."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.tui.app import OntosApp
from ontos_tui.workspace import Workspace

PICTURE = Path(__file__).with_name("ontos.svg")
KEYS = ("3", "enter", "a", "a", "a", "2", "2")


async def _take(home: Path) -> None:
    app = OntosApp(home, watch=False)
    async with app.run_test(size=(120, 34)) as pilot:
        while app.stage_view is None or not app.is_idle:
            await pilot.pause(0.05)
        for key in KEYS:
            await pilot.press(key)
            while not app.is_idle:
                await pilot.pause(0.05)
        await pilot.pause(0.2)
        PICTURE.write_text(app.export_screenshot(title="ontos"), encoding="utf-8")


def main() -> None:
    """Seed, walk to the labeling queue, take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        with Workspace(home) as workspace:
            seeded = workspace.onboarding.seed("defect_detection")
            workspace.generate.generation.generate(seeded.sheet.id, seeded.template.id, GenerationMode.AI)
        asyncio.run(_take(home))


if __name__ == "__main__":
    main()
