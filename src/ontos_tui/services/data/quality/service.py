"""The quality of a table, or of a sheet's rows, before anybody labels them; and decisions that remedy what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import LOCAL, DataTable, Sheet
from ontos_tui.services.data.addresses import find_address
from ontos_tui.services.data.quality.answer_columns import is_named_like_answer
from ontos_tui.services.data.quality.column_findings import column_findings, identifiers
from ontos_tui.services.data.quality.decisions import (
    columns_with,
    columns_without,
    decisions_in,
    with_decision,
    without_decision,
)
from ontos_tui.services.data.quality.opened import Target, opened
from ontos_tui.services.data.quality.report import Decision, Finding, FindingKind, QualityReport, Remedy
from ontos_tui.services.data.quality.row_findings import duplicate_findings, leak_findings, near_duplicate_findings
from ontos_tui.services.data.quality.run import CancelledError, QualityRun
from ontos_tui.store.queries import data

if TYPE_CHECKING:
    from ontos_tui.platforms.ports import Catalog
    from ontos_tui.services.data.files import FileService
    from ontos_tui.services.data.sheets import SheetService
    from ontos_tui.store.engine import Store
    from ontos_tui.tabular.quality.profile import TableScan

FEW_CLASSES = 50
"""Different values up to which a column is taken for the answer by its name."""


class QualityService:
    """Looks at tables and sheets, and keeps what is decided with them."""

    def __init__(self, store: Store, catalog: Catalog, files: FileService, sheets: SheetService) -> None:
        self._store = store
        self._catalog = catalog
        self._files = files
        self._sheets = sheets

    def look(self, ref: str, answer: str = "", run: QualityRun | None = None) -> QualityReport:
        """Look at a table or a sheet, named as everywhere; `answer` is the column that holds the answer.

        Without one, the column is taken that is called like an answer and has few values. Raises NotFoundError,
        InvalidInputError and PlatformError for what cannot be read, CancelledError after `run.cancel`.
        """
        from ontos_tui.tabular.quality.profile import scan
        from ontos_tui.tabular.quality.table_rows import Cancelled

        run = run or QualityRun()
        target = self._target(ref)
        try:
            with opened(target, self._catalog) as (table, basis):
                run.begin(table)
                scanned = scan(table, run.enter)
                answer = _answer(scanned, answer)
                findings = list(_findings(scanned, answer, target.sheet, run))
        except Cancelled as error:
            raise CancelledError from error
        return QualityReport(
            str(target.address),
            target.sheet.name if target.sheet is not None else "",
            scanned.rows,
            len(scanned.columns),
            answer,
            basis,
            tuple(sorted(findings, key=_rank)),
            tuple(self._decisions(target)),
        )

    def rows(self, ref: str, finding: Finding, limit: int = 200) -> list[dict[str, str | None]]:
        """The rows that a finding is about, as texts with their numbers. Raises InvalidInputError where it has none."""
        if not finding.has_rows:
            raise InvalidInputError(f"Nothing to show: {finding.text}.", "It is about the whole column.")
        with opened(self._target(ref), self._catalog) as (table, _):
            if finding.condition:
                return table.texts(finding.condition, limit)
            numbers = finding.numbers[:limit]
            shown = table.texts(f"{table.number} IN ({', '.join(map(str, numbers))})", limit)
        place = {f"{number:,}": at for at, number in enumerate(numbers)}
        return sorted(shown, key=lambda row: place[str(row["row"])])

    def decide(self, ref: str, decision: Decision) -> None:
        """Keep a decision with the table, or with the sheet. No item's name changes.

        Raises InvalidInputError where it cannot be kept: a table leaves no columns out, only a sheet does.
        """
        target = self._target(ref)
        if decision.remedy.needs_sheet:
            self._edit_sheet(target, decision, left_out=True)
        else:
            self._read_anew(target, decision, taken_back=False)

    def take_back(self, ref: str, decision: Decision) -> None:
        """Undo a decision that is in force."""
        target = self._target(ref)
        if decision.remedy.needs_sheet:
            self._edit_sheet(target, decision, left_out=False)
        else:
            self._read_anew(target, decision, taken_back=True)

    def _target(self, ref: str) -> Target:
        try:
            sheet: Sheet | None = self._sheets.sheet(ref)
        except NotFoundError:
            sheet = None
        address = find_address(self._catalog, ref if sheet is None else sheet.source_table)
        with self._store.read() as connection:
            file = data.table_at(connection, str(address))
        if file is None and address.catalog == LOCAL:
            raise NotFoundError(f"There is no table {address}.", "List the tables: ontos data list")
        return Target(address, sheet, file)

    def _read_anew(self, target: Target, decision: Decision, *, taken_back: bool) -> None:
        file = target.file
        if file is None:
            raise InvalidInputError(
                f"{target.address} is a table of the team, whose values are not changed here.",
                "Correct them there, or exclude the rows with the sheet's filter: e in DATA.",
            )
        if file.folder is not None or file.joined is not None:
            raise InvalidInputError(
                f"{target.address} comes of a folder or of other tables, whose values are not changed here.",
                "Correct them in the files, or look at the tables that it comes of: ontos data quality ADDRESS",
            )
        self._check_names_stay(file, decision)
        change = without_decision if taken_back else with_decision
        self._files.read_anew(file.address, change(file.reading_options, decision))
        if target.sheet is not None:
            self._sheets.edit_sheet(target.sheet.id)

    def _check_names_stay(self, file: DataTable, decision: Decision) -> None:
        """Raise InvalidInputError where the column names the items of a sheet: its values are the items' names."""
        for sheet in self._sheets.sheets():
            named_by = (sheet.item_id_column, *((sheet.window_group, sheet.window_order) if sheet.windows else ()))
            if sheet.source_table == file.address and decision.column in named_by:
                raise InvalidInputError(
                    f"{decision.column} names the items of the sheet {sheet.name!r}: they would get other names.",
                    "Correct the values in the file.",
                )

    def _edit_sheet(self, target: Target, decision: Decision, *, left_out: bool) -> None:
        sheet = target.sheet
        if sheet is None:
            raise InvalidInputError(
                f"A table leaves nothing out, a sheet does: {decision.text}.",
                "Name a sheet: ontos data quality SHEET. List them: ontos sheet list",
            )
        if decision.remedy is Remedy.LEAVE_OUT_REPEATS:
            self._sheets.edit_sheet(sheet.id, unique_by=list(decision.values) if left_out else [])
            return
        used = (sheet.window_group, sheet.window_order, *sheet.image_columns)
        if left_out and decision.column in used:
            raise InvalidInputError(
                f"The sheet {sheet.name!r} needs {decision.column} for its windows or pictures.",
                "Leave it out of the template's feature columns instead.",
            )
        names = [column.name for column in self._catalog.columns(target.address)]
        change = columns_without if left_out else columns_with
        columns = change(sheet.columns, names, decision.column)
        if left_out and not columns:
            raise InvalidInputError("No column would be left in the sheet.", "Keep one.")
        self._sheets.edit_sheet(sheet.id, columns=columns)

    def _decisions(self, target: Target) -> Iterator[Decision]:
        """What is decided, and kept with the table and the sheet."""
        if target.file is not None:
            yield from decisions_in(target.file.reading_options)
        sheet = target.sheet
        if sheet is None:
            return
        if sheet.columns:
            for column in self._catalog.columns(target.address):
                if column.name not in (*sheet.columns, sheet.item_id_column):
                    yield Decision(Remedy.LEAVE_OUT_COLUMN, column.name)
        if sheet.unique_by:
            yield Decision(Remedy.LEAVE_OUT_REPEATS, values=dict.fromkeys(sheet.unique_by, ""))


