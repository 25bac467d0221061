"""What a model sees of a row: typed columns, inferred from the training rows and stored as plain data with the model.

`describe` looks at rows and decides what each column is. A `FeatureTable` then turns rows into numbers, always the
same way: leniently while learning (odd values count as missing), strictly for requests (`strict=True` refuses them).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.row_columns import column_names, listed, raw_column
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.encoding.columns import (
    LARGEST,
    LONGEST_TEXT,
    WORD,
    BooleanColumn,
    CategoryColumn,
    FeatureColumn,
    Matrix,
    NumericColumn,
    TextColumn,
    each,
    is_missing,
    is_scalar,
    number,
    numbers_of,
    plain_numbers,
    words_of,
)
from ontos_tui.learning.encoding.derived import DerivedColumn
from ontos_tui.learning.encoding.image_features import HISTOGRAMS, ImageColumn, learn_column

__all__ = [
    "LARGEST",
    "NESTED",
    "NO_WORDS",
    "BooleanColumn",
    "CategoryColumn",
    "FeatureColumn",
    "FeatureTable",
    "LeftOut",
    "Matrix",
    "NumericColumn",
    "TextColumn",
    "describe",
    "is_missing",
    "number",
    "words_of",
]

MOST_CATEGORIES = 50
MOST_WORDS = 300
NESTED = "holds lists or objects"
NO_WORDS = "has no words that several rows share"
_IDENTIFYING = re.compile(r"(^|[ _.-])(id|uid|udi|uuid|guid|index|idx|key|serial|row|nr|number)$", re.IGNORECASE)


@dataclass(frozen=True)
class LeftOut:
    """A column that a model does not learn from, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class FeatureTable:
    """The columns that a model learns from, in the order of its matrix; what is derived of them stands behind them."""

    columns: tuple[FeatureColumn, ...]
    derived: tuple[DerivedColumn, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a row; a request gives these and nothing that is derived."""
        return tuple(column.name for column in self.columns)

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return self.base_width + len(self.derived)

    @property
    def base_width(self) -> int:
        """Columns of the matrix before the derived ones."""
        return sum(column.width for column in self.columns)

    def encode(self, rows: Sequence[Row], *, strict: bool = False) -> Matrix:
        """One line of numbers for each row; `strict` raises InvalidInputError naming a field that does not fit."""
        if strict:
            for position, row in enumerate(rows, 1):
                self._check(row, f"Row {position}: " if len(rows) > 1 else "")
        blocks = [_block(column, raw_column(rows, column.name), strict=strict) for column in self.columns]
        return self.extended(np.hstack(blocks) if blocks else np.zeros((len(rows), 0)))

    def with_derived(self, derived: Iterable[DerivedColumn]) -> FeatureTable:
        """The same columns with these derived ones behind them, each once."""
        return replace(self, derived=tuple(dict.fromkeys(derived)))

    def extended(self, matrix: Matrix) -> Matrix:
        """A matrix of the columns, with the derived columns behind them."""
        if not self.derived:
            return matrix
        places = self.number_positions()
        values = [one.values(matrix[:, places[one.first]], matrix[:, places[one.second]]) for one in self.derived]
        return np.column_stack([matrix, np.clip(np.column_stack(values), -LARGEST, LARGEST)])

    def number_positions(self) -> dict[str, int]:
        """Where in the matrix each number column stands."""
        numeric = {column.name for column in self.columns if isinstance(column, NumericColumn)}
        return {name: span.start for name, span in self.spans() if name in numeric}

    def positions_with(self, derived: Iterable[DerivedColumn]) -> tuple[int, ...]:
        """Positions in the matrix of all columns of the rows and of these derived ones."""
        base = self.base_width
        return (*range(base), *(base + self.derived.index(one) for one in derived))

    def spans(self) -> list[tuple[str, slice]]:
        """Which columns of the matrix belong to which column of the rows."""
        ends = np.cumsum([column.width for column in self.columns]).tolist()
        return [(column.name, slice(end - column.width, end)) for column, end in zip(self.columns, ends, strict=True)]

    def pictures(self) -> tuple[slice, ...]:
        """The columns of the matrix that hold the histograms of pictures; their few other figures are like any."""
        kinds = {column.name for column in self.columns if isinstance(column, ImageColumn)}
        return tuple(slice(span.start, span.start + HISTOGRAMS) for name, span in self.spans() if name in kinds)

    def _check(self, row: Row, where: str) -> None:
        absent = [column for column in self.columns if column.name not in row]
        if absent:
            lacking = ", ".join(f"{safe_line(column.name, 80)!r} ({column.expected})" for column in absent)
            raise InvalidInputError(
                f"{where}the input lacks {lacking}.", "Give every field, or null for an unknown value."
            )
        for column in self.columns:
            value = row[column.name]
            if not column.fits(value):
                raise InvalidInputError(
                    f"{where}the field {safe_line(column.name, 80)!r} holds {_shown(value)}.",
                    f"{column.expected.capitalize()} is expected there, or null for an unknown value.",
                )

    def to_json(self) -> list[dict[str, Any]]:
        """As plain data."""
        columns = [{"type": type(column).__name__, **asdict(column)} for column in self.columns]  # type: ignore[call-overload]
        return columns + [{"type": DerivedColumn.__name__, **one.to_json()} for one in self.derived]

    @classmethod
    def from_json(cls, columns: Iterable[dict[str, Any]]) -> FeatureTable:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        kinds: dict[str, Any] = {
            kind.__name__: kind for kind in (NumericColumn, BooleanColumn, CategoryColumn, TextColumn, ImageColumn)
        }
        restored, derived = [], []
        for column in columns:
            plain: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in column.items()
            }
            kind = plain.pop("type")
            if kind == DerivedColumn.__name__:
                derived.append(DerivedColumn.from_json(plain))
            else:
                restored.append(kinds[kind](**plain))
        return cls(tuple(restored), tuple(derived))


def describe(
    rows: Sequence[Row],
    names: Sequence[str] = (),
    *,
    most_words: int = MOST_WORDS,
    images: Mapping[str, Path] | None = None,
) -> tuple[FeatureTable, tuple[LeftOut, ...]]:
    """Infer the type of each named column (all columns where none is named); those that teach nothing are left out.

    Those of `images` hold pictures, relative to that folder; nobody else's paths are opened.
    """
    names = names or column_names(rows)
    columns: list[FeatureColumn] = []
    left_out: list[LeftOut] = []
    for name in names:
        values = raw_column(rows, name)
        described: FeatureColumn | LeftOut
        if images and name in images:
            learned = learn_column(name, listed(values), images[name])
            described = LeftOut(name, learned) if isinstance(learned, str) else learned
        else:
            described = _describe(name, values, most_words)
        if isinstance(described, LeftOut):
            left_out.append(described)
        else:
            columns.append(described)
    return FeatureTable(tuple(columns)), tuple(left_out)


def _block(column: FeatureColumn, given: Sequence[Any] | NDArray[Any], *, strict: bool) -> Matrix:
    """The lines of one column. Whether a picture can be read shows only when it is: requests fail then."""
    if isinstance(column, NumericColumn):
        return column.lines(np.clip(numbers_of(given), -LARGEST, LARGEST))
    values = listed(given)
    return column.encode_strictly(values) if strict and isinstance(column, ImageColumn) else column.encode(values)


def _describe(name: str, given: Sequence[Any] | NDArray[Any], most_words: int) -> FeatureColumn | LeftOut:
    plain = plain_numbers(given)
    if plain is not None:
        return _describe_numbers(name, listed(given[:1]), plain)
    values = listed(given)
    present = [value for value in values if is_scalar(value) and not is_missing(value)]
    if not present:
        nested = any(isinstance(value, (list, dict)) for value in values)
        return LeftOut(name, NESTED if nested else "is empty")
    some_missing = len(present) < len(values)
    first = present[0]
    if not some_missing and all(
        value == first and isinstance(value, bool) is isinstance(first, bool) for value in present
    ):
        return LeftOut(name, f"is always {safe_line(first, 40)}")
    if all(isinstance(value, bool) for value in present):
        return BooleanColumn(name)
    parsed = each(present, number)
    numbers = np.array([one for one in parsed if one is not None], dtype=np.float64)
    marks = {str(value).strip() for value, one in zip(present, parsed, strict=True) if one is None}
    if len(numbers) and len(numbers) >= 0.95 * len(present) and len(marks) <= 10:
        return _number_column(name, numbers, len(numbers) < len(values), marks)
    return _describe_words(name, [str(value).strip() for value in present], most_words)


def _describe_numbers(name: str, head: list[object], plain: NDArray[np.float64]) -> FeatureColumn | LeftOut:
    """A column that holds nothing but numbers and nulls."""
    finite = np.isfinite(plain)
    numbers = plain[finite]
    if not len(numbers):
        return LeftOut(name, "is empty")
    if len(numbers) == len(plain) and (numbers == numbers[0]).all():
        return LeftOut(name, f"is always {safe_line(head[0], 40)}")
    return _number_column(name, numbers, len(numbers) < len(plain), ())


def _number_column(
    name: str, numbers: NDArray[np.float64], sometimes_missing: bool, marks: Iterable[str]
) -> FeatureColumn | LeftOut:
    if _only_counts(name, numbers):
        return LeftOut(name, "only numbers the rows")
    median = float(np.clip(np.median(numbers), -LARGEST, LARGEST))
    return NumericColumn(name, median, sometimes_missing, tuple(sorted(marks)))


def _only_counts(name: str, numbers: NDArray[np.float64]) -> bool:
    """Whether the numbers are an identifier or a row number: whole, all different, and called so or without a gap."""
    if len(numbers) < 20 or (numbers % 1 != 0).any() or len(np.unique(numbers)) < len(numbers):
        return False
    return bool(_IDENTIFYING.search(name)) or float(np.ptp(numbers)) == len(numbers) - 1


def _describe_words(name: str, texts: list[str], most_words: int) -> FeatureColumn | LeftOut:
    counts = Counter(texts)
    words_each = sum(len(WORD.findall(text[:LONGEST_TEXT])) for text in texts) / len(texts)
    if words_each >= 3 and len(counts) > max(3, len(texts) / 3):
        return _text_column(name, texts, most_words)
    least = 2 if len(texts) >= 5 else 1
    known = [text for text, count in counts.most_common(MOST_CATEGORIES) if count >= least]
    if not known:
        return LeftOut(name, "is different in almost every row, like an identifier or a date")
    return CategoryColumn(name, tuple(sorted(known)))


def _text_column(name: str, texts: list[str], most_words: int) -> FeatureColumn | LeftOut:
    seen_in: Counter[str] = Counter()
    for text in texts:
        seen_in.update(set(words_of(text)))
    least = 2 if len(texts) >= 20 else 1
    telling = [(word, count) for word, count in seen_in.most_common() if least <= count < len(texts)][:most_words]
    if not telling:
        return LeftOut(name, NO_WORDS)
    telling.sort()
    weights = tuple(math.log((1 + len(texts)) / (1 + count)) + 1 for _, count in telling)
    return TextColumn(name, tuple(word for word, _ in telling), weights)


def _shown(value: object) -> str:
    try:
        return safe_line(repr(value), 60)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a number that is too long"
