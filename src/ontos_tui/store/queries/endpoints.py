"""Endpoints: what they serve, what was deployed to them, and rows to try them with."""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.serving import Deployment, Endpoint
from ontos_tui.domain.records.training import ModelVersion, Role
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, marks
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.connection import Connection


def endpoints(connection: Connection) -> list[Endpoint]:
    """All endpoints, by name."""
    return rows.find(connection, Endpoint, order_by=("name",))


def ready_endpoints(connection: Connection) -> list[Endpoint]:
    """The endpoints that answer requests, the last changed first."""
    return rows.find(connection, Endpoint, equal(status=EndpointStatus.READY), order_by=("updated_at DESC",))


def endpoint(connection: Connection, name: str) -> Endpoint | None:
    """The endpoint with this name, or None."""
    return rows.find_one(connection, Endpoint, equal(name=name))


def deployments(connection: Connection, name: str, limit: int) -> list[Deployment]:
    """What was done to an endpoint, the newest first."""
    return rows.find(connection, Deployment, equal(endpoint=name), order_by=("at DESC", "id"), limit=limit)


def sample_row(connection: Connection, model: ModelVersion, item_ref: str | None = None, skip: int = 0) -> Row | None:
    """The fields of a pair of the model's training sheet, after `skip` others; None when there is none.

    Those that are new to the model come first, those that it was tested on last. With `item_ref`, only this item's.
    """
    one = sample_item(connection, model, skip, item_ref)
    return None if one is None else one[1]


def sample_item(
    connection: Connection, model: ModelVersion, skip: int = 0, item_ref: str | None = None
) -> tuple[str, Row] | None:
    """The same with the item's reference."""
    condition = where("qa_pairs.training_sheet_id = ?", model.training_sheet_id)
    if item_ref is not None:
        condition &= where("qa_pairs.item_ref = ?", item_ref)
    sql = (
        "SELECT qa_pairs.item_ref, qa_pairs.source_data FROM qa_pairs "  # noqa: S608
        "LEFT JOIN model_pairs ON model_pairs.pair_id = qa_pairs.id AND model_pairs.model_id = ? "
        f"WHERE {condition.sql} "
        # "train" comes after "held_out" in the alphabet.
        "ORDER BY model_pairs.role IS NOT NULL, model_pairs.role DESC, qa_pairs.sequence_number LIMIT 1 OFFSET ?"
    )
    return next(
        ((ref, connection.fields.row(text)) for ref, text in connection.rows(sql, (model.id, *condition.values, skip))),
        None,
    )


def item_roles(connection: Connection, model: ModelVersion, refs: Sequence[str]) -> dict[str, Role]:
    """What these items were to a model, as far as it was trained or tested on them."""
    roles: dict[str, Role] = {}
    for some in chunks(refs):
        sql = (
            "SELECT qa_pairs.item_ref, model_pairs.role FROM qa_pairs "  # noqa: S608
            "JOIN model_pairs ON model_pairs.pair_id = qa_pairs.id AND model_pairs.model_id = ? "
            f"WHERE qa_pairs.training_sheet_id = ? AND qa_pairs.item_ref IN ({marks(some)})"
        )
        pairs = connection.rows(sql, (model.id, model.training_sheet_id, *some))
        roles |= {ref: Role(role) for ref, role in pairs}
    return roles


def pair_items(connection: Connection, model: ModelVersion, text: str, limit: int) -> list[tuple[str, Row]]:
    """Items of the training sheet of a model whose reference holds `text`, with their fields, in their order."""
    sql = (
        "SELECT item_ref, source_data FROM qa_pairs WHERE training_sheet_id = ? "
        "AND instr(lower(item_ref), lower(?)) > 0 ORDER BY sequence_number LIMIT ?"
    )
    items = connection.rows(sql, (model.training_sheet_id, text, limit))
    return [(ref, connection.fields.row(fields)) for ref, fields in items]


def pair_item(connection: Connection, model: ModelVersion, item_ref: str) -> Row | None:
    """The fields of an item of the training sheet of a model; None where it has no such item."""
    sql = "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? AND item_ref = ?"
    fields = connection.scalar(sql, (model.training_sheet_id, item_ref))
    return None if fields is None else connection.fields.row(fields)
