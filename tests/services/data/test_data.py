"""DATA: adding files, looking into tables, making sheets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, OntosError
from ontos_tui.domain.records.data import Column, DataTable, Sampling, TableAddress, windows_in_words
from ontos_tui.domain.records.pairs import Event
from ontos_tui.domain.rules.states import SheetStatus
from ontos_tui.services.data.service import TableInfo
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace
from ontos_tui.workspace.stages.data import DataServices
from real_data import real_data

CRYSTALS = "id,kind,Torque [Nm],photo\n" + "".join(
    f"C{n},{'CZT' if n % 4 == 0 else 'NaI'},{n / 2},{n}.png\n" for n in range(1, 101)
)


@pytest.fixture
def data(workspace: Workspace) -> DataServices:
    return workspace.data


@pytest.fixture
def crystals(data: DataServices, tmp_path: Path) -> str:
    path = tmp_path / "Crystals 2024.csv"
    path.write_text(CRYSTALS)
    return data.files.add_file(path).address


def events(workspace: Workspace) -> list[tuple[str, str, str]]:
    with workspace.store.read() as connection:
        return [(event.entity_type, event.action, event.actor) for event in rows.find(connection, Event)]


# Files -------------------------------------------------------------------------------------------------------------


def test_a_file_becomes_a_table(workspace: Workspace, crystals: str, tmp_path: Path) -> None:
    assert crystals == "local.files.crystals_2024"
    assert workspace.data.catalog.tables() == [
        TableInfo(
            TableAddress("local", "files", "crystals_2024"),
            (
                Column("id", "VARCHAR"),
                Column("kind", "VARCHAR"),
                Column("Torque [Nm]", "DOUBLE"),
                Column("photo", "VARCHAR"),
            ),
            100,
            str(tmp_path / "Crystals 2024.csv"),
        )
    ]
    assert events(workspace) == [("data_tables", "add_file", "ana")]


def test_the_same_file_again_is_the_same_table_refreshed(workspace: Workspace, crystals: str, tmp_path: Path) -> None:
    path = tmp_path / "Crystals 2024.csv"
    first = workspace.data.files.add_file(path)
    path.write_text(CRYSTALS + "C101,NaI,1,101.png\n")
    second = workspace.data.files.add_file(path)
    assert (first.address, second.address) == (crystals, crystals)
    assert second.bytes > first.bytes
    assert [table.rows for table in workspace.data.catalog.tables()] == [101]
    assert [action for _, action, _ in events(workspace)] == ["add_file", "refresh_file"]


def test_a_file_that_has_a_name_keeps_it_when_it_is_added_without_one(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    assert data.files.add_file(path, "Süd Hall", "lab 3").address == "local.lab_3.s_d_hall"
    assert data.files.add_file(path).address == "local.lab_3.s_d_hall"
    assert data.files.add_file(path, "other").address == "local.files.other"
    assert len(data.catalog.tables()) == 2


def test_another_file_under_a_taken_name_is_a_conflict(data: DataServices, crystals: str, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("a\n1\n")
    with pytest.raises(ConflictError, match=r"used by another file: .*Crystals 2024\.csv"):
        data.files.add_file(tmp_path / "b.csv", "crystals_2024")


def test_a_relative_path_is_kept_absolute(data: DataServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)
    assert data.files.add_file(Path("here.csv")).path == str(tmp_path / "here.csv")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.csv", None, "No file"),
        ("a.xlsx", b"PK\x03\x04", "damaged or incomplete workbook"),
        ("a", b"a\n1\n", "has a format that cannot be read"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"PK\x03\x04" + bytes(100), "a workbook or ZIP file"),
        ("a.csv", b"a,b\n1,2,3\n4,5,6\n", "line 2: 3 values"),
        ("a.jsonl", b'{"a": 1}\nx\n', "line 2: not JSON"),
        ("a.parquet", b"PAR1 not", "damaged or not a Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_not_added(
    workspace: Workspace, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInputError, match=reason) as caught:
        workspace.data.files.add_file(tmp_path / name)
    assert caught.value.todo
    assert workspace.data.catalog.tables() == []
    assert events(workspace) == []


def test_a_folder_and_a_name_that_is_no_text_are_refused(data: DataServices, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is a folder"):
        data.files.add_file(tmp_path)
    with pytest.raises(InvalidInputError, match="not valid Unicode"):
        data.files.add_file(tmp_path / "a\udcff.csv")


def test_a_table_whose_file_is_gone_says_so_and_hides_no_other(
    data: DataServices, crystals: str, tmp_path: Path
) -> None:
    (tmp_path / "b.csv").write_text("a\n1\n")
    data.files.add_file(tmp_path / "b.csv")
    (tmp_path / "Crystals 2024.csv").unlink()
    b, gone = data.catalog.tables()
    assert (b.rows, b.problem) == (1, "")
    assert str(gone.address) == crystals
    assert "gone" in gone.problem


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever a file is opened: each has a DuckDB of its own."""
    counts: list[int] = []
    connect = duckdb.connect

    def counted(*args: Any, **options: Any) -> Any:
        counts.append(1)
        return connect(*args, **options)

    monkeypatch.setattr(duckdb, "connect", counted)
    return counts


