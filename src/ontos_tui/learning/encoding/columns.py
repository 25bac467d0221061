"""The columns that a model learns from, one class for each type: how their values become numbers.

Whole columns are encoded at once: plain numbers as an array, and of texts each distinct one is looked at once.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.text.numbers import is_numeral
from ontos_tui.domain.text.terminal_text import safe_line

T = TypeVar("T")
Matrix = NDArray[np.float64]

LARGEST = 1e30
"""Numbers are clipped to this size: trees compute in 32 bits, and squares must stay finite."""
LONGEST_TEXT = 20_000
"""Characters of a text that are read."""
SAMPLE = 1_000
"""Values by which a column is judged to repeat itself."""
WORD = re.compile(r"[^\W\d_][\w-]+")


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


def plain_numbers(values: Sequence[object] | NDArray[Any]) -> NDArray[np.float64] | None:
    """The values as an array, NaN for null, where they are nothing but numbers and nulls; else None."""
    if isinstance(values, np.ndarray):
        return values.astype(np.float64) if values.dtype.kind in "fiu" else plain_numbers(values.tolist())
    if not set(map(type, values)) <= {float, int, NoneType}:
        return None
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return None


def numbers_of(values: Sequence[object] | NDArray[Any]) -> NDArray[np.float64]:
    """Each value as a number, NaN where `number` gives none."""
    plain = plain_numbers(values)
    if plain is not None:
        return np.where(np.isinf(plain), np.nan, plain)
    return np.array(each(list(values), number), dtype=np.float64)


def each(values: Sequence[object], look: Callable[[object], T]) -> list[T]:
    """What `look` makes of each value; of texts and nulls that repeat, each distinct one is looked at once."""
    few_distinct = len(set(map(repr, values[:SAMPLE]))) <= SAMPLE // 2
    if not few_distinct or not set(map(type, values)) <= {str, NoneType}:
        return [look(value) for value in values]
    seen = {value: look(value) for value in dict.fromkeys(values)}
    return [seen[value] for value in values]


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
        return np.clip(numbers_of(values), -LARGEST, LARGEST)

    def encode(self, values: Sequence[object]) -> Matrix:
        return self.lines(self.numbers(values))

    def lines(self, numbers: NDArray[np.float64]) -> Matrix:
        """The lines of numbers that were read already, NaN where one is missing."""
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
        return is_missing(value) or isinstance(value, str) or (is_scalar(value) and str(value) in self.positions)

    def codes(self, values: Sequence[object]) -> NDArray[np.intp]:
        """The position of each value's category, -1 for none of them."""

        def code(value: object) -> int:
            return self.positions.get(str(value).strip(), -1) if is_scalar(value) else -1

        return np.array(each(values, code), dtype=np.intp)

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
    return WORD.findall(str(value)[:LONGEST_TEXT].lower()) if is_scalar(value) else []


def is_scalar(value: object) -> bool:
    """Whether a value is a text or a finite number of a sensible length."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) or (isinstance(value, int) and value.bit_length() <= 1000)
