"""`ontos generate`: training pairs from a sheet and a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import count, facts, fields, number
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.confidence_text import basis_text
from ontos_tui.domain.rules.source_changes import ChangedSource
from ontos_tui.domain.text.terminal_text import safe_line, safe_text

if TYPE_CHECKING:
    from ontos_tui.services.generate.service import GenerationReport


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("generate")(generate)


def generate(
    context: typer.Context,
    sheet: Annotated[str, typer.Argument(help="name or id of the sheet")],
    template: Annotated[str, typer.Option("--template", "-t", help="name or id of the template")],
    mode: Annotated[GenerationMode, typer.Option("--mode", help="where the answers come from")],
    column: Annotated[str | None, typer.Option("--column", help="the column that holds the answer")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="only the first N items")] = None,
    review: Annotated[bool, typer.Option("--review", help="answers of a column are proposals, not labels")] = False,
    changed_source: Annotated[
        ChangedSource,
        typer.Option("--changed-source", help="when the source has other rows than its pairs were made of"),
    ] = ChangedSource.STOP,
    background: Annotated[
        bool, typer.Option("--background", help="as a job that goes on without this terminal")
    ] = False,
    preview: Annotated[int, typer.Option("--preview", min=0, help="only show N pairs; nothing is saved")] = 0,
) -> None:
    """Create training pairs from a sheet and a template. Run again, it adds only new items."""
    session = Session.of(context)
    service = session.workspace.generate.generation
    if preview:
        _preview(session, sheet, template, mode, preview, column)
        return
    if background:
        job = service.submit(
            sheet, template, mode, column=column, limit=limit, review=review, changed_source=changed_source
        )
        session.show_job(job)
        return
    with session.progress() as line:
        report = service.generate(
            sheet,
            template,
            mode,
            column=column,
            limit=limit,
            review=review,
            changed_source=changed_source,
            progress=line,
        )
    session.show(report, lambda: _report_lines(report))


def _report_lines(report: GenerationReport) -> list[str]:
    approved = f"{report.auto_approved:,} reviews saved" if report.auto_approved else ""
    rows = [
        ("training sheet", f"{report.training_sheet.name} ({report.training_sheet.id[:8]})"),
        ("answers by", report.training_sheet.model_used),
        ("created", count(report.created, "pair")),
        ("existing", count(report.existing, "pair") if report.existing else ""),
        ("approved by label", approved),
        ("proposed", count(report.proposed, "answer")),
        ("failed", count(report.failed, "item") if report.failed else ""),
        ("time", number(report.seconds, 2, "s")),
    ]
    notes = [f"· {safe_line(note)}" for note in report.notes]
    return [*facts(rows), *notes, *(f"  {safe_line(ref)}: {safe_line(reason)}" for ref, reason in report.failures)]


def _preview(
    session: Session, sheet: str, template: str, mode: GenerationMode, amount: int, column: str | None
) -> None:
    pairs = session.workspace.generate.generation.preview(sheet, template, mode, count=amount, column=column)

    def pair_lines() -> list[str]:
        lines = []
        for pair in pairs:
            lines += [f"── {safe_line(pair.item_ref)}"]
            lines += [f"{message['role']}: {safe_text(message['content'])}" for message in pair.messages]
            lines += (
                ["proposed:", *fields(pair.proposal)]
                if pair.proposal
                else [f"no proposal {safe_line(pair.error)}".rstrip()]
            )
            if basis := basis_text(pair.confidence, pair.certainty, pair.explanation):
                lines.append(safe_line(basis))
        return lines or ["The sheet has no items."]

    session.show(pairs, pair_lines)
