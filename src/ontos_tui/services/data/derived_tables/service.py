"""What joins and computed columns have in common: tables of this machine, and what is said of those of the team."""

from __future__ import annotations

import re

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import LOCAL, DataTable, TableAddress
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.addresses import find_address
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import data

_SECONDS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400, "day": 86_400, "days": 86_400, "w": 604_800}
_UNITS = ", ".join(("10s", "10min", "2h", "1d"))


def local_table(catalog: Catalog, connection: Connection, text: str, statement: str = "") -> DataTable:
    """The table of this machine that a person means. Raises NotFoundError, and InvalidInputError for one of the team's.

    `statement` is the SQL that does in the team's workspace what is asked for here.
    """
    address = find_address(catalog, text)
    if address.catalog != LOCAL:
        view = f" Such as: {statement}" if statement else ""
        raise InvalidInputError(
            f"{address} is a table of the team, whose rows stay in its workspace.",
            f"Make a view there, then a sheet over the view.{view}",
        )
    table = data.table_at(connection, str(address))
    if table is None:
        raise NotFoundError(f"No table {address}.", "List the tables: ontos data list")
    return table


def check_no_circle(connection: Connection, address: str, inputs: list[str]) -> None:
    """Raise InvalidInputError when a table would come of itself."""
    waiting, seen = list(inputs), set[str]()
    while waiting:
        one = waiting.pop()
        if one == address:
            raise InvalidInputError(f"{address} would come of itself.", "Name another table.")
        table = data.table_at(connection, one) if one not in seen else None
        seen.add(one)
        waiting += table.inputs if table is not None else []


def columns_ahead(connection: Connection, table: DataTable) -> tuple[str, ...]:
    """The columns of a table that hold what is known only after the row, also those that come of other tables."""
    ahead = [one.name for one in table.computed if one.looks_ahead]
    if table.joined is not None:
        left = data.table_at(connection, table.joined.left)
        mine = columns_ahead(connection, left) if left is not None else ()
        ahead += mine
        right = data.table_at(connection, table.joined.right)
        before = {column.name for column in left.columns} if left is not None else set()
        later = set(columns_ahead(connection, right)) if right is not None else set()
        computed = {one.name for one in table.computed}
        taken = [column.name for column in table.columns if column.name not in before | computed]
        ahead += [name for name in taken if table.joined.looks_ahead or name in later]
    return tuple(dict.fromkeys(ahead))


def check_free(connection: Connection, address: str) -> None:
    """Raise ConflictError when a table has this address."""
    if data.table_at(connection, address) is not None:
        raise ConflictError(f"There is a table {address} already.", "Give this one another name: --as NAME")


def team_table(text: str) -> bool:
    """Whether an address is one of the team's."""
    return text.count(".") == 2 and TableAddress.parse(text).catalog != LOCAL


def amount(text: str, option: str) -> float:
    """A tolerance: seconds from `10min`, or a number in the units of the column. Raises InvalidInputError."""
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*([a-z]*)\s*", text.strip().lower())
    factor = None if match is None else _SECONDS.get(match[2], 1 if not match[2] else None)
    if match is None or factor is None or not 0 <= float(match[1]) < 1e15:
        raise InvalidInputError(
            f"{option} {text!r} is no tolerance.", f"Write {_UNITS} for times, or a number in the units of the column."
        )
    return float(match[1]) * factor
