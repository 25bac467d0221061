"""How a data file is read: what the user decided, what was understood, and what only the user can decide."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import ConfigDict, Field

from ontos_tui.domain.errors import NeedsOptionError
from ontos_tui.domain.parts import Part


class DateOrder(StrEnum):
    """Which part of a date such as 01/02/2024 comes first."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Limits(StrEnum):
    """What becomes of values such as <40: the number, or nothing."""

    NUMBER = "number"
    MISSING = "missing"


class ReadingOptions(Part):
    """What the user decided about a file. None and empty mean: decide from the file."""

    model_config = ConfigDict(extra="forbid")

    sheet: str = Field("", description="of a workbook: its name, or its number from 1")
    encoding: str = Field("", description="such as utf-8, utf-16, cp1252")
    separator: str = Field("", description="one character; a blank for any number of blanks; 'fixed' for fixed width")
    header_line: int | None = Field(None, ge=0, description="the line of the names, from 1; 0: the file names none")
    skip_lines: int | None = Field(None, ge=0, description="lines above the names, or above the rows without names")
    units_line: int | None = Field(None, ge=0, description="the line of the units; 0: there is none")
    footer_lines: int | None = Field(None, ge=0, description="lines below the rows that are left out")
    decimal: str = Field("", description="the decimal mark: . or ,")
    missing: list[str] | None = Field(None, description="the words that mean no value, instead of the usual ones")
    column_missing: dict[str, list[str]] = Field(
        default_factory=dict, description="column to the values that mean no value in it, besides the other words"
    )
    spellings: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="column of texts to the values that are read as another one"
    )
    column_limits: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="column of numbers to the range outside of which they mean no value"
    )
    column_types: dict[str, str] = Field(default_factory=dict, description="column to text, number, time or boolean")
    date_order: DateOrder | None = None
    timezone: str = Field("", description="of times that name none, such as Europe/Berlin")
    limits: Limits = Limits.NUMBER

    def key(self) -> str:
        """Changes with the decisions; empty while there is none."""
        if self == ReadingOptions():
            return ""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


class Question(Part):
    """What the file leaves open: the question, the option that answers it, and the answers to choose from."""

    option: str = Field(description="of the command line, such as --day-first")
    text: str
    column: str = ""
    field: str = Field(description="of ReadingOptions, which the answer sets")
    choices: list[str] = Field(description="values for the field; any other too where the list is not complete")

    @property
    def advice(self) -> str:
        """Which option of the command line answers it."""
        examples = "" if self.field == "date_order" else " or ".join(self.choices[:4])
        return f"Decide with {self.option}{f' ({examples})' if examples else ''}."


class UndecidedError(NeedsOptionError):
    """How a file is to be read depends on something that only the user knows. `question` says on what."""

    def __init__(self, question: Question, file_name: str) -> None:
        advice = f"{question.advice} In the app, a in DATA asks for it."
        super().__init__(f"{file_name}: {question.text}", advice)
        self.question = question


class ColumnReading(Part):
    """How a column was read, counted over the whole file."""

    name: str
    type: str = Field(description="in DuckDB's words, such as DOUBLE")
    unit: str = ""
    form: str = Field("", description="how numbers or times are written, where it is not the plain way")
    values: int = Field(0, description="rows that have a value")
    missing: dict[str, int] = Field(default_factory=dict, description="words that mean no value; '' is an empty cell")
    unfit: int = Field(0, description="values that do not fit the type")
    unfit_words: dict[str, int] = Field(default_factory=dict, description="the commonest of them")
    unfit_line: int | None = None
    done: str = Field("", description="what became of the values that did not fit")
    notes: list[str] = Field(default_factory=list)
    sql: str = Field("", description="the expression that reads it")


class RowPlaces(Part):
    """Where the rows of a file stand, so that it is opened again without looking for them."""

    body: int = Field(1, description="the line of the first row")
    spans: list[tuple[int, int]] = Field(default_factory=list, description="places of fixed columns in a line")
    comment: str = Field("", description="begins lines that are left out")
    extra: int = Field(0, description="empty values without a name at the end of every row")
    tail_lines: int = Field(0, description="lines at the end that are no rows")
    quoted_lines: int = Field(0, description="ends of lines inside of quotes above the rows")
    repeats: int = Field(0, description="how often the names stand again between the rows")
    cleaning: str = Field("", description="what is done to the lines before they are read")
    cells: list[int] = Field(default_factory=list, description="of a workbook: the columns in the sheet's used area")


class Reading(Part):
    """What was understood of a file."""

    format: str
    sheet: str = Field("", description="of a workbook")
    sheets: list[str] = Field(default_factory=list, description="all sheets of the workbook")
    encoding: str = ""
    separator: str = Field("", description="as in ReadingOptions")
    header_line: int | None = Field(None, description="0: the file names no columns")
    above: list[str] = Field(default_factory=list, description="what stands above the names, at most 20 lines")
    lines_above: int = 0
    units_line: int | None = None
    left_out: list[str] = Field(default_factory=list, description="other lines that are no rows, such as totals")
    decimal: str = ""
    thousands: list[str] = Field(default_factory=list)
    rows: int = 0
    equal_rows: int | None = Field(None, description="rows that equal one before them in all cells; null: not counted")
    columns: list[ColumnReading] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list, description="decisions that are not obvious")
    questions: list[Question] = Field(default_factory=list, description="what only the user can decide")
    places: RowPlaces | None = None


class ColumnProfile(Part):
    """What a column holds, by all of its rows."""

    name: str
    distinct: int = Field(0, description="different values, about")
    low: str = ""
    high: str = ""
    mean: float | None = None
    histogram: list[int] = Field(default_factory=list, description="counts in ten equal steps from low to high")
    odd: list[str] = Field(default_factory=list, description="numbers far away from the middle half, farthest first")
    odd_count: int = 0
    common: dict[str, int] = Field(default_factory=dict, description="the commonest texts")
