"""`ontos models card` and `ontos training-sheets card`."""

from __future__ import annotations

import json
from pathlib import Path

from builders.models import trained_model
from command_result import Ontos


def test_cards_are_printed_and_written(home: Path, ontos: Ontos, tmp_path: Path) -> None:
    sheet, _ = trained_model(home)
    assert ontos("models", "card", "defects").out.startswith("# Model card: defects v1\n")
    assert json.loads(ontos("models", "card", "defects", as_json=True).out)["markdown"].startswith("# Model card")
    file = tmp_path / "new" / "data.md"
    assert "Written" in ontos("training-sheets", "card", sheet.id, "--out", file).out
    assert file.read_text(encoding="utf-8").startswith("# Data card: Defects\n")
    assert [one.name for one in file.parent.iterdir()] == ["data.md"]
    assert json.loads(ontos("models", "card", "defects", "--out", file, as_json=True).out) == {"file": str(file)}
    assert "is a folder" in ontos("models", "card", "defects", "--out", tmp_path, fails=1).err
