"""Records in and out: nothing is lost, nothing is guessed, nothing half done stays."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from builders.records import odd_record
from ontos_tui.domain.errors import ConflictError, NotFoundError
from ontos_tui.domain.records.base import Record, new_id
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import Event, PairStatus, QAPair
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.domain.records.training import Job
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.engine import Store


def sheet(name: str = "S", **fields: Any) -> Sheet:
    return Sheet(name=name, source_table="local.files.x", **fields)


def event(**fields: Any) -> Event:
    return Event(**{"id": new_id(), "entity_type": "t", "entity_id": "e", "action": "a", "actor": "ana", **fields})


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.TABLE)
@pytest.mark.parametrize("minimal", [False, True], ids=["full", "minimal"])
def test_every_record_comes_back_as_it_went_in(store: Store, record: type[Record], minimal: bool) -> None:
    created = [odd_record(record, n, minimal=minimal) for n in range(1, 4)]
    with store.write() as connection:
        rows.add(connection, created[0])
        assert rows.add_many(connection, created[1:]) == 2
    with store.read() as connection:
        result = {item.key(): item for item in rows.find(connection, record)}
        assert result == {item.key(): item for item in created}
        assert rows.get(connection, record, created[0].key()) == created[0]
        assert rows.count(connection, record) == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
# Text fields hold what UTF-8 can; structures hold lone surrogates too, since JSON escapes them.
ANY_TEXT = st.text(st.characters(codec="utf-8"))
# A high surrogate before a low one is not lone: JSON reads the two as the one character that they are in UTF-16.
ODD = (st.text(st.sampled_from("\0\ud800\udfff🔬\u202e\x1b'\"\\%a")) | st.text()).filter(
    lambda text: not re.search("[\ud800-\udbff][\udc00-\udfff]", text)
)


@given(
    data=st.dictionaries(ODD, JSON | ODD, max_size=5),
    note=ANY_TEXT,
    at=st.datetimes(
        datetime(1, 1, 2),
        datetime(9999, 12, 30),
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=14))]),
    ),
    number=st.floats(0, 1),
)
def test_any_value_survives(store: Store, data: dict[str, Any], note: str, at: datetime, number: float) -> None:
    created = QAPair(
        training_sheet_id=new_id(),
        sheet_id="s",
        item_ref=note,
        sequence_number=1,
        source_data=data,
        answer=data,
        notes=note,
        confidence=number,
        reviewed_at=at,
        allowed_uses=[note],
    )
    with store.write() as connection:
        rows.add(connection, created)
    with store.read() as connection:
        assert rows.get(connection, QAPair, created.id) == created


def test_a_lone_surrogate_in_a_text_field_is_refused_where_it_is_made() -> None:
    with pytest.raises(ValidationError):
        sheet("\ud800")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.TABLE)
def test_bulk_rows_are_the_same_rows(store: Store, record: type[Record]) -> None:
    created = odd_record(record, 1)
    maker = RowMaker(created)
    with store.write() as connection:
        maker.insert(connection, [maker.row()])
    with store.read() as connection:
        assert rows.find(connection, record) == [created]


def test_times_are_kept_in_utc_and_in_their_order(store: Store) -> None:
    moments = [
        datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2025, 12, 31, 19, 0, 0, 1, tzinfo=timezone(timedelta(hours=-5))),
    ]
    with store.write() as connection:
        for moment in reversed(moments):
            rows.add(connection, event(at=moment))
    with store.read() as connection:
        result = rows.find(connection, Event, order_by=["at"])
    assert [item.at for item in result] == moments
    assert all(item.at.utcoffset() == timedelta(0) for item in result)


def test_what_is_taken_is_a_conflict_and_keeps_nothing(store: Store) -> None:
    pair = odd_record(QAPair, 1)
    with store.write() as connection:
        rows.add(connection, pair)
    for twin in (pair, pair.model_copy(update={"id": new_id()})):
        with pytest.raises(ConflictError, match="exists already") as caught, store.write() as connection:
            rows.add(connection, sheet())
            rows.add(connection, twin)
        assert caught.value.todo
    with store.read() as connection:
        assert (rows.count(connection, QAPair), rows.count(connection, Sheet)) == (1, 0)


def test_nothing_of_a_broken_transaction_stays(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        rows.add(connection, sheet())
        rows.log(connection, sheet(), "create", "ana")
        _ = 1 / 0
    with store.read() as connection:
        assert (rows.count(connection, Sheet), rows.count(connection, Event)) == (0, 0)


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.write() as connection:
        rows.add(connection, sheet("first"))
    with store.read() as reader:
        assert rows.count(reader, Sheet) == 1
        with store.write() as connection:
            rows.add(connection, sheet("second"))
        assert rows.count(reader, Sheet) == 1
    with store.read() as reader:
        assert rows.count(reader, Sheet) == 2


def test_change_writes_the_named_columns_and_the_time(store: Store) -> None:
    created = sheet()
    with store.write() as connection:
        rows.add(connection, created)
        changed = rows.change(connection, created, name="New", columns=["a"])
    with store.read() as connection:
        assert rows.get(connection, Sheet, created.id) == changed
    assert (changed.name, changed.columns, changed.created_at) == ("New", ["a"], created.created_at)
    assert changed.updated_at > created.updated_at
    with pytest.raises(ValidationError), store.write() as connection:
        rows.change(connection, created, name="")
    with pytest.raises(NotFoundError), store.write() as connection:
        rows.change(connection, sheet("never added"), name="x")


def test_resolve_takes_a_key_a_name_or_the_beginning_of_a_key(store: Store) -> None:
    created = [
        sheet("one", id="aaaa1111"),
        sheet("two", id="aaaa2222"),
        sheet("two", id="bbbb3333"),
        sheet("aaaa", id="c"),
    ]
    with store.write() as connection:
        rows.add_many(connection, created)
    with store.read() as connection:
        assert rows.resolve(connection, Sheet, "aaaa1111") == created[0]
        assert rows.resolve(connection, Sheet, "one") == created[0]
        assert rows.resolve(connection, Sheet, "bbbb") == created[2]
        assert rows.resolve(connection, Sheet, "aaaa") == created[3], "a name comes before the beginning of a key"
        with pytest.raises(ConflictError, match="several sheets"):
            rows.resolve(connection, Sheet, "two")
        with pytest.raises(ConflictError, match="several sheets"):
            rows.resolve(connection, Sheet, "aaaa", where("name <> ?", "aaaa"))
        for nothing in ("bbb", "%", "____", "", "aaaa%", "missing"):
            with pytest.raises(NotFoundError):
                rows.resolve(connection, Sheet, nothing)
        with pytest.raises(NotFoundError):
            rows.resolve(connection, Sheet, "one", equal(name="two"))


def test_find_pages_and_orders(store: Store) -> None:
    with store.write() as connection:
        rows.add_many(connection, (sheet(f"{n:02}") for n in range(30)))
    order = ["name"]
    with store.read() as connection:
        names = [item.name for item in rows.find(connection, Sheet, order_by=order, limit=3, offset=10)]
        rest = rows.find(connection, Sheet, order_by=order, offset=28)
        assert rows.find_one(connection, Sheet, equal(name="x")) is None
    assert names == ["10", "11", "12"]
    assert [item.name for item in rest] == ["28", "29"]


def test_the_log_says_who_when_before_and_after(store: Store) -> None:
    created = odd_record(Job, 1)
    with store.write() as connection:
        logged = rows.log(
            connection,
            created,
            "edit",
            "ana",
            before={"status": PairStatus.FLAGGED, "at": datetime(2026, 1, 1, tzinfo=UTC)},
            after={"x": "\ud800"},
            scope_id="s",
            reason="why",
            batch_id="b",
            undoes="u",
        )
    with store.read() as connection:
        (result,) = rows.find(connection, Event)
    assert (result.entity_type, result.entity_id, result.actor, result.action) == ("jobs", created.id, "ana", "edit")
    assert (result.scope_id, result.reason, result.batch_id, result.undoes) == ("s", "why", "b", "u")
    assert result.before is not None
    assert result.before["status"] == "flagged"
    assert result.after == {"x": "\ud800"}
    assert result.at == logged.at
