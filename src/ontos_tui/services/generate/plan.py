"""The plan of a generation, complete and checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.data import Item, Row, RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.records.answers import AnswerChecker, AnswerReader
from ontos_tui.services.templates.prompt import Prompt, check_mapping, feature_columns
from ontos_tui.services.templates.service import TemplateService
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

TRIED = 5
"""Items whose prompt is rendered before anything is written, to find a template that fails on real rows."""


@dataclass(frozen=True)
class Plan:
    """A sheet, a template and a mode that fit each other. `answers_from` says which column holds which field."""

    sheet: Sheet
    template: Template
    mode: GenerationMode
    address: TableAddress
    query: RowQuery
    columns: tuple[str, ...]
    hidden: frozenset[str]
    total: int
    answers_from: dict[str, str]
    prompt: Prompt
    features: tuple[str, ...]
    checker: AnswerChecker
    reader: AnswerReader

    def items(self, catalog: Catalog) -> Iterator[Item]:
        """The items, in the sheet's order."""
        return catalog.items(self.address, self.query)

    def visible_fields(self, fields: Row) -> Row:
        """The fields that the sheet shows, without a column that is read for its answer only."""
        if not self.hidden:
            return fields
        visible = fields.copy()
        for name in self.hidden:
            visible.pop(name, None)
        return visible

    def answer(self, fields: Row) -> tuple[Answer | None, str]:
        """The answer that the row's columns hold, or why it does not fit."""
        answer = self.reader.read({field: fields[column] for field, column in self.answers_from.items()})
        if self.checker.fits(answer):
            return answer, ""
        if not answer:
            return None, f"no value in {', '.join(self.answers_from.values())}"
        return None, self.checker.reason(answer)

    def try_out(self, catalog: Catalog) -> None:
        """Render the first few prompts. Raises InvalidTemplateError when the template fails on one of them."""
        few = replace(self.query, limit=min(TRIED, self.query.limit or TRIED))
        for item in catalog.page(self.address, few).items:
            self.prompt.messages(self.visible_fields(item.fields))


def make_plan(
    store: Store,
    catalog: Catalog,
    sheet_ref: str,
    template_ref: str,
    mode: GenerationMode,
    column: str | None = None,
    limit: int | None = None,
) -> Plan:
    """Find sheet and template and check that they fit.

    Raises NotFoundError, ConflictError for an archived template, InvalidTemplateError with everything in the template
    that the sheet cannot fill, InvalidInputError when it is not clear which column holds the answers.
    """
    if limit is not None and limit < 1:
        raise InvalidInputError(f"The limit {limit} is not valid.", "Set a limit of 1 or more, or none.")
    with store.read() as connection:
        sheet = data.sheet(connection, sheet_ref)
    template = TemplateService(store, "").get(template_ref)
    if template.status is TemplateStatus.ARCHIVED:
        raise ConflictError(f"The template {template.name!r} {template.version} is archived.", "Choose another one.")
    address = TableAddress.parse(sheet.source_table)
    page = catalog.page(address, RowQuery.of(sheet, limit=0))
    whole = catalog.page(address, replace(RowQuery.of(sheet, limit=0), columns=())) if sheet.columns else page
    source, columns = (tuple(one.name for one in some.columns) for some in (whole, page))
    answers_from = _answer_columns(template, source, column) if mode is GenerationMode.COLUMN else {}
    # Whether answers stand in a column matters only to the mode that takes them from there: new data has none yet.
    check_mapping(template.model_copy(update={"answer_columns": {}}), columns)
    query = RowQuery.of(sheet, limit=limit)
    hidden = frozenset(answers_from.values()) - set(columns)
    if hidden:
        query = replace(query, columns=(*columns, *sorted(hidden)))
    with_answers = template.model_copy(update={"answer_columns": {**template.answer_columns, **answers_from}})
    return Plan(
        sheet=sheet,
        template=template,
        mode=mode,
        address=address,
        query=query,
        columns=columns,
        hidden=hidden,
        total=page.total if limit is None else min(limit, page.total),
        answers_from=answers_from,
        prompt=Prompt(template),
        features=feature_columns(with_answers, columns, sheet.item_id_column, no_features=sheet.no_features),
        checker=AnswerChecker(template.output_schema),
        reader=AnswerReader(template.output_schema),
    )


def _answer_columns(template: Template, source: tuple[str, ...], column: str | None) -> dict[str, str]:
    """Answer field to source column, for the column mode."""
    fields = template.fields()
    answer_columns = dict(template.answer_columns)
    if column is not None:
        if len(fields) != 1:
            raise InvalidInputError(
                f"Answers of {template.name!r} have {len(fields)} fields, so one column cannot hold them.",
                "Name the column of each field in the template's answer columns.",
            )
        answer_columns = {fields[0].name: column}
    if not answer_columns:
        raise InvalidInputError(
            f"The template {template.name!r} does not say which column holds the answers.",
            "Name the column (--column), or fill in the template's answer columns.",
        )
    unknown = sorted({name for name in answer_columns.values() if name not in source})
    if unknown:
        raise InvalidInputError(
            f"No column {', '.join(map(repr, unknown))} in the source of the sheet.",
            f"The columns are {', '.join(source[:20])}{' …' if len(source) > 20 else ''}.",
        )
    missing = [field.name for field in fields if field.required and field.name not in answer_columns]
    if missing:
        raise InvalidInputError(
            f"The template {template.name!r} names no answer column for {', '.join(map(repr, missing))} (required).",
            "Fill in the template's answer columns, or choose another source of answers.",
        )
    return answer_columns
