"""What is known of a sheet's columns from rows of the whole sheet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.data import Item, RowQuery, Sampling, Sheet, TableAddress
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.quality.whole_columns import COUNTED, WholeColumn, whole_columns
from ontos_tui.store.values import to_json
from ontos_tui.tabular.values.missing import SENTINELS, is_sentinel, missing_in_texts

FIRST_ROWS = 2_000
"""Rows that are read at once; a sheet that has no more is read no further."""
SAMPLE_ROWS = 20_000
"""Rows that a draft is based on; of a longer sheet a random sample of all, in its order."""
MOST_CLASSES = 20
"""Distinct values up to which a column can hold classes."""
LONG_TEXT = 60
"""Characters from which a text says something, and does not only name the item."""
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class ColumnFacts:
    """Facts about a column from rows of the whole sheet. `nested` says that it holds lists or objects.

    `whole` is what all rows say where `values` are only some of them. Words that mean no value are no values.
    """

    name: str
    values: tuple[Any, ...]
    nested: bool = False
    whole: WholeColumn | None = None

    @cached_property
    def missing_words(self) -> frozenset[Any]:
        """The values that mean none: words such as n/a in a column of texts, -999 among other numbers."""
        counted = self.whole.counts if self.whole is not None and self.whole.counts else Counter(_given(self.values))
        texts = {value: rows for value, rows in counted.items() if isinstance(value, str)}
        words: set[Any] = set(missing_in_texts(texts)) if len(texts) <= COUNTED else set()
        numbers = [value for value in counted if isinstance(value, int | float) and not isinstance(value, bool)]
        others = [value for value in numbers if value not in SENTINELS]
        for value in numbers if others and len(others) < len(numbers) else ():
            if is_sentinel(value, counted[value], min(others), max(others)):
                words.add(value)
        return frozenset(words) if len(words) < len(counted) else frozenset()

    @cached_property
    def present(self) -> list[Any]:
        """The values that are not empty."""
        words = self.missing_words
        return [value for value in _given(self.values) if value not in words]

    @cached_property
    def counts(self) -> Counter[Any]:
        """How often each value occurs: in all rows where it has few, else in those that are looked at."""
        if self.whole is None or self.whole.counts is None:
            return Counter(self.present)
        words = self.missing_words
        return Counter({value: rows for value, rows in self.whole.counts.items() if value not in words})

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the largest number."""
        if self.whole is not None and self.whole.extremes is not None and not self.missing_words:
            return self.whole.extremes
        return min(self.present), max(self.present)

    @property
    def is_numeric(self) -> bool:
        """Whether all values are numbers."""
        return bool(self.present) and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.present
        )

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it has only values that mean yes and no."""
        return 0 < len(self.counts) <= 2 and all(value in (0, 1, True, False) for value in self.counts)

    @property
    def is_constant(self) -> bool:
        """Whether it always has the same value."""
        return len(self.counts) <= 1 and not self._has_many

    @property
    def identifies(self) -> bool:
        """Whether every row has a value of its own, like serial numbers; decimal numbers and documents do not count."""
        every = len(self.present) == len(self.values) == len(Counter(self.present)) > MOST_CLASSES
        return every and not self.is_document and not any(isinstance(value, float) for value in self.present)

    @cached_property
    def is_document(self) -> bool:
        """Whether most values are texts of several lines or many words."""
        long = sum(isinstance(value, str) and (len(value) > LONG_TEXT or "\n" in value) for value in self.present)
        return long > len(self.present) / 2

    @cached_property
    def is_date(self) -> bool:
        """Whether all values are days, written as YYYY-MM-DD."""
        return bool(self.present) and all(isinstance(one, str) and _ISO_DAY.fullmatch(one) for one in self.counts)

    @property
    def is_classes(self) -> bool:
        """Whether it has a few values, each of them several times."""
        few = 2 <= len(self.counts) <= MOST_CLASSES and not self._has_many
        return few and self.counts.total() >= 3 * len(self.counts)

    @property
    def _has_many(self) -> bool:
        """Whether all rows have many different values, whatever those that are looked at have."""
        return self.whole is not None and self.whole.counts is None and self.whole.distinct > MOST_CLASSES


def _given(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None and value != ""]


def column_facts(catalog: Catalog, sheet: Sheet) -> list[ColumnFacts]:
    """The facts about each column. Raises NotReadyError for a sheet without rows."""
    address = TableAddress.parse(sheet.source_table)
    page = catalog.page(address, RowQuery.of(sheet, FIRST_ROWS))
    if not page.items:
        raise NotReadyError(f"The sheet {sheet.name!r} has no rows.", "Check its file and its filter.")
    items: Sequence[Item] = page.items
    if page.total > len(items):
        query = RowQuery.of(sheet, SAMPLE_ROWS)
        if sheet.sampling is Sampling.ALL and page.total > SAMPLE_ROWS:
            query = replace(query, sampling=Sampling.RANDOM, sample_size=SAMPLE_ROWS)
        items = list(catalog.items(address, query))
    sampled = sheet.sampling is Sampling.ALL and sheet.windows is None and page.total > len(items)
    whole = whole_columns(catalog, address, sheet) if sampled else {}
    return [
        _facts_of(column.name, [item.fields.get(column.name) for item in items], whole.get(column.name))
        for column in page.columns
    ]


def _facts_of(name: str, values: Sequence[Any], whole: WholeColumn | None) -> ColumnFacts:
    if any(isinstance(value, list | dict) for value in values):
        return ColumnFacts(name, tuple(map(_plain, values)), nested=True)
    return ColumnFacts(name, tuple(values), whole=whole)


def _plain(value: Any) -> Any:
    """A value that can be counted; lists and objects are, by their text."""
    return to_json(value) if isinstance(value, list | dict) else value
