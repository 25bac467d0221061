"""The queries of the labeling queue find what they ask for in an index, however many pairs there are."""

from __future__ import annotations

import pytest

from builders.severity import unlabeled_sheet
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import labeling_queue as queries
from ontos_tui.store.queries.label.labeling_queue import Place, QueueFilter, QueueSort


@pytest.mark.parametrize("filter", [QueueFilter(), QueueFilter(status=PairStatus.UNLABELED)])
def test_no_query_walks_through_all_pairs_or_sorts_them(store: Store, filter: QueueFilter) -> None:
    place = Place(QAPair, unlabeled_sheet(store, 5).id, "s")
    statements: list[str] = []
    with store.read() as connection:
        connection._raw.set_trace_callback(statements.append)
        assert list(queries.numbers(connection, place, filter, QueueSort.ORDER)) == [1, 2, 3, 4, 5]
        assert queries.next_unlabeled(connection, place, 2) == 2
        assert queries.number_of_item(connection, place, "#3") == 3
        in_a_row = queries.entries(connection, place, range(2, 5), in_a_row=True)
        picked = queries.entries(connection, place, [4, 2], in_a_row=False)
        connection._raw.set_trace_callback(None)
        plans = [row[3] for sql in statements for row in connection.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert [entry.sequence for entry in in_a_row] == [2, 3, 4]
    assert [entry.sequence for entry in picked] == [4, 2]
    assert len(statements) >= 6
    assert not [plan for plan in plans if "TEMP B-TREE" in plan or plan.startswith("SCAN qa_pairs")]
