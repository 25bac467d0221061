"""A source that is not what it was when pairs were made of it: generating stops, says what is other, and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from builders.plates import PLATES, generate, label, pairs_of, plates_sheet, write_plates
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.domain.rules.source_changes import ChangedSource, SourceChangedError
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.workspace import Workspace
from tiers import examples


def test_another_order_of_the_rows_is_no_change_and_moves_no_label(workspace: Workspace, tmp_path: Path) -> None:
    path = write_plates(tmp_path / "plates.csv")
    plates_sheet(workspace, path)
    sheet = generate(workspace)
    label(workspace, pairs_of(workspace, sheet)[1])
    write_plates(path, PLATES[::-1])
    generate(workspace)
    pairs = pairs_of(workspace, sheet)
    assert [pair.source_data["kind"] for pair in pairs if pair.status is PairStatus.LABELED] == ["brass"]
    assert len(pairs) == 5
    # Another template takes the label over, for the same plate and no other.
    fields = {"name": "again", "label_type": "quality", "user_prompt": "{{ torque }}"}
    workspace.generate.templates.create(
        **fields, output_schema=workspace.generate.templates.get("plates").output_schema
    )
    report = workspace.generate.generation.generate("plates", "again", GenerationMode.MANUAL)
    assert report.auto_approved == 1
    approved = [pair for pair in pairs_of(workspace, report.training_sheet) if pair.was_auto_approved]
    assert [pair.source_data["kind"] for pair in approved] == ["brass"]


def test_new_and_gone_rows_stop_it_until_it_is_told_to_go_on(workspace: Workspace, tmp_path: Path) -> None:
    path = write_plates(tmp_path / "plates.csv")
    plates_sheet(workspace, path)
    sheet = generate(workspace)
    before = pairs_of(workspace, sheet)
    label(workspace, before[2])
    before = pairs_of(workspace, sheet)
    write_plates(path, [("new", "1"), *PLATES[:2], *PLATES[3:]])
    for refused in (generate, submit):
        with pytest.raises(SourceChangedError, match=r"1 new \(.*1 gone \(") as caught:
            refused(workspace)
        assert "--changed-source continue" in caught.value.todo
        assert (caught.value.changes.gone.refs, caught.value.changes.changed.count) == ([before[2].item_ref], 0)
    assert workspace.jobs.jobs() == []
    assert pairs_of(workspace, sheet) == before
    generate(workspace, changed_source=ChangedSource.CONTINUE)
    after = pairs_of(workspace, sheet)
    assert after[:5] == before
    assert [pair.source_data["kind"] for pair in after[5:]] == ["new"]
    generate(workspace)  # it is what it was when pairs were made of it last
    assert pairs_of(workspace, sheet) == after


def submit(workspace: Workspace) -> None:
    workspace.generate.generation.submit("plates", "plates", GenerationMode.MANUAL)


def test_where_a_column_names_the_items_a_changed_cell_is_a_change(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "plates.csv"
    plates = [(f"p{number}", kind, torque) for number, (kind, torque) in enumerate(PLATES)]
    write_plates(path, plates, ("plate", "kind", "torque"))
    plates_sheet(workspace, path, item_id_column="plate")
    sheet = generate(workspace)
    label(workspace, pairs_of(workspace, sheet)[0])
    before = pairs_of(workspace, sheet)
    write_plates(path, [("p0", "steel", "7"), *plates[:0:-1]], ("plate", "kind", "torque"))
    with pytest.raises(SourceChangedError, match=r"made: 1 changed \(p0\)\."):
        generate(workspace)
    generate(workspace, changed_source=ChangedSource.CONTINUE)
    assert pairs_of(workspace, sheet) == before


def test_a_limit_and_a_filter_are_no_change_of_the_source(workspace: Workspace, tmp_path: Path) -> None:
    path = write_plates(tmp_path / "plates.csv")
    plates_sheet(workspace, path)
    sheet = generate(workspace, limit=2)
    generate(workspace, limit=3)
    workspace.data.sheets.edit_sheet("plates", filter_expression="kind = 'zinc'")
    generate(workspace)
    assert len(pairs_of(workspace, sheet)) == 4
    # Rows that the filter leaves out are in the source, so they are not gone.
    write_plates(path, PLATES[::-1])
    generate(workspace)
    write_plates(path, [PLATES[0], *PLATES[2:]])
    with pytest.raises(SourceChangedError, match="made: 1 gone"):
        generate(workspace)


def test_another_reading_of_the_same_cells_is_no_change(workspace: Workspace, tmp_path: Path) -> None:
    path = write_plates(tmp_path / "plates.csv")
    sheet, _ = plates_sheet(workspace, path)
    training_sheet = generate(workspace)
    before = pairs_of(workspace, training_sheet)
    workspace.data.files.read_anew(
        sheet.source_table, ReadingOptions(column_types={"torque": "text"}, missing=["zinc"])
    )
    generate(workspace)
    assert pairs_of(workspace, training_sheet) == before


ROWS = st.lists(st.sampled_from([*PLATES[:3], ("tin", "1"), ("tin", "")]), min_size=1, max_size=8)


@given(ROWS, ROWS)
@settings(max_examples=examples(4, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(PLATES[:3], [PLATES[2], PLATES[0]])
def test_whatever_becomes_of_a_file_a_pair_keeps_its_row_and_every_row_has_one(
    workspace: Workspace, tmp_path: Path, first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]
) -> None:
    path = write_plates(tmp_path / "plates.csv", [*first, ("end", "1")])
    name = f"plates {len(workspace.data.sheets.sheets())}"
    plates_sheet(workspace, path, name)
    sheet = generate(workspace, name)
    before = pairs_of(workspace, sheet)
    write_plates(path, [*second, ("end", "1")])
    generate(workspace, name, changed_source=ChangedSource.CONTINUE)
    after = pairs_of(workspace, sheet)
    assert after[: len(before)] == before
    row_of = {pair.item_ref: pair.source_data for pair in after}
    items = workspace.data.sheets.sheet_page(name).items
    assert {item.ref: item.fields for item in items} == {item.ref: row_of[item.ref] for item in items}
    assert len(items) == len(second) + 1
