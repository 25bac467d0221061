"""Files as tables: what comes out, in which order, and what is said about files that cannot be read."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError, NotFoundError, OntosError, PlatformError
from ontos_tui.domain.records.data import Column, DataTable, Item, Page, RowQuery, Sampling, TableAddress
from ontos_tui.platforms.local.catalog import LocalCatalog
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.tabular import source
from ontos_tui.tabular.source import format_of, open_source
from ontos_tui.tabular.values.missing import missing_in_texts
from real_data import real_data

Put = Callable[..., TableAddress]


@pytest.fixture
def catalog(store: Store) -> LocalCatalog:
    return LocalCatalog(store)


@pytest.fixture
def put(store: Store, tmp_path: Path) -> Put:
    """Write a file and offer it as local.files.<stem>."""

    def write(name: str, content: str | bytes) -> TableAddress:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return offer(store, path)

    return write


def offer(store: Store, path: Path) -> TableAddress:
    address = TableAddress("local", "files", "t" + str(abs(hash(str(path)))))
    record = DataTable(address=str(address), path=str(path), format=format_of(path), bytes=path.stat().st_size)
    with store.write() as connection:
        rows.add(connection, record)
    return address


def parquet(path: Path, select: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def fields(catalog: LocalCatalog, address: TableAddress, **query: Any) -> list[dict[str, Any]]:
    return [item.fields for item in catalog.items(address, RowQuery(**query))]


def refs(catalog: LocalCatalog, address: TableAddress, **query: Any) -> list[str]:
    return [item.ref for item in catalog.items(address, RowQuery(**query))]


NUMBERS = "id,group,value\n" + "".join(f"P{n},{'rare' if n % 10 == 0 else 'common'},{n}\n" for n in range(1, 1001))


# What comes out ----------------------------------------------------------------------------------------------------


def test_a_csv_comes_out_typed_with_its_row_numbers(catalog: LocalCatalog, put: Put) -> None:
    address = put("a.csv", "name,n,x,ok,day,at\nAna,1,1.5,true,2004-03-10,2004-03-10 18:00:00\n,,,,,\n")
    assert catalog.columns(address) == (
        *(Column("name", "VARCHAR"), Column("n", "BIGINT"), Column("x", "DOUBLE"), Column("ok", "BOOLEAN")),
        *(Column("day", "DATE"), Column("at", "TIMESTAMP")),
    )
    first = {"name": "Ana", "n": 1, "x": 1.5, "ok": True, "day": "2004-03-10", "at": "2004-03-10T18:00:00"}
    assert list(catalog.items(address, RowQuery())) == [Item("1", first), Item("2", dict.fromkeys(first))]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("\ufeffa,b\n1,x\n", {"a": 1, "b": "x"}),
        ("a;b\n1;x, y\n", {"a": 1, "b": "x, y"}),
        ("a;b\n1,5;x\n", {"a": 1.5, "b": "x"}),
        ("a\tb\r\n1\tx\r\n", {"a": 1, "b": "x"}),
        ("a|b\n1|x\n", {"a": 1, "b": "x"}),
        ("a,b\n1,x", {"a": 1, "b": "x"}),
        ('"a, b",c\n"1;2","say ""no"""\n', {"a, b": "1;2", "c": 'say "no"'}),
        ('a,b\n"two\nlines",1\n', {"a": "two\nlines", "b": 1}),
        ("a,a,A,\n1,2,3,4\n", {"a": 1, "a_1": 2, "A_2": 3, "column3": 4}),
        ("only\nx\n", {"only": "x"}),
        ("a,b\nx\0y,\u202e\x1b[2J\n", {"a": "x\0y", "b": "\u202e\x1b[2J"}),
        ("a,b\nnan,-inf\n1.5,2.5\n", {"a": None, "b": None}),
        ("a,b\n# no comment,1\n", {"a": "# no comment", "b": 1}),
        ("a,b\n12345678901234567890123,1e400\n", {"a": 12345678901234567890123, "b": None}),
    ],
)
def test_csv_as_instruments_and_spreadsheets_write_it(
    catalog: LocalCatalog, put: Put, content: str, expected: dict[str, Any]
) -> None:
    assert fields(catalog, put("a.csv", content))[0] == expected


