"""JSON lines: one object a line. What is nested stays nested, and a text that looks like a date stays that text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnReading, Reading, ReadingOptions
from ontos_tui.tabular.duckdb_sql import bad_json_line, column_list, literal, path_literal, quoted
from ontos_tui.tabular.row_names import CellText, json_cells, json_pointers
from ontos_tui.tabular.text.encoding import encoding_of, write_utf8
from ontos_tui.tabular.values.columns import understand
from ontos_tui.tabular.values.guess import Kind, guess_of

if TYPE_CHECKING:
    import duckdb

_JSON_TYPES = ("BOOLEAN", "BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "VARCHAR")
_VALUES, _OBJECT = '"\t values"', '"\t object"'
"""What no key of a column is called."""
_TEXTS = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID", '"NULL"')


def plain_lines(path: Path, head: bytes, copies: Path) -> Path:
    """The file, or its copy in `copies` as UTF-8 without a byte order mark, which DuckDB takes for a value."""
    encoding = encoding_of(head, "")
    if encoding.is_utf8 and not encoding.mark:
        return path
    copies.mkdir(parents=True, exist_ok=True)
    target = copies / f"{hashlib.sha256(str(path).encode('utf-8', 'surrogatepass')).hexdigest()[:24]}.jsonl"
    write_utf8(path, encoding, target)
    return target


def inspect(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str = "",
    options: ReadingOptions | None = None,
    known: Reading | None = None,
) -> tuple[str, list[Column], Reading]:
    """The SQL that reads the file, its columns by all of its lines, and what was understood.

    `name` is the user's for the file. What is `known` of the very same file is not looked for again.
    """
    name = name or path.name
    if known is not None and not any(column.sql for column in known.columns):
        types = {column.name: column.type for column in known.columns}
        relation = f"read_json({path_literal(path)}, format = 'newline_delimited', columns = {column_list(types)})"
        return relation, [Column(*item) for item in types.items()], known
    lines = f"read_ndjson_objects({path_literal(path)})"
    shapes = connection.execute(
        f"SELECT json_type(json) = 'OBJECT', json_keys(json), count(*) FROM {lines} GROUP BY ALL"  # noqa: S608
    ).fetchall()
    if not all(is_object and len(set(keys)) == len(keys) for is_object, keys, _ in shapes):
        line, reason = bad_json_line(path)
        raise InvalidInputError(f"{name}, line {line}: {reason}.", "Every line holds one JSON object in braces.")
    _check_keys(name, {key for _, keys, _ in shapes for key in keys})
    described = connection.execute(
        f"DESCRIBE FROM read_json({path_literal(path)}, format = 'newline_delimited', sample_size = -1, "
        "maximum_depth = 2, map_inference_threshold = -1)"
    ).fetchall()
    types = {str(row[0]): _column_type(str(row[1])) for row in described}
    relation = f"read_json({path_literal(path)}, format = 'newline_delimited', columns = {column_list(types)})"
    reading = Reading(
        format="jsonl",
        encoding="utf-8",
        rows=sum(count for _, _, count in shapes),
        columns=[ColumnReading(name=column, type=kind) for column, kind in types.items()],
    )
    reading.notes = _notes_on_texts(connection, relation, types, options)
    if options is not None and options.column_types:
        relation = _with_types(connection, path, relation, types, reading, options)
    return relation, [Column(column.name, column.type) for column in reading.columns], reading


def _notes_on_texts(
    connection: duckdb.DuckDBPyConnection, relation: str, types: dict[str, str], options: ReadingOptions | None
) -> list[str]:
    """What is said of texts that look like numbers or times, which JSON would write otherwise."""
    decided = options.column_types if options is not None else {}
    texts = [name for name, kind in types.items() if kind == "VARCHAR" and name not in decided]
    if not texts:
        return []
    selected = ", ".join(quoted(name) for name in texts)
    rows = connection.execute(f"SELECT {selected} FROM {relation} LIMIT 500").fetchall()  # noqa: S608
    notes = []
    for place, name in enumerate(texts):
        values = [str(row[place]) for row in rows if row[place] is not None]
        guess = guess_of(values)
        kind = {Kind.TIME: "time", Kind.NUMBER: "number", Kind.INTEGER: "number"}.get(guess.kind)
        if any(value.strip() for value in values) and kind is not None:
            notes.append(f"{name!r} holds texts that look like {kind}s; --column {name}:{kind} reads them so.")
    return notes


def cell_text(path: Path, columns: Sequence[Column], reading: Reading) -> CellText:
    """The rows with their values as the file has them; `columns` and `reading` are what `inspect` returned."""
    keys = [column.name for column in columns]
    decided = {column.name: column for column in reading.columns if column.sql}
    types = {column.name: "VARCHAR" if column.name in decided else column.type for column in columns}
    source = (
        f"(SELECT json_extract(json, {json_pointers(keys)}) AS {_VALUES}, "  # noqa: S608
        f"json_transform(json, {literal(json.dumps(types, ensure_ascii=False))}) AS {_OBJECT} "
        f"FROM read_ndjson_objects({path_literal(path)}))"
    )
    fields = {name: f"struct_extract({_OBJECT}, {literal(name)})" for name in keys}
    source = (
        f"(SELECT {_VALUES}, {', '.join(f'{sql} AS {quoted(name)}' for name, sql in fields.items())} FROM {source})"  # noqa: S608
    )
    selected = [
        f"CAST({decided[name].sql} AS {decided[name].type}) AS {quoted(name)}" if name in decided else quoted(name)
        for name in keys
    ]
    return CellText(source, ", ".join(selected), json_cells(keys, _VALUES))


def _with_types(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    relation: str,
    types: dict[str, str],
    reading: Reading,
    options: ReadingOptions,
) -> str:
    """The relation with some columns in the types that the user names; `reading` is changed to say so."""
    names = [name for name in options.column_types if name in types]
    casts = [f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in names]
    texts = f"(SELECT {', '.join(casts)} FROM {relation})"  # noqa: S608
    rows = connection.execute(f"SELECT * FROM {texts} LIMIT 2000").fetchall() if names else []  # noqa: S608
    samples = {name: [row[place] for row in rows if row[place] is not None] for place, name in enumerate(names)}
    understood = understand(connection, texts, samples, options)
    by_name = {column.name: column for column in understood.columns}
    reading.columns = [by_name.get(column.name, column) for column in reading.columns]
    reading.questions, reading.notes = understood.questions, [*reading.notes, *understood.notes]
    selected = [
        f"CAST({by_name[name].sql or quoted(name)} AS {by_name[name].type}) AS {quoted(name)}"
        if name in by_name
        else quoted(name)
        for name in types
    ]
    plain = types | dict.fromkeys(names, "VARCHAR")
    source = f"read_json({path_literal(path)}, format = 'newline_delimited', columns = {column_list(plain)})"
    return f"(SELECT {', '.join(selected)} FROM {source})"  # noqa: S608


def _column_type(kind: str) -> str:
    if kind in _JSON_TYPES:
        return kind
    return "VARCHAR" if kind in _TEXTS else "JSON"


def _check_keys(name: str, keys: set[str]) -> None:
    if not keys:
        raise InvalidInputError(f"{name} holds only empty objects.", "Check that it was written completely.")
    seen: dict[str, str] = {}
    for key in sorted(keys):
        other = seen.setdefault(key.lower(), key)
        if other != key:
            raise InvalidInputError(
                f"{name} has both {other!r} and {key!r}, which differ only in upper and lower case.",
                "Rename one of them.",
            )
