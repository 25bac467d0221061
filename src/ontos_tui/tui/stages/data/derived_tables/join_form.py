"""A second table beside the one of a sheet: by key or by the nearest time, with how the rows match while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ontos_tui.domain.errors import InvalidInputError, OntosError
from ontos_tui.domain.records.data import TableAddress
from ontos_tui.domain.records.derived import Direction, JoinSuggestion, KeyPair, MatchCounts
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.dialogs.forms.form import FormField, Values
from ontos_tui.tui.stages.data.derived_tables.live_form import ADDED, LiveForm, preview_lines
from ontos_tui.tui.widgets.lines import Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import DataTable, Page
    from ontos_tui.services.data.derived_tables.joins import JoinReport, JoinSpec
    from ontos_tui.services.data.service import TableInfo
    from ontos_tui.tui.core.background import BackgroundMixin
    from ontos_tui.workspace import Workspace

ALL_ROWS, ONLY_MATCHED = "keep them", "leave them out"
REFUSE, A_ROW_EACH = "refuse", "a row of each"


class JoinForm(LiveForm["JoinReport"]):
    """How the rows of two tables match, by what is typed; ctrl+s adds the joined table."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("data.join.next_key", "f3", "Other key", "The next columns that both tables have values of"),
    )

    def __init__(self, left: str, right: str, before: Sequence[str]) -> None:
        """`before` are the columns that the first table has without the second."""
        self._proposed: list[str] | None = None
        spec = _spec_of(left, right)
        super().__init__(
            f"{_short(left)}, with the columns of {_short(right)}",
            _fields(left, right),
            look=lambda workspace, values: workspace.data.joins.report(spec(values)),
            lines=lambda report, width: report_lines(report, before, width),
            add=lambda workspace, values: workspace.data.joins.add(spec(values))[0],
            verb="Join",
        )

    def _seen(self, result: JoinReport | OntosError) -> None:
        """The first look compares the values of both tables: the columns that fit best are filled in."""
        if self._proposed is None and not isinstance(result, OntosError):
            self._proposed = [", ".join(map(str, one.on)) for one in result.suggestions]
            field = self.query_one("#f0", ValueInput)
            if self._proposed and not field.value:
                field.value = self._proposed[0]
                field.cursor_position = len(field.value)
        super()._seen(result)

    def possible(self, command: str) -> bool:
        return command != "next_key" or len(self._proposed or ()) > 1

    def action_next_key(self) -> None:
        """Fill in the next suggestion."""
        field, proposed = self.query_one("#f0", ValueInput), self._proposed or [""]
        at = proposed.index(field.value) if field.value in proposed else -1
        field.value = proposed[(at + 1) % len(proposed)]


def join_tables(host: BackgroundMixin, left: str, joined: Callable[[DataTable], None]) -> None:
    """Ask on the screen of `host` for the second table and how it is joined; the joined table goes to `joined`."""

    def done(values: Values | None) -> None:
        if values is not None:
            joined(values[ADDED])

    def choose(tables: Sequence[TableInfo]) -> None:
        others = [str(one.address) for one in tables if str(one.address) != left and not one.problem]
        if not others:
            host.ontos.show_message("There is no other table yet; press a to add the second one.")
            return
        names = {str(one.address): [column.name for column in one.columns] for one in tables}
        remarks = {str(one.address): f"{one.rows:,} rows: {', '.join(names[str(one.address)])}" for one in tables}

        def chosen(index: int | None) -> None:
            if index is not None:
                host.app.push_screen(JoinForm(left, others[index], names.get(left, ())), done)

        choices = [(_short(one), remarks[one]) for one in others]
        host.app.push_screen(ChooseDialog(f"Which table's columns come beside {_short(left)}?", choices), chosen)

    host.run_in_background(_local_tables, choose, group="do")


def _local_tables(workspace: Workspace) -> list[TableInfo]:
    return workspace.data.catalog.tables()


def _short(address: str) -> str:
    return TableAddress.parse(address).table


def _fields(left: str, right: str) -> tuple[FormField, ...]:
    return (
        FormField("on", "Equal columns", None, hint="KEY, or KEY=KEY of the second; several by commas", read=pairs),
        FormField("nearest", "Nearest", None, hint="columns of time, such as time=at; empty: by key only", read=pairs),
        FormField(
            "direction", "Nearest row", Direction.BEFORE, tuple(Direction), required=True, hint="before: known then"
        ),
        FormField("within", "Not further than", None, hint="10min, 2h, 1d, or a number; with nearest"),
        FormField("doubled", "Several matches", REFUSE, (REFUSE, A_ROW_EACH), required=True),
        FormField("unmatched", "Rows without a match", ALL_ROWS, (ALL_ROWS, ONLY_MATCHED), required=True),
        FormField("columns", "Columns", None, hint=f"of {_short(right)}, by commas; empty: all"),
        FormField("name", "Name of the table", f"{_short(left)}_{_short(right)}", required=True),
    )


