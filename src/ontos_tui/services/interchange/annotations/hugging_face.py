"""Parquet of Hugging Face's datasets: class names stand in the file's metadata, and the cells hold their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ontos_tui.services.interchange.annotations.conll import TAG, Sentence
from ontos_tui.services.interchange.reading import Entry
from ontos_tui.services.interchange.report import ImportReport

TOKENS = ("tokens", "words")
"""How the column of a text's words is called."""


def class_names(path: Path) -> dict[str, tuple[str, ...]]:
    """The names of the classes of each column that holds numbers of classes, or lists of them."""
    import duckdb

    from ontos_tui.tabular.duckdb_sql import literal

    with duckdb.connect() as connection:
        source = f"parquet_kv_metadata({literal(str(path.absolute()))})"
        row = connection.execute(f"SELECT value FROM {source} WHERE key = 'huggingface'::BLOB").fetchone()  # noqa: S608
    try:
        features = json.loads(bytes(row[0]))["info"]["features"] if row else {}
    except (ValueError, KeyError, TypeError):
        return {}
    names = {name: _names(feature) for name, feature in features.items()} if isinstance(features, Mapping) else {}
    return {name: known for name, known in names.items() if known}


def _names(feature: object) -> tuple[str, ...]:
    if isinstance(feature, list) and len(feature) == 1:
        return _names(feature[0])
    if not isinstance(feature, Mapping):
        return ()
    if feature.get("_type") in ("Sequence", "List", "LargeList"):
        return _names(feature.get("feature"))
    names = feature.get("names")
    return tuple(map(str, names)) if feature.get("_type") == "ClassLabel" and isinstance(names, list) else ()


def named(entries: Iterable[Entry], classes: Mapping[str, Sequence[str]], report: ImportReport) -> Iterator[Entry]:
    """The rows with the names of classes in place of their numbers; -1 is no class."""
    for number, row in entries:
        changed = {}
        for column, names in classes.items():
            cell = row.get(column)
            numbers = cell if isinstance(cell, list) else [] if cell is None else [cell]
            wrong = next((one for one in numbers if not isinstance(one, int) or not -1 <= one < len(names)), None)
            if wrong is not None:
                report.problem(number, f"{column}: {wrong!r} is not the number of a class, 0–{len(names) - 1}")
                break
            values = [None if one == -1 else names[one] for one in numbers]
            changed[column] = values if isinstance(cell, list) else values[0] if values else None
        else:
            yield number, {**row, **changed}


def tag_columns(columns: Sequence[str], classes: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """The columns of words and of their tags, if there are such."""
    words = next((column for column in TOKENS if column in columns), None)
    tags = [column for column, names in classes.items() if all(TAG.fullmatch(name) for name in names)]
    return (words, tags[0]) if words is not None and len(tags) == 1 else None


def sentences(
    entries: Iterable[Entry], columns: tuple[str, str], item_column: str, report: ImportReport
) -> Iterator[Sentence]:
    """The rows of words and tags as sentences."""
    for number, row in entries:
        words, tags = (row.get(column) for column in columns)
        if not isinstance(words, list) or not isinstance(tags, list) or len(words) != len(tags) or None in tags:
            report.problem(number, f"{columns[0]} and {columns[1]} are not lists of the same length")
        else:
            ref = row.get(item_column)
            yield Sentence(number, "" if ref is None else str(ref), [str(word) for word in words], tags)
