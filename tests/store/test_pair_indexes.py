"""What asks for pairs by their item or by when they were changed has an index, however many pairs there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, TrainingSheet
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import canonical_labels, item_names, usage_constraints
from ontos_tui.store.queries.improve.feedback import pair_in_sheet
from ontos_tui.store.queries.training.pairs import changed_since, last_change
from ontos_tui.store.queries.workspace.health import recount, wrong_counts
from ontos_tui.store.sharing.outgoing import batches
from ontos_tui.store.sharing.page import PageOfRows

LATER = datetime(2027, 3, 1, 12, tzinfo=UTC)


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """How SQLite finds what is asked for meanwhile."""
    statements: list[str] = []
    result: list[str] = []
    connection._raw.set_trace_callback(statements.append)
    yield result
    connection._raw.set_trace_callback(None)
    result += [row[3] for sql in statements for row in connection.rows(f"EXPLAIN QUERY PLAN {sql}")]


def linked(connection: Connection, sheet: TrainingSheet) -> CanonicalLabel:
    """A label of item-2, with the pair that is linked to it."""
    label = CanonicalLabel(sheet_id=sheet.sheet_id, item_ref="item-2", label_type="severity", label_data=MINOR)
    rows.add(connection, label)
    (pair,) = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id, item_ref="item-2"))
    rows.change(connection, pair, canonical_label_id=label.id)
    return label


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        (lambda c, label: range(canonical_labels.linked_pair_count(c, label)), 1),
        (lambda c, label: canonical_labels.linked_pairs(c, [label]), 1),
        (canonical_labels.linked_training_sheets, 1),
        (lambda c, label: [canonical_labels.training_sheet_of_pairs(c, label)], 1),
        (lambda c, label: [pair_in_sheet(c, label.sheet_id, "item-1")], 1),
        (lambda c, label: item_names.stored_items(c, label.sheet_id, ["item-1", "item-2", "none"]), 3),
        (lambda c, label: usage_constraints.of_sheet(c, QAPair, label.sheet_id), 5),
        (lambda c, label: PageOfRows(c).pairs((label.sheet_id, "item-2")), 1),
    ],
)
def test_pairs_of_an_item_have_an_index(
    store: Store, ask: Callable[[Connection, CanonicalLabel], list[object]], count: int
) -> None:
    sheet = unlabeled_sheet(store, 5)
    unlabeled_sheet(store, 5)
    with store.write() as connection:
        label = linked(connection, sheet)
        with plans(connection) as used:
            assert len(ask(connection, label)) == count
        walks = [one for one in used if one.startswith(("SCAN qa_pairs", "SCAN p", "SCAN t "))]
        assert not walks
        assert used


def test_a_pair_of_another_sheet_is_found_there(store: Store) -> None:
    sheet, other = unlabeled_sheet(store, 2), unlabeled_sheet(store, 2)
    with store.write() as connection:
        pair = pair_in_sheet(connection, sheet.sheet_id, "item-1")
        assert pair is not None
        rows.change(connection, pair, sheet_id="another")
        assert pair_in_sheet(connection, sheet.sheet_id, "item-1") is None
        assert pair_in_sheet(connection, "another", "item-1") == rows.get(connection, QAPair, pair.id)
        assert pair_in_sheet(connection, other.sheet_id, "item-1") is not None


def test_what_is_not_known_of_a_sheets_pairs_is_told_and_counted_anew(store: Store) -> None:
    sheet = unlabeled_sheet(store, 2)
    with store.write() as connection:
        assert wrong_counts(connection) == {}
        connection.execute("DELETE FROM pair_sheets")
        assert pair_in_sheet(connection, sheet.sheet_id, "item-1") is None
        assert wrong_counts(connection) == {"qa_pairs": 1}
        recount(connection)
        assert wrong_counts(connection) == {}
        assert pair_in_sheet(connection, sheet.sheet_id, "item-1") is not None


@pytest.mark.parametrize("microseconds", [0, 1, 499, 500, 999, 1_000, 999_999])
def test_pairs_that_were_changed_since_have_an_index(store: Store, microseconds: int) -> None:
    sheet, other = unlabeled_sheet(store, 5), unlabeled_sheet(store, 5)
    since = LATER + timedelta(microseconds=microseconds)
    with store.write() as connection:
        pairs = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))
        for offset, pair in zip((-1, 0, 1, 1_000, -1_000), pairs, strict=True):
            rows.change(connection, pair, answer=MAJOR, updated_at=since + timedelta(microseconds=offset))
        condition = changed_since(sheet.id, f"{since.replace(tzinfo=None).isoformat(timespec='microseconds')}Z")
        with plans(connection) as used:
            sql = f"SELECT sequence_number FROM qa_pairs WHERE {condition.sql} ORDER BY 1"
            assert connection.scalars(sql, condition.values) == [2, 3, 4]
            newest = since + timedelta(microseconds=1_000)
            assert datetime.fromisoformat(last_change(connection, sheet.id)) == newest
            assert last_change(connection, other.id) < last_change(connection, sheet.id)
            assert last_change(connection, "nobody") == ""
        assert {one for one in used if "qa_pairs" in one} <= {
            "SEARCH qa_pairs USING INDEX ix_qa_pairs_changed (<expr>=? AND <expr>>?)",
            "SEARCH qa_pairs USING INDEX ix_qa_pairs_changed (<expr>=?)",
        }


def test_many_changes_are_found_by_the_item_in_an_index(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST", "ITEMS", "THINGS"):
        monkeypatch.setattr(batches, name, 2)
    sheets = [unlabeled_sheet(store, 5), unlabeled_sheet(store, 3)]
    with store.write() as connection:
        ids = {str(id): ref for id, ref in connection.rows("SELECT id, sheet_id || item_ref FROM qa_pairs")}
        connection.executemany("INSERT INTO shared_changes VALUES ('qa_pairs', ?)", [(id,) for id in ids])
        with plans(connection) as used:
            found = [[thing.key for thing in some] for some in batches.batches(connection)]
    assert [ids[key] for some in found for key in some] == sorted(ids.values())
    assert max(map(len, found)) == 2
    assert len(sheets) == 2
    assert not [one for one in used if one.startswith("SCAN t")]