def pairs(text: str) -> tuple[KeyPair, ...]:
    """`machine, time=at` as pairs. Raises ValueError."""
    named = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        left, equals, right = (piece.strip() for piece in part.partition("="))
        if not left or (equals and not right):
            raise ValueError(f"{part!r}: write KEY, or KEY=KEY where the columns have different names")
        named.append(KeyPair(left=left, right=right or left))
    return tuple(named)


def _spec_of(left: str, right: str) -> Callable[[Values], JoinSpec]:
    """What the values of the form say."""
    from ontos_tui.services.data.derived_tables.joins import JoinSpec

    def spec(values: Values) -> JoinSpec:
        nearest = values.get("nearest") or ()
        if len(nearest) > 1:
            raise InvalidInputError("Rows are nearest in one column of each table.", "Name one, such as time=at.")
        within = (values.get("within") or "").strip()
        plain = JoinSpec(left, right, on=tuple(values.get("on") or ()), name=values.get("name") or "")
        return replace(
            plain,
            nearest=nearest[0] if nearest else None,
            direction=values["direction"] if nearest else None,
            within=within if nearest else "",
            columns=tuple(filter(None, (one.strip() for one in (values.get("columns") or "").split(",")))),
            only_matched=values.get("unmatched") == ONLY_MATCHED,
            doubled=values.get("doubled") == A_ROW_EACH,
        )

    return spec


def report_lines(report: JoinReport, before: Sequence[str], width: int) -> Iterator[Line]:
    """How the rows match, what hinders, and the first rows."""
    if report.counts is None:
        yield from _suggestion_lines(report.suggestions, width)
        return
    yield from count_lines(report.counts, width)
    if report.problem:
        yield from wrap(f"✗ {report.problem} {_remedy(report.counts)}", width, "bad")
    elif report.page is not None:
        if report.join.looks_ahead:
            yield line(span("looks ahead: its columns are notes, no features", "warn"))
        keys = [one.left for one in (*report.join.on, *([report.join.nearest] if report.join.nearest else []))]
        yield from _page_lines(report.page, keys, before, width)


def _suggestion_lines(suggestions: Sequence[JoinSuggestion], width: int) -> Iterator[Line]:
    if not suggestions:
        yield from wrap("No columns have values in common. Type the columns, or the nearest time.", width, "warn")
        return
    yield line(span("f3", "key"), span(" fills in the columns that fit:", "muted"))
    for one in suggestions:
        key, counts = ", ".join(map(str, one.on)), one.counts
        yield line(
            span(f"{key}  ", "strong"),
            span(
                f"{one.overlap:.0%} of its values in both; {counts.matched:,} matched, {counts.doubled:,} doubled",
                "muted",
            ),
        )


def count_lines(counts: MatchCounts, width: int) -> list[Line]:
    """The numbers of a join, each with its noun."""
    share = counts.matched / counts.left_rows if counts.left_rows else 0
    first = line(
        span(f"{counts.matched:,} of {counts.left_rows:,} rows matched", "good" if share > 0.5 else "warn"),
        span(f"  {counts.unmatched:,} unmatched", "text"),
        span(f" ({counts.without_key:,} without a key)" if counts.without_key else "", "muted"),
        span(f"  {counts.doubled:,} doubled", "warn" if counts.doubled else "text"),
    )
    rest = f"→ {counts.rows:,} rows; {counts.right_unused:,} of {counts.right_rows:,} of the second not used"
    if counts.same_moment:
        rest += f"; {counts.same_moment:,} of them at the same moment as another"
    return [first, line(span(rest, "muted", width))]


def _remedy(counts: MatchCounts) -> str:
    if not counts.matched:
        return "Choose other columns: f3 fills in those with values in common."
    each = f"A row of each makes {counts.doubled_rows:,} rows of them."
    return f"{each} Or add a column to the key, or take the nearest time."


def _page_lines(page: Page, keys: Sequence[str], before: Sequence[str], width: int) -> list[Line]:
    """The first rows: the keys, what is new beside them, and what else there is room for."""
    names = [column.name for column in page.columns]
    new = [name for name in names if name not in before]
    rest = [name for name in names if name in before and name not in keys]
    rows = [item.fields for item in page.items]
    return preview_lines([*(key for key in keys if key in names), *new, *rest], rows, width, new)
