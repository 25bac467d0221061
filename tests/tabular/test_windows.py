"""Windows of streams, and text whose values are separated by blanks; both as the local catalog gives them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.records.data import DataTable, RowQuery, Sampling, TableAddress, WindowLabel, Windows
from ontos_tui.platforms.local.catalog import LocalCatalog
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.tabular.source import inspect_file
from ontos_tui.tabular.window_fields import MOST_POINTS, compact
from real_data import real_data
from tiers import deep, examples

Put = Callable[..., TableAddress]
NUMBERS = count()


@pytest.fixture
def catalog(store: Store) -> LocalCatalog:
    return LocalCatalog(store)


@pytest.fixture
def put(store: Store, tmp_path: Path) -> Put:
    """Write a file and offer it."""

    def made(content: str, suffix: str = ".csv", names: Sequence[str] = ()) -> TableAddress:
        path = tmp_path / f"t{next(NUMBERS)}{suffix}"
        path.write_text(content, encoding="utf-8")
        record = DataTable(
            address=f"local.files.{path.stem}",
            path=str(path),
            format=inspect_file(path, names).format,
            bytes=path.stat().st_size,
            column_names=list(names),
        )
        with store.write() as connection:
            rows.add(connection, record)
        return TableAddress.parse(record.address)

    return made


TWO = Windows(2, 2, "unit", "time")
STREAM = (
    "unit,time,heat,kind,fault\nB,2,5,x,0\nA,1,1,x,0\nA,2,3,y,1\nB,1,4,x,0\nA,3,,y,0\nA,4,8,z,0\nB,3,6,x,1\nA,5,9,z,0\n"
)


def test_windows_are_the_rows_of_a_group_in_order(catalog: LocalCatalog, put: Put) -> None:
    page = catalog.page(put(STREAM), RowQuery(windows=TWO))
    assert [item.ref for item in page.items] == ["A@1", "A@3", "B@1"]
    assert page.total == 3
    first, second, third = (item.fields for item in page.items)
    assert (first["unit"], first["window_start"], first["window_end"], first["kind"]) == ("A", "1", "2", "y")
    assert (first["heat_mean"], first["heat_min"], first["heat_max"]) == (2.0, 1.0, 3.0)
    assert (first["heat_slope"], first["heat_last"], first["heat_series"]) == (2.0, 3.0, [1.0, 3.0])
    assert first["heat_std"] == pytest.approx(math.sqrt(2), rel=1e-5)
    assert (second["heat_mean"], second["heat_std"], second["heat_series"]) == (8.0, None, [None, 8.0])
    assert second["heat_slope"] is None, "one known value has none, and no NaN that JSON knows no word for"
    assert third["heat_series"] == [4.0, 5.0], "the order is the time, not the file's"
    assert [column.name for column in page.columns] == list(first)


def test_windows_may_overlap_and_a_short_stream_is_told(catalog: LocalCatalog, put: Put) -> None:
    page = catalog.page(put(STREAM), RowQuery(windows=replace(TWO, size=4, step=1)))
    assert [item.ref for item in page.items] == ["A@1", "A@2"]
    assert page.notes == ("1 streams are shorter than a window and are left out.",)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (WindowLabel.LAST, [1, 0, 0]),
        (WindowLabel.MAX, [1, 0, 0]),
        (WindowLabel.MEAN, [0.5, 0.0, 0.0]),
        (WindowLabel.MOST, [None, 0, 0]),
    ],
)
def test_a_label_is_one_value_of_a_window(
    catalog: LocalCatalog, put: Put, how: WindowLabel, expected: list[float | None]
) -> None:
    page = catalog.page(put(STREAM), RowQuery(windows=replace(TWO, labels=(("fault", how),))))
    assert "fault_mean" not in page.items[0].fields
    found = [item.fields["fault"] for item in page.items]
    assert all(one in (0, 1) if wanted is None else one == wanted for one, wanted in zip(found, expected, strict=True))


def test_without_group_and_order_the_file_is_one_stream(catalog: LocalCatalog, put: Put) -> None:
    page = catalog.page(put("v\n" + "\n".join(map(str, range(7)))), RowQuery(windows=Windows(3, 3)))
    assert [(item.ref, item.fields["v_series"]) for item in page.items] == [("1", [0, 1, 2]), ("4", [3, 4, 5])]


def test_a_filter_is_of_rows_and_a_sample_of_windows(catalog: LocalCatalog, put: Put) -> None:
    address = put(STREAM)
    hot = catalog.page(address, RowQuery(filter="heat >= 3", windows=TWO))
    assert [item.ref for item in hot.items] == ["A@2", "B@1"]
    assert hot.total == 2
    query = RowQuery(windows=TWO, sampling=Sampling.RANDOM, sample_size=2)
    drawn = [item.ref for item in catalog.items(address, query)]
    assert len(drawn) == catalog.page(address, query).total == 2
    assert drawn == sorted(drawn)
    by_unit = replace(query, sampling=Sampling.STRATIFIED, sample_by="unit")
    assert {item.fields["unit"] for item in catalog.items(address, by_unit)} == {"A", "B"}


def test_columns_choose_sensors_or_single_figures(catalog: LocalCatalog, put: Put) -> None:
    address = put(STREAM)
    one = catalog.page(address, RowQuery(windows=TWO, columns=("kind",)))
    assert list(one.items[0].fields) == ["unit", "window_start", "window_end", "kind"]
    other = catalog.page(address, RowQuery(windows=TWO, columns=("heat_max", "unit")))
    assert list(other.items[0].fields) == ["unit", "window_start", "window_end", "heat_max"]
    with pytest.raises(InvalidInputError, match="no column"):
        catalog.page(address, RowQuery(windows=TWO, columns=("cold",)))


def test_names_that_are_ours_or_hostile_do_no_harm(catalog: LocalCatalog, put: Put) -> None:
    header = ["window_start", "row_number", "row_place", "n", 'a"b', "window_field_0", "v_mean", "v", "s", "stream"]
    names = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in header)
    address = put(f"{names}\n" + "1,2,3,4,5,6,text,8,9,0\n" * 4)
    page = catalog.page(address, RowQuery(windows=Windows(2, 1)))
    assert page.total == len(page.items) == 3
    fields = page.items[0].fields
    assert len(fields) == 2 + 7 * (len(header) - 1) + 1
    assert fields['a"b_mean'] == 5
    assert (fields["v_mean"], fields["v_mean_"]) == ("text", 8)


def test_rows_without_a_group_are_refused(catalog: LocalCatalog, put: Put) -> None:
    address = put("unit,time,v\nA,1,1\nA,2,1\n,1,1\n,2,1\n")
    with pytest.raises(InvalidInputError, match="have no value"):
        list(catalog.items(address, RowQuery(windows=TWO)))
    with pytest.raises(InvalidInputError, match="without a value"):
        catalog.page(address, RowQuery(windows=TWO, limit=5))


def test_huge_numbers_count_as_missing(catalog: LocalCatalog, put: Put) -> None:
    page = catalog.page(put("v\n1e300\n-1e308\n2\ninf\n"), RowQuery(windows=Windows(4, 4)))
    fields = page.items[0].fields
    assert (fields["v_mean"], fields["v_max"], fields["v_series"]) == (2.0, 2.0, [None, None, 2.0, None])


streams = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C ü", "D'"]),
        st.integers(0, 50),
        st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))),
    ),
    max_size=60,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=examples(6, 150))
@given(stream=streams, size=st.integers(2, 6), step=st.integers(1, 8))
def test_windows_are_what_counting_by_hand_gives(
    catalog: LocalCatalog, put: Put, stream: list[tuple[str, int, float | None]], size: int, step: int
) -> None:
    lines = [f'"{unit}",{at},{"" if value is None else value}' for unit, at, value in stream]
    address = put("unit,time,v\n" + "\n".join(lines) + "\n")
    expected: dict[str, list[float | None]] = {}
    for unit in sorted({unit for unit, _, _ in stream}):
        mine = sorted((at, value) for one, at, value in stream if one == unit)
        for start in range(0, len(mine) - size + 1, step):
            expected[f"{unit}@{mine[start][0]}"] = [value for _, value in mine[start : start + size]]
    query = RowQuery(windows=Windows(size, step, "unit", "time"))
    found = list(catalog.items(address, query))
    assert [item.ref for item in found] == list(expected)
    assert catalog.page(address, replace(query, limit=0)).total == len(expected)
    for offset in range(0, len(found) + 1, 3):
        page = catalog.page(address, replace(query, limit=3, offset=offset))
        assert [item.ref for item in page.items] == list(expected)[offset : offset + 3]
    for item in found:
        values = [value for value in expected[item.ref] if value is not None]
        if any(value is not None for _, _, value in stream):
            assert item.fields["v_series"] == pytest.approx(expected[item.ref], rel=1e-3)
            if values:
                assert item.fields["v_mean"] == pytest.approx(statistics.fmean(values), rel=1e-4, abs=1e-6)
                assert (item.fields["v_min"], item.fields["v_max"]) == pytest.approx(
                    (min(values), max(values)), rel=1e-5
                )
            else:
                assert item.fields["v_mean"] is None


@given(values=st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=900))
def test_a_long_series_keeps_its_extremes(values: list[float | None]) -> None:
    kept = compact(values)
    assert len(kept) <= MOST_POINTS
    known = [value for value in values if value is not None]
    if known:
        mean = statistics.fmean(known)
        furthest = max(abs(value - mean) for value in known)
        assert max(abs(value - mean) for value in kept if value is not None) == pytest.approx(
            furthest, abs=1e-3 * max(map(abs, known))
        )


# Values between blanks -----------------------------------------------------------------------------------------------


def test_values_between_blanks_are_columns(catalog: LocalCatalog, put: Put) -> None:
    page = catalog.page(put(" 1  2.5 ab\n\n10\t-3e2  c \n", ".txt"), RowQuery())
    assert [(column.name, column.type) for column in page.columns] == [
        ("c1", "BIGINT"), ("c2", "DOUBLE"), ("c3", "VARCHAR"),
    ]  # fmt: skip
    assert page.total == 2, "the first line holds values"
    bare = catalog.page(put("1  2.5 \n10\t-3e2\n", ".dat"), RowQuery())
    assert [item.fields for item in bare.items] == [{"c1": 1, "c2": 2.5}, {"c1": 10, "c2": -300.0}]
    assert bare.notes == (
        "The first line holds values, so the file names no columns; they are called c1, c2 and so on.",
    )
    named = catalog.page(put("1 2\n3 4\n", ".txt", ["unit", "heat"]), RowQuery(filter="heat > 2"))
    assert [item.fields for item in named.items] == [{"unit": 3, "heat": 4}]
    headed = catalog.page(put("unit heat heat\n1 2 3\n", ".txt"), RowQuery())
    assert [item.fields for item in headed.items] == [{"unit": 1, "heat": 2, "heat_2": 3}]


def test_text_with_other_separators_is_read_as_csv(catalog: LocalCatalog, put: Put) -> None:
    assert catalog.page(put("a;b\n1;2\n", ".txt"), RowQuery()).items[0].fields == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "names", "reason"),
    [("1 2\n" * 90 + "1 2 3\n", [], "line 91: 3 values"), ("1 2\n3 4\n", ["unit"], "1 names are given")],
)
def test_values_between_blanks_that_do_not_fit_are_refused(
    put: Put, content: str, names: list[str], reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        put(content, ".txt", names)


def test_names_are_refused_where_the_file_has_them(put: Put) -> None:
    with pytest.raises(InvalidInputError, match="names its columns itself"):
        put("a,b\n1,2\n", ".csv", ["x", "y"])


def test_a_file_that_became_something_else_says_so(catalog: LocalCatalog, store: Store, put: Put) -> None:
    address = put("1 2\n3 4\n", ".txt", ["a", "b"])
    with store.read() as connection:
        path = Path(rows.get(connection, DataTable, str(address)).path)
    path.write_text("1 2 3\n4 5 6\n")
    with pytest.raises(PlatformError, match="2 names are given"):
        catalog.columns(address)


@deep
def test_turbofans_are_read_and_cut_into_windows(catalog: LocalCatalog, store: Store) -> None:
    path = real_data("remaining_useful_life/cmapss_train_FD001.txt")
    names = ["unit", "cycle", *(f"setting{n}" for n in (1, 2, 3)), *(f"s{n}" for n in range(1, 22))]
    record = DataTable(
        address="local.files.cmapss",
        path=str(path),
        format=inspect_file(path, names).format,
        bytes=1,
        column_names=names,
    )
    with store.write() as connection:
        rows.add(connection, record)
    address = TableAddress.parse(record.address)
    assert catalog.page(address, RowQuery(limit=1)).total == 20_631
    page = catalog.page(address, RowQuery(windows=Windows(30, 10, "unit", "cycle"), limit=2))
    assert page.total == sum(1 for _ in catalog.items(address, RowQuery(windows=Windows(30, 10, "unit", "cycle"))))
    fields: dict[str, Any] = page.items[0].fields
    assert (page.items[0].ref, fields["unit"], len(fields["s2_series"])) == ("1@1", 1, 30)
