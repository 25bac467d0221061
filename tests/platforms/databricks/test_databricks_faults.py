"""What the clients make of a workspace that is busy or breaks off in the middle: the whole result, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.databricks.scene import READINGS, Scene
from ontos_tui.domain.errors import AwayError, OntosError
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.platforms.databricks.workspace_client import Team

MANY = f"SELECT a.id FROM {READINGS} AS a CROSS JOIN {READINGS} AS b"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.usefixtures("pauses")
def test_a_busy_warehouse_is_asked_again(scene: Scene, databricks: Team, status: int) -> None:
    databricks.rows("SELECT 1 AS a")
    scene.workspace.fault(path="/sql/1.0", status=status, error_code="BUSY", retry_after="1")
    assert databricks.rows("SELECT 2 AS a") == [{"a": 2}]


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(scene: Scene, databricks: Team) -> None:
    pages: Iterator[list[dict[str, object]]] = databricks.pages(MANY, size=1_000)
    assert len(next(pages)) == 1_000
    scene.workspace.fault(path="/sql/1.0", drop="middle", times=1_000)
    rows = 0
    with pytest.raises(AwayError):
        for page in pages:
            rows += len(page)
    assert rows < 2_600
    scene.workspace.faults.clear()
    assert len(databricks.rows(MANY)) == 3_600


def test_a_file_that_comes_in_half_leaves_the_earlier_copy_alone(
    scene: Scene, databricks: Team, tmp_path: Path
) -> None:
    path = "/Volumes/team/plant/exports/all.csv"
    catalog = UnityCatalog(databricks)
    scene.files.files[path] = b"first\n" * 1_000
    copied = catalog.fetch(path, tmp_path)
    scene.files.files[path] = b"other\n" * 100_000
    scene.workspace.fault(path="fs/files", drop="middle", times=1_000)
    with pytest.raises(OntosError):
        catalog.fetch(path, tmp_path)
    assert copied.read_bytes() == b"first\n" * 1_000
    assert [one.name for one in copied.parent.iterdir()] == ["all.csv"]
