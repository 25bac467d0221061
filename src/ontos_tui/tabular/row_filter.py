"""Filters: the one place where a user's text becomes part of a query.

The text is parsed as one boolean expression, every node of it must stand on a list, and the SQL is written anew from
the tree. So nothing that a user (or a file that somebody sent) wrote ever reaches a database as text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import identifier_from

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect

MAX_LENGTH = 10_000
"""Characters of a filter; a longer one is a list of items, not a condition."""

MAX_DEPTH = 20
"""How deep a filter may be nested; keeps the parser away from the end of its stack."""

EXAMPLE = "Write a condition such as torque > 40 AND type IN ('L', 'M'); quote odd names: \"Torque [Nm]\" > 40."


def find_column(name: str, columns: Sequence[str]) -> str:
    """The column that a person means by `name`: so written, else in other case, else by its identifier form
    (`torque_nm` for `Torque [Nm]`). Raises InvalidInputError that lists the near names."""
    if name in columns:
        return name
    for form in (str.casefold, identifier_from):
        matches = [column for column in columns if form(column) == form(name)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise InvalidInputError(
                f"{name!r} could be several columns: {_listed(matches)}.", "Write the name exactly, in double quotes."
            )
    near = difflib.get_close_matches(name.casefold(), [column.casefold() for column in columns], 3, 0.5)
    meant = [column for column in columns if column.casefold() in near]
    if meant:
        raise InvalidInputError(f"There is no column {name!r}.", f"Did you mean {_listed(meant)}?")
    raise InvalidInputError(f"There is no column {name!r}.", f"The columns are {_listed(columns)}.")


def filter_sql(text: str, columns: Sequence[str], dialect: str = "duckdb") -> str:
    """The filter `text` as a SQL expression of `dialect`, with quoted names of `columns` and nothing else in it.

    Raises InvalidInputError saying what is not allowed, or which column does not exist.
    """
    from sqlglot import ErrorLevel

    with explain_parser_errors("filter", EXAMPLE):
        tree = parsed(text, "filter", EXAMPLE)
        _check_tree(tree, columns)
        return tree.sql(dialect=dialect, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)


@contextmanager
def explain_parser_errors(what: str, example: str) -> Iterator[None]:
    """Turn what sqlglot cannot read or write into InvalidInputError."""
    from sqlglot.errors import SqlglotError

    try:
        yield
    except (SqlglotError, RecursionError, ValueError) as error:
        raise InvalidInputError(f"The {what} cannot be read{_where(error)}.", example) from error


def parsed(text: str, what: str, example: str, dialect: type[Dialect] | None = None) -> exp.Expr:
    """The tree of one expression, not checked yet. Raises InvalidInputError, and what `explain_parser_errors` turns."""
    from sqlglot import exp

    _check_text(text, what, example)
    reader = (dialect or expression_dialect())()
    _check_tokens(reader, text, what, example)
    tree = reader.parse_into(exp.Condition, text)[0]
    if tree is None:
        raise InvalidInputError(f"The {what} is empty.", example)
    return tree


def _check_text(text: str, what: str, example: str) -> None:
    if not text.strip():
        raise InvalidInputError(f"The {what} is empty.", example)
    if len(text) > MAX_LENGTH:
        raise InvalidInputError(f"The {what} is longer than {MAX_LENGTH} characters.", "Make it shorter.")
    if "\0" in text or not _encodable(text):
        raise InvalidInputError(f"The {what} holds characters that are not text.", "Type it again.")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_tokens(reader: Dialect, text: str, what: str, example: str) -> None:
    """Refuse what is no expression before it is parsed: comments, several statements, endless nesting."""
    from sqlglot import TokenType

    depth = 0
    chain = 0
    for token in reader.tokenize(text):
        kind = token.token_type
        if kind is TokenType.SEMICOLON:
            raise InvalidInputError(f"{_article(what)} is one expression; it holds no semicolon.", example)
        if token.comments:
            raise InvalidInputError(f"{_article(what)} holds no comments (-- or /* */).", example)
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        chain = chain + 1 if kind in (TokenType.NOT, TokenType.DASH, TokenType.CASE) else 0
        if max(depth, chain) > MAX_DEPTH:
            raise InvalidInputError(f"The {what} is nested more than {MAX_DEPTH} deep.", "Make it simpler.")


def _article(what: str) -> str:
    return f"{'An' if what[0] in 'aeiou' else 'A'} {what}"


def _check_tree(tree: exp.Expr, columns: Sequence[str]) -> None:
    from sqlglot import exp

    root: Any = tree
    while type(root) is exp.Paren:
        root = root.this
    if type(root) not in condition_nodes():
        raise InvalidInputError("The filter is not a condition: it is neither true nor false.", EXAMPLE)
    for node in list(tree.walk()):
        if type(node) not in allowed_nodes():
            raise InvalidInputError(f"{node_name(node)} is not allowed in a filter.", _offer(node))
        if isinstance(node, exp.DataType) and node.this not in cast_types():
            raise InvalidInputError(
                f"The type {node.sql()} is not allowed in a filter.", "Use INTEGER, DOUBLE or DATE."
            )
        if isinstance(node, exp.Column):
            if len(node.parts) != 1 or not isinstance(node.this, exp.Identifier):
                raise InvalidInputError(f"{node.sql()} is not a column.", "Write the column's name alone.")
            node.set("this", exp.to_identifier(find_column(node.name, columns), quoted=True))


def node_name(node: exp.Expr) -> str:
    """A part of an expression as an error names it."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return f"{node.name}()"
    if isinstance(node, exp.Func):
        return f"{node.sql_name().lower()}()"
    if isinstance(node, (exp.Query, exp.Subquery)):
        return "A query inside the condition"
    return repr(node.sql("duckdb")[:60])


