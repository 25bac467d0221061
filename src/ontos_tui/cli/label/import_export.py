"""`ontos export` and `ontos import`: training sheets and labels as other tools read and write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, print_error, table
from ontos_tui.cli.core.session import Session, TrainingSheetRef
from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.file_formats import WRITTEN, Format, Newer, Offsets, format_of
from ontos_tui.domain.rules.governance import Use
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ontos_tui.services.interchange.report import LineProblem
    from ontos_tui.services.interchange.service import ExportReport, ImportReport

SHOWN = 20
"""Problems that are printed one by one; --json has more."""

NewerOption = Annotated[
    Newer | None, typer.Option("--newer", help="decisions here that are newer than the file: keep or take back")
]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("export")(export)
    root.command("import")(import_file)


def export(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    out: Annotated[Path | None, typer.Option("--out", help="the file; replaced if it exists")] = None,
    format: Annotated[Format | None, typer.Option("--format", help="by default from the file's name")] = None,
    use: Annotated[Use, typer.Option("--use", help="only pairs that may be used for this")] = Use.TRAINING,
    split: Annotated[
        float | None, typer.Option("--split", help="this share into a second file, NAME.validation.SUFFIX")
    ] = None,
    all_statuses: Annotated[bool, typer.Option("--all-statuses", help="not only labeled pairs (not for chat)")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: no apostrophe before texts that a spreadsheet would calculate")
    ] = False,
    excel_safe: Annotated[bool, typer.Option("--excel-safe", hidden=True, help="as it is without --raw")] = False,
    item_ids: Annotated[
        bool, typer.Option("--item-ids/--no-item-ids", help="chat: the item of each line, in its metadata")
    ] = True,
    history: Annotated[bool, typer.Option("--history", help="the log of all decisions instead, as JSON lines")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="only show what would be left out, and why")] = False,
) -> None:
    """Write a training sheet's pairs to a file: chat JSONL, CSV, Excel, Parquet or Label Studio JSON."""
    from ontos_tui.services.interchange.service import ExportOptions

    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    service = session.workspace.label.files
    options = ExportOptions(use, all_statuses)
    if preview:
        selection = service.preview(sheet.id, options)
        held = [(amount, reason) for reason, amount in selection.held_back.items()]
        session.show(selection, lambda: [f"{count(selection.written, 'pair')} would be written", *_held(held)])
        return
    if out is None:
        raise InvalidInputError("No file is named.", "Name one: --out FILE")
    if history:
        lines = service.write_history(sheet.id, out)
        session.show({"file": out, "events": lines}, lambda: [f"{count(lines, 'event')} in {safe_line(out)}"])
        return
    if raw and excel_safe:
        raise InvalidInputError("--raw and --excel-safe contradict each other.", "Give one of them.")
    chosen = format or format_of(out)
    if chosen is None:
        raise InvalidInputError(f"The format of {out.name} is unknown.", f"Name it: --format {'|'.join(WRITTEN)}")
    report = service.export(sheet.id, out, chosen, options=options, split=split, raw=raw, item_ids=item_ids)
    session.show(_written(report), lambda: _export_lines(report))


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="what to import")],
    to: Annotated[str, typer.Option("--to", help="a sheet for labels or chat lines, a training sheet for decisions")],
    format: Annotated[Format | None, typer.Option("--format", help="by default as the file's content shows")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="WHAT=NAME, such as item_ref=serial_number; may be repeated")
    ] = None,
    leave_out: Annotated[
        list[str] | None, typer.Option("--leave-out", help="what of the file is not imported; may be repeated")
    ] = None,
    offsets: Annotated[Offsets | None, typer.Option("--offsets", help="what the positions of spans count")] = None,
    newer: NewerOption = None,
    raw: Annotated[bool, typer.Option("--raw", help="CSV that was written with --raw")] = False,
    label_type: Annotated[str | None, typer.Option("--label-type", help="of the labels, for a sheet")] = None,
    template: Annotated[str | None, typer.Option("--template", help="for chat lines into a sheet")] = None,
    approved: Annotated[bool, typer.Option("--approved", help="chat answers become labels, not proposals")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would happen")] = False,
) -> None:
    """Import a file, all of it or nothing: as labels of a sheet, or as pairs and decisions of a training sheet."""
    from ontos_tui.services.interchange.service import ImportOptions

    session = Session.of(context)
    service = session.workspace.label.files
    mapped = dict(_mapped(one) for one in mapping or ())
    options = ImportOptions(mapped, frozenset(leave_out or ()), offsets, newer, raw)
    if (sheet := _sheet(session, to)) is None:
        training_sheet = session.workspace.label.queue.training_sheet(to)
        report = service.import_pairs(
            file, format, training_sheet.id, options=options, approved=approved, dry_run=dry_run
        )
    else:
        chosen = format or service.recognized(file)
        if chosen is Format.CHAT:
            report = service.import_chat(
                file,
                sheet,
                template_ref=template,
                label_type=label_type or "chat",
                newer=newer,
                approved=approved,
                dry_run=dry_run,
            )
        else:
            report = service.import_labels(file, chosen, sheet, label_type=label_type, options=options, dry_run=dry_run)
    show_import(session, report)


