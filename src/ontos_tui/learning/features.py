"""What a model sees of a row: typed columns, inferred from the training rows and stored as plain data with the model.

`describe` looks at rows and decides what each column is. A `FeatureTable` then turns rows into numbers, always the
same way: leniently while learning (odd values count as missing), strictly for requests (`strict=True` refuses them).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.numbers import is_numeral
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.terminal_text import safe_line
from ontos_tui.learning.image_features import HISTOGRAMS, ImageColumn, learn_column

Matrix = NDArray[np.float64]

LARGEST = 1e30
"""Numbers are clipped to this size: trees compute in 32 bits, and squares must stay finite."""
MOST_CATEGORIES = 50
MOST_WORDS = 300
LONGEST_TEXT = 20_000
"""Characters of a text that are read."""
NESTED = "holds lists or objects"
NO_WORDS = "has no words that several rows share"
WORD = re.compile(r"[^\W\d_][\w-]+")
_IDENTIFYING = re.compile(r"(^|[ _.-])(id|uid|udi|uuid|guid|index|idx|key|serial|row|nr|number)$", re.IGNORECASE)


def is_missing(value: object) -> bool:
    """Whether a value says nothing: null, NaN, or a blank text."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    )


def number(value: object) -> float | None:
    """A finite number, also from its text; None for anything else (a boolean is no number)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not is_numeral(text):
            return None
        value = float(text)
    if not isinstance(value, (int, float)):
        return None
    try:
        parsed = float(value)
    except OverflowError:
        return None
    return parsed if math.isfinite(parsed) else None


class FeatureColumn(Protocol):
    """One column that a model learns from."""

    @property
    def name(self) -> str: ...

    @property
    def width(self) -> int:
        """Columns of the matrix that it becomes."""
        ...

    @property
    def expected(self) -> str:
        """What a request may hold here, in words."""
        ...

    def fits(self, value: object) -> bool:
        """Whether a request may hold `value` here."""
        ...

    def encode(self, values: Sequence[object]) -> Matrix:
        """One line for each value; what does not fit counts as missing."""
        ...


@dataclass(frozen=True)
class NumericColumn:
    """A measured number. `marks` are the texts that stood for a missing value in the training rows."""

    name: str
    median: float
    sometimes_missing: bool
    marks: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return 2 if self.sometimes_missing else 1

    @property
    def expected(self) -> str:
        return "a number"

    def fits(self, value: object) -> bool:
        return (
            is_missing(value) or number(value) is not None or (isinstance(value, str) and value.strip() in self.marks)
        )

    def numbers(self, values: Sequence[object]) -> Matrix:
        """The values as numbers, NaN where missing."""
        numbers = np.array([math.nan if (n := number(value)) is None else n for value in values], dtype=np.float64)
        return np.clip(numbers, -LARGEST, LARGEST)

    def encode(self, values: Sequence[object]) -> Matrix:
        numbers = self.numbers(values)
        missing = np.isnan(numbers)
        numbers = np.where(missing, self.median, numbers)
        return np.column_stack([numbers, missing]) if self.sometimes_missing else numbers[:, None]


@dataclass(frozen=True)
class BooleanColumn:
    """Yes or no; a missing value lies between."""

    name: str

    @property
    def width(self) -> int:
        return 1

    @property
    def expected(self) -> str:
        return "true or false"

    def fits(self, value: object) -> bool:
        return is_missing(value) or self._read(value) is not None

    def encode(self, values: Sequence[object]) -> Matrix:
        flags = [self._read(value) for value in values]
        return np.array([[0.5 if one is None else float(one)] for one in flags], dtype=np.float64).reshape(-1, 1)

    @staticmethod
    def _read(value: object) -> bool | None:
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.strip().lower())
        return bool(value) if isinstance(value, (bool, int, float)) and value in (0, 1) else None


@dataclass(frozen=True)
class CategoryColumn:
    """One of several words. Rare and unknown ones, and a missing value, are none of `categories`."""

    name: str
    categories: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.categories)

    @property
    def expected(self) -> str:
        shown = ", ".join(repr(category) for category in self.categories[:3])
        return f"a text such as {safe_line(shown, 80)}"

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each category stands."""
        return {category: position for position, category in enumerate(self.categories)}

    def fits(self, value: object) -> bool:
        return is_missing(value) or isinstance(value, str) or (_scalar(value) and str(value) in self.positions)

    def codes(self, values: Sequence[object]) -> NDArray[np.intp]:
        """The position of each value's category, -1 for none of them."""
        codes = [self.positions.get(str(value).strip(), -1) if _scalar(value) else -1 for value in values]
        return np.array(codes, dtype=np.intp)

    def encode(self, values: Sequence[object]) -> Matrix:
        return np.where(self.codes(values)[:, None] == np.arange(self.width), 1.0, 0.0)


