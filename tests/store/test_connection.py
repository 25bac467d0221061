"""Connections and conditions: what is bound, what is read, what a part of a transaction leaves."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import StoreError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, all_of, among, any_of, contains, equal, starts_with, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store

IN_MEMORY = Path(":memory:")


@pytest.fixture(autouse=True)
def _quick_databases() -> None:
    """Databases are created and written as they are for users."""


def a_sheet(name: str, **fields: Any) -> Sheet:
    return Sheet(name=name, source_table="local.files.x", **fields)


# Values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (datetime(999, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "0999-01-02T03:04:05.000006Z"),
        (datetime.fromisoformat("2026-02-28T12:00:00+05:30"), "2026-02-28T06:30:00.000000Z"),
        (date(2026, 2, 28), "2026-02-28"),
        (PairStatus.LABELED, "labeled"),
        (True, 1),
        ({"é": [None, 1.5]}, '{"é":[null,1.5]}'),
        (["a", "\ud800"], '["a","\\ud800"]'),
        ("a\0b", "a\0b"),
        (None, None),
    ],
)
def test_what_is_bound_is_kept_as_the_columns_keep_it(value: Any, stored: Any) -> None:
    connection = Connection.open(IN_MEMORY)
    assert connection.scalar("SELECT ?", (value,)) == stored
    assert connection.scalar("SELECT :value", {"value": value}) == stored
    connection.close()


def test_ways_to_read() -> None:
    connection = Connection.open(IN_MEMORY)
    connection.execute("CREATE TABLE t (n INTEGER, word TEXT)")
    assert connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, str(n)) for n in range(5))) == 5
    assert connection.rows("SELECT n, word FROM t WHERE n < 2 ORDER BY n") == [(0, "0"), (1, "1")]
    assert connection.one("SELECT n FROM t WHERE n = 9") is None
    assert connection.one("SELECT n, word FROM t WHERE n = ?", (3,)) == (3, "3")
    assert connection.scalar("SELECT n FROM t WHERE n = 9") is None
    assert connection.scalars("SELECT n FROM t ORDER BY n DESC") == [4, 3, 2, 1, 0]
    assert [len(some) for some in connection.blocks("SELECT n FROM t", size=2)] == [2, 2, 1]
    assert connection.execute("DELETE FROM t WHERE n > ?", (2,)).rowcount == 2
    connection.close()


# Conditions --------------------------------------------------------------------------------------------------------


def passing(condition: Condition, words: list[str | None]) -> list[str | None]:
    connection = Connection.open(IN_MEMORY)
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, word TEXT)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", enumerate(words))
    result = connection.scalars(f"SELECT word FROM t WHERE {condition.sql} ORDER BY n", condition.values)
    connection.close()
    return result


WORDS = ["a", "A%", "a_b", "ab", "b\\", None, "' OR 1 --"]


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        (equal(word="a"), ["a"]),
        (equal(word=None), [None]),
        (equal(word="a", n=0), ["a"]),
        (equal(), WORDS),
        (among("word", ["a", "ab", "' OR 1 --"]), ["a", "ab", "' OR 1 --"]),
        (among("t.word", []), []),
        (contains("word", "%"), ["A%"]),
        (contains("word", "_"), ["a_b"]),
        (contains("word", "\\"), ["b\\"]),
        (starts_with("word", "a"), ["a", "A%", "a_b", "ab"]),
        (all_of(), WORDS),
        (any_of(), []),
        (equal(word="a") | equal(word="ab") & equal(n=99), ["a"]),
        ((equal(word="a") | equal(word="ab")) & equal(n=3), ["ab"]),
        (~contains("word", "a"), ["b\\", "' OR 1 --"]),
        (~any_of(equal(word="a"), where("n > ?", 1)), ["A%"]),
    ],
)
def test_conditions(condition: Condition, result: list[str | None]) -> None:
    assert passing(condition, WORDS) == result


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), st.text("aA%_\\b", max_size=8))
def test_a_text_is_looked_for_to_the_letter(text: str, word: str) -> None:
    for needle, whole in ((text, f"{word}{text}{word}"), (word, text)):
        assert bool(passing(contains("word", needle), [whole])) == (folded(needle) in folded(whole))
        assert bool(passing(starts_with("word", needle), [whole])) == folded(whole).startswith(folded(needle))


def folded(text: str) -> str:
    """The text as SQLite compares it: only ASCII letters have no case."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


