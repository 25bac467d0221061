"""`ontos label`, canonical labels: list, put, edit, restore, constrain, export and import them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ontos_tui.cli.core.output import count, facts, fields, table
from ontos_tui.cli.core.session import Limit, Offset, Session, read_object
from ontos_tui.cli.label.decisions import labels
from ontos_tui.cli.label.import_export import NewerOption, show_import
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.pairs import CanonicalLabel
from ontos_tui.domain.rules.governance import Classification, Use
from ontos_tui.domain.text.terminal_text import safe_line

LabelRef = Annotated[str, typer.Argument(metavar="LABEL", help="id, or the beginning of it")]
SheetRef = Annotated[str, typer.Argument(metavar="SHEET", help="name or id")]
LabelType = Annotated[str, typer.Option("--label-type", help="what kind of label")]
TypeFilter = Annotated[str | None, typer.Option("--type", help="only of this label type")]
SheetFilter = Annotated[str | None, typer.Option("--sheet", help="only of this sheet")]
TextFilter = Annotated[str, typer.Option("--text", help="only with this in the item, the label or its notes")]
Notes = Annotated[str | None, typer.Option("--notes", help="your notes")]
IfVersion = Annotated[
    int | None, typer.Option("--if-version", min=0, help="the version you have seen; refused when there is a newer one")
]
Confidence = Annotated[str | None, typer.Option("--confidence", help="high, medium or low")]


def register(_root: typer.Typer) -> None:
    """Nothing to add: the commands joined the group `label` when this module was imported."""


@labels.command("items")
def items(
    context: typer.Context, sheet: SheetRef, label_type: LabelType, limit: Limit = 20, offset: Offset = 0
) -> None:
    """The items of a sheet that have no label of this type yet."""
    session = Session.of(context)
    unlabeled = session.workspace.label.canonical_labels.unlabeled(sheet, label_type, limit, offset)
    value = [{"item_ref": one.ref, "fields": one.fields} for one in unlabeled]

    def lines() -> list[str]:
        item_lines = [line for one in unlabeled for line in (f"── {safe_line(one.ref)}", *fields(one.fields))]
        return item_lines or [safe_line(f"All items have a label of the type {label_type}.")]

    session.show(value, lines)


@labels.command("put")
def put(
    context: typer.Context,
    sheet: SheetRef,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="the item's name, as `label items` shows it")],
    label_type: LabelType,
    answer: Annotated[str, typer.Option("--answer", help="the label: JSON, @FILE or -")],
    confidence: Annotated[str, typer.Option("--confidence", help="high, medium or low")] = "high",
    notes: Annotated[str, typer.Option("--notes", help="your notes")] = "",
) -> None:
    """Label an item of a sheet without any pair; an existing label gets a new version."""
    session = Session.of(context)
    given = read_object(answer, "The answer")
    label = session.workspace.label.canonical_labels.put(
        sheet, item, label_type, given, confidence=confidence, notes=notes
    )
    _show(session, label)


@labels.command("edit")
def edit(
    context: typer.Context,
    label: LabelRef,
    answer: Annotated[str | None, typer.Option("--answer", help="the label: JSON, @FILE or -")] = None,
    confidence: Confidence = None,
    notes: Notes = None,
    if_version: IfVersion = None,
) -> None:
    """Correct a label; the old answer stays as an earlier version."""
    session = Session.of(context)
    given = None if answer is None else read_object(answer, "The answer")
    if given is None and confidence is None and notes is None:
        raise InvalidInputError("Nothing to change.", "Give --answer, --confidence or --notes.")
    service = session.workspace.label.canonical_labels
    changed = service.edit(label, answer=given, confidence=confidence, notes=notes, expected_version=if_version)
    _show(session, changed)


@labels.command("labels")
def list_labels(
    context: typer.Context,
    label_type: TypeFilter = None,
    sheet: SheetFilter = None,
    text: TextFilter = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> None:
    """The canonical labels, by item."""
    from ontos_tui.services.canonical.service import LabelFilter

    session = Session.of(context)
    service = session.workspace.label.canonical_labels
    chosen = LabelFilter(_sheet_id(session, sheet), label_type, text)
    shown, total = service.find(chosen, limit, offset), service.count(chosen)
    headers = ("id", "item", "label type", "label", "confidence", "source", "version", "reused", "by")
    rows = [
        (
            one.id[:8],
            one.item_ref,
            one.label_type,
            one.label_data,
            one.confidence,
            one.source,
            one.version,
            one.reuse_count,
            one.updated_by,
        )
        for one in shown
    ]
    empty = "No labels. Approve a pair: `ontos label decide PAIR approve`"
    more = [f"{len(shown):,} of {total:,} labels"] if total > len(shown) else []
    session.show({"total": total, "labels": shown}, lambda: [*table(headers, rows, empty), *more])


@labels.command("versions")
def versions(context: typer.Context, label: LabelRef) -> None:
    """A label's versions, the newest first."""
    session = Session.of(context)
    service = session.workspace.label.canonical_labels
    now = service.get(label)
    old = service.versions(now.id)
    current = (now.version, now.label_data, now.confidence, now.notes, now.source, now.updated_by, now.updated_at)
    before = [
        (one.version, one.label_data, one.confidence, one.notes, one.source, one.modified_by, one.modified_at)
        for one in old
    ]
    headers = ("version", "label", "confidence", "notes", "source", "by", "at")
    session.show({"label": now, "versions": old}, lambda: table(headers, [current, *before]))


