"""What of a frame the terminal does not show already.

Textual re-sends every line that a widget repaints, blanks included. The memory here knows what stands in every cell,
and reduces a frame to the cells that differ. It reads Textual's own output form: a cursor position, then text with SGR.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from operator import itemgetter, ne

from rich.cells import get_character_cell_size

from ontos_tui.tui.terminal.pens import PLAIN, SGR, Cell, Pen, pen_of, sgr_change, without_color

MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_FOREIGN = re.compile(
    r"\x1b(?!\[[0-9;]*m)"  # an escape that is no color
    "|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

_Run = tuple[int, int, Pen, str]
"""Row and column from 1, how it is painted, and the text."""

PaintedRow = tuple[int, int, Sequence[tuple[str, str]]]
"""Row and column from 1, and texts, each with the SGR sequence that it is painted with."""

_RIGHT_HALF = ""
_CHARACTER = itemgetter(0)
_UNKNOWN: Cell = ("\0", PLAIN)
_MOST_BLANKS = 12
"""Blanks at the end of a run from which on it is cheaper to erase the cells, where the terminal does that in color."""
_NEAR = 8
"""Unchanged cells that are sent along, since another cursor position would cost as much."""


class ScreenMemory:
    """What the terminal shows, cell by cell. Reduces a frame to the part of it that is new."""

    def __init__(self, *, colors: bool = True, erases: Callable[[], bool] = lambda: False) -> None:
        """Without `colors` (NO_COLOR) only bold, dim, underline and reverse are left of the styles.

        Where `erases` says so now, cells are erased instead of written with blanks: few bytes, on terminals that erase
        in the background's color.
        """
        self._rows: dict[int, _Row] = {}
        self._cursor = ""
        self._colors = colors
        self._erases = erases

    def forget(self) -> None:
        """The terminal may show anything now; the next frame is sent whole."""
        self._rows.clear()
        self._cursor = ""

    def changes(self, frame: str) -> str:
        """The cells of `frame` that the terminal does not show already, safe to send; empty when there are none.

        Cells that are painted alike are sent together, wherever they stand: a move costs less than two colors. The
        last position without text is the cursor's; it is sent after changes, or when the cursor itself moved.
        """
        pieces = MOVE.split(frame)
        new_runs: list[_Run] = []
        ends: dict[int, int] = {}
        in_order: set[int] = set()
        cursor = ""
        for at in range(1, len(pieces), 3):
            row, column, text = int(pieces[at]), int(pieces[at + 1]), pieces[at + 2].rstrip("\n")
            if not text:
                cursor = f"\x1b[{row};{column}H"
                continue
            known = self._rows.setdefault(row, _Row())
            if known.runs.get(column) != text:
                new_runs += self._new_runs(known, row, column, self._cells(text), text)
            # What was written over, or pushes at its neighbors when it is, has to be written in this order.
            if column <= ends.get(row, 0) or known.has_wide:
                in_order.add(row)
            ends[row] = max(ends.get(row, 0), known.ends[column])
        if not new_runs and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return _painted(new_runs, in_order, erases=self._erases()) + cursor

    def changes_of_rows(self, rows: Iterable[PaintedRow]) -> str:
        """The same of rows that do not overlap; the cursor stays where it is."""
        new_runs: list[_Run] = []
        in_order: set[int] = set()
        for row, column, parts in rows:
            cells: list[Cell] = []
            for text, codes in parts:
                _fill(cells, text if text.isprintable() else _FOREIGN.sub("", text), self._pen(codes))
            known = self._rows.setdefault(row, _Row())
            new_runs += self._new_runs(known, row, column, cells, "")
            if known.has_wide:
                in_order.add(row)
        return _painted(new_runs, in_order, erases=self._erases()) + self._cursor if new_runs else ""

    def _cells(self, run: str) -> list[Cell]:
        """A run of text with SGR sequences, cell by cell."""
        text = _FOREIGN.sub("", run)
        cells: list[Cell] = []
        codes = ""
        at = 0
        for match in SGR.finditer(text):
            _fill(cells, text[at : match.start()], self._pen(codes))
            codes = "" if match.group() in ("\x1b[0m", "\x1b[m") else codes + match.group()
            at = match.end()
        _fill(cells, text[at:], self._pen(codes))
        return cells

    def _pen(self, codes: str) -> Pen:
        return pen_of(codes) if self._colors else pen_of(SGR.sub(without_color, codes))

    def _new_runs(self, known: _Row, row: int, column: int, cells: list[Cell], run: str) -> Iterator[_Run]:
        """What of some cells from (row, column) on is new; all of them are remembered."""
        begin = column - 1
        end = begin + len(cells)
        known.remember(column, end, run)
        old = known.cells
        if len(old) < end:
            old.extend([_UNKNOWN] * (end - len(old)))
        before = old[begin:end]
        if before == cells:
            return
        known.has_wide = known.has_wide or _RIGHT_HALF in map(_CHARACTER, cells)
        changed = list(compress(range(begin, end), map(ne, before, cells)))
        # Writing over half of a wide character leaves something in its other half that terminals differ on.
        if begin and not old[begin][0]:
            old[begin - 1] = _UNKNOWN
        if end < len(old) and not old[end][0]:
            old[end] = _UNKNOWN
        old[begin:end] = cells
        for first, last, pen in _stretches(old, changed):
            start = first
            while start > begin and not old[start][0]:
                start -= 1
            yield row, start + 1, pen, "".join(character for character, _ in old[start : last + 1])


class _Row:
    """One row of the terminal, and the runs that were written last, so that a repeated one is known at a glance."""

    __slots__ = ("cells", "ends", "has_wide", "runs")

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.runs: dict[int, str] = {}
        self.ends: dict[int, int] = {}
        self.has_wide = False

    def remember(self, column: int, end: int, run: str) -> None:
        """`run` was written from `column` up to the cell `end`; runs that it may have covered are no longer known."""
        self.runs = {start: text for start, text in self.runs.items() if start > end or start + len(text) < column}
        self.runs[column] = run
        self.ends[column] = end


def _fill(cells: list[Cell], text: str, pen: Pen) -> None:
    if text.isascii():
        cells.extend(map(pen.cells.__getitem__, text))
        return
    blank = (" ", pen.blank)
    for character in text:
        width = get_character_cell_size(character)
        if width:
            cells.append(blank if character == " " else (character, pen))
            cells.extend([(_RIGHT_HALF, pen)] * (width - 1))
        elif cells:
            cells[-1] = (cells[-1][0] + character, cells[-1][1])


def _stretches(cells: list[Cell], changed: list[int]) -> Iterator[tuple[int, int, Pen]]:
    """Changed cells as stretches that one pen paints, first and last; those that are near each other joined."""
    if not changed:
        return
    first = last = changed[0]
    character, pen = cells[first]
    blank = character == " "
    for at in changed[1:]:
        character, now = cells[at]
        if at == last + 1 and now is pen:
            blank = blank and character == " "
            last = at
            continue
        joint = now if blank and now.blank is pen else pen
        if at - last <= _NEAR and all(_fits(cells[between], joint) for between in range(last + 1, at + 1)):
            blank = blank and character == " "
            pen, last = joint, at
            continue
        yield first, last, pen
        first, last, pen, blank = at, at, now, character == " "
    yield first, last, pen


def _fits(cell: Cell, pen: Pen) -> bool:
    return cell[1] is pen or (cell[0] == " " and cell[1] is pen.blank)


def _painted(runs: list[_Run], in_order: set[int], *, erases: bool = False) -> str:
    """Runs as text with cursor positions and SGR codes; ends without a style. Some rows are written as they came."""
    parts: list[str] = []
    now = PLAIN
    for row, column, pen, text in sorted(runs, key=lambda run: _order(run, in_order)):
        sent = _erased(text) if erases and not pen.attributes else text
        parts.append(f"\x1b[{row};{column}H{sgr_change(now, pen)}{sent}")
        now = pen
    parts.append(sgr_change(now, PLAIN))
    return "".join(parts)


def _erased(text: str) -> str:
    """The text with many blanks at its end erased instead of written."""
    there = text.rstrip(" ")
    blanks = len(text) - len(there)
    return f"{there}\x1b[{blanks}X" if blanks >= _MOST_BLANKS else text


def _order(run: _Run, in_order: set[int]) -> tuple[str, str, str]:
    row, _, pen, _ = run
    return ("", "", "") if row in in_order else (pen.background, pen.attributes, pen.foreground)
