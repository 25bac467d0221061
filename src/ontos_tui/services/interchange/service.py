"""LABEL: export of pairs and labels to files that other tools read, and import. Formats: domain/file_formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from ontos_tui.domain.errors import InvalidInputError, InvalidTemplateError
from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.data import Row, Sheet
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.services.interchange import chat, label_studio, reading, spans, tabular
from ontos_tui.services.interchange.decisions_in import decide_all
from ontos_tui.services.interchange.files import replacing
from ontos_tui.services.interchange.labels_in import LabelImport
from ontos_tui.services.interchange.pairs_in import PairImport
from ontos_tui.services.interchange.report import ExportReport, ImportReport, LineProblem, Selection
from ontos_tui.services.interchange.selection import ExportOptions, OutgoingPairs, in_validation, preview
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.label_schemas import label_type_schema
from ontos_tui.services.templates.prompt import Prompt
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.interchange import incoming_lines, outgoing_pairs

__all__ = [
    "ExportOptions",
    "ExportReport",
    "Format",
    "ImportReport",
    "InterchangeService",
    "LineProblem",
    "Selection",
]

ColumnMapping = Mapping[str, str]
"""Target (item_ref, a field of the answer, …) to the column or key of the file that holds it."""


class InterchangeService:
    """Files are written as a whole or not at all, and imported as a whole or not at all."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    # Out

    def preview(self, training_sheet_ref: str, options: ExportOptions = ExportOptions()) -> Selection:  # noqa: B008  # it is frozen
        """How many pairs an export would write, and how many it would hold back, by the reason."""
        with self._store.read() as connection:
            return preview(connection, _training_sheet(connection, training_sheet_ref).id, options)

    def export(
        self,
        training_sheet_ref: str,
        path: Path,
        format: Format,
        *,
        options: ExportOptions = ExportOptions(),  # noqa: B008
        split: float | None = None,
        excel_safe: bool = False,
    ) -> ExportReport:
        """Write the pairs that may be used for `options.use` to a file, which is replaced if it exists.

        With `split`, that share of the groups (the template's group column, else single items) goes to a second file,
        `NAME.validation.SUFFIX`: by a hash of the group, so that it is always the same ones. Label Studio gets its
        labeling config beside the tasks. `excel_safe` is for CSV. Raises InvalidInputError when a file cannot be
        written; nothing is left of it then.
        """
        if split is not None and not 0 < split < 1:
            raise InvalidInputError(f"The share {split:g} is not between 0 and 1.", "Choose a share such as 0.2.")
        if format is Format.CHAT and options.all_statuses:
            raise InvalidInputError(
                "Chat lines hold approved answers only, so they cannot include all statuses.",
                "Choose CSV, Parquet or Label Studio.",
            )
        files = (path,) if split is None else (path, path.with_name(f"{path.stem}.validation{path.suffix}"))
        config = (path.with_name(f"{path.stem}.config.xml"),) if format is Format.LABEL_STUDIO else ()
        with replacing(*files, *config) as targets, self._store.read() as connection:
            sheet = _training_sheet(connection, training_sheet_ref)
            template = Template.model_validate(sheet.template_snapshot)
            pairs = OutgoingPairs(connection, sheet.id, options)
            parts = _Parts(targets[: len(files)], split, template.group_column)
            if format is Format.CHAT:
                _write_lines(parts, chat.chat_lines(template, pairs))
            elif format is Format.SPANS:
                _write_lines(parts, spans.span_lines(template.output_schema, pairs))
            elif format is Format.LABEL_STUDIO:
                _write_tasks(parts, template, pairs)
                xml = label_studio.config(template.output_schema, template.guidelines)
                targets[-1].write_text(xml, encoding="utf-8")
            else:
                names = outgoing_pairs.field_names(connection, sheet.id)
                maker = tabular.TableMaker(names, template.output_schema)
                _write_table(parts, maker, pairs, format, excel_safe=excel_safe)
        return ExportReport(
            written=sum(parts.counts),
            held_back=pairs.held_back,
            files=dict(zip(files, parts.counts, strict=True)),
            beside=config,
        )

    def chat_lines(self, training_sheet_ref: str, options: ExportOptions = ExportOptions()) -> Iterator[str]:  # noqa: B008
        """The lines of a chat export, for a pipe."""
        with self._store.read() as connection:
            sheet = _training_sheet(connection, training_sheet_ref)
            pairs = OutgoingPairs(connection, sheet.id, options)
            for line, _, _ in chat.chat_lines(Template.model_validate(sheet.template_snapshot), pairs):
                yield line

    def history(self, training_sheet_ref: str) -> Iterator[dict[str, Any]]:
        """Every event of a training sheet, its pairs and the labels from there, in chronological order."""
        with self._store.read() as connection:
            yield from outgoing_pairs.history(connection, _training_sheet(connection, training_sheet_ref).id)

    def write_history(self, training_sheet_ref: str, path: Path) -> int:
        """The history as a file of JSON lines, which is replaced if it exists; returns how many events it has."""
        count = 0
        with replacing(path) as (target,), target.open("w", encoding="utf-8") as file:
            for count, event in enumerate(self.history(training_sheet_ref), 1):  # noqa: B007
                file.write(tabular.json_line(event) + "\n")
        return count

    # In

    def import_pairs(
        self,
        path: Path,
        format: Format,
        training_sheet_ref: str,
        *,
        mapping: ColumnMapping | None = None,
        approved: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        """Chat lines become new pairs of a training sheet; a table or Label Studio's tasks decide about its pairs.

        Chat answers are proposals, or labels at once when `approved`. Decisions are one batch, which undo takes back
        (very many are several: decisions_in.AT_ONCE).
        With problems in the report nothing is changed. Raises InvalidInputError for a file that cannot be read at
        all, ConflictError when another person decided one of the pairs meanwhile.
        """
        report = ImportReport(path, dry_run)
        with self._store.read() as connection:
            training_sheet = _training_sheet(connection, training_sheet_ref)
            sheet = rows.get(connection, Sheet, training_sheet.sheet_id)
        if format is Format.CHAT:
            template = Template.model_validate(training_sheet.template_snapshot)
            self._import_chat(path, sheet, template, report, approved=approved)
            return report
        schema = training_sheet.template_snapshot["output_schema"]
        with self._label_rows(path, format, schema, mapping or {}, report) as given:
            decide_all(self._store, training_sheet, given, report, self._actor)
        return report

    def import_chat(
        self,
        path: Path,
        sheet_ref: str,
        *,
        template_ref: str | None = None,
        label_type: str = "chat",
        approved: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        """Chat lines become pairs of the training sheet of this sheet and a template, which is created if missing.

        Without `template_ref` it is the template for imported chats, whose answers of this label type are free text.
        """
        report = ImportReport(path, dry_run)
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            if template_ref is None:
                known = incoming_lines.template(connection, chat.TEMPLATE_NAME, label_type)
                template = known or chat.chat_template(label_type)
            else:
                template = rows.resolve(connection, Template, template_ref)
        self._import_chat(path, sheet, template, report, approved=approved)
        return report

    def import_labels(
        self,
        path: Path,
        format: Format,
        sheet_ref: str,
        *,
        label_type: str | None = None,
        mapping: ColumnMapping | None = None,
        dry_run: bool = False,
    ) -> ImportReport:
        """A table or Label Studio's tasks become canonical labels of a sheet; the same file twice changes nothing.

        Answers are checked against the newest published labelset of the label type, else the newest template of it.
        Without `label_type` the sheet's only one is used. With problems in the report nothing was changed. Raises
        InvalidInputError for a file that cannot be read at all, NotFoundError for a label type that nothing describes.
        """
        if format is Format.CHAT:
            raise InvalidInputError(
                "Chat lines do not name items, so they cannot become canonical labels.",
                "Import them as pairs; or import a table with a column that names the item.",
            )
        if format is Format.SPANS:
            raise InvalidInputError(
                "Spans need the texts of their items, which canonical labels do not have.",
                "Import them into a training sheet.",
            )
        report = ImportReport(path, dry_run)
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            label_type = label_type or _only_label_type(connection, sheet)
            schema = label_type_schema(connection, label_type)
        into = LabelImport(self._store, sheet, label_type, AnswerChecker(schema), self._actor)
        with self._label_rows(path, format, schema, mapping or {}, report) as given:
            into.carry_out(given, report)
        return report

    def _import_chat(
        self, path: Path, sheet: Sheet, template: Template, report: ImportReport, *, approved: bool
    ) -> None:
        pairs = chat.incoming_pairs(path, template, report)
        PairImport(self._store, sheet, template, self._actor, approved).carry_out(pairs, report)

    @contextmanager
    def _label_rows(
        self, path: Path, format: Format, schema: Mapping[str, Any], mapping: ColumnMapping, report: ImportReport
    ) -> Iterator[Iterable[LabelRow]]:
        """The labels in the file, as long as the context is open."""
        if format is Format.PARQUET:
            with reading.parquet_rows(path) as (columns, entries):
                yield tabular.TableReader(schema, columns, mapping).read(entries, report)
        elif format is Format.CSV:
            columns, entries = reading.csv_rows(path, report)
            yield tabular.TableReader(schema, columns, mapping).read(entries, report)
        elif format is Format.SPANS:
            reader = spans.SpanReader(schema, mapping.get("item_ref", spans.ITEM))
            yield reader.read(reading.json_lines(path, report), report)
        else:
            if set(mapping) - {"item_ref"}:
                raise InvalidInputError(
                    "Label Studio's answers are identified by the names of their controls.",
                    "Map only item_ref, to the key of a task's data that names the item.",
                )
            tasks = label_studio.TaskReader(schema, mapping.get("item_ref", label_studio.ITEM))
            yield tasks.read(reading.json_entries(path, report), report)


class _Parts:
    """One file, or a training and a validation file: which pair goes where, and how many."""

    def __init__(self, paths: tuple[Path, ...], split: float | None, group_column: str | None) -> None:
        self.paths = paths
        self.counts = [0] * len(paths)
        self._split = split
        self._group_column = group_column

    def part_of(self, item_ref: str, fields: Row) -> int:
        """The part that an item belongs to, counted."""
        part = 0
        if self._split is not None:
            group = fields.get(self._group_column) if self._group_column else None
            part = int(in_validation(item_ref if group is None else str(group), self._split))
        self.counts[part] += 1
        return part


def _write_lines(parts: _Parts, lines: Iterable[tuple[str, str, Row]]) -> None:
    with ExitStack() as stack:
        files = [_open(stack, path) for path in parts.paths]
        for line, item_ref, fields in lines:
            files[parts.part_of(item_ref, fields)].write(f"{line}\n")


def _write_tasks(parts: _Parts, template: Template, pairs: OutgoingPairs) -> None:
    maker, prompt = label_studio.TaskMaker(template.output_schema), Prompt(template)
    with ExitStack() as stack:
        files = [_open(stack, path) for path in parts.paths]
        for file in files:
            file.write("[")
        for pair in pairs:
            try:
                question = prompt.messages(pair.fields)[-1]["content"]
            except InvalidTemplateError:
                question = ""  # the fields are in the task, so that labelers see them there
            part = parts.part_of(pair.item_ref, pair.fields)
            begin = "\n" if parts.counts[part] == 1 else ",\n"
            files[part].write(begin + tabular.json_line(maker.task(pair, question)))
        for file in files:
            file.write("\n]\n")


def _open(stack: ExitStack, path: Path) -> IO[str]:
    return stack.enter_context(path.open("w", encoding="utf-8", newline=""))


def _write_table(
    parts: _Parts, maker: tabular.TableMaker, pairs: OutgoingPairs, format: Format, *, excel_safe: bool
) -> None:
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                tabular.csv_writer(path, maker, excel_safe=excel_safe)
                if format is Format.CSV
                else tabular.parquet_writer(path, maker)
            )
            for path in parts.paths
        ]
        for pair in pairs:
            writers[parts.part_of(pair.item_ref, pair.fields)](pair)


def _training_sheet(connection: Connection, ref: str) -> TrainingSheet:
    return rows.resolve(connection, TrainingSheet, ref)


def _only_label_type(connection: Connection, sheet: Sheet) -> str:
    types = incoming_lines.label_types(connection, sheet.id)
    if len(types) == 1:
        return types.pop()
    choices = f"it has {', '.join(sorted(types))}" if types else "it has no training sheet yet"
    raise InvalidInputError(f"The label type for {sheet.name!r} is not clear: {choices}.", "Name the label type.")