@pytest.mark.parametrize("name", ["1=1 OR name", "name;", "", "a b", "x."])
def test_what_is_no_column_is_refused(store: Store, name: str) -> None:
    with store.read() as connection:
        for make in (lambda: among(name, [1]), lambda: contains(name, "x"), lambda: equal(**{name: 1})):
            with pytest.raises(ValueError, match="no column"):
                make()
        for order in (name, f"{name} DESC", "name, id", "nothing", "name desc"):
            with pytest.raises(ValueError, match="no order"):
                rows.find(connection, Sheet, order_by=[order])


def test_an_order_and_a_window(store: Store) -> None:
    with store.write() as connection:
        rows.add_many(connection, [a_sheet("b"), a_sheet("a"), a_sheet("c")])
        result = rows.find(connection, Sheet, order_by=["name DESC"], limit=2)
        assert [sheet.name for sheet in result] == ["c", "b"]
        assert [sheet.name for sheet in rows.find(connection, Sheet, order_by=["rowid"], offset=1)] == ["a", "c"]


def test_rows_of_a_query_become_records(store: Store) -> None:
    created = a_sheet("x", tags=["evaluation_only"], item_count=5)
    with store.write() as connection:
        rows.add(connection, created)
        sql = f"SELECT {rows.names(Sheet, 's')} FROM sheets s JOIN sheets o ON o.id = s.id"
        assert list(rows.read(connection, Sheet, connection.execute(sql))) == [created]


# Transactions ------------------------------------------------------------------------------------------------------


def test_a_part_of_a_transaction_goes_and_the_rest_stays(store: Store) -> None:
    with store.write() as connection:
        rows.add(connection, a_sheet("before"))
        with pytest.raises(ZeroDivisionError), connection.savepoint():
            rows.add(connection, a_sheet("part"))
            with connection.savepoint():
                rows.add(connection, a_sheet("part of the part"))
            raise ZeroDivisionError
        with connection.savepoint():
            rows.add(connection, a_sheet("kept"))
        with connection.savepoint() as part:
            rows.add(connection, a_sheet("tried"))
            part.rollback()
    with store.read() as connection:
        assert {sheet.name for sheet in rows.find(connection, Sheet)} == {"before", "kept"}


def test_nothing_of_a_read_stays(store: Store) -> None:
    with store.read() as connection:
        connection.execute("CREATE TEMP TABLE scratch (n INTEGER)")
        rows.add(connection, a_sheet("written by mistake"))
    with store.read() as connection:
        assert rows.count(connection, Sheet) == 0
        assert connection.scalar("SELECT count(*) FROM sqlite_temp_master") == 0


def test_a_read_sees_one_moment_whatever_is_written_meanwhile(store: Store) -> None:
    with store.read() as early:
        assert rows.count(early, Sheet) == 0
        with store.write() as writer:
            rows.add(writer, a_sheet("new"))
            with store.read() as other:
                assert rows.count(other, Sheet) == 0
        assert rows.count(early, Sheet) == 0
    with store.read() as late:
        assert rows.count(late, Sheet) == 1


def test_a_failed_write_leaves_the_connection_fit_for_the_next(store: Store) -> None:
    for _ in range(20):
        with pytest.raises(StoreError, match="refused"), store.write() as connection:
            connection.execute("SELECT * FROM nothing")
    with store.write() as connection:
        rows.add(connection, a_sheet("fine"))


def test_many_threads_read_at_once(store: Store) -> None:
    with store.write() as connection:
        rows.add_many(connection, (a_sheet(f"{n}") for n in range(50)))
    together, counts = threading.Barrier(20), []

    def read() -> None:
        with store.read() as connection:
            together.wait(30)
            counts.append(rows.count(connection, Sheet))

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [50] * 20


def test_a_query_left_unfinished_does_not_hold_the_next_one_back(store: Store) -> None:
    with store.write() as connection:
        rows.add_many(connection, (a_sheet(f"{n}") for n in range(50)))
    with store.read() as connection:
        left = iter(connection.execute("SELECT name FROM sheets"))
        next(left)
    with store.write() as connection:
        rows.add(connection, a_sheet("after"))
    with store.read() as connection:
        assert rows.count(connection, Sheet) == 51
