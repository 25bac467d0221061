"""An endpoint's answer on the screen: how sure each field is, and what the row has that the model did not learn."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.tui.dialogs.answer import answer_lines

RECORD = InferenceRecord(
    endpoint="live",
    model_id="m",
    model_version=1,
    requested_at=now(),
    origin=Origin.PLAYGROUND,
    input={},
    output={"defect": "crack", "action": "rework", "depth": 12.3456, "note": "as is"},
    confidence={"defect": 0.861, "action": 0.99},
    certainty={"action": "unsure"},
    intervals={"depth": Interval(10.12, 14.81, rough=True)},
    outside=[Outside("vibration", 0.031, 0.003, 0.028), Outside("vendor", "ACME")],
    latency_ms=4.0,
)


@pytest.mark.parametrize("width", [34, 60])
def test_every_field_says_how_sure_it_is_in_its_own_way(width: int) -> None:
    lines = ["".join(part.text for part in line).rstrip() for line in answer_lines(RECORD, width)]
    assert all(cell_len(line) <= width for line in lines)
    assert lines[:8] == [
        "defect  crack",
        "        ━━━━━━━━━─ 86 % sure",
        "action  rework",
        "        unsure",
        "depth   12.3",
        "        90 %: 10.1–14.8, rough",
        "note    as is",
        "▲ unlike what it learned from",
    ]
    rest = " ".join(" ".join(lines[8:]).split())
    assert rest == "vibration 0.031, learned up to 0.028 vendor 'ACME' was not in the training pairs"
