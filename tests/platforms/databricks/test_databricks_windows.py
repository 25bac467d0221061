"""Windows over a team's table are those that the same rows in a file would give, computed in the warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.databricks.scene import Scene
from ontos_tui.domain.catalog import StreamSteps
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import DataTable, Page, RowQuery, Sampling, TableAddress, WindowLabel, Windows
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.platforms.databricks.select_sql import column_name
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.platforms.local.catalog import LocalCatalog
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.tabular.source import inspect_file
from tiers import examples

NUMBERS = count()
TWO = Windows(2, 2, "unit", "time")
SENSORS = {"unit": "STRING", "time": "BIGINT", "heat": "DOUBLE", "kind": "STRING", "fault": "BIGINT"}
STREAM: list[tuple[Any, ...]] = [
    *[("B", 2, 5.0, "x", 0), ("A", 1, 1.0, "x", 0), ("A", 2, 3.0, "y", 1), ("B", 1, 4.0, "x", 0)],
    *[("A", 3, None, "y", 0), ("A", 4, 8.0, "z", 0), ("B", 3, 6.0, "x", 1), ("A", 5, 9.0, "z", 0)],
]
Both = Callable[..., tuple[TableAddress, TableAddress]]


@pytest.fixture
def catalogs(store: Store, databricks: Team) -> Iterator[tuple[LocalCatalog, UnityCatalog]]:
    team = UnityCatalog(databricks)
    yield LocalCatalog(store), team
    team.close()


@pytest.fixture
def both(store: Store, scene: Scene, tmp_path: Path) -> Both:
    """The same rows as a file and as a table: their addresses."""

    def made(columns: dict[str, str], values: Sequence[Sequence[Any]]) -> tuple[TableAddress, TableAddress]:
        path = tmp_path / f"t{next(NUMBERS)}.jsonl"
        lines = (json.dumps(dict(zip(columns, row, strict=True))) for row in values)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        record = DataTable(
            address=f"local.files.{path.stem}",
            path=str(path),
            format=inspect_file(path).format,
            bytes=path.stat().st_size,
        )
        with store.write() as connection:
            rows.add(connection, record)
        table = f"team.plant.{path.stem}"
        message = ", ".join(f"{column_name(name)} {kind}" for name, kind in columns.items())
        scene.engine.run(f"CREATE TABLE {table} ({message}) USING DELTA")
        for row in values:
            scene.engine.direct(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", list(row))
        return TableAddress.parse(record.address), TableAddress.parse(table)

    return made


Catalogs = tuple[LocalCatalog, UnityCatalog]


def pages(catalogs: Catalogs, addresses: tuple[TableAddress, TableAddress], query: RowQuery) -> tuple[Page, Page]:
    here, there = (catalog.page(address, query) for catalog, address in zip(catalogs, addresses, strict=True))
    return here, there


def same(here: Page, there: Page) -> bool:
    """Names, fields, their order, the total and the notes; figures to six digits, which both are rounded to."""
    assert [item.ref for item in there.items] == [item.ref for item in here.items]
    assert [one.name for one in there.columns] == [one.name for one in here.columns]
    for a, b in zip(here.items, there.items, strict=True):
        assert list(a.fields) == list(b.fields)
        for name, value in a.fields.items():
            near = pytest.approx(value, rel=1e-5, abs=1e-9) if isinstance(value, float | list) else value
            assert b.fields[name] == near, (a.ref, name)
    return (there.total, there.notes) == (here.total, here.notes)


@pytest.mark.parametrize(
    "query",
    [
        RowQuery(windows=TWO),
        RowQuery(windows=replace(TWO, size=4, step=1)),
        RowQuery(windows=replace(TWO, size=2, step=3)),
        RowQuery(windows=replace(TWO, size=9)),
        RowQuery(windows=replace(TWO, group=None)),
        RowQuery(windows=TWO, filter="heat >= 3"),
        RowQuery(windows=replace(TWO, max_gap=1.5), filter="NOT (unit = 'A' AND time = 3)"),
        RowQuery(windows=replace(TWO, group=None, order="time", max_gap=0.5, step=1), filter="unit = 'A'"),
        RowQuery(windows=TWO, columns=("heat_max", "kind")),
        RowQuery(windows=replace(TWO, step=1), limit=2, offset=1),
        RowQuery(windows=replace(TWO, step=1), sampling=Sampling.RANDOM, sample_size=3),
        RowQuery(windows=replace(TWO, step=1), sampling=Sampling.STRATIFIED, sample_size=3, sample_by="unit"),
        RowQuery(windows=replace(TWO, step=1), sampling=Sampling.FIRST, sample_size=2),
        *(
            RowQuery(windows=replace(TWO, labels=(("fault", how),)))
            for how in WindowLabel
            if how.value not in ("most", "event")
        ),
    ],
    ids=lambda query: f"{query.windows.size}/{query.windows.step}",
)
def test_a_team_table_gives_the_windows_of_the_same_file(catalogs: Catalogs, both: Both, query: RowQuery) -> None:
    if query.windows is not None and query.windows.group is None and query.windows.max_gap is None:
        query = replace(query, windows=replace(query.windows, order="fault"), columns=("heat",))
        unique = [(*row[:4], place) for place, row in enumerate(STREAM)]
        assert same(*pages(catalogs, both(SENSORS, unique), query))
        return
    assert same(*pages(catalogs, both(SENSORS, STREAM), query))


def test_the_most_frequent_value_is_the_label(catalogs: Catalogs, both: Both) -> None:
    values = [("A", time, 1.0, "x", int(time % 3 == 0)) for time in range(3)]
    windows = Windows(3, 3, "unit", "time", (("fault", WindowLabel.MOST),))
    here, there = pages(catalogs, both(SENSORS, values), RowQuery(windows=windows))
    assert same(here, there)
    assert there.items[0].fields["fault"] == 0


def test_steps_of_a_team_table_are_those_of_the_same_file(catalogs: Catalogs, both: Both) -> None:
    addresses = both(SENSORS, [("A", time, 1.0, "x", 0) for time in (1, 2, 3, 50, 51)])
    query = RowQuery(windows=TWO, filter="heat = 1")
    here, there = (one.stream_steps(address, query) for one, address in zip(catalogs, addresses, strict=True))
    assert here == there == StreamSteps(1.0, 47.0, 1)
    assert catalogs[1].stream_steps(addresses[1], RowQuery()) is None


def test_short_streams_are_told_and_streamed_items_are_those_of_the_page(catalogs: Catalogs, both: Both) -> None:
    _, address = both(SENSORS, [*STREAM, ("C", 1, 1.0, "x", 0)])
    page = catalogs[1].page(address, RowQuery(windows=TWO))
    assert page.notes == ("1 streams are shorter than a window and are left out.",)
    assert list(catalogs[1].items(address, RowQuery(windows=TWO))) == list(page.items)
    result = catalogs[1].identities(address, RowQuery(windows=TWO))
    assert (result.items, result.named, result.distinct) == (3, 3, 3)


def test_times_name_windows_in_iso_form(catalogs: Catalogs, scene: Scene) -> None:
    scene.engine.run("CREATE TABLE team.plant.timed (at TIMESTAMP, v DOUBLE) USING DELTA")
    for minute in range(4):
        scene.engine.run(f"INSERT INTO team.plant.timed VALUES (TIMESTAMP '2026-01-02 10:0{minute}:00', {minute})")
    windows = Windows(2, 2, None, "at")
    page = catalogs[1].page(TableAddress.parse("team.plant.timed"), RowQuery(windows=windows))
    assert [item.ref for item in page.items] == ["2026-01-02T10:00:00", "2026-01-02T10:02:00"]
    assert page.items[1].fields["v_series"] == [2.0, 3.0]


def test_rows_equal_in_the_order_come_in_the_same_order_every_time(catalogs: Catalogs, both: Both) -> None:
    values = [("A", 1, float(heat), "x", 0) for heat in (5, 3, 9, 1)]
    _, address = both(SENSORS, values)
    page = catalogs[1].page(address, RowQuery(windows=Windows(4, 4, "unit", "time")))
    assert page.items[0].fields["heat_series"] == [1.0, 3.0, 5.0, 9.0]


def test_a_table_has_no_order_of_its_own(catalogs: Catalogs, both: Both) -> None:
    _, address = both(SENSORS, STREAM)
    with pytest.raises(InvalidInputError, match="has no order") as caught:
        catalogs[1].page(address, RowQuery(windows=replace(TWO, order=None)))
    assert "column that orders" in caught.value.todo


def test_rows_without_a_group_are_refused(catalogs: Catalogs, both: Both) -> None:
    _, address = both(SENSORS, [*STREAM, (None, 1, 1.0, "x", 0), (None, 2, 1.0, "x", 0)])
    with pytest.raises(InvalidInputError, match="no value in 'unit' or 'time'"):
        catalogs[1].page(address, RowQuery(windows=TWO))


def test_names_that_are_ours_or_hostile_do_no_harm(catalogs: Catalogs, both: Both) -> None:
    names = ["t", "window_start", "ontos_place", "ontos_ref", "ontos_stream", "p", "v", "v_mean", "a`b", "x'; --", "n"]
    columns = {name: "STRING" if name == "v_mean" else "BIGINT" for name in names}
    values = [
        tuple("text" if name == "v_mean" else row + place for place, name in enumerate(names)) for row in range(4)
    ]
    assert same(*pages(catalogs, both(columns, values), RowQuery(windows=Windows(2, 1, None, "t"))))


numbers = st.none() | st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1e200])
streams = st.lists(
    st.tuples(st.sampled_from("ABC"), numbers, st.none() | st.sampled_from("xyz")), min_size=1, max_size=25
)


@given(streams, st.integers(2, 5), st.integers(1, 6))
@settings(max_examples=examples(4, 100))
def test_any_stream_gives_the_same_windows(
    catalogs: Catalogs, both: Both, values: list[tuple[str, float | None, str | None]], size: int, step: int
) -> None:
    columns = {"unit": "STRING", "t": "BIGINT", "heat": "DOUBLE", "kind": "STRING"}
    rows = [(unit, turn, heat, kind) for turn, (unit, heat, kind) in enumerate(values)]
    rows.append(("A", len(rows), 0.5, "x"))  # so that the file tells its columns' types
    assert same(*pages(catalogs, both(columns, rows), RowQuery(windows=Windows(size, step, "unit", "t"))))