@pytest.mark.parametrize(
    ("values", "kind", "last"),
    [
        (["1"] * 30_000 + ["n/a"], "BIGINT", None),
        (["1"] * 30_000 + ["1.5"], "DOUBLE", 1.5),
        (["1"] * 30_000 + ["0012"], "VARCHAR", "0012"),
        (["1"] * 30_000 + ["2024_001"], "VARCHAR", "2024_001"),
        (["1"] * 30_000 + ["99999999999999999999"], "HUGEINT", 99999999999999999999),
        (["1.5"] * 30_000 + ["x"], "DOUBLE", None),
        (["1.5"] * 30 + ["x"] * 30, "VARCHAR", "x"),
        (["1"] * 30_000 + ["12B"], "VARCHAR", "12B"),
        (["true"] * 30_000 + ["yes"], "VARCHAR", "yes"),
        (["2004-01-01"] * 30_000 + ["soon"], "DATE", None),
        (["13/01/2004"] * 30_000 + ["01/13/2004"], "VARCHAR", "01/13/2004"),
        (["T", "F"], "VARCHAR", "F"),
        (["007", "012"], "VARCHAR", "012"),
        (["007.5", "012.5"], "DOUBLE", 12.5),
        (["inf", "-inf"], "DOUBLE", None),
        (["", ""], "VARCHAR", None),
    ],
)
def test_the_whole_file_decides_a_type_and_no_value_is_bent(
    catalog: LocalCatalog, put: Put, values: Sequence[str], kind: str, last: object
) -> None:
    address = put("a.csv", "v,w\n" + "".join(f"{value},1\n" for value in values))
    assert catalog.columns(address)[0] == Column("v", kind)
    assert catalog.page(address, RowQuery(limit=1, offset=len(values) - 1)).items[0].fields["v"] == last


def test_what_was_read_by_a_guess_is_noted(catalog: LocalCatalog, put: Put) -> None:
    dates = catalog.page(put("d.csv", "d;x\n13/03/2004;1,5\n01/02/2004;2,5\n"), RowQuery())
    assert dates.items[1].fields == {"d": "2004-02-01", "x": 2.5}
    assert dates.notes == (
        "Dates in 'd' were read as day, month, year.",
        "Numbers were read with a decimal comma.",
    )
    latin = catalog.page(put("l.csv", "Größe °C,n\nä,1\n".encode("latin-1")), RowQuery())
    assert latin.items[0].fields == {"Größe °C": "ä", "n": 1}
    assert any("Latin-1" in note for note in latin.notes)
    utf16 = catalog.page(put("u.csv", "\ufeffGröße,n\nä,1\n".encode("utf-16-le")), RowQuery())
    assert utf16.items[0].fields == {"Größe": "ä", "n": 1}
    headless = catalog.page(put("h.csv", "1,2\n3,4\n"), RowQuery())
    assert any("first line" in note for note in headless.notes)


def test_json_lines_keep_their_nesting_and_their_texts(catalog: LocalCatalog, put: Put) -> None:
    lines = [
        {"id": "001", "n": 1, "day": "2018-12-25", "deep": {"k": [1, {"z": None}]}, "mixed": 1, "big": 2**63},
        {"id": "002", "n": 2.5, "day": "25/12/2018", "deep": [], "mixed": "x", "late": True, "odd\nname": "\0"},
    ]
    address = put("a.jsonl", "\n\n".join(map(json.dumps, lines)) + "\n")
    names = ["id", "n", "day", "deep", "mixed", "big", "late", "odd\nname"]
    assert [column.name for column in catalog.columns(address)] == names
    assert fields(catalog, address) == [{name: line.get(name) for name in names} for line in lines]


