"""The answer schema of a label type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontos_tui.domain.errors import NotFoundError
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import label_schemas as queries


def label_type_schema(connection: Connection, label_type: str) -> Mapping[str, Any]:
    """The schema of a published labelset of this type that has one in full, else that of the newest template.

    A labelset that only names the classes of one field counts where there is no template. Raises NotFoundError.
    """
    labelset = next(iter(queries.published_labelsets(connection, label_type, limit=1)), None)
    if labelset is not None and labelset.response_schema:
        return labelset.answer_schema()
    template = queries.newest_template(connection, label_type)
    if template is not None:
        return template.output_schema
    if labelset is not None:
        return labelset.answer_schema()
    raise NotFoundError(
        f"No labelset or template describes labels of type {label_type!r}.",
        "Create a labelset or a template of that label type.",
    )
