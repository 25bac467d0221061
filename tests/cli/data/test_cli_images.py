"""Pictures by commands: sample data with pictures, sheets that name them, endpoints that are sent them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from command_result import Ontos
from ontos_tui.domain.learning import NoProgress
from ontos_tui.services.data.sample_files import synthetic_data
from ontos_tui.workspace import Workspace


def test_a_use_case_is_loaded_with_its_pictures(ontos: Ontos) -> None:
    output = ontos("seed", "defect_detection", "--images").out
    assert "Crystal inspections: 800 items" in output
    assert "Crystal images: 140 items" in output
    assert "image" in ontos("sheet", "show", "Crystal images").out
    assert ontos("seed", "defect_detection", "--images").out.count("nothing was changed") == 2


def test_pictures_go_with_a_use_case_that_has_some(ontos: Ontos) -> None:
    assert "use case" in ontos("seed", "--all", "--images", fails=2).err
    assert "has no pictures" in ontos("seed", "predictive_maintenance", "--images", fails=1).err


def test_an_endpoint_takes_a_picture_as_a_path_or_in_base64(ontos: Ontos, home: Path) -> None:
    ontos("seed", "defect_detection", "--images", "--pairs", 60)
    with Workspace(home) as workspace:
        sheet = workspace.onboarding.seed("defect_detection", 60, part="pictures").training_sheet
        assert sheet is not None
        params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "faces"}
        workspace.train.models.run(params, "a-job", NoProgress())
    ontos("deploy", "faces")
    name = "INS-00001.png"
    content = (synthetic_data() / "defect_detection" / "pictures" / name).read_bytes()
    row = dict.fromkeys(
        ("detector_type", "energy_resolution_pct", "leakage_current_na", "background_cps", "humidity_pct")
    )
    answers = [
        ontos("query", "faces", "--input", json.dumps({**row, "image": image})).out.replace(image, "")
        for image in (name, base64.b64encode(content).decode())
    ]
    assert "defect_class" in answers[0]
    assert [line for line in answers[0].splitlines() if "defect_class" in line] == [
        line for line in answers[1].splitlines() if "defect_class" in line
    ]
    assert "below the folder" in ontos("query", "faces", "--input", json.dumps({**row, "image": "/x.png"}), fails=1).err