@labels.command("restore")
def restore(
    context: typer.Context,
    label: LabelRef,
    version: Annotated[int, typer.Argument(min=1, help="its number, as `label versions` shows it")],
    if_version: IfVersion = None,
) -> None:
    """Restore an earlier version of a label, as a new version."""
    session = Session.of(context)
    _show(session, session.workspace.label.canonical_labels.restore(label, version, expected_version=if_version))


@labels.command("remove")
def remove(context: typer.Context, label: LabelRef, if_version: IfVersion = None) -> None:
    """Remove a label that no pair and no model uses."""
    session = Session.of(context)
    removed = session.workspace.label.canonical_labels.delete(label, expected_version=if_version)
    session.show(removed, lambda: [safe_line(f"The label of {removed.item_ref} is removed.")])


@labels.command("export-labels")
def export_labels(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="the file; replaced if it exists")],
    label_type: TypeFilter = None,
    sheet: SheetFilter = None,
    text: TextFilter = "",
) -> None:
    """Write labels to a file, one JSON object a line."""
    from ontos_tui.services.canonical.service import LabelFilter

    session = Session.of(context)
    written = session.workspace.label.canonical_label_files.export_file(
        file, LabelFilter(_sheet_id(session, sheet), label_type, text)
    )
    session.show({"file": file, "labels": written}, lambda: [f"{count(written, 'label')} in {safe_line(file)}"])


@labels.command("import-labels")
def import_labels(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="as `label export-labels` writes it")],
    sheet: Annotated[str | None, typer.Option("--sheet", help="for lines that name none")] = None,
    newer: NewerOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would happen")] = False,
) -> None:
    """Import labels from a file, all of them or none; a different label becomes a new version."""
    session = Session.of(context)
    report = session.workspace.label.canonical_label_files.import_file(file, sheet, newer=newer, dry_run=dry_run)
    show_import(session, report)


@labels.command("constrain")
def constrain(
    context: typer.Context,
    label: LabelRef,
    allow: Annotated[list[Use] | None, typer.Option("--allow", help="only these uses; may be repeated")] = None,
    prohibit: Annotated[list[Use] | None, typer.Option("--prohibit", help="never these; may be repeated")] = None,
    free: Annotated[bool, typer.Option("--free", help="every use, except what the sheet's tags prohibit")] = False,
    classification: Annotated[Classification | None, typer.Option("--classification", help="how confidential")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="why")] = None,
) -> None:
    """Set what a label, and every pair that is linked to it, may be used for."""
    from ontos_tui.services.records.usage_constraints import UsageChange

    if free and (allow or prohibit):
        raise InvalidInputError("--free goes with no --allow and no --prohibit.", "Give one or the other.")
    uses, never = (list(Use), []) if free else (allow or None, prohibit or None)
    session = Session.of(context)
    record = session.workspace.label.canonical_labels.get(label)
    changed = session.workspace.label.constraints.set_label(record.id, UsageChange(uses, never, reason, classification))
    _show(session, changed)


def _sheet_id(session: Session, ref: str | None) -> str | None:
    return None if ref is None else session.workspace.data.sheets.sheet(ref).id


def _show(session: Session, label: CanonicalLabel) -> None:
    uses = [use for use in label.allowed_uses if use not in label.prohibited_uses]
    session.show(
        label,
        lambda: [
            *facts(
                [
                    ("label", label.id[:8]),
                    ("item", safe_line(label.item_ref)),
                    ("label type", label.label_type),
                    ("version", label.version),
                    ("confidence", label.confidence),
                    ("notes", label.notes),
                    (
                        "uses",
                        ", ".join(uses) or "none",
                    ),
                    ("because", label.usage_reason),
                    ("classification", label.data_classification.value),
                ]
            ),
            *fields(label.label_data),
        ],
    )
