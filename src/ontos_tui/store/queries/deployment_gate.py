"""What is checked before a deployment: must-pass cases, floors, and the pairs that came since another version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.gate import DeploymentFloor, MustPassCase
from ontos_tui.domain.records.pairs import answer_digest
from ontos_tui.domain.records.training import ModelVersion, Role
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, among, equal
from ontos_tui.store.connection import Connection

# Cases and floors --------------------------------------------------------------------------------------------------


def cases(
    connection: Connection, template_name: str | None = None, label_type: str | None = None
) -> list[MustPassCase]:
    """The must-pass cases of the templates of a name and a label type, or all, in the order in which they were made."""
    condition = Condition("1")
    if template_name is not None:
        condition &= equal(template_name=template_name)
    if label_type is not None:
        condition &= equal(label_type=label_type)
    return rows.find(connection, MustPassCase, condition, order_by=("created_at", "id"))


def case_of(
    connection: Connection, template_name: str, label_type: str, sheet_id: str, item_ref: str
) -> MustPassCase | None:
    """The must-pass case about an item, or None."""
    same = equal(template_name=template_name, label_type=label_type, sheet_id=sheet_id, item_ref=item_ref)
    return rows.find_one(connection, MustPassCase, same)


def remove_case(connection: Connection, case_id: str) -> None:
    """Remove a must-pass case."""
    connection.execute("DELETE FROM must_pass_cases WHERE id = ?", (case_id,))


def floors(connection: Connection, *names: str) -> list[DeploymentFloor]:
    """The floors for endpoints or models of these names, or all."""
    condition = among("name", list(dict.fromkeys(names))) if names else Condition("1")
    return rows.find(connection, DeploymentFloor, condition, order_by=("name", "field", "class_name", "measure"))


def remove_floor(connection: Connection, floor_id: str) -> None:
    """Remove a floor."""
    connection.execute("DELETE FROM deployment_floors WHERE id = ?", (floor_id,))


# Pairs that came since ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SeenPair:
    """A pair of a version's lineage as it is now. `is_new`: another version did not know it, or with another label.

    `is_chosen` pairs were made because the other version was wrong or weak there, so they say nothing about its usual
    error.
    """

    fields: Row
    answer: Answer
    role: Role
    is_new: bool
    is_chosen: bool


_SINCE = """
SELECT qa_pairs.source_data, qa_pairs.answer, later.role,
    earlier.id IS NULL OR earlier.answer_digest <> later.answer_digest,
    qa_pairs.feedback_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM annotation_task_items WHERE annotation_task_items.pair_id = qa_pairs.id)
FROM model_pairs AS later JOIN qa_pairs ON qa_pairs.id = later.pair_id
LEFT JOIN model_pairs AS earlier ON earlier.pair_id = later.pair_id AND earlier.model_id = ?
WHERE later.model_id = ? AND qa_pairs.answer IS NOT NULL
ORDER BY later.pair_id LIMIT ?
"""


def pairs_since(connection: Connection, old: ModelVersion, new: ModelVersion, most: int) -> list[SeenPair]:
    """The pairs of `new`, which of them are new to `old`, and which were chosen by its errors; `most` at random."""
    rows = connection.execute(_SINCE, (old.id, new.id, most))
    return [
        SeenPair(connection.fields.row(fields), json.loads(answer) or {}, Role(role), bool(is_new), bool(is_chosen))
        for fields, answer, role, is_new, is_chosen in rows
    ]


def changed_labels(connection: Connection, old: ModelVersion, new: ModelVersion) -> tuple[int, int]:
    """How many of the pairs that both versions know have another answer in the new one, and how many they share."""
    sql = (
        "SELECT coalesce(sum(earlier.answer_digest <> later.answer_digest), 0), count(*) FROM model_pairs AS earlier "
        "JOIN model_pairs AS later ON later.pair_id = earlier.pair_id AND later.model_id = ? WHERE earlier.model_id = ?"
    )
    changed, known = connection.rows(sql, (new.id, old.id))[0]
    return int(changed), int(known)


def known_pairs(connection: Connection, model: ModelVersion, most: int) -> list[SeenPair]:
    """The pairs of a version whose label is still the one that it knew; `most` at random."""
    sql = (
        "SELECT qa_pairs.source_data, qa_pairs.answer, model_pairs.role, model_pairs.answer_digest FROM model_pairs "
        "JOIN qa_pairs ON qa_pairs.id = model_pairs.pair_id "
        "WHERE model_pairs.model_id = ? AND qa_pairs.answer IS NOT NULL ORDER BY model_pairs.pair_id LIMIT ?"
    )
    stored = [
        (connection.fields.row(fields), json.loads(answer) or {}, Role(role), digest)
        for fields, answer, role, digest in connection.execute(sql, (model.id, most))
    ]
    return [
        SeenPair(fields, answer, role, is_new=False, is_chosen=False)
        for fields, answer, role, digest in stored
        if answer_digest(answer) == digest
    ]


def other_rows(connection: Connection, model: ModelVersion, endpoint: str, most: int) -> list[Row]:
    """Fields of pairs of a version's training sheet that it was not trained on, and of what the endpoint was asked."""
    return [*_unseen_rows(connection, model, most), *_requested_rows(connection, endpoint, most)]


def _unseen_rows(connection: Connection, model: ModelVersion, most: int) -> Iterator[Row]:
    sql = (
        "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? AND NOT EXISTS (SELECT 1 FROM model_pairs "
        "WHERE model_pairs.pair_id = qa_pairs.id AND model_pairs.model_id = ?) ORDER BY id LIMIT ?"
    )
    for (fields,) in connection.execute(sql, (model.training_sheet_id, model.id, most)):
        yield connection.fields.row(fields)


def _requested_rows(connection: Connection, endpoint: str, most: int) -> Iterator[Row]:
    sql = "SELECT input FROM inference_log WHERE endpoint = ? ORDER BY requested_at DESC LIMIT ?"
    for (fields,) in connection.execute(sql, (endpoint, most)):
        yield json.loads(fields)


def has_served(connection: Connection, endpoint: str, model_id: str) -> bool:
    """Whether an endpoint has answered with this version before."""
    sql = "SELECT 1 FROM deployments WHERE endpoint = ? AND model_id = ? AND action IN ('deploy', 'roll_back')"
    return connection.one(sql, (endpoint, model_id)) is not None
