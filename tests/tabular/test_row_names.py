"""What rows are called that no column names: by their cells, whatever the order, the reading and the other rows."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ontos_tui.domain.records.data import RowQuery, Sampling, TableAddress, Windows
from ontos_tui.domain.records.reading import DateOrder, Limits, ReadingOptions
from ontos_tui.workspace import Workspace
from tiers import examples

TABLE = ReadingOptions(separator=",", header_line=1, units_line=0, footer_lines=0, encoding="utf-8")
CELLS = st.text(alphabet='ab10.," \n', max_size=4)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=9)


def write_csv(path: Path, rows: Sequence[Sequence[str]], names: Sequence[str] = ("one", "two")) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    path.write_bytes(text.getvalue().encode())
    return path


def add(workspace: Workspace, path: Path, options: ReadingOptions | None = None) -> TableAddress:
    return TableAddress.parse(workspace.data.files.add_file(path, "t", options=options, exact=True).address)


def names(workspace: Workspace, address: TableAddress, **query: Any) -> list[str]:
    return [item.ref for item in workspace.engines.catalog.items(address, RowQuery(by_content=True, **query))]


def name_of(*cells: str) -> str:
    """What a row of text is called: written out once more."""
    text = "".join('"' + cell.replace('"', '""') + '",' for cell in cells)
    return md5(text.encode(), usedforsecurity=False).hexdigest()[:16]


def in_turn(once: Sequence[str]) -> list[str]:
    """Names, of which equal ones are numbered."""
    turns: Counter[str] = Counter()
    result = []
    for name in once:
        turns[name] += 1
        result.append(name if turns[name] == 1 else f"{name}#{turns[name]}")
    return result


def test_a_row_is_called_by_its_cells_and_an_equal_one_by_its_turn(workspace: Workspace, tmp_path: Path) -> None:
    rows = [("a", "1"), ('say "x"', "2"), ("a", "1"), ("", "2"), ("a", "1")]
    address = add(workspace, write_csv(tmp_path / "t.csv", rows))
    expected = in_turn([name_of(*row) for row in rows])
    assert expected[2].endswith("#2")
    assert expected[4].endswith("#3")
    assert names(workspace, address) == expected
    for number, name in enumerate(expected):  # a page, a filter and a search find it under the same name
        page = workspace.engines.catalog.page(address, RowQuery(by_content=True, limit=1, offset=number))
        assert page.items[0].ref == name
        query = RowQuery(by_content=True, columns=("two",))
        (item,) = workspace.engines.catalog.items_named(address, query, name, 2, exact=True)
        assert item.fields == {"two": int(rows[number][1])}
    assert names(workspace, address, filter="two = 1") == [expected[0], expected[2], expected[4]]


def test_cells_are_told_apart_and_not_only_what_they_make_together(workspace: Workspace, tmp_path: Path) -> None:
    rows = [("ab", "c"), ("a", "bc"), ('a","b', ""), ("a", "b"), ('"', ""), ("", '"'), ("a\n", ""), ("a", "")]
    assert len(set(names(workspace, add(workspace, write_csv(tmp_path / "t.csv", rows), TABLE)))) == len(rows)


def test_order_insertion_and_deletion_move_no_name(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [(f"part {number}", f"{number / 7:.3f}") for number in range(50)]
    address = add(workspace, write_csv(path, rows))
    by_row = dict(zip(rows, names(workspace, address), strict=True))
    reversed_rows = rows[::-1]
    write_csv(path, reversed_rows)
    assert dict(zip(reversed_rows, names(workspace, address), strict=True)) == by_row
    some = [("new", "7"), *rows[:10], ("newer", "8"), *rows[20:]]
    write_csv(path, some)
    now = dict(zip(some, names(workspace, address), strict=True))
    assert {row: name for row, name in now.items() if row in by_row} == {
        row: by_row[row] for row in rows[:10] + rows[20:]
    }
    assert len(set(now.values())) == len(some)


READINGS = [
    ReadingOptions(decimal=","),
    ReadingOptions(decimal="."),
    ReadingOptions(date_order=DateOrder.DAY),
    ReadingOptions(date_order=DateOrder.MONTH),
    ReadingOptions(missing=["-", "n/a", "4,5"]),
    ReadingOptions(column_types={"value": "text", "at": "text"}),
    ReadingOptions(limits=Limits.MISSING),
    ReadingOptions(timezone="Europe/Berlin", date_order=DateOrder.DAY),
]


def test_no_decision_about_values_changes_a_name(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("at;value;word\n01/02/2024;1,5;a\n03/04/2024;<4,5;n/a\n05/06/2024;-;b\n05/06/2024;;\n")
    called, values = set(), set()
    for options in READINGS:
        complete = options if options.date_order else options.model_copy(update={"date_order": DateOrder.DAY})
        address = add(workspace, path, complete)
        called.add(tuple(names(workspace, address)))
        page = workspace.engines.catalog.page(address, RowQuery(limit=4))
        values.add(str([item.fields for item in page.items]))
    assert len(called) == 1
    assert len(values) >= 4


def test_names_of_columns_that_are_given_change_no_name(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("1 2.50 x\n2 3.50 y\n")
    first = names(workspace, add(workspace, path))
    table = workspace.data.files.add_file(path, "t", column_names=["z", "b", "a"])
    assert names(workspace, TableAddress.parse(table.address)) == first


def test_what_a_value_is_and_not_how_a_file_of_values_writes_it(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    rows: list[dict[str, Any]] = [
        {"a": 1, "b": "x", "c/~": [1, {"d": None}]},
        {"a": 2, "b": None},
        {"a": None, "b": "1"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    first = names(workspace, add(workspace, path))
    # Another order of the keys, and rows that make `a` a column of numbers with fractions and bring a new key.
    more = [dict(reversed(row.items())) for row in rows] + [{"a": 1.5, "e": "new"}, {"a": 1, "b": "x", "e": "1"}]
    path.write_text("\n".join(map(json.dumps, more)))
    now = names(workspace, add(workspace, path))
    assert now[:3] == first
    assert len(set(now)) == 5
    fields = [item.fields for item in workspace.engines.catalog.items(add(workspace, path), RowQuery(by_content=True))]
    assert fields == [item.fields for item in workspace.engines.catalog.items(add(workspace, path), RowQuery())]
    assert names(workspace, add(workspace, path, ReadingOptions(column_types={"a": "text", "e": "number"}))) == now


def test_parquet_of_every_type_and_order(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    select = (
        "SELECT i AS n, i / 3 AS x, 'w' || i AS word, i % 2 = 0 AS flag, DATE '2024-01-01' + i::INT AS day, "
        "TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS at, (i / 7)::DECIMAL(9, 3) AS amount, [i, NULL] AS list, "
        "{'a': i, 'b': 'x\"y'} AS thing, encode('b' || i) AS bytes, NULL AS nothing FROM range(40) t(i)"
    )
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select} ORDER BY i) TO '{path}' (FORMAT parquet)")
    address = add(workspace, path)
    first = names(workspace, address)
    assert len(set(first)) == 40
    with duckdb.connect() as connection:
        moved = f"SELECT * EXCLUDE (n), n FROM ({select}) ORDER BY n DESC"
        connection.execute(f"COPY ({moved}) TO '{path}' (FORMAT parquet)")
    assert names(workspace, add(workspace, path)) == first[::-1]


def test_a_sample_is_drawn_by_names(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [(f"part {number}", str(number % 3)) for number in range(60)]
    for more in ({"sampling": Sampling.RANDOM}, {"sampling": Sampling.STRATIFIED, "sample_by": "two"}):
        drawn = names(workspace, add(workspace, write_csv(path, rows)), sample_size=12, sample_seed=3, **more)
        assert len(drawn) == 12
        again = names(workspace, add(workspace, write_csv(path, rows[::-1])), sample_size=12, sample_seed=3, **more)
        assert sorted(again) == sorted(drawn)
        assert again != drawn


@given(ROWS, st.permutations(range(9)))
@settings(max_examples=examples(4, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("a", "1"), ("a", "1"), ("", ""), ('"', ","), ("1", "1.0")], [4, 2, 0, 1, 3, 5, 6, 7, 8])
def test_names_are_a_function_of_the_rows_and_not_of_their_order(
    workspace: Workspace, tmp_path: Path, rows: list[tuple[str, str]], order: Sequence[int]
) -> None:
    rows = [*rows, ("z", "z")]  # so that there is one
    path = tmp_path / "t.csv"
    first = names(workspace, add(workspace, write_csv(path, rows), TABLE))
    assert first == in_turn([name_of(*row) for row in rows])
    shuffled = [rows[place] for place in (*order, 9) if place < len(rows)]
    assert sorted(names(workspace, add(workspace, write_csv(path, shuffled), TABLE))) == sorted(first)


def test_windows_without_an_order_are_called_by_what_their_rows_hold(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    steps = [("m1", str(number)) for number in range(8)] + [("m2", "5")] * 8
    windows = Windows(4, 4, group="one")
    first = names(workspace, add(workspace, write_csv(path, steps)), windows=windows)
    assert [name.split("@")[0] for name in first] == ["m1", "m1", "m2", "m2"]
    assert first[3] == f"{first[2]}#2"
    assert names(workspace, add(workspace, write_csv(path, steps[8:] + steps[:8])), windows=windows) == first
    paged = RowQuery(by_content=True, windows=windows, limit=1, offset=3)
    assert workspace.engines.catalog.page(add(workspace, path), paged).items[0].ref == first[3]
    changed = names(workspace, add(workspace, write_csv(path, [("m1", "9"), *steps[1:]])), windows=windows)
    assert changed[0] not in first
    assert changed[1:] == first[1:]
    by_time = Windows(4, 4, group="one", order="two")
    address = add(workspace, write_csv(path, steps[:8]))
    assert names(workspace, address, windows=by_time) == ["m1@0", "m1@4"]


def test_an_id_reads_the_same_whatever_else_is_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    address = add(workspace, write_csv(tmp_path / "t.csv", [("1.50", "a"), ("2.0", "b")]))
    called = {
        tuple(names(workspace, address, item_id_column="one", columns=columns)) for columns in ((), ("one",), ("two",))
    }
    assert called == {("1.5", "2.0")}
