"""Scoring a table and finding an item in DEPLOY, through real keys."""

from __future__ import annotations

from pathlib import Path

from builders.models import served_model
from builders.tables import parts_file
from harness import SIZES, open_app
from ontos_tui.domain.records.training import JobKind
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.workspace import Workspace


def served_parts(home: Path, tmp_path: Path) -> Path:
    """The deployed model, whose sheet can be read: parts 0 to 79, of which 60 are labeled."""
    served_model(home)
    file = parts_file(tmp_path / "parts.csv", range(80))
    with Workspace(home) as workspace:
        workspace.data.files.add_file(file)
    return file


@SIZES
async def test_s_scores_the_models_sheet_into_a_table(home: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    served_parts(home, tmp_path)
    async with open_app(home, size) as user:
        await user.press("5")
        await user.sees("live", "● ready")
        await user.press("s")
        await user.sees("Which rows should defects v1 score?", "Defects", "local.files.parts", "Another file…")
        await user.press("enter")
        await user.sees("Score by defects v1", "Write to", "local.scored.defects_by_defects", "Columns of the source")
        await user.press("ctrl+s")
        jobs = user.app.workspace.jobs
        await user.until(
            lambda: [one.status for one in jobs.jobs() if one.kind is JobKind.PREDICT] == [JobStatus.SUCCEEDED],
            "the scoring to succeed",
        )
        page = user.app.workspace.data.catalog.preview("local.scored.defects_by_defects", limit=2)
        assert (page.total, page.items[1].fields["item_ref"]) == (80, "P0001")
        await user.press("end")
        await user.sees("last scoring", "80 rows scored")


async def test_a_file_that_lacks_a_column_is_refused_in_words(home: Path, tmp_path: Path) -> None:
    served_parts(home, tmp_path)
    (tmp_path / "other.csv").write_text("a,line\n1,north\n")
    async with open_app(home) as user:
        await user.press("5", "s")
        await user.sees("Another file…")
        await user.press("end", "enter")
        await user.sees("File", "Write to")
        await user.type(str(tmp_path / "other.csv"))
        await user.press("ctrl+s")
        await user.sees("lacks 1 of the 2 columns", "'voltage'")
        assert [job for job in user.app.workspace.jobs.jobs() if job.kind is JobKind.PREDICT] == []


async def test_any_item_of_the_sheet_comes_into_the_playground(home: Path, tmp_path: Path) -> None:
    served_parts(home, tmp_path)
    async with open_app(home) as user:
        await user.press("5", "p")
        await user.sees("Playground · live", "item P0", "any item of the sheet")
        await user.press("slash")
        await user.sees("Items of the sheet · live", "P0000", "P0001")
        await user.type("p007")
        await user.sees("P0070", "the model has not seen it")
        await user.press("down", "enter")
        await user.sees("item P0071", "the model has not seen it")
        await user.press("enter")
        await user.sees("status 200")
        (request,) = user.app.workspace.monitor.traffic.requests()
        item = user.app.workspace.deploy.items.item("live", "P0071")
        assert request.record.input == item.fields


async def test_held_out_items_are_told_from_learned_ones(home: Path, tmp_path: Path) -> None:
    served_parts(home, tmp_path)
    async with open_app(home) as user:
        await user.press("5", "p", "slash")
        await user.sees("it learned from this item", "P0000")
        items = user.app.workspace.deploy.items.search("live", "", 80)
        held_out = next(item.ref for item in items if item.role == "held_out")
        await user.type(held_out)
        await user.press("enter")
        await user.sees(f"item {held_out}", "held out: the model has not seen it")