def _answer(scan: TableScan, given: str) -> str:
    """The answer's column: the one given, or one that is called so and has few values; "" for none."""
    if given:
        from ontos_tui.tabular.row_filter import find_column

        return find_column(given, scan.table.names())
    named = [one for one in scan.columns if is_named_like_answer(one.column.name) and 1 < one.distinct <= FEW_CLASSES]
    return min(named, key=lambda one: one.distinct).column.name if named else ""


def _findings(scan: TableScan, answer: str, sheet: Sheet | None, run: QualityRun) -> Iterator[Finding]:
    item_id = sheet.item_id_column if sheet is not None else None
    pictures = set(sheet.image_columns if sheet is not None else ())
    run.enter("looking at columns")
    for finding in column_findings(scan, answer, item_id):
        if finding.kind is not FindingKind.IDENTIFIER or finding.column not in pictures:
            yield finding
    naming = list(dict.fromkeys([*identifiers(scan), *([item_id] if item_id in scan.table.names() else [])]))
    naming = [name for name in naming if name not in pictures]  # another picture is another item
    names = [name for name in scan.table.names() if name not in naming]
    if sheet is None or not sheet.unique_by:
        run.enter("looking for rows that repeat others")
        yield from duplicate_findings(scan, names, naming)
    inputs = [name for name in names if name != answer and name not in pictures]
    if not inputs:
        return
    run.enter("looking for rows that are nearly equal")
    yield from near_duplicate_findings(scan, inputs)
    if answer:
        run.enter("looking for columns that give the answer away")
        yield from leak_findings(scan, answer, inputs)


def _rank(finding: Finding) -> tuple[bool, int, int]:
    """What is wrong with the answer first; then by what is worse, then by rows."""
    return (not finding.in_answer, list(FindingKind).index(finding.kind), -finding.rows)
