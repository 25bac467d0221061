"""Many data files as one table: each is read by its own lines, and all have the same columns in the same types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError, OntosError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnReading, DateOrder, Reading, ReadingOptions, UndecidedError
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, quoted
from ontos_tui.tabular.folders.contents import UnreadableError, check_unchanged, file_digest
from ontos_tui.tabular.folders.snapshot import ROW, Entry, Part, check_part_name, new_part_name
from ontos_tui.tabular.folders.walk import FolderFile
from ontos_tui.tabular.source import Source, checked_format, open_source

SOURCE = "source_file"
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_NUMBERS = (*_INTEGERS, "FLOAT", "DOUBLE")
_TIMES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class TableFile:
    """A data file whose rows are in a part of their own, and what was understood of it."""

    entry: Entry
    part: Part
    reading: Reading


def read_table(
    root: Path, file: FolderFile, folder: Path, spill: Path, names: Sequence[str], options: ReadingOptions
) -> TableFile:
    """Read a data file into a part, with its path in `source_file`; what was understood lies beside the part.

    Raises UnreadableError saying why it cannot be read, and UndecidedError for what only the user can decide.
    """
    path, target = root / file.path, folder / new_part_name()
    content = file_digest(path)
    try:
        source = open_source(path, checked_format(path, names), spill, names, options, target=target)
    except UndecidedError:
        raise
    except OntosError as error:
        raise UnreadableError(error.what.removeprefix(f"{path.name}: ").removeprefix(f"{path.name} ")) from error
    try:
        if source.reading.questions:
            raise UndecidedError(source.reading.questions[0], file.path)
        _write(source, target, file)
    finally:
        source.connection.close()
    check_unchanged(path, file)
    columns = {column.name: column.type for column in source.columns}
    (folder / f"{target.stem}.json").write_text(source.reading.model_dump_json(), encoding="utf-8")
    entry = Entry(file.path, file.size, file.changed, content, source.rows, target.name)
    return TableFile(entry, Part(target.name, columns), source.reading)


def _write(source: Source, target: Path, file: FolderFile) -> None:
    if any(column.name.lower() == SOURCE for column in source.columns):
        raise InvalidInputError(
            f"{file.path} has a column {SOURCE!r}, which is where the name of each row's file goes.",
            "Rename the column, or add the file by itself.",
        )
    for column in source.columns:
        check_part_name(column.name)
    selected = ", ".join(quoted(column.name) for column in source.columns)
    with explain_duckdb_errors(source.path):
        source.connection.execute(
            f"COPY (SELECT {literal(file.path)} AS {SOURCE}, {selected}, {ROW} "  # noqa: S608
            f"FROM {source.cells.named(ROW)}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )


def shown_order(root: Path, readings: Mapping[str, Reading], spill: Path, options: ReadingOptions) -> DateOrder | None:
    """The order of day, month and year that all files show whose dates leave no doubt; None without one."""
    orders = set()
    for name, reading in readings.items():
        shown = {_order(column) for column in reading.columns} - {None}
        for order in shown:
            # A file whose dates go with both orders is read by the other one when that is said.
            other = DateOrder.MONTH if order is DateOrder.DAY else DateOrder.DAY
            path = root / name
            source = open_source(
                path, checked_format(path), spill, (), options.model_copy(update={"date_order": other})
            )
            source.connection.close()
            if order in {_order(column) for column in source.reading.columns}:
                orders.add(order)
        if len(orders) > 1:
            return None
    return orders.pop() if orders else None


def _order(column: ColumnReading) -> DateOrder | None:
    return next((order for order in DateOrder if column.form.startswith(f"{order.value},")), None)


def common_columns(
    files: Mapping[str, Part], readings: Mapping[str, Reading], *, union: bool, known: Sequence[Column] = ()
) -> list[Column]:
    """The columns of all files, each in the type that fits all of them; `source_file` first.

    `known` are those of the table so far. Raises InvalidInputError that names the files with other columns, unless
    `union` says that what a file lacks is empty, and those where a column has a type that does not go with the others.
    """
    spelled: dict[str, str] = {column.name.lower(): column.name for column in known if column.name != SOURCE}
    expected = set(spelled) if known else _usual(files)
    different: dict[str, str] = {}
    for path, part in sorted(files.items(), key=lambda one: {name.lower() for name in one[1].columns} != expected):
        here = {name.lower(): name for name in part.columns}
        for lower, name in here.items():
            spelled.setdefault(lower, name)
        lacks, more = expected - here.keys(), here.keys() - expected
        if lacks or more:
            different[path] = " and ".join(
                [
                    *([f"lacks {_named(spelled.get(one, one) for one in sorted(lacks))}"] if lacks else []),
                    *([f"has also {_named(here[one] for one in sorted(more))}"] if more else []),
                ]
            )
    if different and not union:
        raise InvalidInputError(
            f"{len(different):,} of {len(files):,} files {'have' if len(different) > 1 else 'has'} other columns: "
            f"{_few(f'{path} {what}' for path, what in different.items())}.",
            "With --union, a column that a file lacks is empty in its rows. Or leave those files out by a pattern.",
        )
    types = {lower: _type(name, lower, files, readings, known) for lower, name in spelled.items()}
    return [Column(SOURCE, "VARCHAR"), *(Column(spelled[lower], types[lower]) for lower in spelled)]


def _usual(files: Mapping[str, Part]) -> set[str]:
    """The columns that most files have together."""
    sets = Counter(frozenset(name.lower() for name in part.columns) for part in files.values())
    return set(sets.most_common(1)[0][0])


def _type(
    name: str, lower: str, files: Mapping[str, Part], readings: Mapping[str, Reading], known: Sequence[Column]
) -> str:
    """The type that fits a column in all files; files where it is empty do not count."""
    by_type: dict[str, list[str]] = {}
    for column in known:
        if column.name.lower() == lower:
            by_type.setdefault(column.type, []).append("the table so far")
    for path, part in files.items():
        kind = next((kind for one, kind in part.columns.items() if one.lower() == lower), None)
        if kind is not None and not _is_empty(readings.get(path), lower):
            by_type.setdefault(kind, []).append(path)
    if len(by_type) <= 1:
        return next(iter(by_type), "VARCHAR")
    for family, widest in ((_INTEGERS, "BIGINT"), (_NUMBERS, "DOUBLE"), (_TIMES, "TIMESTAMP")):
        if all(kind in family for kind in by_type):
            return "HUGEINT" if "HUGEINT" in by_type and widest == "BIGINT" else widest
    if all(kind in _NUMBERS or kind.startswith("DECIMAL") for kind in by_type):
        return "DOUBLE"
    groups = sorted(by_type.items(), key=lambda one: len(one[1]))
    parts = "; ".join(f"{kind} in {_few(paths)}" for kind, paths in groups)
    raise InvalidInputError(
        f"The column {name!r} has values of several kinds: {parts}.",
        f"Decide for all files: --column {name}:text, or :number or :time, which leaves out what is none.",
    )


def _is_empty(reading: Reading | None, lower: str) -> bool:
    """Whether a text file's column has no value at all, so that nothing is known of its type."""
    if reading is None or reading.format not in ("text", "workbook"):
        return False
    return any(column.name.lower() == lower and not column.values for column in reading.columns)


def _named(names: Iterable[str]) -> str:
    return _few([repr(one) for one in names])


def _few(items: Iterable[str], most: int = 3) -> str:
    items = list(items)
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")


def layouts(readings: Mapping[str, Reading]) -> list[str]:
    """Remarks about files whose lines are written otherwise than those of most."""
    kinds: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for path, reading in readings.items():
        kinds.setdefault(_layout(reading), []).append(path)
    if len(kinds) < 2:
        return []
    usual = max(kinds, key=lambda one: len(kinds[one]))
    notes = []
    for layout, paths in kinds.items():
        if layout != usual:
            what = ", ".join(f"{name} {value}" for name, value in sorted(set(layout) - set(usual)))
            notes.append(f"{len(paths):,} of {len(readings):,} files are written otherwise ({what}): {_few(paths)}")
    return notes


def _layout(reading: Reading) -> tuple[tuple[str, str], ...]:
    separator = {"\t": "tab", " ": "blanks"}.get(reading.separator, reading.separator)
    return (
        ("format", reading.format),
        ("encoding", reading.encoding),
        ("separator", separator),
        ("names in line", str(reading.header_line)),
        ("decimal mark", reading.decimal),
    )
