"""What is understood of a file before and after it is a table, and how that is decided."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import DataTable
from ontos_tui.domain.records.reading import ColumnProfile, Reading, ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FileReport:
    """What was understood of a file, what its columns hold, and its first rows as they will be.

    `address` is empty while the file is no table. The profile is empty where something must be decided first.
    """

    address: str
    path: str
    reading: Reading
    options: ReadingOptions
    profile: tuple[ColumnProfile, ...]
    names: tuple[str, ...] = ()

    def of(self, name: str) -> ColumnProfile | None:
        """What a column holds, or None."""
        return next((one for one in self.profile if one.name == name), None)


def file_report(
    path: Path, options: ReadingOptions, names: Sequence[str] = (), address: str = "", *, with_profile: bool = True
) -> FileReport:
    """Read a file to its end and report. Raises InvalidInputError saying why it cannot be read."""
    import tempfile

    from ontos_tui.tabular.quality.profile import profile
    from ontos_tui.tabular.quality.table_rows import TableRows
    from ontos_tui.tabular.source import checked_format, open_source

    file_format = checked_format(path, names)
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(path, file_format, Path(folder) / "spill", names, options)
        try:
            profiles = tuple(profile(TableRows.of(source))) if with_profile and not source.reading.questions else ()
        finally:
            source.connection.close()
    return FileReport(address, str(path), source.reading, options, profiles, tuple(names))


def report_of(table: DataTable) -> FileReport:
    """The report of a table's file as it is now."""
    return file_report(Path(table.path), table.reading_options, table.column_names, table.address)


def merged(before: ReadingOptions, given: ReadingOptions | None) -> ReadingOptions:
    """The decisions that were made before, with those that are given now above them."""
    if given is None:
        return before
    changes = {name: getattr(given, name) for name in given.model_fields_set}
    if "column_types" in changes:
        changes["column_types"] = before.column_types | given.column_types
    return before.model_copy(update=changes)


def options_of(decisions: dict[str, Any]) -> ReadingOptions:
    """Decisions as options. Raises InvalidInputError for one that is none."""
    from pydantic import ValidationError

    try:
        return ReadingOptions.model_validate(decisions)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise InvalidInputError(f"The file cannot be read so: {reasons}.", "Correct this decision.") from error