def test_a_list_of_many_tables_opens_only_files_that_have_changed(
    home: Path, workspace: Workspace, tmp_path: Path, opened: list[int]
) -> None:
    data = workspace.data
    for number in range(11):
        path = tmp_path / f"run{number:02}.csv"
        path.write_text("a,b\n" + f"{number},x\n" * number)
        data.files.add_file(path)
    assert len(opened) == 11, "each is read when it is added"
    tables = data.catalog.tables()
    assert [table.rows for table in tables] == list(range(11))
    assert data.catalog.tables() == tables
    assert len(opened) == 11
    with Workspace(home) as another:
        assert another.data.catalog.tables() == tables
    assert len(opened) == 11
    (tmp_path / "run05.csv").write_text("a,b,c\n1,x,2.5\n")
    changed = data.catalog.tables()
    assert (changed[5].rows, [column.name for column in changed[5].columns]) == (1, ["a", "b", "c"])
    assert data.catalog.tables() == changed
    assert len(opened) == 12, "only the changed one is read, once"


def test_a_table_of_an_older_workspace_is_read_once(
    workspace: Workspace, data: DataServices, crystals: str, opened: list[int]
) -> None:
    tables = data.catalog.tables()
    with workspace.store.write() as connection:
        record = rows.get(connection, DataTable, crystals)
        rows.change(connection, record, columns=[], row_count=0, fingerprint="")
    assert data.catalog.tables() == data.catalog.tables() == tables
    assert len(opened) == 1


