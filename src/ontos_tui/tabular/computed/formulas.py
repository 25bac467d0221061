"""What a formula such as `rolling_mean(temperature, 10)` or `torque * speed` means as a computed column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.derived import ComputedColumn, ComputedKind, EventTable
from ontos_tui.tabular.computed.expression import EXAMPLE, WHAT, checked, expression_sql, row_dialect
from ontos_tui.tabular.kinds_of_values import Kind, kind_of
from ontos_tui.tabular.row_filter import explain_parser_errors, filter_sql, find_column, parsed

if TYPE_CHECKING:
    from sqlglot import exp

READY = {
    "remaining": "remaining() --by UNIT --order TIME [--cap N]",
    "from_first": "from_first(COLUMN, ROWS) --by UNIT --order TIME",
    "rolling_mean": "rolling_mean(COLUMN, ROWS) --by UNIT --order TIME",
    "time_since": "time_since(CONDITION) --by UNIT --order TIME, or time_since() --events TABLE --start TIME",
    "event_label": "event_label() --by UNIT --order TIME --events TABLE --start TIME [--end TIME] --label COLUMN",
}
"""Columns that are computed over the rows of a unit, and how they are written."""
RESERVED = ("ontos_", "window_")


@dataclass(frozen=True)
class Units:
    """What the rows of a unit are, and what else a formula over them may need; empty where it is not given."""

    group: str = ""
    order: str = ""
    cap: float | None = None
    events: EventTable | None = None


def computed_column(name: str, formula: str, columns: Sequence[Column], units: Units) -> ComputedColumn:
    """The column that a formula describes, checked against the table's columns.

    Raises InvalidInputError for a name that is taken, a part that is not allowed, and what is not given.
    """
    name = _checked_name(name, columns)
    with explain_parser_errors(WHAT, EXAMPLE):
        tree = parsed(formula, WHAT, EXAMPLE, row_dialect())
    call = _ready_call(tree)
    if call is None:
        if units != Units():
            raise InvalidInputError(
                "An expression looks at one row: it needs no --by, --order, --cap or --events.",
                f"Leave them out, or use one of: {'; '.join(READY.values())}.",
            )
        expression_sql(formula, columns)
        return ComputedColumn(name=name, kind=ComputedKind.EXPRESSION, formula=formula, expression=formula)
    kind, arguments = call
    exact = _exact(units, columns)
    column = ComputedColumn(name=name, kind=kind, formula=formula, group=exact.group, order=exact.order)
    _check_units(column, exact)
    if kind in (ComputedKind.FROM_FIRST, ComputedKind.ROLLING_MEAN):
        return column.model_copy(update=_column_and_rows(kind, arguments, columns))
    if kind is ComputedKind.REMAINING:
        _check_count(kind, arguments, 0)
        return column.model_copy(update={"cap": exact.cap})
    if kind is ComputedKind.TIME_SINCE and exact.events is None:
        _check_count(kind, arguments, 1)
        condition = arguments[0].sql(dialect="duckdb")
        filter_sql(condition, [one.name for one in columns])
        return column.model_copy(update={"expression": condition})
    _check_count(kind, arguments, 0)
    if exact.events is None or (kind is ComputedKind.EVENT_LABEL and not exact.events.label):
        raise InvalidInputError(f"{kind}() needs a table of events.", f"Write {READY[kind]}.")
    return column.model_copy(update={"events": exact.events})


def statement_for_view(name: str, formula: str, columns: Sequence[Column], table: str) -> str:
    """The SQL that computes an expression in the team's workspace. Raises InvalidInputError as `computed_column`."""
    with explain_parser_errors(WHAT, EXAMPLE):
        tree = parsed(formula, WHAT, EXAMPLE, row_dialect())
    sql = "…" if _ready_call(tree) is not None else expression_sql(formula, columns, "databricks").sql
    quoted_name = "`" + _checked_name(name, columns).replace("`", "``") + "`"
    return f"CREATE VIEW {table}_computed AS SELECT *, {sql} AS {quoted_name} FROM {table}"  # noqa: S608


def _ready_call(tree: exp.Expr) -> tuple[ComputedKind, list[exp.Expr]] | None:
    from sqlglot import exp

    if isinstance(tree, exp.Anonymous) and str(tree.this).lower() in READY:
        return ComputedKind(str(tree.this).lower()), list(tree.expressions)
    inner = next((one for one in tree.find_all(exp.Anonymous) if str(one.this).lower() in READY), None)
    if inner is not None:
        raise InvalidInputError(
            f"{inner.this}() stands alone: it is no part of an expression.",
            "Compute it as a column first, then use that column.",
        )
    return None


def _checked_name(name: str, columns: Sequence[Column]) -> str:
    name = name.strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise InvalidInputError(f"{name!r} is not a name for a column.", "Write NAME = EXPRESSION.")
    if name.lower().startswith(RESERVED):
        raise InvalidInputError(f"Names that begin with {' or '.join(RESERVED)} are used inside.", "Choose another.")
    if any(one.name.lower() == name.lower() for one in columns):
        raise InvalidInputError(
            f"There is a column {name!r} already.", "Choose another name, or remove a computed one with --remove NAME."
        )
    return name


def _exact(units: Units, columns: Sequence[Column]) -> Units:
    """The same with the columns' exact names."""
    names = [column.name for column in columns]
    group = find_column(units.group, names) if units.group else ""
    order = find_column(units.order, names) if units.order else ""
    kind = next((kind_of(column) for column in columns if column.name == order), None)
    if kind is not None and kind not in (Kind.NUMBER, Kind.TIME):
        raise InvalidInputError(
            f"{order!r} is a {kind}, which does not order rows: '10' comes before '9'.",
            f"Read it as times or numbers: `ontos data add FILE --column {order}:time`.",
        )
    return Units(group, order, units.cap, units.events)


def _check_units(column: ComputedColumn, units: Units) -> None:
    if not column.order:
        raise InvalidInputError(
            f"{column.kind}() needs the column that orders the rows.", f"Write {READY[column.kind]}."
        )
    if units.cap is not None and column.kind is not ComputedKind.REMAINING:
        raise InvalidInputError("--cap goes with remaining() only.", "Leave it out.")
    takes_events = column.kind in (ComputedKind.TIME_SINCE, ComputedKind.EVENT_LABEL)
    if units.events is not None and not takes_events:
        raise InvalidInputError("--events goes with time_since() and event_label() only.", "Leave it out.")


def _check_count(kind: ComputedKind, arguments: Sequence[exp.Expr], count: int) -> None:
    if len(arguments) != count:
        raise InvalidInputError(f"{kind}() has {len(arguments)} values in its brackets.", f"Write {READY[kind]}.")


def _column_and_rows(kind: ComputedKind, arguments: list[exp.Expr], columns: Sequence[Column]) -> dict[str, object]:
    from sqlglot import exp

    _check_count(kind, arguments, 2)
    first, rows = arguments
    if not isinstance(first, exp.Column) or not isinstance(rows, exp.Literal) or not rows.name.isdigit():
        raise InvalidInputError(f"{kind}() takes a column and a number of rows.", f"Write {READY[kind]}.")
    checked(first, columns)
    column = next(one for one in columns if one.name == first.name)
    if kind_of(column) is not Kind.NUMBER:
        raise InvalidInputError(f"{column.name!r} holds no numbers.", "Choose a column of numbers.")
    if not 1 <= int(rows.name) <= 1_000_000:
        raise InvalidInputError(f"{rows.name} is no number of rows.", "Choose 1 to 1,000,000.")
    return {"column": column.name, "rows": int(rows.name)}
