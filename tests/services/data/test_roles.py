"""What columns of a sheet are for, copies of sheets, and windows that end at gaps."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.machines import add_machines
from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.derived import ColumnRole
from ontos_tui.workspace import Workspace
from real_data import real_data


@pytest.fixture
def parts(workspace: Workspace, tmp_path: Path) -> Workspace:
    lines = [f"s{n},u{n // 10},{n / 7:.3f},{'bad' if n % 3 else 'good'},x{n % 5}" for n in range(60)]
    (tmp_path / "parts.csv").write_text("serial,unit,load,state,remark\n" + "\n".join(lines) + "\n")
    workspace.data.files.add_file(tmp_path / "parts.csv")
    workspace.data.sheets.create_sheet("Parts", "local.files.parts")
    return workspace


def test_roles_are_proposed_decided_respected_and_copied(parts: Workspace) -> None:
    roles = {one.column: one for one in parts.data.roles.roles("Parts")}
    assert {name: one.role.value for name, one in roles.items()} == {
        "serial": "id", "unit": "group", "load": "value", "state": "value", "remark": "value",
    }  # fmt: skip
    assert not any(one.decided for one in roles.values())
    draft = parts.drafts.draft("Parts", "state")
    assert (draft.feature_columns, draft.group_column) == (["load", "remark"], "unit")
    parts.data.roles.decide("Parts", {"REMARK": ColumnRole.NOTE, "unit": ColumnRole.VALUE})
    copy = parts.data.sheets.duplicate_sheet("Parts")
    assert (copy.name, copy.item_count, copy.no_features) == ("Parts copy", 60, {"remark"})
    with pytest.raises(ConflictError):
        parts.data.sheets.duplicate_sheet("Parts", "Parts copy")
    assert parts.data.sheets.duplicate_sheet("Parts").name == "Parts copy 2"
    draft = parts.drafts.draft("Parts copy", "state")
    assert (draft.feature_columns, draft.group_column) == (["unit", "load"], None)
    assert "remark is a note" in draft.description
    again = {one.column: one for one in parts.data.roles.decide("Parts copy", {"unit": None})}
    assert again["unit"].role is ColumnRole.GROUP
    with pytest.raises(InvalidInputError, match="no column 'size'"):
        parts.data.roles.decide("Parts", {"size": ColumnRole.NOTE})


def test_no_window_bridges_a_gap_and_the_limit_is_proposed_and_carried(workspace: Workspace, tmp_path: Path) -> None:
    times = [f"2015-01-01 {hour:02}:{minute:02}:00" for hour in (1, 2, 9) for minute in range(0, 60, 10)]
    lines = [f"{one},{machine},{n}" for machine in "ab" for n, one in enumerate(times)]
    add_machines(workspace, tmp_path, "time,machine,volt\n" + "\n".join(lines) + "\n")
    windows = {"window_size": 4, "window_step": 4, "window_group": "machine", "window_order": "time"}
    sheet = workspace.data.sheets.create_sheet("W", "local.files.telemetry", **windows)  # type: ignore[arg-type]
    assert sheet.window_max_gap == 6_000, "ten times ten minutes"
    page = workspace.data.sheets.sheet_page(sheet.id)
    assert [one.ref for one in page.items] == [
        f"{machine}@2015-01-01T{at}" for machine in "ab" for at in ("01:00:00", "01:40:00", "02:20:00", "09:00:00")
    ]
    assert page.notes == ("2 gaps are not bridged: a window ends before them.",)
    assert [one.ref for one in workspace.data.sheets.sheet_page(sheet.id, limit=3, offset=3).items] == [
        one.ref for one in page.items[3:6]
    ]
    assert {one.fields["machine"] for one in page.items} == {"a", "b"}, "windows carry their group"
    assert workspace.data.sheets.duplicate_sheet("W").window_max_gap == 6_000
    bridging = workspace.data.sheets.edit_sheet("W", window_max_gap=0)
    assert (bridging.window_max_gap, bridging.item_count) == (None, 8)
    assert workspace.data.sheets.sheet_page("W").items[3].ref == "a@2015-01-01T09:00:00"
    assert workspace.data.sheets.edit_sheet("W").window_max_gap is None, "a decision stays"
    steps = workspace.data.sheets.stream_steps("W")
    assert steps is not None
    assert (steps.usual, steps.gaps) == (600, 2)


def test_real_gaps_end_windows(workspace: Workspace) -> None:
    path = real_data("anomaly_detection/nab_ambient_temperature_system_failure.csv")
    table = workspace.data.files.add_file(path)
    sheet = workspace.data.sheets.create_sheet(
        "NAB", table.address, window_size=24, window_step=24, window_order="timestamp"
    )
    assert sheet.window_max_gap == 36_000
    assert workspace.data.sheets.sheet_page(sheet.id, limit=1).notes[0].startswith("8 gaps are not bridged")