def test_parquet_comes_out_json_like(catalog: LocalCatalog, store: Store, tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "a.parquet",
        "SELECT 'ab'::BLOB AS bytes, {'x': 1.5::DECIMAL(9,2), 'b': 'ab'::BLOB, 't': DATE '2004-01-01'} AS nested, "
        "MAP {1: 'one'} AS map, [1.5, 'nan'::DOUBLE] AS list, 2.50::DECIMAL(9,2) AS price, 'inf'::FLOAT AS f, "
        "TIMESTAMPTZ '2004-01-01 10:00:00+02' AS tz, [TIMESTAMPTZ '2004-01-01 10:00:00+02'] AS tzs, TIME '10:00' AS t, "
        "INTERVAL 3 DAY AS i, '6b01fe20-504b-4532-a940-65578fc9a7c9'::UUID AS u, 'infinity'::DATE AS d, NULL AS nil",
    )
    page = catalog.page(offer(store, path), RowQuery())
    assert page.items[0].fields == {
        "bytes": "YWI=",
        "nested": {"x": 1.5, "b": "YWI=", "t": "2004-01-01"},
        "map": {"1": "one"},
        "list": [1.5, None],
        "price": 2.5,
        "f": None,
        "tz": "2004-01-01T08:00:00+00",
        "tzs": ["2004-01-01 08:00:00+00"],
        "t": "10:00:00",
        "i": "3 days",
        "u": "6b01fe20-504b-4532-a940-65578fc9a7c9",
        "d": "infinity",
        "nil": None,
    }
    json.dumps(page.items[0].fields, allow_nan=False)
    assert page.notes == tuple(
        f"Column {name!r} holds bytes; they are shown as base64 text." for name in ("bytes", "nested")
    )


def holds(column: Column, value: Any, cell: str) -> bool:
    """Whether a value that was read is what the cell says."""
    if column.type == "VARCHAR":
        return (value or "") == cell or (value is None and bool(missing_in_texts({cell: 1})))
    if value is None:
        return True
    if column.type == "BOOLEAN":
        return str(value).lower().startswith(cell.strip().lower())
    return column.type not in ("BIGINT", "DOUBLE") or float(cell.strip()) == float(value)


@example(table=[["", ""], ["", "\x1a"]])
@example(table=[["a", "b"], ["#", ""]])
@example(table=[["a", "b"], ["", "end of it"]])
@example(table=[["", "INFINITY"]])
@example(table=[["", "n.a."]])
@example(table=[["", "FALSE"]])
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_survives_csv(tmp_path: Path, table: list[list[str]]) -> None:
    path = tmp_path / "any.csv"
    lines = [["first", "second"], *table]
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\n" for line in lines)
    path.write_bytes(text.encode())
    try:
        opened = open_source(path, format_of(path), tmp_path)
    except InvalidInputError as error:
        assert "not text" in error.what, "a file of control characters may be taken for a binary one, nothing else"
        return
    with opened.connection as connection:
        found = connection.execute(f"SELECT * FROM {opened.relation}").fetchall()
    assert opened.rows == len(table)
    for line, row in zip(table, found, strict=True):
        for cell, value, column in zip(line, row, opened.columns, strict=True):
            assert holds(column, value, cell), (column, value, cell)


# Queries -----------------------------------------------------------------------------------------------------------


