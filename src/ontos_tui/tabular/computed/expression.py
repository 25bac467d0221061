"""Expressions of one row: parsed, every part of them checked against a list, and written anew as SQL that cannot fail.

The language is that of filters (tabular/row_filter.py), with arithmetic for a result. Numbers are computed as DOUBLE;
what cannot be computed, such as a division by zero, is missing. `log` is the natural logarithm, `min` and `max` take
several values of a row, and the difference of two times is in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.kinds_of_values import Kind, kind_of
from ontos_tui.tabular.row_filter import (
    allowed_nodes,
    cast_types,
    explain_parser_errors,
    expression_dialect,
    find_column,
    node_name,
    parsed,
)

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect

FUNCTIONS = (
    "abs, ceil, coalesce, exp, floor, greatest, hour, if, least, length, ln, log, log10, lower, max, min, month, "
    "nullif, pow, round, sign, sqrt, trim, upper, year"
)
EXAMPLE = (
    'Write arithmetic over columns, such as torque * speed / 9.55, or if(wear > 200, 1, 0); quote odd names: "Torque '
    f'[Nm]" * 2. The functions are {FUNCTIONS}.'
)
WHAT = "expression"


@dataclass(frozen=True)
class Expression:
    """The SQL of an expression, and the columns that it needs."""

    sql: str
    columns: tuple[str, ...]


def expression_sql(text: str, columns: Sequence[Column], dialect: str = "duckdb") -> Expression:
    """Check an expression and write it as SQL of `dialect`, with quoted names of `columns` and nothing else in it.

    Raises InvalidInputError saying what is not allowed, or which column does not exist.
    """
    from sqlglot import ErrorLevel

    with explain_parser_errors(WHAT, EXAMPLE):
        tree = checked(parsed(text, WHAT, EXAMPLE, row_dialect()), columns)
        used = tuple(dict.fromkeys(column.name for column in _columns(tree)))
        by_name = {column.name: column for column in columns}
        safe = tree.transform(lambda node: _safe(node, by_name))
        sql = safe.sql(dialect=dialect, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    return Expression(sql, used)


def checked(tree: exp.Expr, columns: Sequence[Column]) -> exp.Expr:
    """The tree with exact, quoted names. Raises InvalidInputError for a part that is not on the list."""
    from sqlglot import exp

    names = [column.name for column in columns]
    for node in list(tree.walk()):
        if type(node) not in _allowed():
            raise InvalidInputError(f"{node_name(node)} is not allowed in an expression.", EXAMPLE)
        if isinstance(node, exp.DataType) and node.this not in cast_types():
            raise InvalidInputError(
                f"The type {node.sql()} is not allowed in an expression.", "Use INTEGER, DOUBLE or DATE."
            )
        if isinstance(node, exp.Log) and node.args.get("expression") is not None and node.this.name != "10":
            raise InvalidInputError("log() takes one value.", "Write log(a), the natural one, or log10(a).")
        if isinstance(node, exp.Column):
            if len(node.parts) != 1 or not isinstance(node.this, exp.Identifier):
                raise InvalidInputError(f"{node.sql()} is not a column.", "Write the column's name alone.")
            node.set("this", exp.to_identifier(find_column(node.name, names), quoted=True))
    return tree


@cache
def row_dialect() -> type[Dialect]:
    """How expressions are written: as filters, but min and max take the values of one row."""
    from sqlglot import exp

    base: Any = expression_dialect()

    def least(args: list[Any]) -> exp.Expr:
        return _of_several(exp.Least, "min", args)

    def greatest(args: list[Any]) -> exp.Expr:
        return _of_several(exp.Greatest, "max", args)

    class RowExpression(base):  # type: ignore[misc]
        """The same, with its own min and max."""

        class Parser(base.Parser):  # type: ignore[misc]
            FUNCTIONS = {**base.Parser.FUNCTIONS, "MIN": least, "MAX": greatest}
            FUNCTION_PARSERS = {
                name: read for name, read in base.Parser.FUNCTION_PARSERS.items() if name not in ("MIN", "MAX")
            }

    return RowExpression


def _of_several(kind: Any, name: str, args: list[Any]) -> exp.Expr:
    if len(args) < 2:
        raise InvalidInputError(
            f"{name}() takes the values of one row, two or more.",
            f"Write {name}(a, b). Over several rows there are rolling_mean, from_first, remaining and time_since.",
        )
    node: exp.Expr = kind(this=args[0], expressions=args[1:], ignore_nulls=True)
    return node


def _columns(tree: exp.Expr) -> list[Any]:
    from sqlglot import exp

    return list(tree.find_all(exp.Column))


def _safe(node: Any, columns: dict[str, Column]) -> Any:
    """A node as SQL that has no error: numbers as DOUBLE, and nothing where a function has no value."""
    from sqlglot import exp

    if isinstance(node, exp.Column):
        return _value(node, columns)
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and not node.args.get("own"):
        return exp.TryCast(this=node.this, to=node.args["to"])
    if isinstance(node, (exp.Div, exp.IntDiv, exp.Mod)):
        node.set("expression", exp.Nullif(this=_grouped(node.expression), expression=exp.Literal.number(0)))
        # Of numbers as DOUBLE, DuckDB's // does not round.
        return exp.Floor(this=exp.Div(**node.args)) if isinstance(node, exp.IntDiv) else node
    if isinstance(node, exp.Log) and node.args.get("expression") is None:
        return exp.Ln(this=_where_positive(node.this))
    if isinstance(node, exp.Log):
        node.set("expression", _where_positive(node.expression))
    elif isinstance(node, exp.Ln):
        node.set("this", _where_positive(node.this))
    elif isinstance(node, exp.Sqrt):
        node.set("this", _where_positive(node.this, with_zero=True))
    elif isinstance(node, exp.Sub) and _is_time(node.this, columns) and _is_time(node.expression, columns):
        return exp.Paren(this=exp.Sub(this=_seconds(node.this), expression=_seconds(node.expression)))
    return node


def _value(node: Any, columns: dict[str, Column]) -> Any:
    from sqlglot import exp

    if kind_of(columns[node.name]) is not Kind.NUMBER or node.args.get("own"):
        return node
    inner = node.copy()
    inner.set("own", True)
    number = exp.Cast(this=inner, to=exp.DataType.build("DOUBLE"))
    number.set("own", True)
    return number


def _grouped(node: Any) -> Any:
    from sqlglot import exp

    return exp.Paren(this=node)


def _where_positive(value: Any, *, with_zero: bool = False) -> Any:
    from sqlglot import exp

    kind = exp.GTE if with_zero else exp.GT
    condition = kind(this=_grouped(value.copy()), expression=exp.Literal.number(0))
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def _is_time(node: Any, columns: dict[str, Column]) -> bool:
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column):
        return kind_of(columns[node.name]) is Kind.TIME
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return bool(node.args["to"].this in (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.DATE))
    return False


def _seconds(node: Any) -> Any:
    from sqlglot import exp

    moment = exp.TryCast(this=node, to=exp.DataType.build("TIMESTAMP"))
    return exp.Div(
        this=exp.Anonymous(this="epoch_us", expressions=[moment]), expression=exp.Literal.number("1e6"), typed=False
    )


@cache
def _allowed() -> frozenset[Any]:
    from sqlglot import exp

    return allowed_nodes() | {exp.Log, exp.Exp, exp.Pow, exp.Sign, exp.Hour}
