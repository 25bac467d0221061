"""Computed columns: what they are, what they may hold, and what is done with what looks ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.machines import add_machines
from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import WindowLabel
from ontos_tui.domain.records.derived import EventTable
from ontos_tui.services.data.derived_tables.computed import ComputedSpec
from ontos_tui.workspace import Workspace
from real_data import real_data


@pytest.fixture
def machines(workspace: Workspace, tmp_path: Path) -> Workspace:
    add_machines(workspace, tmp_path)
    return workspace


def compute(workspace: Workspace, name: str, formula: str, **more: Any) -> list[Any]:
    """The values of a new column of telemetry, by machine and time."""
    units = {"group": "machine", "order": "time"} if "(" in formula and "log" not in formula else {}
    workspace.data.computed.add(ComputedSpec("telemetry", name, formula, **{**units, **more}))
    return [item.fields[name] for item in workspace.data.catalog.preview("telemetry", limit=100).items]


def test_an_expression_is_computed_and_what_cannot_be_is_missing_and_counted(machines: Workspace) -> None:
    spec = ComputedSpec("telemetry", "r", "1 / volt")
    report = machines.data.computed.report(spec)
    assert (report.counts.rows, report.counts.computed, report.counts.not_computed) == (7, 6, 1)
    assert "division by zero" in report.counts.reason
    assert report.page.items[0].fields["r"] == pytest.approx(1 / 176.2)
    assert "r" not in [one.name for one in machines.data.catalog.preview("telemetry").columns], "only looked at"
    sheet = machines.data.sheets.create_sheet("S", "local.files.telemetry")
    machines.data.computed.add(spec)
    machines.data.computed.add(ComputedSpec("telemetry", "rr", "r * 2"))
    page = machines.data.sheets.sheet_page(sheet.id)
    assert [one.fields["rr"] for one in page.items][:1] == [pytest.approx(2 / 176.2)]
    assert "has changed" in page.notes[-1]
    machines.data.sheets.edit_sheet(sheet.id, filter_expression="rr > 0.0125")
    with pytest.raises(InvalidInputError, match="computed of 'r', one of 'rr'"):
        machines.data.computed.remove("telemetry", "r")
    machines.data.computed.remove("telemetry", "rr")
    assert [one.name for one in machines.data.computed.remove("telemetry", "R").computed] == []
    with pytest.raises(NotFoundError, match="no computed column"):
        machines.data.computed.remove("telemetry", "volt")


def test_columns_by_name_stay_in_their_unit_and_do_not_look_ahead(machines: Workspace) -> None:
    hour = 3600
    assert compute(machines, "rul", "remaining()") == [14 * hour, 13 * hour, 12 * hour, 0, hour, 0, 0]
    assert compute(machines, "capped", "remaining()", cap="12h")[:4] == [12 * hour, 12 * hour, 12 * hour, 0]
    mean = compute(machines, "mean", "rolling_mean(volt, 2)")
    assert mean[:1] + mean[4:] == [None, None, 75, None]
    assert mean[1] == pytest.approx(169.55)
    first = compute(machines, "drift", "from_first(volt, 2)")
    assert first[0] is None
    assert first[1:3] == [pytest.approx(-6.65), pytest.approx(1.35)]
    assert compute(machines, "since", "time_since(volt < 165)") == [None, 0, hour, 13 * hour, 0, 0, 0]
    sheet = machines.data.sheets.create_sheet("S", "local.files.telemetry")
    assert sheet.no_features == {"rul", "capped"}, "what looks ahead is no feature"


def test_events_label_the_rows_that_they_lie_in_or_come_just_before(machines: Workspace) -> None:
    events = EventTable(table="failures", start="at", label="part", group="machine")
    assert compute(machines, "event", "event_label()", events=events) == [None, "pump", None, "fan", None, None, None]
    since = compute(machines, "since", "time_since()", events=events)
    assert since == [None, 1800, 5400, 3600, None, None, None]
    sheet = machines.data.sheets.create_sheet(
        "W", "local.files.telemetry", window_size=2, window_step=1, window_group="machine", window_order="time",
        window_labels={"event": "event"}, window_max_gap=None,
    )  # fmt: skip
    items = machines.data.sheets.sheet_page(sheet.id).items
    assert [(one.fields["machine"], one.fields["event"]) for one in items] == [
        (1, "pump"), (1, "pump"), (1, "fan"), (2, "none"),
    ]  # fmt: skip
    with pytest.raises(InvalidInputError, match="come of itself"):
        events = EventTable(table="telemetry", start="time")
        machines.data.computed.report(ComputedSpec("telemetry", "e", "time_since()", "", "time", events=events))


@pytest.mark.parametrize(
    ("name", "formula", "more", "message"),
    [
        ("x", "volt +", {}, "cannot be read"),
        ("x", "read_csv('/etc/passwd')", {}, "not allowed"),
        ("x", "(select 1)", {}, "not allowed"),
        ("x", "volt; drop table t", {}, "semicolon"),
        ("x", "sum(volt)", {}, "not allowed"),
        ("x", "min(volt)", {}, "two or more"),
        ("x", "power * 2", {}, "no column 'power'"),
        ("volt", "volt", {}, "already"),
        ("ontos_x", "volt", {}, "used inside"),
        ("x", "volt + remaining()", {}, "stands alone"),
        ("x", "volt", {"group": "machine"}, "needs no --by"),
        ("x", "remaining()", {}, "orders the rows"),
        ("x", "rolling_mean(time, 3)", {"order": "time"}, "no numbers"),
        ("x", "rolling_mean(volt)", {"order": "time"}, "in its brackets"),
        ("x", "event_label()", {"order": "time"}, "table of events"),
        ("x", "abs(time)", {}, "does not fit"),
        ("x", "volt / 0", {}, "No row has a value"),
    ],
)
def test_what_is_no_column_is_refused(
    machines: Workspace, name: str, formula: str, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        machines.data.computed.add(ComputedSpec("telemetry", name, formula, **more))


def test_a_remaining_life_of_real_engines_is_capped(workspace: Workspace) -> None:
    workspace.data.files.add_file(real_data("remaining_useful_life/cmapss_train_FD001.txt"), "engines")
    report = workspace.data.computed.add(ComputedSpec("engines", "rul", "remaining()", "c1", "c2", cap="125"))
    assert (report.counts.rows, report.counts.computed) == (20_631, 20_631)
    assert report.page.items[0].fields["rul"] == 125


def test_a_window_has_one_value_of_what_is_known_only_afterwards(machines: Workspace) -> None:
    compute(machines, "rul", "remaining()")
    windows = {"window_size": 2, "window_step": 1, "window_group": "machine", "window_order": "time"}
    sheet = machines.data.sheets.create_sheet("W", "local.files.telemetry", **windows, window_max_gap=None)
    assert sheet.window_labels == {"rul": WindowLabel.LAST}
    names = [column.name for column in machines.data.sheets.sheet_page(sheet.id).columns]
    assert [name for name in names if "rul" in name] == ["rul"], "its mean or slope would give the answer away"
    template = machines.drafts.draft(sheet.id, "rul")
    assert machines.drafts.targets(sheet.id)[0].column == "rul"
    assert "volt_mean" in template.feature_columns and "rul" not in template.feature_columns
    mean = machines.data.sheets.edit_sheet(sheet.id, window_labels={"rul": "mean"})
    assert mean.window_labels == {"rul": WindowLabel.MEAN}
