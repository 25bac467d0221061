"""The options that decide how a file is read, and what they are as decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ontos_tui.domain.records.reading import DateOrder, ReadingOptions
from ontos_tui.services.data.reading import options_of

READING: Mapping[str, Any] = {
    "sheet": Annotated[
        str | None, typer.Option("--sheet", metavar="NAME|NUMBER", help="of a workbook; the first is number 1")
    ],
    "encoding": Annotated[str | None, typer.Option("--encoding", help="such as utf-8, utf-16, cp1252")],
    "separator": Annotated[
        str | None, typer.Option("--separator", help="a sign, or tab, blank (any number of them), fixed")
    ],
    "header_line": Annotated[
        int | None, typer.Option("--header-line", min=0, help="the line of the names; 0: the file names none")
    ],
    "skip_lines": Annotated[
        int | None, typer.Option("--skip-lines", min=0, help="lines at the beginning that are left out")
    ],
    "units_line": Annotated[
        int | None, typer.Option("--units-line", "--units-row", min=0, help="the line of the units; 0: there is none")
    ],
    "footer_lines": Annotated[
        int | None, typer.Option("--footer-lines", min=0, help="lines at the end that are left out")
    ],
    "decimal": Annotated[str | None, typer.Option("--decimal", help="the decimal mark: . or ,")],
    "missing": Annotated[
        list[str] | None,
        typer.Option("--missing", metavar="WORD", help="means no value, instead of the usual words (repeatable)"),
    ],
    "column": Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME:TYPE", help="text, number, time or boolean (repeatable)"),
    ],
    "day_first": Annotated[bool | None, typer.Option("--day-first", help="01/02/2024 is in February")],
    "month_first": Annotated[bool | None, typer.Option("--month-first", help="01/02/2024 is in January")],
    "year_first": Annotated[bool | None, typer.Option("--year-first", help="01/02/03 is in 2001")],
    "timezone": Annotated[
        str | None, typer.Option("--timezone", help="of times that name none, such as Europe/Berlin")
    ],
    "limits": Annotated[
        str | None, typer.Option("--limits", help="what <40 is: its number (number), or no value (missing)")
    ],
}
"""The options by the names of their arguments."""

_ORDERS = {"day_first": DateOrder.DAY, "month_first": DateOrder.MONTH, "year_first": DateOrder.YEAR}


def reading_options(given: Mapping[str, Any]) -> ReadingOptions:
    """What READING's options decide. Raises InvalidInputError, and BadParameter for what contradicts itself."""
    orders = [order for name, order in _ORDERS.items() if given[name]]
    if len(orders) > 1:
        raise typer.BadParameter("Only one of --day-first, --month-first and --year-first.")
    decisions = {name: value for name, value in given.items() if name != "column" and name not in _ORDERS}
    decisions["missing"] = given["missing"] or None
    decisions["column_types"] = _types(given["column"] or []) or None
    decisions["date_order"] = orders[0] if orders else None
    return options_of({name: value for name, value in decisions.items() if value is not None})


def _types(columns: list[str]) -> dict[str, str]:
    """NAME:TYPE as a mapping; a name may hold colons."""
    types = {}
    for one in columns:
        name, colon, kind = one.rpartition(":")
        if not colon or kind not in ("text", "number", "time", "boolean"):
            raise typer.BadParameter(f"--column {one}: write NAME:TYPE, with text, number, time or boolean.")
        types[name] = kind
    return types
