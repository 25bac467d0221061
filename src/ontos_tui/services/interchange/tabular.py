"""Pairs as a table, CSV or Parquet, and tables as labels.

The columns of an exported table: item_ref, `field_…` for the item's fields, `answer_…` for the decided answer, then
status, reviewed_by, reviewed_at, allowed_uses, prohibited_uses, data_classification, reject_reason and notes.

A spreadsheet reads texts that begin with = + - @ as formulas. In CSV they get an apostrophe before them, and so do
blank texts of an answer, which would look like none; an import takes it away again (services/records/cells.py). `raw`
writes and reads the texts as they are.
"""

from __future__ import annotations

import csv
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer, FieldKind, answer_fields
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.interchange.reading import Entry, moment
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.selection import OutgoingPair, parse_list
from ontos_tui.services.records.answers import AnswerReader
from ontos_tui.services.records.cells import plain_cell, restored, restored_answer, safe_answer_cell, safe_cell
from ontos_tui.services.records.file_reasons import not_json

if TYPE_CHECKING:
    import duckdb

FIELD, ANSWER = "field_", "answer_"
"""How the columns of the item's fields and of the answer begin."""

DECISION = (
    *("status", "reviewed_by", "reviewed_at", "allowed_uses", "prohibited_uses"),
    *("data_classification", "reject_reason", "notes"),
)
"""The columns of the decision, behind those."""


# Out


class TableMaker:
    """Builds rows of pairs: columns of the item's fields, of the answer, and of the decision."""

    def __init__(self, fields: Sequence[str], schema: Mapping[str, Any]) -> None:
        self._fields = tuple(fields)
        self._answers = tuple(field.name for field in answer_fields(schema))

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [
            "item_ref",
            *(storable(f"{FIELD}{name}") for name in self._fields),
            *(storable(f"{ANSWER}{name}") for name in self._answers),
            *DECISION,
        ]

    def row(self, pair: OutgoingPair) -> list[Any]:
        """The values of a pair, lists of uses as texts with commas."""
        fields, answer, stored = pair.fields, pair.answer or {}, pair.stored
        return [
            pair.item_ref,
            *(fields.get(name) for name in self._fields),
            *(answer.get(name) for name in self._answers),
            *(stored.status, stored.reviewed_by, stored.reviewed_at),
            *(",".join(parse_list(uses)) for uses in (stored.allowed_uses, stored.prohibited_uses)),
            *(stored.data_classification, stored.reject_reason, stored.notes),
        ]


Write = Callable[[OutgoingPair], None]


@contextmanager
def csv_writer(path: Path, maker: TableMaker, *, raw: bool) -> Iterator[Write]:
    """Writes pairs to a CSV file, one after the other; `raw` without apostrophes before formulas."""
    # What UTF-8 cannot hold is written out as an escape.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        rows = csv.writer(file)
        columns = maker.columns
        plain: Callable[[Any], Any] = plain_cell if raw else safe_cell
        cells = [plain if raw or not name.startswith(ANSWER) else safe_answer_cell for name in columns]
        rows.writerow([plain(name) for name in columns])
        yield lambda pair: rows.writerow([cell(value) for cell, value in zip(cells, maker.row(pair), strict=True)])


@contextmanager
def parquet_writer(path: Path, maker: TableMaker) -> Iterator[Write]:
    """Writes pairs to a Parquet file: first as JSON lines, which DuckDB reads faster than values one by one."""
    import duckdb

    columns = maker.columns
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder:
        lines = Path(folder) / "rows.jsonl"
        with lines.open("w", encoding="utf-8") as file:

            def write(pair: OutgoingPair) -> None:
                named = zip(columns, maker.row(pair), strict=True)
                text = _strict({name: value for name, value in named if value is not None})
                # DuckDB takes no escape of a lone surrogate: the text shows the escape instead.
                file.write((text if text.isascii() else _SURROGATE.sub(_spelled, text)) + "\n")

            yield write
        with duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": folder}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            _copy(connection, lines, columns, path)


def json_line(values: dict[str, Any]) -> str:
    """A value as strict JSON: without NaN and infinities, which it does not know; lone surrogates as escapes."""
    text = _strict(values)
    return text if text.isascii() else storable(text)


def _strict(values: dict[str, Any]) -> str:
    try:
        return _encode(values)
    except ValueError:
        return _encode(_finite(values))


