"""How each kind of folder is read: file by file, and then put together as a snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Protocol

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.folders import FolderKind, FolderOptions
from ontos_tui.domain.records.reading import ColumnReading, Reading, ReadingOptions
from ontos_tui.tabular.folders import documents, pictures
from ontos_tui.tabular.folders.contents import check_unchanged, file_digest
from ontos_tui.tabular.folders.kinds import Contents
from ontos_tui.tabular.folders.named_pictures import NamedPictures, chosen_table, name_pictures
from ontos_tui.tabular.folders.pdf_process import shared_process
from ontos_tui.tabular.folders.snapshot import ROW, Entry, Part, Result, Snapshot, Workplace, new_part_name, one_part
from ontos_tui.tabular.folders.table_reader import TableReader
from ontos_tui.tabular.folders.walk import FolderFile, natural
from ontos_tui.tabular.parquet_writer import write_parquet

MOST_PARTS = 64
"""Parts of documents above which they are put into one."""


class FolderReader(Protocol):
    """Reads the files of one kind of folder."""

    def read(self, file: FolderFile) -> Entry:
        """Read a file. Raises UnreadableError saying why it cannot be."""
        ...

    def finish(self, entries: dict[str, Entry], dropped: set[str]) -> Result:
        """The table of all `entries`. Rows of `dropped` files that were read before are not used any more."""
        ...

    def close(self) -> None:
        """End what it started."""
        ...


def reader_of(
    work: Workplace,
    contents: Contents,
    options: FolderOptions,
    before: Snapshot,
    names: Sequence[str],
    reading: ReadingOptions,
) -> FolderReader:
    """The reader for a kind of folder; `before` is what was read of it last, `reading` decides about its data files."""
    match contents.kind:
        case FolderKind.PICTURES:
            return PictureReader(work, options)
        case FolderKind.NAMED_PICTURES:
            return NamedPictureReader(work, contents, options, reading)
        case FolderKind.DOCUMENTS:
            return DocumentReader(work, options, before)
        case FolderKind.TABLES:
            return TableReader(work, options, before, names, reading)


class PictureReader:
    """Pictures, with the classes that their folders name. Their one part is written anew: it holds only names."""

    def __init__(self, work: Workplace, options: FolderOptions) -> None:
        self._work, self._options = work, options

    def read(self, file: FolderFile) -> Entry:
        return pictures.read_picture(self._work.root, file)

    def finish(self, entries: dict[str, Entry], dropped: set[str]) -> Result:
        listed = sorted(entries.values(), key=lambda one: natural(one.path))
        columns = pictures.picture_columns(listed, classes=self._options.classes)
        part = _write_part(self._work.folder, columns, pictures.picture_rows(listed, columns))
        listed = [replace(entry, part=part.name) for entry in listed]
        snapshot = Snapshot(columns, pictures.PICTURE, [part], {entry.path: entry for entry in listed})
        notes = pictures.picture_notes(listed, columns)
        return Result(snapshot, _reading(snapshot, notes), (pictures.PICTURE,))

    def close(self) -> None:
        """Nothing was started."""


class NamedPictureReader:
    """The rows of a table with the pictures that they name."""

    def __init__(self, work: Workplace, contents: Contents, options: FolderOptions, reading: ReadingOptions) -> None:
        self._work, self._options, self._reading = work, options, reading
        self._tables = [file.path for file in contents.tables]

    def read(self, file: FolderFile) -> Entry:
        if file.path not in self._tables:
            return replace(pictures.read_picture(self._work.root, file), rows=0)
        path = self._work.root / file.path
        content = file_digest(path)
        check_unchanged(path, file)
        return Entry(file.path, file.size, file.changed, content, 0)

    def finish(self, entries: dict[str, Entry], dropped: set[str]) -> Result:
        shown = [entry for entry in entries.values() if entry.path not in self._tables]
        named = self._named(shown)
        if named is None:
            return self._unnamed(entries)
        table, result = named
        entries = entries | {table: replace(entries[table], rows=result.rows, part=result.part.name)}
        snapshot = Snapshot(list(result.columns), "", [result.part], entries)
        reading = _reading(snapshot, [*result.naming.notes(table), *result.reading.notes])
        own = ColumnReading(name=result.columns[0].name, type="VARCHAR", values=result.naming.named_rows)
        reading.columns = [own, *(one.model_copy(update={"sql": ""}) for one in result.reading.columns)]
        return Result(snapshot, reading, (result.columns[0].name,))

    def _named(self, shown: list[Entry]) -> tuple[str, NamedPictures] | None:
        """The table whose rows name most of the pictures. Raises InvalidInputError when several name as many."""
        column, work = self._options.pictures, self._work
        tables = chosen_table(self._tables, self._options.table)
        results = [
            (table, one)
            for table in tables
            if (one := name_pictures(work.root, table, column, shown, work.folder, work.spill, self._reading))
        ]
        results.sort(key=lambda one: -one[1].naming.named_rows)
        if len(results) > 1 and results[0][1].naming.named_rows == results[1][1].naming.named_rows:
            raise InvalidInputError(
                f"{results[0][0]} and {results[1][0]} name the same number of pictures.",
                f"Decide which table is meant: --table {results[0][0]}",
            )
        return results[0] if results else None

    def _unnamed(self, entries: dict[str, Entry]) -> Result:
        """No table names any picture: the pictures alone. Raises InvalidInputError where the user says one does."""
        if self._options.kind is FolderKind.NAMED_PICTURES or self._options.table:
            raise InvalidInputError(
                f"No column of {', '.join(self._tables[:3]) or 'a table'} names pictures of the folder.",
                "Name table and column: --table FILE --pictures COLUMN. Or add the pictures alone: --as pictures",
            )
        shown = {path: replace(entry, rows=1) for path, entry in entries.items() if path not in self._tables}
        result = PictureReader(self._work, self._options).finish(shown, set())
        for path in self._tables:
            result.reading.notes.append(f"{path} names none of the pictures; it is not used")
            result.snapshot.entries[path] = entries[path]
        return result

    def close(self) -> None:
        """Nothing was started."""


class DocumentReader:
    """Texts and PDFs. What a look reads becomes one part."""

    def __init__(self, work: Workplace, options: FolderOptions, before: Snapshot) -> None:
        self._work, self._pages, self._before = work, options.pages, before
        self._lines = work.folder / f"rows-{new_part_name()}.jsonl"
        self._file: IO[str] | None = None
        self._read: list[str] = []

    def read(self, file: FolderFile) -> Entry:
        document = documents.read_document(self._work.root, file, shared_process(), pages=self._pages)
        if self._file is None:
            self._file = self._lines.open("w", encoding="utf-8")
        for row in documents.document_rows(document, pages=self._pages):
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._read.append(file.path)
        return document.entry

    def finish(self, entries: dict[str, Entry], dropped: set[str]) -> Result:
        columns = documents.document_columns(entries.values(), pages=self._pages)
        snapshot = Snapshot(columns, documents.FILE, [], dict(entries))
        for part in self._before.parts:
            self._keep(part, snapshot, dropped)
        if self._file is not None:
            self._file.close()
            types = {column.name: column.type for column in columns}
            part = Part(new_part_name(), types)
            write_parquet(self._lines, {**types, ROW: "VARCHAR"}, self._work.folder / part.name)
            snapshot.parts.append(part)
            _move(snapshot, [path for path in self._read if not snapshot.entries[path].part], part)
        if len(snapshot.parts) > MOST_PARTS:
            whole = one_part(self._work.folder, snapshot.parts, snapshot, (), self._work.spill)
            snapshot.parts = [whole] if whole is not None else []
            _move(snapshot, list(snapshot.entries), *snapshot.parts)
        shown = (documents.PICTURE,) if any(column.name == documents.PICTURE for column in columns) else ()
        reading = _reading(snapshot, documents.document_notes(entries.values()))
        return Result(snapshot, reading, shown, documents.TEXT)

    def _keep(self, part: Part, snapshot: Snapshot, dropped: set[str]) -> None:
        """Use a part again, without the rows of dropped files."""
        inside = {entry.path for entry in self._before.entries.values() if entry.part == part.name}
        if inside & dropped:
            left = one_part(self._work.folder, [part], snapshot, inside & dropped, self._work.spill)
            if left is None:
                return
            _move(snapshot, inside - dropped, left)
            part = left
        snapshot.parts.append(part)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        with suppress(OSError):
            self._lines.unlink()


def _move(snapshot: Snapshot, paths: Iterable[str], part: Part) -> None:
    for path in paths:
        snapshot.entries[path] = replace(snapshot.entries[path], part=part.name)


def _write_part(folder: Path, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> Part:
    part = Part(new_part_name(), {column.name: column.type for column in columns})
    lines = folder / f"rows-{part.name}.jsonl"
    try:
        with lines.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_parquet(lines, {**part.columns, ROW: "VARCHAR"}, folder / part.name)
    finally:
        lines.unlink(missing_ok=True)
    return part


def _reading(snapshot: Snapshot, notes: list[str]) -> Reading:
    columns = [ColumnReading(name=column.name, type=column.type) for column in snapshot.columns]
    return Reading(format="folder", rows=snapshot.rows, columns=columns, notes=notes)
