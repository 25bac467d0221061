"""Units, runs, vendors and days are found by name and by behavior; sets without groups have none."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ontos_tui.domain.records.data import RowQuery, TableAddress
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.learning.groups.grouping import find_groups, first_line, group_values, time_columns
from ontos_tui.learning.groups.moments import moments, order_of
from ontos_tui.workspace import Workspace
from real_data import real_data
from tiers import deep


def proposed(columns: dict[str, Sequence[object]], **more: object) -> list[tuple[str, str, int]]:
    """Column, kind and number of groups of what is proposed."""
    candidates = find_groups(columns, **more)  # type: ignore[arg-type]
    return [(one.column, one.by.value, one.groups) for one in candidates if one.proposed]


def measured(count: int) -> list[object]:
    noise = random.Random(count)
    return [round(noise.gauss(10, 2), 3) for _ in range(count)]


@pytest.mark.parametrize(
    "name", ["unit", "Unit No.", "subject#", "BatteryID", "run_id", "Charge", "lote", "vendor name", "wafer", "máquina"]
)
def test_a_telling_name_is_enough_where_values_come_back(name: str) -> None:
    noise = random.Random(1)
    values = [f"{noise.randrange(40)}" for _ in range(400)]
    assert proposed({"x": measured(400), name: values}) == [(name, "value", 40)]


def test_stretches_are_enough_without_a_name_and_the_reason_says_so() -> None:
    (candidate,) = find_groups({"c1": [n // 10 + 1 for n in range(200)], "x": measured(200)})
    assert (candidate.proposed, candidate.reason) == (True, "c1: 20 values, each one stretch of rows")
    assert candidate.few == ""
    (few,) = find_groups({"c1": [f"set {n // 50}" for n in range(200)]})
    assert few.few == "4 groups: rough"


def test_the_whole_column_is_looked_at() -> None:
    values = [n // 4000 for n in range(12_000)]
    assert proposed({"battery": values}) == [("battery", "value", 3)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Type", [random.Random(n).choice("LMH") for n in range(300)]),
        ("machine", [("A", "B", "C")[n % 3] for n in range(300)]),
        ("serial", [f"S{n:04d}" for n in range(300)]),
        ("age", sorted(random.Random(2).randrange(18, 90) for _ in range(2000))),
        ("unit", [[1, 2]] * 300),
        ("battery_voltage", [round(n / 7, 2) for n in range(300)]),
        ("class", [n // 100 for n in range(300)]),
        ("sensor NO2", [float(n % 40) for n in range(300)]),
        ("failed", [n > 150 for n in range(300)]),
    ],
)
def test_kinds_measurements_and_row_numbers_are_no_groups(name: str, values: Sequence[object]) -> None:
    assert proposed({name: values}) == []


def test_the_windows_of_a_sheet_are_cut_by_their_group() -> None:
    columns = {"line": [n // 10 for n in range(100)], "engine": [f"E{n % 2}" for n in range(100)]}
    assert find_groups(columns, windows_of="engine")[0].reason == "engine: the windows are cut by it, 2 values"
    assert proposed(columns, leave_out=["line"]) == []


def test_the_fewer_and_larger_groups_come_first() -> None:
    columns = {"run": [n // 10 for n in range(400)], "battery": [n // 40 for n in range(400)]}
    assert [name for name, _, _ in proposed(columns)] == ["battery", "run"]


def test_days_are_proposed_where_readings_follow_each_other_and_offered_where_parts_come_in() -> None:
    start = datetime(2026, 1, 1, 6)
    steady = [(start + timedelta(hours=n)).isoformat(" ") for n in range(480)]
    assert proposed({"time": steady}) == [("time", "day", 21)]
    noise = random.Random(3)
    moment, arrivals = start, []
    for _ in range(480):
        moment += timedelta(minutes=noise.randrange(5, 90))
        arrivals.append(moment.isoformat(" "))
    (candidate,) = find_groups({"inspected_at": arrivals})
    assert (candidate.by, candidate.proposed) == (SplitBy.DAY, False)
    assert time_columns({"inspected_at": arrivals, "x": measured(480)}) == ["inspected_at"]
    assert len(set(group_values(SplitBy.DAY, arrivals))) == candidate.groups


def test_documents_of_one_vendor_begin_alike() -> None:
    noise = random.Random(4)
    texts = [f"Vendor {chr(65 + noise.randrange(12))} Ltd.\nNo {n}\nTotal {noise.random():.2f}" for n in range(120)]
    assert proposed({"text": texts, "id": [f"{n:03d}" for n in range(120)]}) == [("text", "first_line", 12)]
    assert first_line("\n 12 \n VENDOR  a ltd\n") == first_line("Vendor A, Ltd. 77\nNo 5")
    assert first_line(None) is None


def test_times_are_read_in_whichever_way_the_column_writes_them() -> None:
    assert order_of(["2026-01-02", None, "2026-01-01T12:00"]) == [1767312000.0, None, 1767268800.0]
    german = moments(["03.02.2026 10:00", "13.02.2026 10:00"])
    assert german is not None
    assert [one and one.month for one in german] == [2, 2]
    american = moments(["02/03/2026", "02/13/2026"])
    assert american is not None
    assert [one and one.day for one in american] == [3, 13]
    assert moments(["S0001", "S0002"]) is None
    assert moments([]) is None
    assert order_of(["0", "20", 40]) == [0.0, 20.0, 40.0]
    assert order_of(["red", "blue"]) is None


@pytest.mark.parametrize(
    ("file", "answer", "expected"),
    [
        pytest.param("grouped/parkinsons_telemonitoring.csv", "motor_UPDRS", [("subject#", "value", 42)], marks=deep),
        pytest.param("remaining_useful_life/cmapss_train_FD001.txt", "", [("c1", "value", 100)], marks=deep),
        ("anomaly_detection/nab_machine_temperature_system_failure.csv", "", [("timestamp", "day", 80)]),
        ("document_extraction/sroie_receipts.jsonl", "", [("text", "first_line", 225)]),
        pytest.param("calibration_insights/air_quality_uci.csv", "", [("Date", "value", 391)], marks=deep),
        ("defect_detection/steel_plates_faults.csv", "fault", []),
        pytest.param("predictive_maintenance/ai4i2020.csv", "Machine_failure", [], marks=deep),
    ],
)
def test_groups_of_real_data(
    workspace: Workspace, file: str, answer: str, expected: list[tuple[str, str, int]]
) -> None:
    table = workspace.data.files.add_file(Path(real_data(file)))
    catalog = workspace.engines.catalog
    items = list(catalog.items(TableAddress.parse(table.address), RowQuery()))
    columns = {name: [item.fields.get(name) for item in items] for name in items[0].fields}
    assert proposed(columns, leave_out=[answer]) == expected