def show_import(session: Session, report: ImportReport) -> None:
    """Print the outcome of an import; exit with 1 when a line cannot be used, with 2 when there is a choice to make."""
    session.show(report, lambda: import_lines(report))
    name = report.path.name
    if report.refused:
        what = f"Nothing was imported from {name}: {count(report.problem_count, 'line')} cannot be used."
        print_error(InvalidInputError(what, "Correct them and import the file again."))
        raise typer.Exit(1)
    if report.undecided and not report.dry_run:
        newer = count(report.newer, "newer decision")
        what = f"Nothing was imported from {name}: {newer} here would be taken back."
        print_error(InvalidInputError(what, "Decide with --newer keep or --newer take."))
        raise typer.Exit(2)


def import_lines(report: ImportReport) -> list[str]:
    """The outcome of an import, for people."""
    would = "would be " if report.nothing_done else ""
    amounts = ((report.created, "created"), (report.updated, "changed"))
    done = ", ".join(f"{amount:,} {would}{word}" for amount, word in amounts)
    outcome = [] if report.refused else [f"{done}, {report.unchanged:,} unchanged, {report.skipped:,} skipped"]
    return [
        *([f"format: {report.format}"] if report.format else []),
        *outcome,
        *(safe_line(note) for note in report.notes),
        *_some(report.problems, report.problem_count, "lines"),
        *(
            [f"{count(report.newer, 'decision')} here {'is' if report.newer == 1 else 'are'} newer than the file:"]
            if report.newer
            else []
        ),
        *_some(report.newer_lines, report.newer, "decisions"),
    ]


def _some(problems: Sequence[LineProblem], total: int, word: str) -> list[str]:
    shown = [safe_line(problem) for problem in problems[:SHOWN]]
    return [*shown, f"and {total - SHOWN:,} more {word}"] if total > SHOWN else shown


def _export_lines(report: ExportReport) -> list[str]:
    files = [f"{count(pairs, 'pair')} in {safe_line(path)}" for path, pairs in report.files.items()]
    return [*files, *(f"also {safe_line(path)}" for path in report.beside), *_held(_by_reason(report))]


def _by_reason(report: ExportReport) -> list[tuple[int, str]]:
    return sorted(((amount, reason) for reason, amount in report.held_back.items()), reverse=True)


def _held(held: list[tuple[int, str]]) -> list[str]:
    return table(("left out", "why"), held) if held else ["Nothing is left out."]


def _written(report: ExportReport) -> dict[str, object]:
    return {
        "written": report.written,
        "held_back": report.held_back,
        "files": {str(path): pairs for path, pairs in report.files.items()},
        "beside": list(report.beside),
    }


def _mapped(text: str) -> tuple[str, str]:
    what, equals, column = text.partition("=")
    if not equals or not what or not column:
        raise InvalidInputError(f"{text!r} is not a mapping.", "Write WHAT=NAME, such as item_ref=serial_number.")
    return what.strip(), column.strip()


def _sheet(session: Session, ref: str) -> str | None:
    """The id of the sheet that `ref` names, or None when it names none."""
    try:
        return session.workspace.data.sheets.sheet(ref).id
    except NotFoundError:
        return None
