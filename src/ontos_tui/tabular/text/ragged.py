"""Lines with too many or too few values: which they are, in the numbers of the file's own lines."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular.text.layout import FIXED, Layout
from ontos_tui.tabular.text.records import SPACES

SHOWN = 3


@contextmanager
def ragged_error(path: Path, plain: Path, layout: Layout) -> Iterator[None]:
    """Turn DuckDB's refusal of a line into one that names it. `plain` is the copy that was read, `path` the user's."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        message = str(error)
        if "Expected Number of Columns" in message or "ragged line" in message:
            raise _error(path, plain, layout) from error
        raise


def _error(path: Path, plain: Path, layout: Layout) -> InvalidInputError:
    width = len(layout.names) + layout.extra
    lines = list(islice(_ragged(plain, layout, width), SHOWN + 1))
    header = layout.headings.header
    columns = "1 column" if width == 1 else f"{width} columns"
    names = f"the first line names {columns}" if header == 1 else f"line {header} names {columns}"
    if not header:
        names = f"most lines have {width}"
    if not lines:
        return InvalidInputError(f"{path.name}: some lines do not have {width} values.", "Correct them.")
    (number, values), *others = lines
    more = f" So it is in line {', '.join(str(line) for line, _ in others[: SHOWN - 1])}" if others else ""
    more += " and more." if len(others) >= SHOWN else "." if others else ""
    return InvalidInputError(
        f"{path.name}, line {number}: {values} value{'' if values == 1 else 's'}, but {names}.{more}",
        "Give every line as many values; a text that holds the separator stands in double quotes. If the names stand "
        f"elsewhere: --header-line N. If {layout.separator!r} is not the separator: --separator",
    )


def _ragged(plain: Path, layout: Layout, width: int) -> Iterator[tuple[int, int]]:
    """The lines that have another number of values than the names, each with that number."""
    skip = layout.headings.body - 1
    with plain.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        if layout.separator in (SPACES, FIXED):
            for number, line in enumerate(file, 1):
                if number > skip and line.strip() and len(line.split()) != width:
                    yield number, len(line.split())
            return
        csv.field_size_limit(sys.maxsize)
        for _ in range(skip):
            file.readline()
        reader = csv.reader(file, delimiter=layout.separator or "\x01")
        before = 0
        try:
            for cells in reader:
                if cells and len(cells) != width:
                    yield skip + before + 1, len(cells)
                before = reader.line_num
        except csv.Error:
            return