def test_a_page_counts_all_and_holds_some(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", NUMBERS)
    page = catalog.page(address, RowQuery(limit=2, offset=500, columns=("VALUE", "id")))
    assert page == Page((Column("value", "BIGINT"), Column("id", "VARCHAR")), page.items, 1000)
    assert page.items == (Item("501", {"value": 501, "id": "P501"}), Item("502", {"value": 502, "id": "P502"}))
    assert catalog.page(address, RowQuery(limit=0)).items == ()
    assert catalog.page(address, RowQuery(limit=5, offset=2000)).items == ()


def test_a_filter_does_not_change_what_items_are_called(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", NUMBERS)
    page = catalog.page(address, RowQuery(filter="\"group\" = 'rare' and value > 20", limit=2))
    assert ([item.ref for item in page.items], page.total) == (["30", "40"], 98)
    assert refs(catalog, address, filter="value in (7, 9)", item_id_column="id") == ["P7", "P9"]


def test_the_files_order_is_kept_over_many_chunks_and_threads(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", "n,text\n" + "".join(f"{n},{'x' * (n % 97)}\n" for n in range(1, 60_001)))
    assert all(item.ref == str(item.fields["n"]) for item in catalog.items(address, RowQuery()))
    filtered = refs(catalog, address, filter="n % 3 = 0")
    assert filtered == [str(n) for n in range(3, 60_001, 3)]
    seen: list[list[str]] = []
    workers = [
        threading.Thread(target=lambda: seen.append(refs(catalog, address, filter="n > 59000"))) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert seen == [[str(n) for n in range(59_001, 60_001)]] * 4


def test_the_first_rows_are_a_sample_after_the_filter(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", NUMBERS)
    query = {"filter": "value > 990", "sampling": Sampling.FIRST, "sample_size": 5}
    assert refs(catalog, address, **query) == ["991", "992", "993", "994", "995"]
    assert refs(catalog, address, **query, limit=4, offset=3) == ["994", "995"]
    assert catalog.page(address, RowQuery(**query)).total == 5  # type: ignore[arg-type]
    assert refs(catalog, address, sampling=Sampling.FIRST, sample_size=5, limit=4, offset=9) == []


def test_a_random_sample_is_the_same_everywhere_and_follows_the_seed(
    catalog: LocalCatalog, put: Put, store: Store
) -> None:
    address = put("n.csv", NUMBERS)
    query = {"sampling": Sampling.RANDOM, "sample_size": 8}
    drawn = refs(catalog, address, **query, sample_seed=1)
    script = (
        "import sys; from pathlib import Path; from ontos_tui.store.engine import Store\n"
        "from ontos_tui.platforms.local.catalog import LocalCatalog\n"
        "from ontos_tui.domain.records.data import RowQuery, Sampling, TableAddress\n"
        "query = RowQuery(sampling=Sampling.RANDOM, sample_size=8, sample_seed=1)\n"
        "items = LocalCatalog(Store(Path(sys.argv[1]))).items(TableAddress.parse(sys.argv[2]), query)\n"
        "print(*[item.ref for item in items])"
    )
    command = [sys.executable, "-c", script, str(store.path), str(address)]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    # By the rule itself: a sheet must have the same items after an upgrade of DuckDB.
    smallest = sorted(range(1, 1001), key=lambda n: hashlib.md5(f"{n}|1".encode()).hexdigest())[:8]
    assert drawn == elsewhere == [str(n) for n in sorted(smallest)]
    assert refs(catalog, address, **query, sample_seed=2) != drawn
    assert refs(catalog, address, **query, sample_seed=1, limit=3, offset=2) == drawn[2:5]
    assert catalog.page(address, RowQuery(**query)).total == 8  # type: ignore[arg-type]
    by_id = refs(catalog, address, **query, sample_seed=1, item_id_column="id")
    assert len(by_id) == 8
    assert all(ref.startswith("P") for ref in by_id)
    assert set(refs(catalog, address, filter="value <= 500", sampling=Sampling.RANDOM, sample_size=100)) <= {
        str(n) for n in range(1, 501)
    }
    everything = refs(catalog, address, sampling=Sampling.RANDOM, sample_size=5000)
    assert everything == [str(n) for n in range(1, 1001)]


def test_a_sample_grows_without_dropping_what_it_had(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", NUMBERS)
    for sampling in (Sampling.RANDOM, Sampling.STRATIFIED):
        query = {"sampling": sampling, "sample_by": "group"}
        small, large = (set(refs(catalog, address, **query, sample_size=size)) for size in (40, 90))
        assert small < large


@pytest.mark.parametrize(("size", "rare"), [(10, 1), (50, 5), (100, 10), (333, 33), (1000, 100), (4000, 100)])
def test_a_stratified_sample_keeps_the_proportions(catalog: LocalCatalog, put: Put, size: int, rare: int) -> None:
    address = put("n.csv", NUMBERS)
    drawn = fields(catalog, address, sampling=Sampling.STRATIFIED, sample_by="group", sample_size=size)
    counts = Counter(row["group"] for row in drawn)
    assert sum(counts.values()) == min(size, 1000)
    assert abs(counts["rare"] - rare) <= 1
    assert [row["value"] for row in drawn] == sorted(row["value"] for row in drawn)


def test_a_stratified_sample_takes_empty_values_as_a_group(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", "g,v\n" + ",1\n" * 50 + "x,2\n" * 50)
    drawn = fields(catalog, address, sampling=Sampling.STRATIFIED, sample_by="g", sample_size=10)
    assert Counter(row["g"] for row in drawn) == {None: 5, "x": 5}
    with pytest.raises(InvalidInputError, match="stratified"):
        fields(catalog, address, sampling=Sampling.STRATIFIED, sample_size=10)


def test_a_row_without_identity_is_refused(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", "id,v\nA,1\n,2\n")
    with pytest.raises(InvalidInputError, match="no value in 'id'"):
        refs(catalog, address, item_id_column="id")
    assert refs(catalog, address, item_id_column="ID", filter="id is not null") == ["A"]


def test_identities_are_texts_of_any_column(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", "n,x,at,ok\n1,1.5,2004-03-10 18:00:00,true\n")
    found = [refs(catalog, address, item_id_column=name)[0] for name in ("n", "x", "at", "ok")]
    assert found == ["1", "1.5", "2004-03-10T18:00:00", "true"]


def test_a_column_may_be_called_like_our_own(catalog: LocalCatalog, put: Put) -> None:
    address = put("n.csv", 'row_number,ROW_NUMBER_,dice,turn,"q""u"\n7,8,9,10,11\n')
    query = {"sampling": Sampling.STRATIFIED, "sample_by": "turn", "sample_size": 3, "filter": "row_number = 7"}
    assert catalog.page(address, RowQuery(**query)).items == (  # type: ignore[arg-type]
        Item("1", {"row_number": 7, "ROW_NUMBER_": 8, "dice": 9, "turn": 10, 'q"u': 11}),
    )


@pytest.mark.parametrize(
    ("filter_text", "reason"),
    [
        ("id > 5", "does not fit the data"),
        ("value = 'x'", "does not fit the data"),
        ("id ~ '('", "does not fit the data"),
        ("cast(id as int) = 1", "does not fit the data"),
        ("nothing = 1", "no column 'nothing'"),
        ("value = (select 1)", "not allowed"),
        ("value = 1" + "+1" * 3000, "does not fit the data"),
    ],
)
def test_a_filter_that_does_not_fit_is_explained(
    catalog: LocalCatalog, put: Put, filter_text: str, reason: str
) -> None:
    address = put("n.csv", NUMBERS)
    with pytest.raises(InvalidInputError, match=reason) as caught:
        catalog.page(address, RowQuery(filter=filter_text))
    assert "LINE 1" not in str(caught.value)


# Files that cannot be read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "\ufeff\n \n", "a.csv is empty"),
        ("a.jsonl", "\n\n", "a.jsonl is empty"),
        ("a.parquet", b"", "a.parquet is empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "is a picture, not .csv text"),
        ("a.jsonl", bytes(range(256)) * 40, "is not text"),
        ("a.csv", b"PK\x03\x04" + bytes(200), "a workbook or ZIP file"),
        ("a.csv", b"PAR1" + bytes(200), "a Parquet file"),
        ("a.csv", b"SQLite format 3\0" + bytes(200), "a database"),
        ("a.csv", "a,b\n1,2\n3,4,5\n6,7\n", "a.csv, line 3: 3 values, but the first line names 2 columns"),
        ("a.csv", "a,b,c\n1,2,3\n3,4\n6,7,8\n", "a.csv, line 3: 2 values, but the first line names 3 columns"),
        ("a.csv", "a,b\n" + "1,2\n" * 50_000 + "1,2,3\n", "a.csv, line 50002: 3 values"),
        ("a.csv", 'a,b\n1,2\n"open,2\n1,2\n', "a.csv, line 3: a double quote is not closed"),
        ("a.csv", "a\0b,c\n1,2\n", "name of column 1"),
        ("a.jsonl", '{"a": 1}\n{"a": 2\n{"a": 3}\n', "a.jsonl, line 2: not JSON"),
        ("a.jsonl", '{"a": 1}\n[1, 2]\n', "a.jsonl, line 2: not a JSON object"),
        ("a.jsonl", "5\n", "a.jsonl, line 1: not a JSON object"),
        ("a.jsonl", '{"a": 1}\n{"a": "\\ud800"}\n', "a.jsonl, line 2: an escape"),
        ("a.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', "a.jsonl, line 2: not UTF-8"),
        ("a.jsonl", '{"a": 1}\n{"a": 1, "a": 2}\n', "a.jsonl, line 2: the key 'a' appears twice"),
        ("a.jsonl", '{"a": 1}\n{"A": 2}\n', "both 'A' and 'a'"),
        ("a.jsonl", "{}\n{}\n", "only empty objects"),
        ("a.jsonl", '{"a": ' + "[" * 5000 + "]" * 5000 + "}\n", "a.jsonl"),
        ("a.parquet", b"PAR1" + bytes(200), "damaged or not a Parquet file"),
        ("a.parquet", "a,b\n1,2\n", "damaged or not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(
    catalog: LocalCatalog, put: Put, name: str, content: str | bytes, reason: str
) -> None:
    address = put(name, content)
    with pytest.raises(OntosError, match=reason) as caught:
        catalog.page(address, RowQuery(limit=1))
    assert isinstance(caught.value, PlatformError)
    assert caught.value.todo
    assert len(caught.value.what) < 400


def test_a_header_without_rows_is_a_table_without_rows(catalog: LocalCatalog, put: Put) -> None:
    page = catalog.page(put("a.csv", "a,b\n"), RowQuery())
    assert ([column.name for column in page.columns], page.items, page.total) == (["a", "b"], (), 0)


def test_a_truncated_parquet_file_is_damaged(catalog: LocalCatalog, store: Store, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", "SELECT range AS n FROM range(10000)")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(PlatformError, match="damaged"):
        catalog.columns(offer(store, path))


def test_a_vanished_file_a_folder_and_an_unknown_table(catalog: LocalCatalog, put: Put, tmp_path: Path) -> None:
    address = put("a.csv", "a\n1\n")
    assert catalog.page(address, RowQuery()).total == 1
    (tmp_path / "a.csv").unlink()
    for look in (catalog.columns, catalog.fingerprint):
        with pytest.raises(PlatformError, match="gone") as caught:
            look(address)
        assert "add it again" in caught.value.todo
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(PlatformError, match="not a regular file"):
        catalog.page(address, RowQuery())
    with pytest.raises(NotFoundError):
        catalog.columns(TableAddress("local", "files", "nothing"))


def test_an_altered_file_is_read_anew(catalog: LocalCatalog, put: Put, tmp_path: Path) -> None:
    address = put("a.csv", "a\n1\n")
    before = catalog.fingerprint(address)
    assert fields(catalog, address) == [{"a": 1}]
    (tmp_path / "a.csv").write_text("b,c\nx,1\ny,2\n")
    assert catalog.fingerprint(address) != before
    assert fields(catalog, address) == [{"b": "x", "c": 1}, {"b": "y", "c": 2}]


def test_a_file_that_changes_while_it_is_read_is_noticed(catalog: LocalCatalog, put: Put, tmp_path: Path) -> None:
    address = put("n.csv", NUMBERS)
    items = catalog.items(address, RowQuery())
    next(items)
    with (tmp_path / "n.csv").open("a") as file:
        file.write("P1001,rare,1001\n")
    with pytest.raises(PlatformError, match="changed while it was read"):
        list(items)


def test_a_named_pipe_does_not_hang(catalog: LocalCatalog, store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(PlatformError, match="not a regular file"):
        catalog.columns(offer(store, tmp_path / "pipe.csv"))


@pytest.mark.parametrize("name", ["g[1].csv", "g*.csv", "g?.csv", "it's.csv", "d[1]/h*.csv", "ü x.csv"])
def test_a_files_name_is_no_pattern(catalog: LocalCatalog, put: Put, name: str) -> None:
    put("g1.csv", "a\nwrong\n")
    put("d1/h1.csv", "a\nwrong\n")
    assert fields(catalog, put(name, "a\nright\n")) == [{"a": "right"}]


# Safety and speed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM read_csv('{other}')",
        "SELECT * FROM '{other}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/written.csv'",
        "ATTACH '{folder}/new.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_paths = ['{other}']",
        "SET threads = 64",
    ],
)
def test_the_connection_reaches_one_file_and_nothing_else(tmp_path: Path, statement: str) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "secret.csv"
    path.write_text("a\n1\n")
    other.write_text("s\nsecret\n")
    opened = open_source(path, format_of(path), tmp_path / "spill")
    with opened.connection as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(other=other, folder=tmp_path)).fetchall()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.csv", "secret.csv"]


def test_a_large_sample_goes_to_the_disk_and_leaves_nothing_there(
    monkeypatch: pytest.MonkeyPatch, store: Store, tmp_path: Path
) -> None:
    monkeypatch.setattr(source, "MEMORY", "60MB")
    catalog = LocalCatalog(store)
    select = "SELECT range AS n, md5(range::VARCHAR) || md5((range + 1)::VARCHAR) AS text FROM range(400000)"
    address = offer(store, parquet(tmp_path / "a.parquet", select))
    items = catalog.items(address, RowQuery(sampling=Sampling.RANDOM, sample_size=300_000))
    assert sum(1 for _ in items) == 300_000
    del items, catalog
    gc.collect()
    assert not list(store.path.parent.glob("spill/*"))


def test_an_unchanged_file_is_opened_once(
    monkeypatch: pytest.MonkeyPatch, catalog: LocalCatalog, put: Put, tmp_path: Path
) -> None:
    address = put("n.csv", NUMBERS)
    opened: list[Path] = []

    def counting(path: Path, *rest: Any) -> Any:
        opened.append(path)
        return open_source(path, *rest)

    monkeypatch.setattr("ontos_tui.platforms.local.opened_tables.open_source", counting)
    for offset in range(3):
        assert len(catalog.page(address, RowQuery(limit=50, offset=offset)).items) == 50
    assert len(opened) == 1
    os.utime(tmp_path / "n.csv", (1, 1))
    catalog.page(address, RowQuery(limit=1))
    assert len(opened) == 2


# Real files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "total", "names", "filter_text", "reached"),
    [
        ("predictive_maintenance/ai4i2020.csv", 10_000, ["UDI", "Product ID"], "torque_nm > 60 and type = 'L'", 145),
        ("defect_detection/steel_plates_faults.csv", 1_941, ["X_Minimum"], "fault = 'Pastry'", 158),
        ("calibration_insights/air_quality_uci.csv", 9_357, ["Date", "Time"], "date >= '2005-01-01'", 2_247),
        ("document_extraction/sroie_receipts.jsonl", 626, ["id", "text", "key"], "contains(text, 'TOTAL')", 621),
    ],
)
def test_real_files(
    catalog: LocalCatalog,
    store: Store,
    name: str,
    total: int,
    names: list[str],
    filter_text: str,
    reached: int,
) -> None:
    address = offer(store, real_data(name))
    page = catalog.page(address, RowQuery(limit=3))
    assert page.total == total
    assert [column.name for column in page.columns][: len(names)] == names
    assert [item.ref for item in page.items] == ["1", "2", "3"]
    assert catalog.page(address, RowQuery(filter=filter_text, limit=0)).total == reached
    drawn = refs(catalog, address, sampling=Sampling.RANDOM, sample_size=20)
    assert len(drawn) == 20
    assert drawn == refs(LocalCatalog(store), address, sampling=Sampling.RANDOM, sample_size=20)
    json.dumps([item.fields for item in catalog.items(address, RowQuery())], allow_nan=False)
