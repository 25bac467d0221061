"""The fields of pairs come back as they went in, however they are stored, and their names are written once."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders.released import opened, restore
from builders.severity import unlabeled_sheet
from ontos_tui.domain.errors import StoreError
from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.rules.governance import ALL_USES
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.store import field_lists, migrations, rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.field_lists import FieldLists
from ontos_tui.store.queries.improve.segments import pairs_in_segment
from ontos_tui.store.queries.interchange.outgoing_pairs import field_names
from ontos_tui.store.queries.label.labeling_queue import Place, QueueFilter, QueueSort, numbers
from ontos_tui.store.queries.training.pairs import first_rows
from ontos_tui.store.sharing.digest import digest
from ontos_tui.store.values import USUAL_USES, to_json
from tiers import examples

TEXT = st.text(st.characters(codec="utf-8")) | st.sampled_from(["", "[", '"', "\\", ",", "a:b", "\0", "\ud800", "ä"])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(TEXT, VALUE, max_size=6) | st.dictionaries(st.sampled_from("abc"), VALUE)
VERSION_BEFORE = 13


def pair(sheet: TrainingSheet, number: int, fields: dict[str, Any]) -> QAPair:
    of_sheet = {"training_sheet_id": sheet.id, "sheet_id": sheet.sheet_id}
    return QAPair(**of_sheet, item_ref=f"odd-{number}", sequence_number=100 + number, source_data=fields)


def exactly(fields: dict[str, Any]) -> str:
    """The fields as a text that tells their order, 1 from 1.0 and from true, and missing from null."""
    return repr(fields)


def stored(connection: Connection) -> list[str]:
    return connection.scalars("SELECT source_data FROM qa_pairs ORDER BY sequence_number")


def lists(connection: Connection) -> list[list[str]]:
    return [json.loads(text) for text in connection.scalars("SELECT names FROM field_lists ORDER BY id")]


@given(st.lists(FIELDS, min_size=1, max_size=8))
@example([{}, {"a": None}, {"b": None, "a": ""}, {"a": "", "b": None}, {"": 0, "\ud800": [[]]}])
def test_any_fields_come_back(every: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder) / "ontos.db")) as store:
        sheet = unlabeled_sheet(store, 0)
        item = TaskItem(task_id="t", job_id="j", sheet_id="s", item_ref="i", sequence_number=1, source_data=every[0])
        with store.write() as connection:
            rows.add(connection, pair(sheet, 0, every[0]))
            rows.add(connection, item)
            rows.add_many(connection, [pair(sheet, number, one) for number, one in enumerate(every[1:], 1)])
        with store.read() as connection:
            pairs = rows.find(connection, QAPair, order_by=("sequence_number",))
            assert [exactly(one.source_data) for one in pairs] == [exactly(one) for one in every]
            assert [exactly(one) for one in first_rows(connection, sheet.id, 9)] == [exactly(one) for one in every]
            assert [one.source_data for one in rows.find(connection, TaskItem)] == every[:1]
            names = {tuple(one) for one in every if one}
            assert sorted(map(tuple, lists(connection))) == sorted(names)
            assert set(field_names(connection, sheet.id)) == {name for one in every for name in one}


@settings(max_examples=examples(4, 40))
@given(st.lists(FIELDS, min_size=1, max_size=8))
@example([{}, {"a": None}, {"b": [], "a": ""}, {"a": "", "b": {"c": None}}, {"": 0, "\ud800": 1e300}])
@example([{"ä": "\ud800"}, {"ä": "ä"}])
def test_any_fields_come_back_after_the_migration(every: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ontos.db"
        restore(path, VERSION_BEFORE)
        with opened(path) as database:
            for table in ("qa_pairs", "labeling_items"):
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                like = dict(zip(names, database.execute(f"SELECT * FROM {table}").fetchone(), strict=True))
                for number, fields in enumerate(every):
                    uses = to_json(list(ALL_USES)) if number % 2 else '["testing"]'
                    own = {"id": f"{number:032x}", "item_ref": f"odd-{number}", "sequence_number": 100 + number}
                    row = like | own | {"source_data": to_json(fields), "allowed_uses": uses}
                    marks = ", ".join("?" * len(row))
                    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
            database.commit()
            texts = database.execute("SELECT source_data FROM qa_pairs ORDER BY sequence_number").fetchall()
        before = Connection.open(path)
        sums = digest(before)
        before.close()
        with closing(Store(path)) as store, store.read() as connection:
            assert [(connection.fields.as_object(one),) for one in stored(connection)] == texts
            assert digest(connection) == sums, "a team's members see the same rows"
            for record in (QAPair, TaskItem):
                migrated = [one for one in rows.find(connection, record) if one.item_ref.startswith("odd-")]
                migrated.sort(key=lambda one: one.sequence_number)
                assert [exactly(one.source_data) for one in migrated] == [exactly(one) for one in every]
                assert [one.allowed_uses for one in migrated] == [
                    list(ALL_USES) if number % 2 else ["testing"] for number in range(len(every))
                ]
            # Beside half a character all others are written as escapes; such a name would come back in another way.
            assert not [one for one in stored(connection) if one.startswith('{"') and "\\u" not in one]


@given(st.text(st.sampled_from('{}[]",:\\ a1\n.')) | FIELDS.map(to_json) | FIELDS.map(json.dumps))
@example('{"a":1,"a":2}')
@example('{"a":[1, 2],"b":NaN}')
@example('{"a":1}}')
@example('{"\\u0061":1}')
def test_every_object_of_a_team_s_log_comes_back_letter_by_letter(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.execute("CREATE TABLE field_lists (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE)")
        fields = FieldLists(raw)
        given_text = text if text.startswith("{") else "{" + text
        assert fields.as_object(fields.from_object(given_text)) == given_text


def test_names_are_written_once_and_each_order_is_a_list(store: Store) -> None:
    sheet = unlabeled_sheet(store, 3)
    with store.write() as connection:
        rows.add_many(connection, [pair(sheet, 1, {"note": "x", "torque": 1}), pair(sheet, 2, {})])
        assert lists(connection) == [["torque", "note"], ["note", "torque"]]
        assert stored(connection)[0] == '[1,41,"shift 1"]'
        assert stored(connection)[3:] == ['[2,"x",1]', "{}"]


def test_too_many_lists_are_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_lists, "MOST", 1)
    sheet = unlabeled_sheet(store, 2)
    with store.write() as connection:
        rows.add(connection, pair(sheet, 1, {"torque": 1.5, "odd": "ones"}))
        assert stored(connection)[2] == '{"torque":1.5,"odd":"ones"}'
        assert field_names(connection, sheet.id) == ["torque", "note", "odd"]
        assert [len(one) for one in first_rows(connection, sheet.id, 3)] == [2, 2, 2]


def test_what_is_rolled_back_is_forgotten(store: Store, home: Path) -> None:
    """Else the number that another process gives to other names would be taken for the ones that are gone."""
    sheet = unlabeled_sheet(store, 0)
    with closing(Store(home / "ontos.db")) as other:
        with pytest.raises(KeyError), store.write() as connection:
            rows.add(connection, pair(sheet, 1, {"gone": 1}))
            raise KeyError
        with other.write() as connection:
            rows.add(connection, pair(sheet, 2, {"theirs": 2}))
        with store.write() as connection:
            part = connection.savepoint()
            with pytest.raises(KeyError), part:
                rows.add(connection, pair(sheet, 3, {"gone": 3}))
                raise KeyError
            rows.add(connection, pair(sheet, 4, {"ours": 4}))
            rows.add(connection, pair(sheet, 5, {"gone": 5}))
        for one in (store, other):
            with one.read() as connection:
                pairs = rows.find(connection, QAPair, order_by=("sequence_number",))
                assert [one.source_data for one in pairs] == [{"theirs": 2}, {"ours": 4}, {"gone": 5}]
                assert lists(connection) == [["theirs"], ["ours"], ["gone"]]


def test_a_list_that_is_gone_is_damage(store: Store) -> None:
    unlabeled_sheet(store, 1)
    with store.write() as connection:
        connection.execute("DELETE FROM field_lists")
    with closing(Store(store.path)) as again, again.read() as connection:
        with pytest.raises(StoreError, match="names of a pair's fields are gone") as error:
            rows.find(connection, QAPair)
        assert "ontos restore" in str(error.value)


def test_search_and_segments_look_at_the_values_of_every_list(store: Store) -> None:
    sheet = unlabeled_sheet(store, 0)
    given_fields: list[dict[str, Any]] = [
        {"line": "A", "n": 7},
        {"n": 1, "line": "B"},
        {"n": "1"},
        {"line": None},
        {"line": "A"},
        {"other": "n", "line": ["A"]},
    ]
    with store.write() as connection:
        rows.add_many(connection, [pair(sheet, number, one) for number, one in enumerate(given_fields)])

        def in_segment(segment: Segment) -> list[int]:
            condition = pairs_in_segment(connection, segment, "answer")
            sql = f"SELECT sequence_number - 100 FROM qa_pairs WHERE {condition.sql} ORDER BY 1"
            return connection.scalars(sql, condition.values)

        def with_text(text: str) -> list[int]:
            place = Place(QAPair, sheet.id)
            return [one - 100 for one in numbers(connection, place, QueueFilter(text=text), QueueSort.ORDER)]

        assert in_segment(Segment("line", "A")) == [0, 4]
        assert in_segment(Segment("n", 1)) == [1]
        assert in_segment(Segment("line")) == [2, 3]
        assert in_segment(Segment("nobody has it")) == list(range(6))
        assert with_text("7") == [0]
        assert with_text("1") == [1, 2], "and not by the number of a list"
        assert with_text("line") == []
        assert with_text("n") == [5]


def test_a_step_that_fails_in_the_middle_leaves_all_pairs_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ontos.db"
    restore(path, VERSION_BEFORE)
    with opened(path) as database:
        before = list(database.iterdump())
    calls = []

    def broken(self: FieldLists, text: str) -> str:
        calls.append(text)
        if len(calls) == 2:
            raise sqlite3.OperationalError("disk I/O error")
        return FieldLists.text(self, json.loads(text))

    with monkeypatch.context() as patched:
        patched.setattr(FieldLists, "from_object", broken)
        with pytest.raises(StoreError):
            Store(path)
    with opened(path) as database:
        assert list(database.iterdump()) == before
    with closing(Store(path)) as store, store.read() as connection:
        assert connection.scalar("PRAGMA user_version") == migrations.VERSION
        assert all(one.startswith("[") for one in stored(connection))


def test_the_usual_uses_are_no_text(store: Store) -> None:
    assert USUAL_USES == ALL_USES, "what an empty text stands for never changes: others need a text from now on"
    sheet = unlabeled_sheet(store, 1)
    with store.write() as connection:
        (usual,) = rows.find(connection, QAPair)
        assert connection.scalar("SELECT allowed_uses FROM qa_pairs") == ""
        assert usual.allowed_uses == list(ALL_USES)
        rows.change(connection, usual, allowed_uses=["testing"], source_data={"a": sheet.id})
        (changed,) = rows.find(connection, QAPair)
        assert (changed.allowed_uses, changed.source_data) == (["testing"], {"a": sheet.id})
        assert stored(connection) == [f'[2,"{sheet.id}"]']
