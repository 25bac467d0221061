"""What the numbers of an item mean: the ranges of its sheet, and the columns that matter for the answer first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ontos_tui.domain.rules.value_context import ValueContext, association, range_of
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import labeling_queue as queries
from ontos_tui.store.queries.label.labeling_queue import Place

SAMPLE = 2_000
"""Items that ranges are computed from at most: spread over the whole sheet, so that it takes a moment at any size."""
LABELED = 1_000
"""Labeled items that columns are compared with at most."""

Row = dict[str, Any]


class ValueContexts:
    """The contexts of training sheets and tasks, each computed once until much has been labeled."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, int, int], ValueContext] = {}

    def of(self, place: Place, total: int, labeled: int) -> ValueContext:
        """The context of these items: `total` of them, of which so many are labeled. For threads: it reads them."""
        # Every twofold number of labels may put another column first.
        key = (place.container_id, total, labeled.bit_length())
        if key not in self._known:
            if len(self._known) > 20:
                self._known.clear()
            self._known[key] = self._compute(place, total)
        return self._known[key]

    def _compute(self, place: Place, total: int) -> ValueContext:
        with self._store.read() as connection:
            sample = queries.sampled_fields(connection, place, SAMPLE)
            labeled = queries.labeled_fields(connection, place, LABELED)
        names = list(dict.fromkeys(name for row in sample for name in row))
        columns = {name: range_of([row.get(name) for row in sample]) for name in names}
        ranges = {name: one for name, one in columns.items() if one is not None}
        answers = _main_answers([answer for _, answer in labeled])
        strengths = {name: association([row.get(name) for row, _ in labeled], answers) for name in names}
        order = sorted(names, key=lambda name: -round(strengths[name], 2))
        return ValueContext(ranges, tuple(order), len(sample), total)


def _main_answers(answers: Sequence[Row]) -> list[Any]:
    """The first field of each answer: what the item is, before what follows from it."""
    first = next((name for answer in answers for name in answer), "")
    return [answer.get(first) for answer in answers]
