"""The labels in a file of any format, each with its line, ready to be checked against what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.schema import answer_fields
from ontos_tui.services.interchange import reading, tabular
from ontos_tui.services.interchange.annotations import conll, hugging_face, spacy
from ontos_tui.services.interchange.annotations.adoption import Adoption, not_one
from ontos_tui.services.interchange.annotations.annotated import ITEM, Annotated, Parse, parsed
from ontos_tui.services.interchange.annotations.argilla import ArgillaReader
from ontos_tui.services.interchange.annotations.doccano import DoccanoReader
from ontos_tui.services.interchange.annotations.items import Items
from ontos_tui.services.interchange.annotations.label_studio import TaskReader
from ontos_tui.services.interchange.annotations.options import ImportOptions
from ontos_tui.services.interchange.annotations.prodigy import ProdigyReader
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import LabelRow, TableReader
from ontos_tui.services.interchange.xlsx_writer import workbook_rows


class LabelLines:
    """Reads the labels of one file, by a schema, for these items."""

    def __init__(self, schema: Mapping[str, Any], items: Items, options: ImportOptions, report: ImportReport) -> None:
        self._schema = schema
        self._items = items
        self._options = options
        self._report = report
        self._item_key = options.mapping.get(ITEM, ITEM)

    @contextmanager
    def read(self, path: Path, format: Format) -> Iterator[Iterable[LabelRow]]:
        """The labels in the file, as long as the context is open. Raises as the format's reader does."""
        if format is Format.PARQUET:
            with reading.parquet_rows(path) as (columns, entries):
                yield self._parquet(path, columns, entries)
        elif format is Format.XLSX:
            columns, entries = workbook_rows(path)
            yield self._table(columns, entries, ())
        elif format is Format.CSV:
            columns, entries = reading.csv_rows(path, self._report)
            yield self._table(columns, entries, (), apostrophes=not self._options.raw)
        else:
            mapping = {name: value for name, value in self._options.mapping.items() if name != ITEM}
            adoption = Adoption(self._schema, self._items, self._report, mapping, self._options.offsets)
            yield adoption.labels(self._annotated(path, format))

    def _annotated(self, path: Path, format: Format) -> Iterable[Annotated]:
        if format is Format.CONLL:
            return self._sentences(list(conll.sentences(path, self._report, self._item_key)))
        entries = (spacy.entries if format is Format.SPACY else reading.json_entries)(path, self._report)
        return parsed(entries, self._parse(format), self._report)

    def _parse(self, format: Format) -> Parse:
        key, left_out = self._item_key, self._options.leave_out
        if format is Format.LABEL_STUDIO:
            return TaskReader(self._schema, key, left_out).parse
        if format is Format.DOCCANO:
            return DoccanoReader(key, left_out).parse
        if format is Format.SPACY:
            return spacy.SpacyReader(key, left_out).parse
        if format is Format.ARGILLA:
            return ArgillaReader(key, left_out).parse
        return ProdigyReader(key, left_out).parse

    def _sentences(self, given: Sequence[conll.Sentence]) -> Iterable[Annotated]:
        """Documents, where items are whole documents; else sentences."""
        whole = conll.documents(given)
        if len(whole) < len(given) and given[0].document:
            texts = {conll.squeezed("".join(one.words)) for one in whole}
            if all(one.item_ref for one in whole) or len(self._items.by_text(texts, words_only=True)) == len(texts):
                return conll.annotated(whole)
        return conll.annotated(given)

    def _parquet(self, path: Path, columns: Sequence[str], entries: Iterable[reading.Entry]) -> Iterable[LabelRow]:
        classes = hugging_face.class_names(path)
        if classes:
            entries = hugging_face.named(entries, classes, self._report)
        of_words = hugging_face.tag_columns(columns, classes)
        if of_words is not None and any(field.spans for field in answer_fields(self._schema)):
            given = hugging_face.sentences(entries, of_words, self._item_key, self._report)
            adoption = Adoption(self._schema, self._items, self._report, {})
            return adoption.labels(conll.annotated(list(given)))
        return self._table(columns, entries, classes)

    def _table(
        self,
        columns: Sequence[str],
        entries: Iterable[reading.Entry],
        classes: Iterable[str],
        *,
        apostrophes: bool = False,
    ) -> Iterable[LabelRow]:
        mapping = tabular.label_column(self._schema, columns, self._options.mapping, classes)
        for field, column in mapping.items() - self._options.mapping.items():
            self._report.notes.append(f"{field} is read from the column {column!r}")
        reader = TableReader(self._schema, columns, mapping, apostrophes=apostrophes)
        return self._with_items(reader.read(entries, self._report))

    def _with_items(self, given: Iterable[LabelRow]) -> Iterator[LabelRow]:
        """The labels with their items; one whose row names none is of the item that has its text."""
        unnamed = []
        for one in given:
            if one.item_ref:
                yield one
            else:
                unnamed.append(one)
        refs = self._items.by_text({one.text or "" for one in unnamed}) if unnamed else {}
        for one in unnamed:
            of_text = refs.get(one.text or "", [])
            if len(of_text) == 1:
                yield replace(one, item_ref=of_text[0])
            else:
                self._report.problem(one.line, not_one(of_text))
