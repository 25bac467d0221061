"""The sample pictures: they come out of their generator as committed, and show what they say where they say it."""

from __future__ import annotations

import csv
import importlib
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ontos_tui import synthetic_data
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import LabelingMode
from ontos_tui.workspace import Workspace
from tiers import deep

PICTURES = Path(synthetic_data.__file__).parent / "defect_detection" / "pictures"
drawing: Any = importlib.import_module("ontos_tui.synthetic_data.defect_detection.images")
PLACES = list(csv.DictReader((PICTURES / "images.csv").open(encoding="utf-8", newline="")))


def gray(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("L"), dtype=float)


@deep
def test_the_pictures_come_out_again(tmp_path: Path) -> None:
    made = drawing.write(tmp_path)
    assert {path.name for path in made} == {path.name for path in PICTURES.glob("*") if path.suffix != ".json"}
    for path in made:
        if path.suffix == ".png":  # another zlib packs the same pixels differently
            assert (gray(path) == gray(PICTURES / path.name)).all(), path.name
        else:
            assert path.read_bytes() == (PICTURES / path.name).read_bytes(), path.name


def test_the_set_is_small_and_has_every_class_alike() -> None:
    pictures = list(PICTURES.glob("*.png"))
    assert sum(path.stat().st_size for path in PICTURES.glob("*")) < 600_000
    assert max(path.stat().st_size for path in pictures) < 3_000
    assert {gray(path).shape for path in pictures[:5]} == {(drawing.SIDE, drawing.SIDE)}
    assert set(Counter(line["defect_class"] for line in PLACES).values()) == {21}
    held, truth = ({line["inspection_id"] for line in _lines(name)} for name in ("held_out.csv", "truth.csv"))
    assert (len(held), len(truth), held & truth) == (28, 112, set())


def _lines(name: str) -> list[dict[str, str]]:
    with (PICTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_classes_are_those_of_the_same_inspections_in_the_other_sheet() -> None:
    known: dict[str, str] = {}
    for name in ("truth.csv", "held_out.csv"):
        with (PICTURES.parent / name).open(encoding="utf-8", newline="") as file:
            known |= {line["inspection_id"]: line["defect_class"] for line in csv.DictReader(file)}
    ours = [line for line in PLACES if line["inspection_id"] in known]
    assert len(ours) == 140
    assert all(line["defect_class"] == known[line["inspection_id"]] for line in ours)


def test_a_defect_is_where_it_is_said_to_be() -> None:
    """Beside the same face without a defect, only pixels in the box differ."""
    for made in list(drawing.inspections(random.Random(4), 60, "T")):
        face, box = drawing.draw(made)
        if made.truth["defect_class"] in ("none", "clouding"):
            assert (box.width == 0) == (made.truth["defect_class"] == "none")
            continue
        truth = {**made.truth, "defect_class": "none"}
        sound, _ = drawing.draw(type(made)(made.row, truth, made.strength, made.complete))
        rows, columns = np.nonzero(np.abs(np.array(face) - np.array(sound)) > 1e-9)
        assert len(rows)
        assert box.x - box.width / 2 - 1 <= columns.min() <= columns.max() <= box.x + box.width / 2 + 1
        assert box.y - box.height / 2 - 1 <= rows.min() <= rows.max() <= box.y + box.height / 2 + 1


def test_a_picture_is_a_png_that_others_read(tmp_path: Path) -> None:
    made = next(drawing.inspections(random.Random(1), 1, "T"))
    face, _ = drawing.draw(made)
    (tmp_path / "a.png").write_bytes(drawing.png(face))
    found = gray(tmp_path / "a.png")
    assert np.abs(found / 255 - np.clip(np.array(face), 0, 1)).max() < 0.08


def test_the_generator_draws_every_inspection_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "ROWS", 12)
    generate: Any = importlib.import_module("ontos_tui.synthetic_data.generate")
    generate.main(["defect_detection", "--images", str(tmp_path)])
    assert len(list(tmp_path.iterdir())) == 13


def test_the_loop_learns_the_pictures_of_the_sample_data(workspace: Workspace) -> None:
    report = workspace.onboarding.seed("defect_detection", 140, part="pictures")
    assert report.sheet.image_columns == ["image"]
    assert (report.sheet.item_count, report.canonical_labels, report.pairs) == (140, 140, 140)
    assert report.training_sheet is not None
    assert not workspace.onboarding.seed("defect_detection", 140, part="pictures").created
    queue = workspace.label.queue.open(report.training_sheet.id)
    assert workspace.label.queue.pair(queue[0].id).labeling_mode is LabelingMode.CANONICAL
    model = workspace.train.models.run(
        {"training_sheet_id": report.training_sheet.id, "name": "faces", "base_model": "extra_trees"},
        "a-job",
        NoProgress(),
    )
    assert "image" in model.features
    score = model.evaluation["scores"][0]
    assert (score["n"], model.train_count, model.held_out_count) == (140, 112, 28)
    assert score["value"] > 0.6 > score["baseline"] + 0.3
    shown = workspace.data.images.pictures(report.sheet.id, workspace.label.queue.pair(queue[0].id).source_data)
    assert (shown[0].width, shown[0].problem) == (drawing.SIDE, "")


def test_a_use_case_without_pictures_says_so(workspace: Workspace) -> None:
    for part in ("no", "..", "../defect_detection"):
        with pytest.raises(NotFoundError):
            workspace.onboarding.seed("defect_detection", part=part)
