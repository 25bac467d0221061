"""A template tried on the first rows of a sheet: the prompt of each, or why that row has none. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import Row, RowQuery, TableAddress
from ontos_tui.domain.records.template import Message, Template
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.sheets import SheetService
from ontos_tui.services.templates.prompt import Prompt

ROWS = 5


@dataclass(frozen=True)
class TriedRow:
    """A row and the messages that a template makes of it; `error` says why it makes none."""

    item_ref: str
    fields: Row
    messages: tuple[Message, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class TemplateTrial:
    """A template on the rows of a sheet."""

    template: Template
    sheet: str
    rows: tuple[TriedRow, ...]

    @property
    def failed(self) -> int:
        """How many rows have no prompt."""
        return sum(bool(row.error) for row in self.rows)


class TemplateTrials:
    """Tries templates on rows; also such as are not stored yet."""

    def __init__(self, sheets: SheetService, catalog: Catalog) -> None:
        self._sheets = sheets
        self._catalog = catalog

    def of(self, template: Template, sheet_ref: str, count: int = ROWS) -> TemplateTrial:
        """The prompts of the first rows of a sheet. Raises InvalidTemplateError when the template cannot be read."""
        sheet = self._sheets.sheet(sheet_ref)
        prompt = Prompt(template)
        page = self._catalog.page(TableAddress.parse(sheet.source_table), RowQuery.of(sheet, count))
        return TemplateTrial(
            template, sheet.name, tuple(_tried(prompt, item.ref, item.fields) for item in page.items[:count])
        )


def _tried(prompt: Prompt, ref: str, fields: Row) -> TriedRow:
    missing = prompt.unmapped(fields)
    if missing:
        return TriedRow(ref, fields, error=f"no column for {', '.join(f'{{{{ {name} }}}}' for name in missing)}")
    try:
        return TriedRow(ref, fields, tuple(prompt.messages(fields)))
    except OntosError as error:
        return TriedRow(ref, fields, error=error.what)
