"""Words to and from DuckDB: names and values quoted for it, and its refusals in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError, OntosError, PlatformError
from ontos_tui.tabular.json_words import json_reason

if TYPE_CHECKING:
    import duckdb


def quoted(identifier: str) -> str:
    """A column's name in a query."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in a query."""
    return "'" + text.replace("'", "''") + "'"


def path_literal(path: Path) -> str:
    """A file's name in a query. DuckDB takes * ? [ for patterns, which could name other files: they are escaped."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


@contextmanager
def explain_duckdb_errors(path: Path, filter_text: str = "") -> Iterator[None]:
    """Turn DuckDB's errors into InvalidInputError or PlatformError that name the file and the line where known.

    `filter_text` is the user's filter that took part, if any: what does not lie in the file lies in it.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise _in_words(error, path, filter_text) from error
    except (UnicodeError, RecursionError) as error:
        raise InvalidInputError(f"{path.name} cannot be read: {error}.", "Save it as UTF-8 text.") from error


def _in_words(error: duckdb.Error, path: Path, filter_text: str) -> OntosError:
    import duckdb

    message = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return PlatformError(
            f"Reading {path.name} needs more memory than is free.", "Use fewer columns, a filter, or a smaller sample."
        )
    if isinstance(error, duckdb.IOException) and ("No files found" in message or "Cannot open" in message):
        return PlatformError(f"The file {path} is gone or cannot be read.", "Put it back, or add it again.")
    if "JSON" in message and "CSV Error" not in message and path.suffix.lower() in (".jsonl", ".ndjson"):
        line, reason = bad_json_line(path)
        if line:
            return InvalidInputError(
                f"{path.name}, line {line}: {reason}.", "Every line holds one JSON object in braces; correct the line."
            )
    if "CSV Error" in message or "CSV Sniffer" in message:
        return _csv_words(message, path)
    if "arquet" in message or "magic bytes" in message:
        return InvalidInputError(
            f"{path.name} is damaged or not a Parquet file: {_first_line(message)}", "Write it again and add that file."
        )
    if filter_text:
        return InvalidInputError(
            f"The filter does not fit the data: {_first_line(message)}",
            "Compare texts with quoted texts ('L') and numbers with numbers.",
        )
    return PlatformError(f"{path.name} cannot be read: {_first_line(message)}", "Check the file.")


def _csv_words(message: str, path: Path) -> OntosError:
    line_number = re.search(r"Line: (\d+)", message)
    where = f"{path.name}, line {line_number[1]}" if line_number else path.name
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if counts:
        return InvalidInputError(
            f"{where}: {counts[2]} values, but the first line names {counts[1]} columns.",
            "Give every line as many values as the first line, which names the columns; a text that holds the "
            "separator stands in double quotes.",
        )
    if "unterminated quote" in message:
        return InvalidInputError(f"{where}: a double quote is not closed.", "Correct the line.")
    if "unicode" in message:
        return InvalidInputError(f"{where}: not UTF-8 text.", "Save the file as UTF-8.")
    if "Maximum line size" in message:
        return InvalidInputError(f"{where}: the line is longer than 2 MB.", "Look for a quote that is not closed.")
    return InvalidInputError(f"{where}: {_csv_reason(message)}", "Correct the line.")


def _csv_reason(message: str) -> str:
    lines = [
        line for line in message.splitlines() if not line.startswith(("Original Line", "Invalid Input Error: CSV E"))
    ]
    return lines[0].rstrip(".") + "." if lines else "the line cannot be read."


def _first_line(message: str) -> str:
    line = message.splitlines()[0] if message else "no reason was given"
    return re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", line)[:300].rstrip(". ") + "."


def bad_json_line(path: Path) -> tuple[int, str]:
    """The number of the first line that holds no JSON object, and what is wrong with it; (0, "") when all do.

    DuckDB tells bytes, not reliably lines; so the file is read once more, which only a broken one costs.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            reason = _json_reason(raw)
            if reason:
                return number, reason
    return 0, ""


def _json_reason(raw: bytes) -> str:
    if not raw.strip():
        return ""
    if raw.startswith(b"\xef\xbb\xbf"):
        return "the file begins with a byte order mark; save it as UTF-8 without one"
    try:
        value = json.loads(raw.decode().rstrip("\r\n"), object_pairs_hook=_object)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return "not UTF-8 text"
    except UnicodeEncodeError:
        return "an escape such as \\ud800 that is not a character"
    except RecursionError:
        return "nested too deeply"
    except json.JSONDecodeError as error:
        return f"not JSON: at character {error.pos + 1} {json_reason(error)}"
    except ValueError as error:
        return str(error)
    return "" if isinstance(value, dict) else "not a JSON object in braces"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} appears twice in one object")
    return parsed


def column_list(columns: dict[str, str]) -> str:
    """Names and types as DuckDB's readers take them."""
    return "{" + ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind in columns.items()) + "}"