def _spelled(match: re.Match[str]) -> str:
    return f"\\\\u{ord(match.group()):04x}"


_SURROGATE = re.compile("[\ud800-\udfff]")
REMEMBERED = 10_000
"""Distinct texts of answer columns that are read once."""
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _finite(value: Any) -> Any:
    """The value without NaN and infinities, which neither JSON nor a Parquet text of it can hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value


def _copy(connection: duckdb.DuckDBPyConnection, lines: Path, columns: Sequence[str], target: Path) -> None:
    from ontos_tui.tabular import jsonl_reader
    from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, quoted

    with explain_duckdb_errors(lines):
        if lines.stat().st_size:
            relation, file_columns, _ = jsonl_reader.inspect(connection, lines)
            types = {column.name: column.type for column in file_columns}
        else:
            relation, types = "(SELECT 1) WHERE false", {}
        # A column without any value is in no line. Nested values are stored as JSON text.
        named = [
            f"CAST({quoted(name) if name in types else 'NULL'} AS "
            f"{'VARCHAR' if types.get(name, 'JSON') == 'JSON' else types[name]}) AS {quoted(name)}"
            for name in columns
        ]
        query = f"SELECT {', '.join(named)} FROM {relation}"  # noqa: S608
        connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")


# In


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label for an item from one line: an answer, or that it was rejected or flagged.

    `reason` goes into the log: who decided, and where. `notes` and `confidence` are None if the line has none.
    `text` is the item's own text in the line, to be compared; a line without an `item_ref` is of the item that has it.
    `at` is when this was decided, if the line says so.
    """

    line: int
    item_ref: str
    answer: Answer | None = None
    status: PairStatus = PairStatus.LABELED
    reason: str = ""
    notes: str | None = None
    confidence: str | None = None
    text: str | None = None
    at: datetime | None = None