def _offer(node: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(node, (exp.Func, exp.Anonymous)):
        return f"The functions are {', '.join(sorted(f.sql_name().lower() for f in function_nodes()))}."
    return EXAMPLE


def _where(error: Exception) -> str:
    details = getattr(error, "errors", None)
    return f" at character {details[0].get('col')}" if details else ""


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(repr(name) for name in shown[:12]) + (" …" if len(shown) > 12 else "")


@cache
def expression_dialect() -> type[Dialect]:
    """How filters and computed columns are written."""
    from sqlglot.dialects.duckdb import DuckDB

    class Filter(DuckDB):
        """DuckDB's expressions, with names in `backticks` too, as Databricks writes them."""

        class Tokenizer(DuckDB.Tokenizer):
            IDENTIFIERS = ['"', "`"]

    return Filter


@cache
def function_nodes() -> frozenset[Any]:
    """The functions that a filter may call."""
    from sqlglot import exp

    return frozenset(
        {
            *(exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Sqrt, exp.Ln, exp.IsNan, exp.Greatest, exp.Least),
            *(exp.Lower, exp.Upper, exp.Length, exp.Trim, exp.Substring, exp.Contains, exp.StartsWith, exp.EndsWith),
            *(exp.RegexpLike, exp.Coalesce, exp.Nullif, exp.Year, exp.Month, exp.Day, exp.Cast, exp.TryCast),
        }
    )


@cache
def condition_nodes() -> frozenset[Any]:
    """What is true or false."""
    from sqlglot import exp

    return frozenset(
        {
            *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
            *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Escape),
            *(exp.RegexpLike, exp.Contains, exp.StartsWith, exp.EndsWith, exp.IsNan, exp.Boolean, exp.Column),
        }
    )


@cache
def allowed_nodes() -> frozenset[Any]:
    """All that a filter may hold."""
    from sqlglot import exp

    parts = {exp.Paren, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.DataType, exp.DataTypeParam}
    arithmetic = {exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg}
    return condition_nodes() | function_nodes() | parts | arithmetic | {exp.Case, exp.If}


@cache
def cast_types() -> frozenset[Any]:
    """The types that a value may be read as."""
    from sqlglot.expressions import DataType

    names = "TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL VARCHAR TEXT BOOLEAN DATE TIMESTAMP"
    return frozenset(DataType.Type[name] for name in names.split())
