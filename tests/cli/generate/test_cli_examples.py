"""ontos examples, as scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

from builders.severity import unlabeled_sheet
from command_result import Ontos
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace


def test_examples_are_added_listed_exported_imported_and_removed(ontos: Ontos, home: Path, tmp_path: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 1)
        first, *_ = workspace.label.queue.open(sheet.id)
        workspace.label.queue.decide([Decision(first.id, Verdict.APPROVE)])
    assert "ontos examples add --pair" in ontos("examples").out
    assert ontos("examples", "add", "--pair", first.id, as_json=True).json["name"] == "item-1"
    of_type = ("--label-type", "severity", "--input", '{"torque": 9}')
    ontos("examples", "add", *of_type, "--answer", '{"severity": "none"}', "--name", "low")
    assert "--answer" in ontos("examples", "add", *of_type, fails=1).err
    assert [one["name"] for one in ontos("examples", "list", as_json=True).json] == ["item-1", "low"]
    out = tmp_path / "e.jsonl"
    assert ontos("examples", "export", "--out", out, as_json=True).json["examples"] == 2
    assert ontos("examples", "import", out, as_json=True).json["unchanged"] == 2
    ontos("examples", "remove", "low")
    assert "1 created" in ontos("examples", "import", out).out
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    out.write_text(json.dumps({**lines[0], "expected_output": {"severity": "purple"}}))
    assert "line 1" in ontos("examples", "import", out, fails=1).out
