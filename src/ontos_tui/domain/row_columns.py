"""Rows and labeled examples that are kept by the column: what learns from a million of them makes no object for each.

Seen from outside they are sequences like any other, whose members are made when they are looked at. Whoever goes over
all of them asks for a column instead, by the functions at the end, which take other sequences as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.schema import Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ontos_tui.domain.records.data import Row

    Values = Sequence[Any] | NDArray[Any]
    Columns = Mapping[str, Values]
    """The values of rows by the name of their column; all columns are equally long."""


class ColumnRows(Sequence["Row"]):
    """Columns seen as rows, each made when it is looked at. A column of numbers may be an array."""

    def __init__(self, columns: Columns, count: int) -> None:
        self.columns = columns
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> ColumnRows: ...
    def __getitem__(self, index: int | slice) -> Row | ColumnRows:
        if isinstance(index, slice):
            count = len(range(*index.indices(self._count)))
            return ColumnRows({name: values[index] for name, values in self.columns.items()}, count)
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return {name: _plain(values[index]) for name, values in self.columns.items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def take(self, lines: Sequence[int]) -> ColumnRows:
        """The rows at these places."""
        return ColumnRows({name: _taken(values, lines) for name, values in self.columns.items()}, len(lines))


class Examples(Sequence[LabeledExample]):
    """Labeled examples by the column: references, rows, answers and groups in the same order."""

    def __init__(
        self, refs: Sequence[str], rows: Sequence[Row], answers: Sequence[Answer], groups: Sequence[str | None]
    ) -> None:
        self.refs, self.rows, self.answers, self.groups = refs, rows, answers, groups

    def __len__(self) -> int:
        return len(self.refs)

    @overload
    def __getitem__(self, index: int) -> LabeledExample: ...
    @overload
    def __getitem__(self, index: slice) -> Examples: ...
    def __getitem__(self, index: int | slice) -> LabeledExample | Examples:
        if isinstance(index, slice):
            return Examples(self.refs[index], self.rows[index], self.answers[index], self.groups[index])
        return LabeledExample(self.refs[index], self.rows[index], self.answers[index], self.groups[index])

    def take(self, lines: Sequence[int]) -> Examples:
        """The examples at these places."""
        rows = taken(self.rows, lines)
        return Examples(
            *(_taken(self.refs, lines), rows, _taken(self.answers, lines), _taken(self.groups, lines)),
        )


# Columns of any rows and examples ------------------------------------------------------------------------------------


def column(rows: Sequence[Row], name: str) -> list[Any]:
    """The value of each row under this name, None where it has none."""
    return listed(raw_column(rows, name))


def raw_column(rows: Sequence[Row], name: str) -> Values:
    """The same, as an array where the values are kept in one: of numbers, none of which is missing."""
    if not isinstance(rows, ColumnRows):
        return [row.get(name) for row in rows]
    values = rows.columns.get(name)
    return [None] * len(rows) if values is None else values


def column_names(rows: Sequence[Row]) -> tuple[str, ...]:
    """The names of all columns, in the order in which the rows show them."""
    if isinstance(rows, ColumnRows):
        return tuple(rows.columns) if len(rows) else ()
    return tuple(dict.fromkeys(name for row in rows for name in row))


def rows_of_examples(examples: Sequence[LabeledExample]) -> Sequence[Row]:
    """The row of each example."""
    return examples.rows if isinstance(examples, Examples) else [one.fields for one in examples]


def answers_of(examples: Sequence[LabeledExample]) -> Sequence[Answer]:
    """The answer of each example."""
    return examples.answers if isinstance(examples, Examples) else [one.answer for one in examples]


def groups_of(examples: Sequence[LabeledExample]) -> Sequence[str | None]:
    """The group of each example."""
    return examples.groups if isinstance(examples, Examples) else [one.group for one in examples]


@overload
def taken(sequence: Sequence[LabeledExample], lines: Sequence[int]) -> Sequence[LabeledExample]: ...
@overload
def taken(sequence: Sequence[Row], lines: Sequence[int]) -> Sequence[Row]: ...
def taken(sequence: Sequence[Any], lines: Sequence[int]) -> Sequence[Any]:
    """What stands at these places."""
    if len(lines) == len(sequence) and lines == range(len(sequence)):
        return sequence
    return sequence.take(lines) if isinstance(sequence, (ColumnRows, Examples)) else [sequence[line] for line in lines]


def _taken(values: Values, lines: Iterable[int]) -> Any:
    if isinstance(values, Sequence):
        return [values[line] for line in lines]
    return values[list(lines)]


def listed(values: Values) -> list[Any]:
    """The values of a column as a list of Python's own."""
    if isinstance(values, list):
        return values
    return list(values) if isinstance(values, Sequence) else values.tolist()


def _plain(value: Any) -> Any:
    """A number of an array as Python's own."""
    return value.item() if type(value).__module__ == "numpy" else value
