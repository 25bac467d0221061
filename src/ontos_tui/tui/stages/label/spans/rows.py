"""A text with brackets in it, broken into rows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len


def rows_of(pieces: Sequence[tuple[int, str, bool]], width: int) -> list[list[tuple[int, str, bool]]]:
    """Pieces in rows of at most `width` cells, broken behind spaces where there are some, and at line ends."""
    rows: list[list[tuple[int, str, bool]]] = []
    row: list[tuple[int, str, bool]] = []
    used, breakable = 0, 0
    for piece in pieces:
        cells = cell_len(piece[1])
        if used + cells > width and any(not is_mark for _, _, is_mark in row):
            cut = breakable or len(row)
            if all(is_mark for _, _, is_mark in row[:cut]):
                cut = len(row)
            rows.append(row[:cut])
            row = row[cut:]
            used, breakable = sum(cell_len(text) for _, text, _ in row), 0
        row.append(piece)
        used += cells
        if not piece[2] and piece[1] == " ":
            breakable = len(row)
        elif not piece[2] and piece[1] == "⏎":
            rows.append(row)
            row, used, breakable = [], 0, 0
    if any(not is_mark for _, _, is_mark in row):
        rows.append(row)
    elif row and rows:
        rows[-1] += row
    return rows
