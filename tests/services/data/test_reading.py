"""How a data file is read, decided, kept with its table, and asked for where only the user knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.reading import DateOrder, ReadingOptions, UndecidedError
from ontos_tui.workspace import Workspace
from ontos_tui.workspace.stages.data import DataServices

OPEN_DATES = "d,v\n01/02/2024,1\n03/04/2024,2\n"


@pytest.fixture
def data(workspace: Workspace) -> DataServices:
    return workspace.data


def test_what_is_undecided_is_not_added_and_what_is_decided_is_kept(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(OPEN_DATES)
    with pytest.raises(UndecidedError, match="--month-first"):
        data.files.add_file(path)
    assert data.catalog.tables() == []
    table = data.files.add_file(path, options=ReadingOptions(date_order=DateOrder.MONTH))
    assert data.catalog.preview(table.address).items[0].fields["d"] == "2024-01-02"
    path.write_text(OPEN_DATES + "05/06/2024,3\n")
    again = data.files.add_file(path)
    assert (again.row_count, again.reading_options.date_order) == (3, DateOrder.MONTH)
    assert data.catalog.preview(table.address).items[2].fields["d"] == "2024-05-06"


def test_a_decision_changes_the_fingerprint_and_the_sheet_says_so(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,v\n1,x7\n2,5\n3,6\n")
    table = data.files.add_file(path)
    sheet = data.sheets.create_sheet("S", table.address)
    read = data.files.read_anew(table.address, ReadingOptions(column_types={"v": "number"}))
    assert read.fingerprint != table.fingerprint
    page = data.sheets.sheet_page(sheet.id)
    assert [item.fields["v"] for item in page.items] == [None, 5, 6]
    assert any("has changed" in note for note in page.notes)
    assert data.files.read_anew(table.address, ReadingOptions()).fingerprint == table.fingerprint
    with pytest.raises(InvalidInputError, match="no column 'w'"):
        data.files.read_anew(table.address, ReadingOptions(column_types={"w": "number"}))
    with pytest.raises(UndecidedError):
        path.write_text(OPEN_DATES)
        data.files.read_anew(table.address, ReadingOptions())


def test_a_file_that_is_known_is_not_looked_at_again(
    data: DataServices, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("# Größe\nZeit  Wert\n0 1,5\n1 2,5\n2 NA\n".encode("cp1252"))
    table = data.files.add_file(path)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was read to its end again")

    monkeypatch.setattr("ontos_tui.tabular.text_reader.understand", never)
    with Workspace(workspace.home) as other:
        page = other.data.catalog.preview(table.address)
        assert [tuple(item.fields.values()) for item in page.items] == [(0, 1.5), (1, 2.5), (2, None)]
    path.write_bytes(path.read_bytes() + b"3 4,5\n")
    with pytest.raises(AssertionError, match="to its end"):
        data.catalog.preview(table.address)


def test_a_report_says_what_would_be_and_changes_nothing(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{n};{20 + n % 7},5;{'ok' if n % 3 else 'NA'}\n" for n in range(99)]
    path.write_text("".join(["id;temp;kind\n", *rows, "99;900,5;ok\n"]))
    report = data.files.file_report(path)
    assert data.catalog.tables() == []
    temp, kind = report.reading.columns[1:]
    assert (temp.type, temp.form, kind.missing) == ("DOUBLE", "decimal comma", {"NA": 33})
    profile = report.of("temp")
    assert profile is not None and (sum(profile.histogram), profile.odd, profile.odd_count) == (100, ["900.5"], 1)
    assert report.of("kind").common == {"ok": 67}  # type: ignore[union-attr]
    added = data.files.add_file(path)
    assert data.files.table_report(added.address).reading == added.reading
    with pytest.raises(NotFoundError):
        data.files.table_report("local.files.nothing")


def test_a_text_column_orders_no_stream(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"at": "{month}/1/2024", "v": {month}}}\n' for month in range(1, 13)))
    table = data.files.add_file(path)
    with pytest.raises(InvalidInputError, match="text does not order a stream"):
        data.sheets.create_sheet("S", table.address, window_size=3, window_order="at")
    decided = ReadingOptions(column_types={"at": "time"}, date_order=DateOrder.MONTH)
    table = data.files.add_file(path, options=decided)
    sheet = data.sheets.create_sheet("S", table.address, window_size=12, window_order="at")
    (window,) = data.sheets.sheet_page(sheet.id).items
    assert window.fields["v_slope"] == 1.0


def test_times_of_any_order_make_windows_in_the_order_of_time(data: DataServices, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    dates = [(1, day) for day in range(20, 32)] + [(2, day) for day in range(1, 19)]
    days = [f"{month}/{day}/2024 0:00:00" for month, day in dates]
    path.write_text("ts,v\n" + "".join(f"{at},{n}\n" for n, at in enumerate(days)))
    table = data.files.add_file(path)
    sheet = data.sheets.create_sheet("S", table.address, window_size=10, window_order="ts")
    assert [item.fields["v_slope"] for item in data.sheets.sheet_page(sheet.id).items] == [1.0, 1.0, 1.0]
