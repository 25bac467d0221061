"""The items that labels are for: what there is, with which fields, and which one has a text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import Row, RowQuery, Sheet, TableAddress
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.interchange.annotations.conll import squeezed
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.interchange import incoming_lines


class Items(Protocol):
    """The items of a training sheet or of a sheet. `problem` says why they cannot be read, if so."""

    problem: str

    def fields(self, refs: Collection[str]) -> Mapping[str, Row] | None:
        """The fields of those of these items that there are; None when the items cannot be read."""

    def by_text(self, texts: Collection[str], *, words_only: bool = False) -> Mapping[str, list[str]]:
        """The items that have one of these texts in a field, by the text; with `words_only` blanks do not count."""


def _having_text(items: Iterable[tuple[str, Row]], texts: Collection[str], *, words_only: bool) -> dict[str, list[str]]:
    """The items, gone through one by one, that have one of these texts in a field."""
    searched = set(texts)
    by_text: dict[str, list[str]] = {}
    for ref, fields in items:
        values = {value for value in fields.values() if isinstance(value, str)}
        if words_only:
            values = {squeezed(value) for value in values}
        for text in values & searched:
            by_text.setdefault(text, []).append(ref)
    return by_text


class PairItems:
    """The items of a training sheet's pairs."""

    problem = ""

    def __init__(self, store: Store, training_sheet_id: str) -> None:
        self._store = store
        self._id = training_sheet_id

    def fields(self, refs: Collection[str]) -> Mapping[str, Row] | None:
        """The fields of those of these items that have a pair here."""
        with self._store.read() as connection:
            pairs = incoming_lines.pairs_by_item(connection, self._id, sorted(refs), with_fields=True)
        return {ref: pair.fields for ref, pair in pairs.items()}

    def by_text(self, texts: Collection[str], *, words_only: bool = False) -> Mapping[str, list[str]]:
        """The items that have one of these texts in a field, by the text."""
        return _having_text(self._each(), texts, words_only=words_only)

    def _each(self) -> Iterator[tuple[str, Row]]:
        with self._store.read() as connection:
            yield from incoming_lines.items(connection, self._id)


class SheetItems:
    """The items of a sheet, as its source has them; where that cannot be read, nothing is known of them."""

    problem = ""

    def __init__(self, catalog: Catalog, sheet: Sheet) -> None:
        self._catalog = catalog
        self._sheet = sheet

    def fields(self, refs: Collection[str]) -> Mapping[str, Row] | None:
        """The fields of those of these items that the sheet has; None when its source cannot be read."""
        searched = set(refs)
        try:
            return {ref: fields for ref, fields in self._each() if ref in searched}
        except OntosError as error:
            self.problem = error.what
            return None

    def by_text(self, texts: Collection[str], *, words_only: bool = False) -> Mapping[str, list[str]]:
        """The items that have one of these texts in a field, by the text."""
        return _having_text(self._each(), texts, words_only=words_only)

    def _each(self) -> Iterator[tuple[str, Row]]:
        for item in self._catalog.items(TableAddress.parse(self._sheet.source_table), RowQuery.of(self._sheet)):
            yield item.ref, item.fields
