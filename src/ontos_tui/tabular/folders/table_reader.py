"""Data files of a folder: each is read into a part of its own, and all of them are one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.folders import FolderOptions
from ontos_tui.domain.records.reading import Reading, ReadingOptions, UndecidedError
from ontos_tui.tabular.folders.contents import UnreadableError, file_digest
from ontos_tui.tabular.folders.many_tables import SOURCE, common_columns, layouts, read_table, shown_order
from ontos_tui.tabular.folders.readings import joined_reading
from ontos_tui.tabular.folders.snapshot import Entry, Result, Snapshot, Workplace
from ontos_tui.tabular.folders.walk import FolderFile


class TableReader:
    """Data files; each has a part of its own."""

    def __init__(
        self,
        work: Workplace,
        options: FolderOptions,
        before: Snapshot,
        names: Sequence[str],
        reading: ReadingOptions,
    ) -> None:
        self._work, self._options, self._before = work, options, before
        self._names, self._reading = names, reading
        self._parts = {part.name: part for part in before.parts}
        self._new: dict[str, Reading] = {}
        self._open: list[tuple[FolderFile, UndecidedError]] = []

    def read(self, file: FolderFile) -> Entry:
        try:
            return self._table(file, self._reading)
        except UndecidedError as error:
            if error.question.field != "date_order":
                raise
            # The other files may show the order, so it is decided when all are read.
            self._open.append((file, error))
            return Entry(file.path, file.size, file.changed, file_digest(self._work.root / file.path), 0)

    def _table(self, file: FolderFile, reading: ReadingOptions) -> Entry:
        table = read_table(self._work.root, file, self._work.folder, self._work.spill, self._names, reading)
        self._parts[table.part.name] = table.part
        self._new[file.path] = table.reading
        if self._before.entries:
            known = self._before.columns
            try:
                common_columns({file.path: table.part}, self._new, union=self._options.union, known=known)
            except InvalidInputError as error:
                raise UnreadableError(f"does not go with the others: {error.what.partition(': ')[2]}") from error
        return table.entry

    def finish(self, entries: dict[str, Entry], dropped: set[str]) -> Result:
        notes = self._decide_order(entries)
        readings = {path: self._reading_of(entry) for path, entry in entries.items()}
        by_file = {path: self._parts[entry.part] for path, entry in entries.items()}
        known = self._before.columns if self._before.entries else ()
        columns = common_columns(by_file, readings, union=self._options.union, known=known)
        snapshot = Snapshot(columns, SOURCE, list(by_file.values()), dict(entries))
        reading = joined_reading(readings, columns)
        reading.notes = [*notes, *layouts(readings), *reading.notes]
        return Result(snapshot, reading)

    def _reading_of(self, entry: Entry) -> Reading:
        if entry.path in self._new:
            return self._new[entry.path]
        beside = self._work.folder / f"{Path(entry.part).stem}.json"
        return Reading.model_validate_json(beside.read_bytes())

    def _decide_order(self, entries: dict[str, Entry]) -> list[str]:
        """Read the files whose dates may be in several orders by the one that the others show."""
        waiting = [(file, error) for file, error in self._open if file.path in entries]
        if not waiting:
            return []
        decided = {path: self._reading_of(entry) for path, entry in entries.items() if entry.part}
        order = shown_order(self._work.root, decided, self._work.spill, self._reading)
        if order is None or order.value not in waiting[0][1].question.choices:
            raise waiting[0][1]
        for file, _ in waiting:
            entries[file.path] = self._table(file, self._reading.model_copy(update={"date_order": order}))
        first = ", ".join(file.path for file, _ in waiting[:3])
        return [f"The dates of {len(waiting):,} files are read with the {order.value} first, as others show: {first}"]

    def close(self) -> None:
        """Nothing was started."""
