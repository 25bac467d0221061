"""Counting over tables: the sample is the same every time, duplicates are exact, and a query can be ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ontos_tui.domain.records.data import FileFormat
from ontos_tui.tabular.quality import duplicates, table_rows
from ontos_tui.tabular.quality.duplicates import find_duplicates, repeats_table
from ontos_tui.tabular.quality.profile import profile, scan
from ontos_tui.tabular.quality.table_rows import Cancelled, TableRows
from ontos_tui.tabular.source import Source, open_source

SQL = """
SELECT i AS id, i % 20 AS machine, CASE WHEN i % 3 = 0 THEN NULL ELSE i * 0.5 END AS v, 'n' || (i % 500) AS note,
CASE WHEN i % 100 = 0 THEN 'nan'::DOUBLE WHEN i % 100 = 1 THEN 'inf'::DOUBLE ELSE i % 9 END AS odd
FROM range(6000) r(i)
"""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "rows.parquet"
    duckdb.sql(f"COPY ({SQL}) TO '{path}' (FORMAT parquet)")
    opened = open_source(path, FileFormat.PARQUET, tmp_path / "spill")
    yield opened
    opened.connection.close()


def test_a_profile_counts_all_rows_and_its_sample_stays_the_same(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_rows, "SAMPLE_ROWS", 1_000)
    first, second = scan(TableRows.of(source)), scan(TableRows.of(source))
    rows, numbers = first.sample.values(2_000)
    assert numbers == second.sample.values(2_000)[1] and 900 < len(rows) <= 1_000
    assert {row["machine"] for row in rows} == set(range(20)), "a sample of every n-th row would miss machines"
    by_name = {one.name: one for one in profile(TableRows.of(source))}
    assert (by_name["machine"].low, by_name["machine"].high) == ("0", "19")
    assert sum(by_name["v"].histogram) == 4_000 and by_name["odd"].high == "8"
    assert by_name["note"].common["n1"] == 12
    assert first.counts.present["machine"][0]["v"] == 200


def test_duplicates_are_counted_exactly_in_one_part_or_many(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    table = TableRows.of(source)
    assert find_duplicates(table, ["id", "note"], 6_000, 10).repeats == 0
    once = find_duplicates(table, ["note"], 6_000, 13)
    monkeypatch.setattr(duplicates, "AT_ONCE", 1_000)
    assert find_duplicates(table, ["note"], 6_000, 13) == once
    assert (once.repeats, once.numbers[:3], once.numbers[12]) == (5_500, (1, 501, 1_001), 2)
    sql = repeats_table(source.connection, source.relation, ["machine"], source.rows, "id > 5970")
    assert sorted(number for (number,) in source.connection.execute(sql).fetchall()) == list(range(5_992, 6_001))


def test_what_is_cancelled_ends(source: Source) -> None:
    table = TableRows.of(source)
    table.cancel()
    with pytest.raises(Cancelled):
        scan(table)
