"""LABEL: export of pairs and labels to files that other tools read, and import. Formats: domain/file_formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from ontos_tui.domain.errors import InvalidInputError, InvalidTemplateError
from ontos_tui.domain.file_formats import WRITTEN, Format, Newer
from ontos_tui.domain.records.data import Row, Sheet
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.platforms.ports import Catalog
from ontos_tui.replacing import replacing
from ontos_tui.services.interchange import label_studio, spans, tabular
from ontos_tui.services.interchange.annotations.items import PairItems, SheetItems
from ontos_tui.services.interchange.annotations.label_lines import LabelLines
from ontos_tui.services.interchange.annotations.options import ImportOptions
from ontos_tui.services.interchange.annotations.recognition import recognized
from ontos_tui.services.interchange.incoming import chat
from ontos_tui.services.interchange.incoming.decisions import decide_all
from ontos_tui.services.interchange.incoming.labels import LabelImport
from ontos_tui.services.interchange.incoming.pairs import PairImport
from ontos_tui.services.interchange.report import ExportReport, ImportReport, LineProblem, Selection
from ontos_tui.services.interchange.selection import ExportOptions, OutgoingPairs, in_validation, preview
from ontos_tui.services.interchange.xlsx_writer import xlsx_writer
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.label_schemas import label_type_schema
from ontos_tui.services.records.splits import Splits
from ontos_tui.services.records.training_sheets import training_sheet_to_fill
from ontos_tui.services.templates.prompt import Prompt
from ontos_tui.services.train.splitting import Splitting
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.interchange import incoming_lines, outgoing_pairs

__all__ = [
    "ExportOptions",
    "ExportReport",
    "Format",
    "ImportOptions",
    "ImportReport",
    "InterchangeService",
    "LineProblem",
    "Selection",
]


class InterchangeService:
    """Files are written as a whole or not at all, and imported as a whole or not at all."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
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
        raw: bool = False,
        item_ids: bool = True,
    ) -> ExportReport:
        """Write the pairs that may be used for `options.use` to a file, which is replaced if it exists.

        With `split`, that share of the groups (as training splits them, else single items) goes to a second file,
        `NAME.validation.SUFFIX`: by a hash of the group, so that it is always the same ones. Label Studio gets its
        labeling config beside the tasks. `raw` is for CSV: without apostrophes before formulas; without `item_ids` chat
        lines have nothing but messages. Raises InvalidInputError when a file cannot be
        written; nothing is left of it then.
        """
        _check_export(format, options, split)
        files = (path,) if split is None else (path, path.with_name(f"{path.stem}.validation{path.suffix}"))
        config = (path.with_name(f"{path.stem}.config.xml"),) if format is Format.LABEL_STUDIO else ()
        with replacing(*files, *config) as targets, self._store.read() as connection:
            sheet = _training_sheet(connection, training_sheet_ref)
            template = Template.model_validate(sheet.template_snapshot)
            pairs = OutgoingPairs(connection, sheet.id, options)
            groups = {} if split is None else self._groups(connection, sheet, options)
            parts = _Parts(targets[: len(files)], split, groups)
            if format is Format.CHAT:
                _write_lines(parts, chat.chat_lines(template, pairs, item_ids=item_ids))
            elif format is Format.SPANS:
                _write_lines(parts, spans.span_lines(template.output_schema, pairs))
            elif format is Format.LABEL_STUDIO:
                _write_tasks(parts, template, pairs, targets[-1])
            else:
                names = outgoing_pairs.field_names(connection, sheet.id)
                maker = tabular.TableMaker(names, template.output_schema)
                _write_table(parts, maker, pairs, format, raw=raw)
        return ExportReport(
            written=sum(parts.counts),
            held_back=pairs.held_back,
            files=dict(zip(files, parts.counts, strict=True)),
            beside=config,
        )

    def _groups(self, connection: Connection, sheet: TrainingSheet, options: ExportOptions) -> dict[str, str]:
        """The group of each item that is written, where it has one."""
        pairs = {pair.item_ref: pair.fields for pair in OutgoingPairs(connection, sheet.id, options)}
        splits = Splits(self._store)
        columns = tuple(dict.fromkeys(column for fields in pairs.values() for column in fields))
        compared = Splitting(self._store, splits).features(sheet, columns)
        groups = splits.group(sheet, list(pairs), list(pairs.values()), compared).groups
        return {ref: group for ref, group in zip(pairs, groups, strict=True) if group is not None}

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

    def recognized(self, path: Path) -> Format:
        """The format of a file, by its content, else by its name. Raises InvalidInputError when neither shows it."""
        return recognized(path)

    def import_pairs(
        self,
        path: Path,
        format: Format | None,
        training_sheet_ref: str,
        *,
        options: ImportOptions = ImportOptions(),  # noqa: B008
        approved: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        """Decisions about the pairs of a training sheet; chat lines that name none of its items become new pairs.

        The format is recognized unless it is given. New answers of chat lines are proposals, or labels at once when
        `approved`. Decisions are one batch, which undo takes back (very many are several: decisions_in.AT_ONCE).
        With problems in the report, or decisions here that are newer and no choice about them, nothing is changed.
        Raises InvalidInputError for a file that cannot be read at all, UndecidedError when the positions of its spans
        can mean two things, ConflictError when another person decided one of the pairs meanwhile.
        """
        format = format or recognized(path)
        report = ImportReport(path, dry_run, format=format)
        with self._store.read() as connection:
            training_sheet = _training_sheet(connection, training_sheet_ref)
            sheet = rows.get(connection, Sheet, training_sheet.sheet_id)
        items = PairItems(self._store, training_sheet.id)
        if format is Format.CHAT:
            template = Template.model_validate(training_sheet.template_snapshot)
            into = PairImport(self._store, sheet, template, self._actor, approved)
            self._import_chat(into, training_sheet, options.newer, report)
            return report
        schema = training_sheet.template_snapshot["output_schema"]
        with LabelLines(schema, items, options, report).read(path, format) as given:
            decide_all(self._store, training_sheet, given, report, self._actor, options.newer)
        return report

    def import_chat(
        self,
        path: Path,
        sheet_ref: str,
        *,
        template_ref: str | None = None,
        label_type: str = "chat",
        newer: Newer | None = None,
        approved: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        """Chat lines become pairs of the training sheet of this sheet and a template, which is created if missing.

        Without `template_ref` it is the template for imported chats, whose answers of this label type are free text.
        """
        report = ImportReport(path, dry_run, format=Format.CHAT)
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            if template_ref is None:
                known = incoming_lines.template(connection, chat.TEMPLATE_NAME, label_type)
                template = known or chat.chat_template(label_type)
            else:
                template = rows.resolve(connection, Template, template_ref)
            training_sheet = training_sheet_to_fill(connection, sheet.id, template.id)
        into = PairImport(self._store, sheet, template, self._actor, approved)
        self._import_chat(into, training_sheet, newer, report)
        return report

    def _import_chat(
        self, into: PairImport, training_sheet: TrainingSheet | None, newer: Newer | None, report: ImportReport
    ) -> None:
        items = None if training_sheet is None else PairItems(self._store, training_sheet.id)
        incoming = chat.incoming_chat(report.path, into.template, report, items)
        new = ImportReport(report.path, dry_run=True)
        into.carry_out(incoming.pairs, new)
        for problem in new.problems:
            report.problem(problem.line, problem.reason)
        if training_sheet is not None and incoming.decisions:
            decide_all(self._store, training_sheet, incoming.decisions, report, self._actor, newer)
        if not report.nothing_done:
            new = ImportReport(report.path)
            into.carry_out(incoming.pairs, new)
        new.problem_count, new.problems = 0, []
        report.add(new)

    def import_labels(
        self,
        path: Path,
        format: Format | None,
        sheet_ref: str,
        *,
        label_type: str | None = None,
        options: ImportOptions = ImportOptions(),  # noqa: B008
        dry_run: bool = False,
    ) -> ImportReport:
        """Labels of any format but chat become canonical labels of a sheet; the same file twice changes nothing.

        Answers are checked against the newest published labelset of the label type, else the newest template of it,
        and against the sheet's items. Without `label_type` the sheet's only one is used. Nothing is changed, and errors
        are raised, as by `import_pairs`; also NotFoundError for a label type that nothing describes.
        """
        format = format or recognized(path)
        report = ImportReport(path, dry_run, format=format)
        if format is Format.CHAT:
            raise InvalidInputError(
                "Chat lines are questions with answers, which cannot become canonical labels.",
                "Import them into a training sheet; or import a table with a column that names the item.",
            )
        with self._store.read() as connection:
            sheet = rows.resolve(connection, Sheet, sheet_ref)
            label_type = label_type or _only_label_type(connection, sheet)
            schema = label_type_schema(connection, label_type)
        items = SheetItems(self._catalog, sheet)
        into = LabelImport(
            self._store, sheet, label_type, AnswerChecker(schema), self._actor, items, newer=options.newer
        )
        with LabelLines(schema, items, options, report).read(path, format) as given:
            into.carry_out(given, report)
        return report


def _check_export(format: Format, options: ExportOptions, split: float | None) -> None:
    """Raise InvalidInputError for an export that cannot be."""
    if split is not None and not 0 < split < 1:
        raise InvalidInputError(f"The share {split:g} is not between 0 and 1.", "Choose a share such as 0.2.")
    if format not in WRITTEN:
        raise InvalidInputError(f"{format} is only read.", f"Choose one of {', '.join(WRITTEN)}.")
    if format is Format.CHAT and options.all_statuses:
        raise InvalidInputError(
            "Chat lines hold approved answers only, so they cannot include all statuses.",
            "Choose CSV, Excel, Parquet or Label Studio.",
        )


class _Parts:
    """One file, or a training and a validation file: which pair goes where, and how many."""

    def __init__(self, paths: tuple[Path, ...], split: float | None, groups: Mapping[str, str]) -> None:
        self.paths = paths
        self.counts = [0] * len(paths)
        self._split = split
        self._groups = groups

    def part_of(self, item_ref: str) -> int:
        """The part that an item belongs to, counted."""
        part = 0
        if self._split is not None:
            part = int(in_validation(self._groups.get(item_ref, item_ref), self._split))
        self.counts[part] += 1
        return part


def _write_lines(parts: _Parts, lines: Iterable[tuple[str, str, Row]]) -> None:
    with ExitStack() as stack:
        files = [_open(stack, path) for path in parts.paths]
        for line, item_ref, _ in lines:
            files[parts.part_of(item_ref)].write(f"{line}\n")


def _write_tasks(parts: _Parts, template: Template, pairs: OutgoingPairs, config: Path) -> None:
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
            part = parts.part_of(pair.item_ref)
            begin = "\n" if parts.counts[part] == 1 else ",\n"
            files[part].write(begin + tabular.json_line(maker.task(pair, question)))
        for file in files:
            file.write("\n]\n")
    config.write_text(label_studio.config(template.output_schema, template.guidelines), encoding="utf-8")


def _open(stack: ExitStack, path: Path) -> IO[str]:
    return stack.enter_context(path.open("w", encoding="utf-8", newline=""))


def _write_table(parts: _Parts, maker: tabular.TableMaker, pairs: OutgoingPairs, format: Format, *, raw: bool) -> None:
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                tabular.csv_writer(path, maker, raw=raw)
                if format is Format.CSV
                else xlsx_writer(path, maker)
                if format is Format.XLSX
                else tabular.parquet_writer(path, maker)
            )
            for path in parts.paths
        ]
        for pair in pairs:
            writers[parts.part_of(pair.item_ref)](pair)


def _training_sheet(connection: Connection, ref: str) -> TrainingSheet:
    return rows.resolve(connection, TrainingSheet, ref)


def _only_label_type(connection: Connection, sheet: Sheet) -> str:
    types = incoming_lines.label_types(connection, sheet.id)
    if len(types) == 1:
        return types.pop()
    choices = f"it has {', '.join(sorted(types))}" if types else "it has no training sheet yet"
    raise InvalidInputError(f"The label type for {sheet.name!r} is not clear: {choices}.", "Name the label type.")
