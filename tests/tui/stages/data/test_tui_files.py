"""Choosing data: a path is completed, folders are walked, and what was typed stays when something is wrong."""

from __future__ import annotations

from pathlib import Path

from harness import open_app


async def test_a_path_is_completed_and_kept_when_it_is_wrong(tmp_path: Path) -> None:
    below = tmp_path / "data" / "mills"
    below.mkdir(parents=True)
    (tmp_path / "data" / "readme.md").write_text("no data")
    (below / "mill-1.csv").write_text("id,wear\n1,2\n")
    (below / "mill-2.csv.gz").write_bytes(b"\x1f\x8bnothing")
    async with open_app(tmp_path / "home", (80, 24)) as user:
        await user.press("a")
        await user.type(f"{tmp_path}/data/MI")
        await user.press("tab")
        await user.sees("mill-1.csv", "mill-2.csv.gz", "text, packed", "9 B", "../")
        await user.type("mi")
        await user.press("tab")
        await user.sees("data/mills/mill-")
        await user.press("down", "enter")
        await user.sees("✗ mill-2.csv.gz is cut off: its end is missing.")
        await user.press("escape")
        await user.sees("Which data file?", "data/mills/mill-2.csv.gz")
        await user.press("ctrl+b")
        await user.sees("readme.md", "no data file", "mills/")
        await user.press("escape")
        assert "readme.md" not in user.text() and user.app.workspace.data.catalog.tables() == []
