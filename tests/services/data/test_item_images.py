"""The pictures of items: found by their sheet, and learned from by a training job of a user's own table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.serving import Origin
from ontos_tui.services.data import images as service
from ontos_tui.services.data.images import LONGEST, open_in_viewer
from ontos_tui.workspace import Workspace


def shots(folder: Path, count: int = 40) -> Path:
    """A table of pictures with a bright bar that lies or stands, and an empty measurement."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["part,shot,heat,kind"]
    for number in range(count):
        gray = np.random.default_rng(number).integers(0, 60, (40, 40)).astype(np.uint8)
        at = 5 + number % 25
        lying = number % 2 == 0
        gray[(slice(at, at + 6), slice(None)) if lying else (slice(None), slice(at, at + 6))] += 150
        Image.fromarray(gray).save(folder / f"{number}.png")
        lines.append(f"P{number:03d},{number}.png,{number % 7},{'lying' if lying else 'standing'}")
    table = folder / "shots.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def shot_sheet(workspace: Workspace, folder: Path, count: int = 40) -> Sheet:
    """A sheet over that table."""
    table = workspace.data.files.add_file(shots(folder, count))
    return workspace.data.sheets.create_sheet(
        "Shots", table.address, item_id_column="part", image_columns=["shot"], columns=["part", "shot", "heat"]
    )


def test_the_pictures_of_a_row_are_found_beside_the_data(workspace: Workspace, tmp_path: Path) -> None:
    sheet = shot_sheet(workspace, tmp_path / "data")
    one = workspace.data.images.pictures(sheet.id, {"shot": "3.png", "heat": 1})[0]
    assert (one.column, one.named, one.width, one.height, one.problem) == ("shot", "3.png", 40, 40, "")
    assert one.path == (tmp_path / "data" / "3.png").resolve()
    assert one.image is not None
    assert workspace.data.images.pictures(sheet.id, {"shot": None}) == []
    assert workspace.data.images.pictures("no such sheet", {"shot": "3.png"}) == []


def test_a_large_picture_is_made_as_small_as_a_screen_needs_it(workspace: Workspace, tmp_path: Path) -> None:
    sheet = shot_sheet(workspace, tmp_path)
    Image.new("RGB", (5_000, 1_000)).save(tmp_path / "large.png")
    one = workspace.data.images.pictures(sheet.id, {"shot": "large.png"})[0]
    assert (one.width, one.height) == (5_000, 1_000)
    assert one.image is not None
    assert max(one.image.size) == LONGEST


@pytest.mark.parametrize(
    ("named", "told"), [("no.png", "No image"), ("shots.csv", "cannot be read"), ("../x", "below")]
)
def test_a_broken_picture_says_why(workspace: Workspace, tmp_path: Path, named: str, told: str) -> None:
    sheet = shot_sheet(workspace, tmp_path / "data")
    one = workspace.data.images.pictures(sheet.id, {"shot": named})[0]
    assert one.image is None
    assert told in one.problem


def test_a_sheet_with_pictures_is_trained_on_them_though_the_prompt_names_none(
    workspace: Workspace, tmp_path: Path
) -> None:
    sheet = shot_sheet(workspace, tmp_path / "data", 60)
    template = workspace.generate.templates.publish(
        workspace.generate.templates.create(
            name="Bars",
            label_type="bar",
            user_prompt="Heat {{ heat }}",
            output_schema={
                "type": "object",
                "properties": {"kind": {"enum": ["lying", "standing"]}},
                "required": ["kind"],
            },
            answer_columns={"kind": "kind"},
        ).id
    )
    made = workspace.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN).training_sheet
    params = {"training_sheet_id": made.id, "name": "bars", "base_model": "extra_trees"}
    model = workspace.train.models.run(params, "a-job", NoProgress())
    assert model.features == ["shot", "heat"]
    score = model.evaluation["scores"][0]
    assert score["value"] > 0.9 > score["baseline"] + 0.2
    endpoint = workspace.deploy.endpoints.deploy("bars").name
    answers = workspace.deploy.endpoints.query(
        endpoint, [{"shot": f"{number}.png", "heat": 1} for number in range(6)], origin=Origin.CLI
    )
    assert [one.output["kind"] for one in answers if one.output] == ["lying", "standing"] * 3
    refused = workspace.deploy.endpoints.query(endpoint, [{"shot": "../secret.png", "heat": 1}], origin=Origin.CLI)[0]
    assert refused.status_code == 400
    assert "below the folder" in refused.error


def test_a_viewer_is_started_only_where_there_is_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(service.sys, "platform", "linux")
    monkeypatch.setattr(service.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(service.subprocess, "Popen", lambda words, **_: asked.append(words))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not open_in_viewer(tmp_path / "a.png")
    monkeypatch.setenv("DISPLAY", ":0")
    assert open_in_viewer(tmp_path / "a.png")
    assert asked == [["/bin/xdg-open", str(tmp_path / "a.png")]]
