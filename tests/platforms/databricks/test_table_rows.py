"""Rows of a table are divided, sampled and profiled by statements: by group, by time, the same for the same seed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from emulator.databricks.scene import READINGS, Scene
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, RowQuery, TableAddress, WindowLabel, Windows
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.platforms.databricks.select_sql import SelectStatements
from ontos_tui.platforms.databricks.table_training.rows import GivenLabel, WarehouseRows
from ontos_tui.platforms.databricks.table_training.sample_sql import HELD_OUT, NEITHER, RowsToDivide
from ontos_tui.platforms.databricks.workspace_client import Team

PARTS, SAMPLE, LABELS = "`team`.`plant`.`parts`", "`team`.`plant`.`sample`", "`team`.`plant`.`given`"
COLUMNS = (
    Column("part", "STRING"),
    Column("lot", "STRING"),
    Column("at", "TIMESTAMP"),
    Column("voltage", "DOUBLE"),
    Column("defect", "STRING"),
)
ROWS = 400


@pytest.fixture
def warehouse(scene: Scene, databricks: Team) -> WarehouseRows:
    """A table of 400 parts in 40 lots, of which every ninth has no answer."""
    scene.engine.run(f"CREATE TABLE {PARTS} (part STRING, lot STRING, at TIMESTAMP, voltage DOUBLE, defect STRING)")
    scene.engine.direct(
        "INSERT INTO team.plant.parts SELECT 'P' || i, 'L' || (i // 10), TIMESTAMP '2026-01-01' + i * INTERVAL 1 HOUR, "
        "(i % 80) / 4.0, CASE WHEN i % 9 = 0 THEN NULL WHEN i % 4 = 0 THEN 'crack' ELSE 'none' END "
        f"FROM range({ROWS}) AS t(i)"
    )
    return WarehouseRows(databricks)


def divide(by: SplitBy = SplitBy.NONE, group: str | None = None, order: str | None = None) -> RowsToDivide:
    reading = SelectStatements.of(PARTS, COLUMNS, RowQuery(item_id_column="part"))
    return RowsToDivide(reading, ("voltage",), {"defect": "defect"}, "", by, group, order, 5)


def drawn(scene: Scene) -> list[dict[str, object]]:
    table = scene.engine.run(f"SELECT * FROM {SAMPLE} ORDER BY ontos_role, ontos_place")
    names = [name for name, _ in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def test_whole_groups_test_and_all_groups_teach_from_the_beginning_on(scene: Scene, warehouse: WarehouseRows) -> None:
    rows = divide(SplitBy.VALUE, "lot")
    found = warehouse.division(rows)
    assert found.train + found.held_out == ROWS - 45
    assert 0.1 < found.held_out / ROWS < 0.35
    warehouse.sample(rows, None, SAMPLE, 40, 1_000)
    sample = drawn(scene)
    held, learned = ([row for row in sample if row["ontos_role"] == role] for role in ("held_out", "train"))
    assert (len(held), len(learned)) == (found.held_out, 40)
    assert not {row["ontos_group"] for row in held} & {row["ontos_group"] for row in learned}
    assert len({row["ontos_group"] for row in learned}) == found.train_groups
    assert [row["ontos_place"] for row in learned] == list(range(1, 41))
    warehouse.sample(rows, None, SAMPLE, 40, 1_000)
    assert drawn(scene) == sample


def test_rows_that_are_equal_are_on_one_side(scene: Scene, warehouse: WarehouseRows) -> None:
    warehouse.sample(divide(), None, SAMPLE, 1_000, 1_000)
    sides: dict[object, set[object]] = {}
    for row in drawn(scene):
        sides.setdefault(row["voltage"], set()).add(row["ontos_role"])
    assert all(len(roles) == 1 for roles in sides.values())


def test_the_latest_rows_test_where_time_matters(scene: Scene, warehouse: WarehouseRows) -> None:
    rows = divide(order="at")
    found = warehouse.division(rows)
    assert found.cut is not None
    warehouse.sample(rows, found.cut, SAMPLE, 1_000, 1_000)
    parts = {
        role: [int(str(row["ontos_item"])[1:]) for row in drawn(scene) if row["ontos_role"] == role]
        for role in ("held_out", "train")
    }
    assert max(parts["train"]) < min(parts["held_out"])


def test_what_people_decided_is_joined_there(scene: Scene, warehouse: WarehouseRows) -> None:
    warehouse.put_labels(
        LABELS,
        [
            GivenLabel("P0", json.dumps({"defect": "crack"})),
            GivenLabel("P1", json.dumps({"defect": "crack"}), HELD_OUT),
            GivenLabel("P2", None, NEITHER),
        ],
    )
    rows = replace(divide(), labels=LABELS)
    assert warehouse.division(rows).decided == 2
    warehouse.sample(rows, None, SAMPLE, 1_000, 1_000)
    by_item = {row["ontos_item"]: row for row in drawn(scene)}
    assert by_item["P0"]["ontos_answer"] == '{"defect": "crack"}'
    assert by_item["P1"]["ontos_role"] == "held_out"
    assert "P2" not in by_item
    assert by_item["P3"]["ontos_answer"] is None
    warehouse.drop(LABELS)


def test_columns_are_profiled_over_every_row(warehouse: WarehouseRows) -> None:
    reading = divide().reading
    voltage, defect = warehouse.profile(reading, ["voltage", "defect"])
    assert (voltage.rows, voltage.missing, voltage.low, voltage.high) == (ROWS, 0, 0.0, 19.75)
    assert voltage.mean == pytest.approx(9.875)
    assert (defect.missing, defect.values) == (45, "about 2 different")
    assert warehouse.answers(reading, "defect") == {"none": 267, "crack": 88}


def test_a_column_that_is_called_like_one_of_the_samples_is_refused() -> None:
    reading = SelectStatements.of(PARTS, (*COLUMNS, Column("ontos_role", "STRING")), RowQuery(item_id_column="part"))
    with pytest.raises(InvalidInputError, match="ontos_role"):
        replace(divide(), reading=reading)


def test_windows_are_divided_and_sampled_like_rows(scene: Scene, databricks: Team) -> None:
    """Each window is computed in the warehouse too, and windows of one machine are on one side."""
    windows = Windows(4, 2, "machine", "at", (("ok", WindowLabel.LAST),))
    query = RowQuery(windows=windows, columns=("machine", "Torque [Nm]_mean", "Torque [Nm]_max", "ok"))
    reading = UnityCatalog(databricks).statements(TableAddress.parse(READINGS), query)
    features = ("Torque [Nm]_mean", "Torque [Nm]_max")
    rows = RowsToDivide(reading, features, {"state": "ok"}, "", SplitBy.VALUE, "machine", None, 1)
    warehouse = WarehouseRows(databricks)
    found = warehouse.division(rows)
    warehouse.prepare()
    warehouse.sample(rows, None, SAMPLE, 1_000, 1_000)
    sample = drawn(scene)
    assert len(sample) == found.train + found.held_out == 19 + 9
    sides: dict[object, set[object]] = {}
    for row in sample:
        sides.setdefault(row["ontos_group"], set()).add(row["ontos_role"])
    assert set(sides) == {"press", "lathe"}
    assert all(len(roles) == 1 for roles in sides.values())
    (torque,) = warehouse.profile(reading, ["Torque [Nm]_max"])
    assert torque.rows == 28
