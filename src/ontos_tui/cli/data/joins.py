"""`ontos data join`: a second table beside the first, by key or by the nearest time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ontos_tui.cli.core.output import facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.core.shared_options import with_options
from ontos_tui.cli.data.tables import data, page_lines
from ontos_tui.domain.records.derived import Direction, Join, KeyPair, MatchCounts
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.services.data.derived_tables.joins import JoinReport, JoinSpec

KEY = "KEY[=KEY]"
OPTIONS: Mapping[str, Any] = {
    "on": Annotated[
        list[str] | None,
        typer.Option(
            "--on", metavar=KEY, help="a column that both have, or one of each; repeatable; without: proposed"
        ),
    ],
    "by": Annotated[list[str] | None, typer.Option("--by", metavar=KEY, help="the same as --on")],
    "nearest": Annotated[
        str | None, typer.Option("--nearest", metavar="TIME[=TIME]", help="take the one nearest row, by these columns")
    ],
    "direction": Annotated[
        Direction | None, typer.Option("--direction", help="where the nearest row is looked for; after looks ahead")
    ],
    "within": Annotated[
        str | None, typer.Option("--within", metavar="TOLERANCE", help="not further away: 30s, 10min, 2h; or a number")
    ],
    "take": Annotated[
        list[str] | None, typer.Option("--take", metavar="COLUMN", help="only these columns of OTHER; repeatable")
    ],
    "only_matched": Annotated[bool | None, typer.Option("--only-matched", help="leave out rows without a match")],
    "doubled": Annotated[
        bool | None, typer.Option("--doubled", help="a row with several matches becomes several rows")
    ],
}


def register(root: typer.Typer) -> None:
    """Add the commands to `ontos data`."""
    data.command("join")(join)
    data.command("unjoin")(unjoin)


@with_options(OPTIONS)
def join(
    context: typer.Context,
    left: Annotated[str, typer.Argument(metavar="TABLE", help="whose rows are the items")],
    right: Annotated[str, typer.Argument(metavar="OTHER", help="whose columns are added")],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="the new table's name")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show how the rows match; add nothing")] = False,
    **given: Any,
) -> None:
    """Add a table that has the columns of two. Items keep their names; the result follows its tables' changes."""
    session = Session.of(context)
    spec = _spec(left, right, name, given)
    service = session.workspace.data.joins
    if dry_run or not (spec.on or spec.nearest):
        _show_report(session, service.report(spec))
        return
    record, counts = service.add(spec)
    assert record.joined is not None
    joined = record.joined
    session.show(
        {"table": record, "counts": counts},
        lambda: [
            *facts([("table", record.address), *_how(joined)]),
            *count_lines(counts),
            f"A sheet over it: ontos sheet create NAME --table {record.address}",
        ],
    )


def unjoin(
    context: typer.Context, address: Annotated[str, typer.Argument(metavar="TABLE", help="a joined table")]
) -> None:
    """Remove a joined table. Its tables stay."""
    session = Session.of(context)
    removed = session.workspace.data.joins.remove(address)
    session.show(removed, lambda: [f"Removed {removed.address}. Its tables stay."])


def _spec(left: str, right: str, name: str, given: Mapping[str, Any]) -> JoinSpec:
    return JoinSpec(
        left,
        right,
        tuple(_pair(one) for one in (*(given["on"] or ()), *(given["by"] or ()))),
        _pair(given["nearest"]) if given["nearest"] else None,
        given["direction"],
        given["within"] or "",
        tuple(given["take"] or ()),
        bool(given["only_matched"]),
        bool(given["doubled"]),
        name,
    )


def _pair(text: str) -> KeyPair:
    left, equals, right = text.partition("=")
    if not left.strip() or (equals and not right.strip()):
        raise typer.BadParameter(f"{text!r}: write KEY, or KEY=KEY where the columns have different names.")
    return KeyPair(left=left.strip(), right=(right or left).strip())


def _show_report(session: Session, report: JoinReport) -> None:
    """Print a report. What cannot be accepted so ends with exit status 2."""
    session.show(report, lambda: _report_lines(report))
    if report.counts is None or report.problem:
        raise typer.Exit(2)


def _report_lines(report: JoinReport) -> list[str]:
    if report.counts is None:
        return _suggestion_lines(report)
    lines = [*facts(_how(report.join)), *count_lines(report.counts)]
    if report.problem:
        return [*lines, f"{report.problem} {report.todo}"]
    return [*lines, *(["", *page_lines(report.page)] if report.page is not None else [])]


def _suggestion_lines(report: JoinReport) -> list[str]:
    if not report.suggestions:
        return ["No columns have values in common. Decide with --on KEY=KEY, or --nearest TIME --direction before."]
    rows = [
        (
            " ".join(f"--on {one}" for one in suggestion.on),
            f"{suggestion.overlap:.0%}",
            suggestion.counts.matched,
            suggestion.counts.unmatched,
            suggestion.counts.doubled,
            suggestion.counts.right_unused,
        )
        for suggestion in report.suggestions
    ]
    heads = ("decide with", "values in common", "matched", "unmatched", "doubled", "unused")
    return [*table(heads, rows), "Undecided: name the columns. Doubled rows have several matches."]


def _how(join: Join) -> list[tuple[str, str]]:
    nearest = ""
    if join.nearest is not None:
        nearest = f"{join.direction} by {safe_line(str(join.nearest))}"
        nearest += f", within {join.within:g}" if join.within is not None else ""
        nearest += " (looks ahead)" if join.looks_ahead else ""
    return [
        ("rows of", join.left),
        ("columns of", join.right),
        ("equal", safe_line(", ".join(map(str, join.on)))),
        ("nearest", nearest),
    ]


def count_lines(counts: MatchCounts) -> list[str]:
    """How the rows of two tables match."""
    lost = f"{counts.unmatched:,}" + (f", {counts.without_key:,} without a key" if counts.without_key else "")
    return facts(
        [
            ("matched", f"{counts.matched:,} of {counts.left_rows:,}"),
            ("unmatched", lost),
            ("doubled", f"{counts.doubled:,}, as {counts.doubled_rows:,} rows" if counts.doubled else "0"),
            ("not used", f"{counts.right_unused:,} of {counts.right_rows:,} rows of the second table"),
            ("same moment", f"{counts.same_moment:,}" if counts.same_moment else ""),
            ("rows", f"{counts.rows:,}"),
        ]
    )
