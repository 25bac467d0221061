"""`ontos predict` and `ontos query --item`: every row of a table, and any item of a sheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from builders.models import served_model
from builders.tables import parts_file
from command_result import Ontos
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.workspace import Workspace


@pytest.fixture
def parts(home: Path, tmp_path: Path) -> Path:
    """A file of the parts of which the first 60 are the sheet's pairs; the sheet can be read."""
    served_model(home)
    file = parts_file(tmp_path / "parts.csv", range(80))
    with Workspace(home) as workspace:
        workspace.data.files.add_file(file)
    return file


def test_a_table_is_scored_into_a_file(ontos: Ontos, parts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    result = ontos("predict", "defects:1", parts, "--out", out)
    assert "80 rows" in result.out
    assert str(out) in result.out
    with out.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 80
    assert {line["error"] for line in lines} == {""}
    report = ontos("predict", "live", "local.files.parts", "--out", "answers", as_json=True).json
    assert (report["table"], report["rows"], report["failed"]) == ("local.scored.answers", 80, 0)


def test_in_the_background_it_is_a_job(ontos: Ontos, parts: Path, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    job = ontos("predict", "live", parts, "--out", out, "--with-columns", "--background", as_json=True).json
    with Workspace(home) as workspace:
        assert workspace.jobs.wait(job["id"], 60).status is JobStatus.SUCCEEDED
    assert out.exists()


def test_what_cannot_begin_is_said_with_the_names(ontos: Ontos, parts: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    result = ontos("predict", "live", tmp_path / "other.csv", "--out", "answers", fails=1)
    assert "lacks 2 of the 2 columns that the model needs: 'voltage', 'line'" in result.err


def test_any_item_of_the_sheet_can_be_asked_about_and_is_marked(ontos: Ontos, parts: Path) -> None:
    unlabeled = ontos("query", "live", "--item", "P0075")
    assert "P0075: the model has not seen it" in unlabeled.out
    remarks = {}
    for number in range(60):
        (answer,) = ontos("query", "live", "--item", f"P{number:04d}", as_json=True).json
        assert answer["item"]["fields"] == answer["input"]
        remarks.setdefault(answer["item"]["role"], answer["item"]["ref"])
    assert set(remarks) == {"train", "held_out"}
    assert "it learned from this item" in ontos("query", "live", "--item", remarks["train"]).out
    assert "held out: the model has not seen it" in ontos("query", "live", "--item", remarks["held_out"]).out
    assert "has no item 'P9999'" in ontos("query", "live", "--item", "P9999", fails=1).err


def test_without_the_sheets_table_the_pairs_are_still_there(ontos: Ontos, home: Path) -> None:
    served_model(home)
    assert "P0007" in ontos("query", "live", "--item", "P0007").out
    assert "cannot be read" in ontos("query", "live", "--item", "P0075", fails=1).err
