"""What describes the labels of a label type: labelsets and templates."""

from __future__ import annotations

from ontos_tui.domain.records.template import Labelset, Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection


def published_labelsets(connection: Connection, label_type: str, limit: int | None = None) -> list[Labelset]:
    """The published labelsets for a label type, the last created first."""
    published = equal(label_type=label_type, status=TemplateStatus.PUBLISHED)
    return rows.find(connection, Labelset, published, order_by=("created_at DESC",), limit=limit)


def newest_template(connection: Connection, label_type: str) -> Template | None:
    """The newest template for a label type that is not archived, a draft only without any other; None without one."""
    sql = (
        f"SELECT {rows.names(Template)} FROM templates WHERE label_type = ? AND status <> ? "  # noqa: S608
        "ORDER BY status = ?, created_at DESC LIMIT 1"
    )
    templates = connection.execute(sql, (label_type, TemplateStatus.ARCHIVED, TemplateStatus.DRAFT))
    return next(rows.read(connection, Template, templates), None)