class TableReader:
    """Reads labels from the rows of a table, by a schema and a mapping of targets to the table's columns.

    `apostrophes` says that they protect formulas and blank texts, as in the CSV that we write.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        columns: Sequence[str],
        mapping: Mapping[str, str],
        *,
        apostrophes: bool = False,
    ) -> None:
        """Raises InvalidInputError when the table lacks a column that is needed or named."""
        self._fields = {field.name: field for field in answer_fields(schema)}
        self._apostrophes = apostrophes
        names = list(self._fields)
        self._values = AnswerReader(schema)
        # A field of the answer may be called `answer` or `text`: then no column holds the whole of it, or the item's.
        targets = [target for target in _TARGETS if target not in ("answer", "text") or target not in names]
        unknown = [target for target in mapping if target not in {*names, *targets}]
        if unknown:
            raise InvalidInputError(
                f"A column cannot be mapped to {unknown[0]!r}.",
                f"Map to one of {', '.join([*targets, *names])}.",
            )
        absent = [column for column in mapping.values() if column not in columns]
        if absent:
            raise InvalidInputError(f"No column {absent[0]!r}.", f"The columns are {', '.join(columns)}.")
        self._answers = _columns(names, columns, mapping, targets)
        self._read: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._of = {target: mapping.get(target, target) for target in targets}
        self._has = {target for target, column in self._of.items() if column in columns}
        if not self._has & {"item_ref", "text"}:
            raise InvalidInputError(
                "No column names the item of a row.",
                f"Name it: item_ref=COLUMN, or text=COLUMN for the item's text. The columns are {', '.join(columns)}.",
            )
        if not self._answers and "answer" not in self._has:
            raise InvalidInputError(
                f"No column holds an answer; the fields are {', '.join(names)}.",
                f"Name the columns: FIELD=COLUMN. The columns are {', '.join(columns)}.",
            )

    def read(self, entries: Iterable[Entry], report: ImportReport) -> Iterator[LabelRow]:
        """The label of each row; rows without one are counted, and problems are reported."""
        for number, row in entries:
            item, text = self._text(row, "item_ref"), None
            if not item and "item_ref" not in self._has:
                text = self._text(row, "text")
            problem, status = self._status(row)
            answer = None if problem or status is not PairStatus.LABELED else self._answer(row)
            if isinstance(answer, str):
                problem = answer
            if not item and not text:
                problem = problem or "the item is not named"
            if problem:
                report.problem(number, problem)
            elif status is PairStatus.UNLABELED or (status is PairStatus.LABELED and not answer):
                report.skipped += 1
            else:
                assert not isinstance(answer, str)
                yield LabelRow(
                    number,
                    item or "",
                    answer,
                    status,
                    reason=self._text(row, "reject_reason") or "",
                    notes=self._text(row, "notes"),
                    confidence=self._text(row, "confidence") or None,
                    text=text,
                    at=moment(self._text(row, "reviewed_at")),
                )

    def _status(self, row: Mapping[str, Any]) -> tuple[str, PairStatus]:
        text = self._text(row, "status")
        if not text:
            return "", PairStatus.LABELED
        try:
            return "", PairStatus(text.strip().lower())
        except ValueError:
            return f"{text[:40]!r} is not a status; choose {', '.join(PairStatus)}", PairStatus.UNLABELED

    def _answer(self, row: Mapping[str, Any]) -> Answer | str:
        """The answer of a row, empty when it has none; a text with the problem when it is not valid."""
        whole = row[self._of["answer"]] if "answer" in self._has else None
        if whole in (None, ""):
            return {name: value for name, column in self._answers.items() for value in self._known(name, row[column])}
        if isinstance(whole, str):
            try:
                whole = json.loads(restored(whole) if self._apostrophes else whole)
            except (ValueError, RecursionError) as error:
                return f"the answer is {not_json(error)}"
        return whole if isinstance(whole, dict) else "the answer is not a JSON object"

    def _known(self, name: str, cell: Any) -> tuple[Any, ...]:
        """The same as `_value`; columns repeat texts, so each is read once."""
        key = (name, cell)
        values = self._read.get(key) if type(cell) is str else None
        if values is None:
            values = tuple(self._value(name, cell))
            plain = type(cell) is str and not any(isinstance(value, list | dict) for value in values)
            if plain and len(self._read) < REMEMBERED:
                self._read[key] = values
        return values

    def _value(self, name: str, cell: Any) -> Iterator[Any]:
        """The value of a field, or nothing where the cell is empty."""
        field, blank = self._fields[name], isinstance(cell, str) and not cell.strip()
        if self._apostrophes and isinstance(cell, str):
            cell = restored_answer(cell)
            blank = blank or (field.kind not in (FieldKind.TEXT, FieldKind.ENUM) and not cell.strip())
            if blank:
                return
        exact = field.kind is FieldKind.TEXT or cell in field.choices
        if isinstance(cell, str) and exact:
            yield storable(cell)
        else:
            yield from self._values.read({name: cell}).values()

    def _text(self, row: Mapping[str, Any], target: str) -> str | None:
        if target not in self._has:
            return None
        value = row[self._of[target]]
        if value is None or value == "":
            return ""
        text = value if type(value) is str and value.isascii() else storable(str(value))
        return restored(text) if self._apostrophes and text[0] == "'" else text


_TARGETS = ("item_ref", "text", "answer", "status", "reject_reason", "notes", "confidence", "reviewed_at")

LABEL_COLUMNS = ("label", "labels", "class", "category", "target")
"""How other tools call the column of the classes."""


def label_column(
    schema: Mapping[str, Any], columns: Sequence[str], mapping: Mapping[str, str], classes: Iterable[str]
) -> dict[str, str]:
    """The mapping, with the column of the classes where it is clear which one that is.

    It is, if no column is called like a field of the answer, and one field has choices. `classes` are columns of which
    the file itself says that they hold classes.
    """
    fields = answer_fields(schema)
    usual = {target for field in fields for target in (field.name, f"{ANSWER}{field.name}")}
    choices = [field.name for field in fields if field.is_choice]
    if usual & {*columns, *mapping} or "answer" in columns or len(choices) != 1:
        return dict(mapping)
    likely = [*classes] or [column for column in columns if column.lower() in LABEL_COLUMNS]
    return {**mapping, choices[0]: likely[0]} if len(likely) == 1 else dict(mapping)


def _columns(
    names: Sequence[str], columns: Sequence[str], mapping: Mapping[str, str], targets: Sequence[str]
) -> dict[str, str]:
    """Answer field to column: as it is mapped, else as an export names it, else by its own name if that is free."""
    column_of = {}
    for name in names:
        usual = [f"{ANSWER}{name}", *([] if name in targets else [name])]
        candidates = [mapping[name]] if name in mapping else usual
        column = next((one for one in candidates if one in columns), None)
        if column is not None:
            column_of[name] = column
    return column_of