@dataclass(frozen=True)
class TextColumn:
    """Free text, as TF-IDF over a bounded vocabulary. Digits are not words: numbers belong in columns of their own."""

    name: str
    words: tuple[str, ...]
    weights: tuple[float, ...]

    @property
    def width(self) -> int:
        return len(self.words)

    @property
    def expected(self) -> str:
        return "a text"

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each word stands."""
        return {word: position for position, word in enumerate(self.words)}

    def fits(self, value: object) -> bool:
        return is_missing(value) or isinstance(value, str)

    def encode(self, values: Sequence[object]) -> Matrix:
        matrix = np.zeros((len(values), self.width))
        for line, value in zip(matrix, values, strict=True):
            for word, count in Counter(words_of(value)).items():
                if (position := self.positions.get(word)) is not None:
                    line[position] = (1 + math.log(count)) * self.weights[position]
        length = np.linalg.norm(matrix, axis=1, keepdims=True)
        length[length == 0] = 1
        matrix /= length
        return matrix


def words_of(value: object) -> list[str]:
    """The words of a text, in lower case."""
    return WORD.findall(str(value)[:LONGEST_TEXT].lower()) if _scalar(value) else []


@dataclass(frozen=True)
class LeftOut:
    """A column that a model does not learn from, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class FeatureTable:
    """The columns that a model learns from, in the order of its matrix."""

    columns: tuple[FeatureColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def width(self) -> int:
        return sum(column.width for column in self.columns)

    def encode(self, rows: Sequence[Row], *, strict: bool = False) -> Matrix:
        """One line of numbers for each row; `strict` raises InvalidInputError naming a field that does not fit."""
        if strict:
            for position, row in enumerate(rows, 1):
                self._check(row, f"Row {position}: " if len(rows) > 1 else "")
        blocks = [_block(column, [row.get(column.name) for row in rows], strict=strict) for column in self.columns]
        return np.hstack(blocks) if blocks else np.zeros((len(rows), 0))

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
        return [{"type": type(column).__name__, **asdict(column)} for column in self.columns]  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, columns: Iterable[dict[str, Any]]) -> FeatureTable:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        kinds: dict[str, Any] = {
            kind.__name__: kind for kind in (NumericColumn, BooleanColumn, CategoryColumn, TextColumn, ImageColumn)
        }
        restored = []
        for column in columns:
            plain: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in column.items()
            }
            restored.append(kinds[plain.pop("type")](**plain))
        return cls(tuple(restored))


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
    names = names or list(dict.fromkeys(name for row in rows for name in row))
    columns: list[FeatureColumn] = []
    left_out: list[LeftOut] = []
    for name in names:
        values = [row.get(name) for row in rows]
        described: FeatureColumn | LeftOut
        if images and name in images:
            learned = learn_column(name, values, images[name])
            described = LeftOut(name, learned) if isinstance(learned, str) else learned
        else:
            described = _describe(name, values, most_words)
        if isinstance(described, LeftOut):
            left_out.append(described)
        else:
            columns.append(described)
    return FeatureTable(tuple(columns)), tuple(left_out)


def _block(column: FeatureColumn, values: Sequence[object], *, strict: bool) -> Matrix:
    """The lines of one column. Whether a picture can be read shows only when it is: requests fail then."""
    return column.encode_strictly(values) if strict and isinstance(column, ImageColumn) else column.encode(values)


def _describe(name: str, values: list[object], most_words: int) -> FeatureColumn | LeftOut:
    present = [value for value in values if not is_missing(value) and _scalar(value)]
    if not present:
        nested = any(isinstance(value, (list, dict)) for value in values)
        return LeftOut(name, NESTED if nested else "is empty")
    some_missing = len(present) < len(values)
    if len({(isinstance(value, bool), value) for value in present}) == 1 and not some_missing:
        return LeftOut(name, f"is always {safe_line(present[0], 40)}")
    if all(isinstance(value, bool) for value in present):
        return BooleanColumn(name)
    parsed = [number(value) for value in present]
    numbers = [one for one in parsed if one is not None]
    marks = {str(value).strip() for value, one in zip(present, parsed, strict=True) if one is None}
    if numbers and len(numbers) >= 0.95 * len(present) and len(marks) <= 10:
        if _only_counts(name, numbers):
            return LeftOut(name, "only numbers the rows")
        median = float(np.clip(np.median(numbers), -LARGEST, LARGEST))
        return NumericColumn(name, median, len(numbers) < len(values), tuple(sorted(marks)))
    return _describe_words(name, [str(value).strip() for value in present], most_words)


def _only_counts(name: str, numbers: list[float]) -> bool:
    """Whether the numbers are an identifier or a row number: whole, all different, and called so or without a gap."""
    if len(numbers) < 20 or len(set(numbers)) < len(numbers) or any(not one.is_integer() for one in numbers):
        return False
    return bool(_IDENTIFYING.search(name)) or max(numbers) - min(numbers) == len(numbers) - 1


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


def _scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) or (isinstance(value, int) and value.bit_length() <= 1000)


def _shown(value: object) -> str:
    try:
        return safe_line(repr(value), 60)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a number that is too long"
