"""The answer schema of a label type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.template import Labelset, Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table


def label_type_schema(connection: Connection, label_type: str) -> Mapping[str, Any]:
    """The schema of a published labelset of this type that has one in full, else that of the newest template.

    A labelset that only names the classes of one field counts where there is no template. Raises NotFoundError.
    """
    sets, templates = table(Labelset).c, table(Template).c
    published = (sets.label_type == label_type, sets.status == TemplateStatus.PUBLISHED)
    labelset = next(
        iter(rows.find(connection, Labelset, *published, order_by=(sets.created_at.desc(),), limit=1)), None
    )
    if labelset is not None and labelset.response_schema:
        return labelset.answer_schema()
    usable = (templates.label_type == label_type, templates.status != TemplateStatus.ARCHIVED)
    order = (templates.status == TemplateStatus.DRAFT, templates.created_at.desc())
    for template in rows.find(connection, Template, *usable, order_by=order, limit=1):
        return template.output_schema
    if labelset is not None:
        return labelset.answer_schema()
    raise NotFoundError(
        f"No labelset or template describes labels of type {label_type!r}.",
        "Create a labelset or a template of that label type.",
    )
