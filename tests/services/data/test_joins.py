"""A second table beside the first: by key, by the nearest time, and what items are called then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.machines import MACHINES, TELEMETRY, add_machines
from ontos_tui.domain.errors import ConflictError, InvalidInputError, PlatformError
from ontos_tui.domain.records.derived import Direction, EventTable, KeyPair
from ontos_tui.services.data.derived_tables.computed import ComputedSpec
from ontos_tui.services.data.derived_tables.joins import JoinSpec
from ontos_tui.workspace import Workspace
from tiers import examples

BY_MACHINE = (KeyPair(left="machine", right="machineID"),)
SAME_MACHINE = (KeyPair(left="machine", right="machine"),)


@pytest.fixture
def machines(workspace: Workspace, tmp_path: Path) -> Workspace:
    add_machines(workspace, tmp_path)
    return workspace


def column(workspace: Workspace, table: str, name: str) -> list[Any]:
    return [item.fields[name] for item in workspace.data.catalog.preview(table, limit=100).items]


def test_keys_are_suggested_by_name_and_values_with_how_the_rows_match(machines: Workspace) -> None:
    report = machines.data.joins.report(JoinSpec("telemetry", "machines"))
    assert report.counts is None
    first = report.suggestions[0]
    assert (first.on, first.same_name) == (list(BY_MACHINE), True)
    assert first.overlap == 0.6667
    assert (first.counts.matched, first.counts.unmatched, first.counts.doubled, first.counts.right_unused) == (
        6,
        1,
        0,
        1,
    )
    with pytest.raises(InvalidInputError, match="not decided") as refused:
        machines.data.joins.add(JoinSpec("telemetry", "machines"))
    assert "--on machine=machineID" in refused.value.todo


def test_a_joined_table_is_a_table_and_follows_both(machines: Workspace, tmp_path: Path) -> None:
    report = machines.data.joins.report(JoinSpec("telemetry", "machines", BY_MACHINE))
    assert report.page is not None
    assert len(machines.data.catalog.tables()) == 3, "a report adds nothing"
    table, counts = machines.data.joins.add(JoinSpec("telemetry", "machines", BY_MACHINE))
    assert (table.address, counts.rows) == ("local.joined.telemetry_machines", 7)
    assert column(machines, table.address, "age") == [18, 18, 18, 18, 7, 7, None]
    sheet = machines.data.sheets.create_sheet("S", table.address)
    (tmp_path / "machines.csv").write_text(MACHINES.replace("18", "19") + "d,9,2\n")
    assert "has changed" in machines.data.sheets.sheet_page(sheet.id).notes[-1]
    assert column(machines, table.address, "age") == [19, 19, 19, 19, 7, 7, 2]
    (tmp_path / "machines.csv").write_text(MACHINES + "d,1,4\n")
    with pytest.raises(PlatformError, match="have several matches"):
        machines.data.catalog.preview(table.address)
    with pytest.raises(ConflictError):
        (tmp_path / "machines.csv").write_text(MACHINES)
        machines.data.joins.add(JoinSpec("telemetry", "machines", BY_MACHINE))
    with pytest.raises(InvalidInputError, match="is used by S"):
        machines.data.joins.remove("telemetry_machines")
    with pytest.raises(InvalidInputError, match="is made of"):
        machines.data.files.file_table(table.address)


def test_rows_with_several_matches_are_refused_or_get_names_of_both_rows(machines: Workspace, tmp_path: Path) -> None:
    spec = JoinSpec("machines", "telemetry", (KeyPair(left="machineID", right="machine"),))
    report = machines.data.joins.report(spec)
    assert report.counts is not None
    assert (report.counts.doubled, report.counts.doubled_rows) == (2, 6)
    assert report.page is None
    with pytest.raises(InvalidInputError, match="have several matches") as refused:
        machines.data.joins.add(spec)
    assert "--doubled" in refused.value.todo
    doubled = JoinSpec("machines", "telemetry", spec.on, doubled=True, only_matched=True)
    table, counts = machines.data.joins.add(doubled)
    assert counts.rows == 6
    sheet = machines.data.sheets.create_sheet("S", table.address)
    before = {one.ref: one.fields for one in machines.data.sheets.sheet_page(sheet.id).items}
    assert len(before) == 6
    lines = TELEMETRY.splitlines()
    (tmp_path / "telemetry.csv").write_text("\n".join([lines[0], "2015-01-02 06:00:00,2,1.0", *reversed(lines[1:])]))
    machines.data.sheets.edit_sheet(sheet.id)
    after = {one.ref: one.fields for one in machines.data.sheets.sheet_page(sheet.id).items}
    assert {ref: after.get(ref) for ref in before} == before, "a new match and another order move no name"


def test_the_nearest_row_is_looked_for_on_the_side_that_is_said(machines: Workspace) -> None:
    nearest = KeyPair(left="time", right="at")

    def parts(direction: Direction, within: str = "", **more: Any) -> list[Any]:
        spec = JoinSpec(
            "telemetry", "failures", SAME_MACHINE, nearest, direction, within, name=f"n_{direction}{within}", **more
        )
        return column(machines, machines.data.joins.add(spec)[0].address, "part")

    assert parts(Direction.BEFORE) == [None, "pump", "pump", "fan", None, None, None]
    assert parts(Direction.AFTER) == ["pump", "fan", "fan", None, "belt", "belt", None]
    assert parts(Direction.NEAREST, "45min") == ["pump", "pump", None, None, None, "belt", None]
    assert parts(Direction.AFTER, "30min", only_matched=True) == ["pump", "belt"]
    assert column(machines, "n_after", "failures_offset")[0] == 1800
    notes = machines.data.catalog.preview("n_after").notes
    assert "later than the row itself" in notes[-1]
    sheet = machines.data.sheets.create_sheet("S", "local.joined.n_after")
    assert {"part", "at", "failures_offset"} <= sheet.no_features
    assert machines.data.sheets.create_sheet("B", "local.joined.n_before").no_features == frozenset()
    with pytest.raises(InvalidInputError, match="which side"):
        machines.data.joins.report(JoinSpec("telemetry", "failures", SAME_MACHINE, nearest))
    with pytest.raises(InvalidInputError, match="no row of one is near"):
        bad = KeyPair(left="volt", right="at")
        machines.data.joins.report(JoinSpec("telemetry", "failures", SAME_MACHINE, bad, Direction.BEFORE))
    with pytest.raises(InvalidInputError, match="no tolerance"):
        machines.data.joins.report(JoinSpec("telemetry", "failures", SAME_MACHINE, nearest, Direction.BEFORE, "soon"))


def test_what_cannot_be_joined_is_refused_with_what_to_do(machines: Workspace) -> None:
    join = machines.data.joins
    with pytest.raises(InvalidInputError, match="no column 'unit'"):
        join.report(JoinSpec("telemetry", "machines", (KeyPair(left="unit", right="id"),)))
    with pytest.raises(InvalidInputError, match="with itself"):
        join.report(JoinSpec("telemetry", "telemetry", SAME_MACHINE))
    none = join.report(JoinSpec("telemetry", "machines", (KeyPair(left="time", right="id"),)))
    assert none.problem == "No row of local.files.telemetry has a match in local.files.machines."
    with pytest.raises(InvalidInputError, match="No row"):
        join.add(JoinSpec("telemetry", "machines", (KeyPair(left="time", right="id"),)))


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=8)


@settings(max_examples=examples(2, 60))
@given(ROWS, st.booleans(), st.integers(0, 2))
def test_joins_and_computed_columns_change_no_name(rows: list[tuple[int, int]], whole: bool, order: int) -> None:
    """Whatever is joined or computed, items are called by the cells of the first file, equal rows by their turn."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, Workspace(Path(folder) / "home") as workspace:
        lines = [f"{unit},{value}{'.50' if order else ''}" for unit, value in rows]
        (Path(folder) / "a.csv").write_text("unit,v\n" + "\n".join(lines) + "\n")
        (Path(folder) / "b.csv").write_text("unit,w\n0,1\n1,2\n2,\n")
        for name in "ab":
            workspace.data.files.add_file(Path(folder) / f"{name}.csv")

        def names(table: str) -> list[str]:
            sheet = workspace.data.sheets.create_sheet(f"{table} {len(workspace.data.sheets.sheets())}", table)
            return [one.ref for one in workspace.data.sheets.sheet_page(sheet.id).items]

        before = names("local.files.a")
        on = (KeyPair(left="unit", right="unit"),)
        joined, _ = workspace.data.joins.add(JoinSpec("a", "b", on)) if any(u < 3 for u, _ in rows) else (None, None)
        for table in ("local.files.a", *([joined.address] if joined else [])):
            number = len(table)
            workspace.data.computed.add(ComputedSpec(table, f"twice {number}", "v * 2"))
            left = ComputedSpec(table, f"left {number}", "remaining()", "unit" if whole else "", "v")
            workspace.data.computed.add(left)
            assert names(table) == before
        events = EventTable(table="b", start="w", label="unit")
        if any(value >= 1 for _, value in rows):
            workspace.data.computed.add(ComputedSpec("a", "since", "time_since()", "", "v", events=events))
            assert names("local.files.a") == before