def test_columns_that_get_other_names_are_listed_and_read_under_them(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "sensors.txt"
    path.write_text("1 2.5\n2 3.5\n")
    address = data.files.add_file(path, column_names=["unit", "load"]).address
    assert [column.name for column in data.catalog.preview(address).columns] == ["unit", "load"]
    data.files.add_file(path)
    assert [column.name for column in data.catalog.tables()[0].columns] == ["unit", "load"], "its names stay"
    data.files.add_file(path, column_names=["engine", "stress"])
    assert [column.name for column in data.catalog.tables()[0].columns] == ["engine", "stress"]
    assert [column.name for column in data.catalog.preview(address).columns] == ["engine", "stress"]


def test_a_preview_filters_and_pages(data: DataServices, crystals: str) -> None:
    page = data.catalog.preview(crystals, filter="kind = 'CZT' and torque_nm > 10", limit=2, offset=1)
    assert [item.fields["id"] for item in page.items] == ["C28", "C32"]
    assert page.total == 20
    assert data.catalog.preview("crystals_2024", limit=1).total == 100
    for wrong in ("nothing", "local.files.nothing"):
        with pytest.raises(NotFoundError):
            data.catalog.preview(wrong)
    with pytest.raises(InvalidInputError, match="not a table address"):
        data.catalog.preview("local.files")
    with pytest.raises(InvalidInputError):
        data.catalog.preview(crystals, limit=-1)


def test_a_name_in_two_schemas_is_not_guessed(data: DataServices, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    data.files.add_file(tmp_path / "a.csv")
    data.files.add_file(tmp_path / "a.csv", "a", "lab")
    with pytest.raises(ConflictError, match=r"local\.files\.a, local\.lab\.a"):
        data.catalog.preview("a")


# Sheets ------------------------------------------------------------------------------------------------------------


def test_a_sheet_knows_its_items(workspace: Workspace, crystals: str) -> None:
    sheet = workspace.data.sheets.create_sheet(
        "CZT",
        "crystals_2024",
        description="only CZT",
        item_id_column="ID",
        columns=["kind", "torque_nm", "kind"],
        image_columns=["photo"],
        filter_expression="kind = 'CZT'",
        sampling="random",
        sample_size=10,
        use_case="defect_detection",
    )
    assert sheet.source_table == crystals
    assert (sheet.item_id_column, sheet.columns) == ("id", ["kind", "Torque [Nm]"])
    assert sheet.item_count == 10
    assert sheet.created_by == "ana"
    page = workspace.data.sheets.sheet_page("CZT", limit=3)
    assert page.total == 10
    assert all(item.ref.startswith("C") and set(item.fields) == {"kind", "Torque [Nm]"} for item in page.items)
    assert workspace.data.sheets.sheet(sheet.id[:6]) == sheet
    assert events(workspace)[-1] == ("sheets", "create", "ana")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"item_id_column": "nothing"}, "no column 'nothing'"),
        ({"columns": ["id", "knd"]}, "no column 'knd'.*'kind'"),
        ({"image_columns": ["x"]}, "no column 'x'"),
        ({"sampling": "stratified", "sample_size": 5, "sample_by": "x"}, "no column 'x'"),
        ({"sampling": "stratified", "sample_size": 5}, "needs the column"),
        ({"sampling": "random"}, "needs a size"),
        ({"sample_size": 5}, "all rows are used"),
        ({"sampling": "random", "sample_size": 0}, "sample_size"),
        ({"sampling": "some"}, "sampling"),
        ({"filter_expression": "kind = 'CZT'; drop table x"}, "semicolon"),
        ({"filter_expression": "kind > 5"}, "does not fit the data"),
        ({"item_id_column": "kind"}, "not unique: 'NaI' repeats in item 2"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_a_sheet_that_does_not_fit_its_source_is_not_made(
    workspace: Workspace, crystals: str, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=reason) as caught:
        workspace.data.sheets.create_sheet(**{"name": "S", "source_table": crystals, **options})
    assert caught.value.todo
    assert workspace.data.sheets.sheets() == []


def test_identities_must_be_unique_among_the_sheets_items_only(data: DataServices, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,v\nA,1\nA,2\n,3\nB,4\n")
    address = data.files.add_file(tmp_path / "a.csv").address
    with pytest.raises(InvalidInputError, match="'A' repeats in item 2"):
        data.sheets.create_sheet("S", address, item_id_column="id")
    with pytest.raises(InvalidInputError, match="no value in 'id'"):
        data.sheets.create_sheet("S", address, item_id_column="id", filter_expression="v > 1")
    assert data.sheets.create_sheet("S", address, item_id_column="id", filter_expression="v in (2, 4)").item_count == 2
    assert data.sheets.create_sheet("All", address, item_id_column="").item_count == 4


def test_two_sheets_cannot_have_one_name_until_the_first_is_deleted(data: DataServices, crystals: str) -> None:
    first = data.sheets.create_sheet("S", crystals)
    with pytest.raises(ConflictError, match="sheet 'S' exists already"):
        data.sheets.create_sheet("S", crystals)
    data.sheets.delete_sheet("S")
    second = data.sheets.create_sheet("S", crystals)
    assert data.sheets.sheet("S") == second
    with pytest.raises(ConflictError):
        data.sheets.edit_sheet(data.sheets.create_sheet("T", crystals).id, name="S")
    with pytest.raises(NotFoundError):
        data.sheets.sheet(first.id)


def test_an_edit_is_checked_counted_and_logged(workspace: Workspace, crystals: str) -> None:
    sheet = workspace.data.sheets.create_sheet("S", crystals)
    edited = workspace.data.sheets.edit_sheet("S", filter_expression="kind = 'CZT'", name="CZT only")
    assert (edited.id, edited.name, edited.item_count) == (sheet.id, "CZT only", 25)
    assert workspace.data.sheets.sheet(sheet.id) == edited
    assert edited.updated_at > sheet.updated_at
    with pytest.raises(InvalidInputError, match="no column"):
        workspace.data.sheets.edit_sheet("CZT only", item_id_column="x")
    with pytest.raises(InvalidInputError, match="no field 'status'"):
        workspace.data.sheets.edit_sheet("CZT only", status="deleted")
    with workspace.store.read() as connection:
        event = rows.find(connection, Event)[-1]
    assert event.before == {"name": "S", "filter_expression": "", "item_count": 100}
    assert event.after == {"name": "CZT only", "filter_expression": "kind = 'CZT'", "item_count": 25}
    unchanged = workspace.data.sheets.edit_sheet("CZT only")
    assert unchanged == edited


def test_a_deleted_sheet_is_kept_but_not_shown(workspace: Workspace, crystals: str) -> None:
    workspace.data.sheets.create_sheet("S", crystals)
    assert workspace.data.sheets.delete_sheet("S").status is SheetStatus.DELETED
    assert workspace.data.sheets.sheets() == []
    for forbidden in (
        workspace.data.sheets.sheet,
        workspace.data.sheets.sheet_page,
        workspace.data.sheets.delete_sheet,
    ):
        with pytest.raises(NotFoundError):
            forbidden("S")
    assert events(workspace)[-1] == ("sheets", "delete", "ana")


def test_sheets_are_searched_and_the_newest_comes_first(data: DataServices, crystals: str) -> None:
    for name, use_case in (("Alpha", ""), ("Beta", "defects"), ("Gamma", "")):
        data.sheets.create_sheet(name, crystals, use_case=use_case)
    assert [sheet.name for sheet in data.sheets.sheets()] == ["Gamma", "Beta", "Alpha"]
    assert [sheet.name for sheet in data.sheets.sheets("DEFECT")] == ["Beta"]
    assert [sheet.name for sheet in data.sheets.sheets("lph")] == ["Alpha"]


def test_a_changed_source_is_told_and_an_edit_settles_it(data: DataServices, crystals: str, tmp_path: Path) -> None:
    data.sheets.create_sheet("S", crystals, columns=["kind"])
    assert data.sheets.sheet_page("S").notes == ()
    path = tmp_path / "Crystals 2024.csv"
    path.write_text(CRYSTALS + "C101,NaI,1,101.png\n")
    page = data.sheets.sheet_page("S")
    assert page.total == 101
    assert "changed since the sheet was checked with 100 items" in page.notes[0]
    assert data.sheets.edit_sheet("S").item_count == 101
    assert data.sheets.sheet_page("S").notes == ()
    path.write_text("id,sort\nA,1\n")
    with pytest.raises(InvalidInputError, match="no column 'kind'"):
        data.sheets.sheet_page("S")
    path.unlink()
    with pytest.raises(OntosError, match="gone"):
        data.sheets.sheet_page("S")


def test_pages_of_a_sample_put_together_are_the_sample(data: DataServices, crystals: str) -> None:
    data.sheets.create_sheet("S", crystals, sampling=Sampling.STRATIFIED, sample_size=20, sample_by="kind")
    whole = data.sheets.sheet_page("S", limit=100).items
    pages = [data.sheets.sheet_page("S", limit=7, offset=offset).items for offset in (0, 7, 14, 21)]
    assert sum(pages, ()) == whole
    assert sum(item.fields["kind"] == "CZT" for item in whole) == 5


def test_a_record_of_the_table_is_what_was_added(workspace: Workspace, crystals: str, tmp_path: Path) -> None:
    with workspace.store.read() as connection:
        record = rows.get(connection, DataTable, crystals)
    path = tmp_path / "Crystals 2024.csv"
    assert (record.path, record.bytes, record.added_by) == (str(path), path.stat().st_size, "ana")


def test_real_receipts_become_a_sheet(data: DataServices) -> None:
    table = data.files.add_file(real_data("document_extraction/sroie_receipts.jsonl"))
    sheet = data.sheets.create_sheet("Receipts", table.address, item_id_column="id", sampling="random", sample_size=50)
    items = data.sheets.sheet_page("Receipts", limit=50).items
    assert sheet.item_count == len({item.ref for item in items}) == 50
    with Path(table.path).open(encoding="utf-8") as file:
        lines = {line["id"]: line for line in map(json.loads, file)}
    assert all(item.fields == lines[item.ref] for item in items)


# Windows -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def streams(data: DataServices, tmp_path: Path) -> str:
    path = tmp_path / "streams.csv"
    lines = [f"{unit},{at},{at * 2},{int(at > 4)}" for unit in "AB" for at in range(7)]
    path.write_text("Unit Name,Time,heat,fault\n" + "\n".join(lines) + "\n")
    return data.files.add_file(path).address


def test_a_sheet_cuts_streams_into_windows(workspace: Workspace, streams: str) -> None:
    sheet = workspace.data.sheets.create_sheet(
        "windows", streams, window_size=3, window_step=2, window_group="unit_name", window_order="time",
        window_labels={"FAULT": "max"},
    )  # fmt: skip
    assert (sheet.window_group, sheet.window_order, dict(sheet.window_labels)) == (
        "Unit Name",
        "Time",
        {"fault": "max"},
    )
    assert sheet.item_count == 6
    page = workspace.data.sheets.sheet_page(sheet.id, limit=2, offset=2)
    assert [(item.ref, item.fields["fault"]) for item in page.items] == [("A@4", 1), ("B@0", 0)]
    words = "windows of 3 rows, every 2, of each Unit Name by Time, none across more than 10; labels: max fault"
    assert windows_in_words(sheet) == words
    plain = workspace.data.sheets.edit_sheet(
        sheet.id, window_size=None, window_step=None, window_group=None, window_order=None, window_labels={}
    )
    assert (plain.item_count, plain.windows) == (14, None)
    assert events(workspace)[-1][1] == "edit"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"window_step": 2}, "no size"),
        ({"window_size": 1}, "needs 2 rows or more"),
        ({"window_size": 3, "item_id_column": "Time"}, "has no 'Time' of its own"),
        ({"window_size": 8, "window_group": "Unit Name"}, "one window .8 rows"),
        ({"window_size": 3, "window_group": "unit"}, "no column 'unit'"),
        ({"window_size": 3, "window_order": "fault"}, "not unique"),
        ({"window_size": 3, "window_labels": {"fault": "first"}}, "window_labels"),
        ({"window_size": -3}, "window_size"),
    ],
)
def test_windows_that_make_no_sense_are_refused(
    workspace: Workspace, streams: str, settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        workspace.data.sheets.create_sheet("windows", streams, **settings)
    assert not workspace.data.sheets.sheets()


def test_windows_become_pairs_with_lists_in_their_prompts_and_can_be_trained_on(
    workspace: Workspace, streams: str
) -> None:
    sheet = workspace.data.sheets.create_sheet(
        "windows", streams, window_size=2, window_step=1, window_group="Unit Name", window_order="Time",
        window_labels={"fault": "max"},
    )  # fmt: skip
    template = workspace.generate.templates.create(
        name="fault",
        label_type="fault",
        user_prompt="{{ heat_series }} at {{ heat_mean }}{% if heat_series %}, {{ heat_series[0] }}{% endif %}",
        output_schema={
            "type": "object",
            "properties": {"fault": {"type": "integer"}},
            "required": ["fault"],
        },
        answer_columns={"fault": "fault"},
        group_column="Unit Name",
    )
    report = workspace.generate.generation.generate(sheet.id, template.id, "column")
    assert (report.created, report.failed) == (12, 0)
    preview = workspace.generate.generation.preview(sheet.id, template.id, "column", 1)
    assert preview[0].messages[0]["content"] == "[0.0, 2.0] at 1.0, 0.0"
    data = workspace.train.models.readiness(report.training_sheet.id)
    assert data.eligible == 12
