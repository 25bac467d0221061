"""Model versions and their lineage: the pairs that each was trained or tested on, against what is labeled today."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.pairs import answer_digest
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelPair, ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate, gate
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import Condition, among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.improve.segments import pairs_in_segment
from ontos_tui.store.queries.training.pairs import at_gate, changed_since
from ontos_tui.store.values import uses_from_text

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row

_SEEN = "model_pairs.pair_id = qa_pairs.id AND model_pairs.model_id = ?"


# Versions ----------------------------------------------------------------------------------------------------------


def versions(connection: Connection, name: str | None = None) -> list[ModelVersion]:
    """The versions of a model, or of all, newest first."""
    condition = Condition("1") if name is None else equal(name=name)
    return rows.find(connection, ModelVersion, condition, order_by=("created_at DESC", "version DESC"))


def version(connection: Connection, name: str, number: int) -> ModelVersion | None:
    """The version of a model with this number, or None."""
    return rows.find_one(connection, ModelVersion, equal(name=name, version=number))


def version_of_job(connection: Connection, job_id: str) -> ModelVersion | None:
    """The version that a job has trained, or None."""
    return rows.find_one(connection, ModelVersion, equal(job_id=job_id))


def last_number(connection: Connection, name: str) -> int:
    """The number of the newest version of a model; 0 without versions."""
    return int(connection.scalar("SELECT coalesce(max(version), 0) FROM models WHERE name = ?", (name,)))


def template_of(connection: Connection, model: ModelVersion) -> Template | None:
    """The template that a version was trained with, as it is now, or None when it is gone."""
    return rows.find_one(connection, Template, equal(id=model.template_id))


# Lineage -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PairRole:
    """What a pair was to a model version."""

    model_id: str
    pair_id: str
    role: Role


def lineage(connection: Connection, model_id: str) -> list[ModelPair]:
    """Every pair that a version was trained or tested on, as it was then."""
    return rows.find(connection, ModelPair, equal(model_id=model_id), order_by=("role", "id"))


def roles(connection: Connection, model_ids: Sequence[str]) -> list[PairRole]:
    """The pairs of these versions."""
    sql = f"SELECT model_id, pair_id, role FROM model_pairs WHERE model_id IN ({marks(model_ids)})"  # noqa: S608
    return [PairRole(model_id, pair_id, Role(role)) for model_id, pair_id, role in connection.execute(sql, model_ids)]


def roles_in_sheet(connection: Connection, training_sheet_id: str) -> list[PairRole]:
    """The pairs of all versions that were trained from a training sheet."""
    sql = (
        "SELECT model_pairs.model_id, model_pairs.pair_id, model_pairs.role FROM model_pairs "
        "JOIN models ON models.id = model_pairs.model_id WHERE models.training_sheet_id = ?"
    )
    lineage_rows = connection.execute(sql, (training_sheet_id,))
    return [PairRole(model_id, pair_id, Role(role)) for model_id, pair_id, role in lineage_rows]


def snapshots_in_sheet(connection: Connection, training_sheet_id: str) -> dict[str, dict[str, Any]]:
    """The template that each version of a training sheet was trained with, by the version's id, the newest first."""
    sql = "SELECT id, template_snapshot FROM models WHERE training_sheet_id = ? ORDER BY created_at DESC, version DESC"
    return {model_id: json.loads(text) for model_id, text in connection.execute(sql, (training_sheet_id,))}


def versions_with(connection: Connection, pair_id: str) -> list[tuple[ModelVersion, Role]]:
    """The versions that were trained or tested on a pair, the oldest first, and which of the two."""
    lineage_rows = connection.rows("SELECT model_id, role FROM model_pairs WHERE pair_id = ?", (pair_id,))
    by_model = {model_id: Role(role) for model_id, role in lineage_rows}
    models = rows.find(connection, ModelVersion, among("id", list(by_model)))
    return [(model, by_model[model.id]) for model in sorted(models, key=lambda model: model.created_at)]


def held_out_rows(connection: Connection, model_id: str, within: Segment | None = None) -> Iterator[tuple[str, Row]]:
    """Item and fields of the pairs that a version was tested on, of those in a segment; read as they are used."""
    condition = where("model_pairs.model_id = ? AND model_pairs.role = ?", model_id, Role.HELD_OUT)
    if within is not None:
        condition &= pairs_in_segment(connection, within, "qa_pairs.answer")
    sql = (
        "SELECT qa_pairs.item_ref, qa_pairs.source_data FROM qa_pairs "  # noqa: S608
        f"JOIN model_pairs ON model_pairs.pair_id = qa_pairs.id WHERE {condition.sql}"
    )
    for item_ref, fields in connection.execute(sql, condition.values):
        yield item_ref, connection.fields.row(fields)


# Changes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineageChanges:
    """What is different from what a model has seen, in pairs."""

    new: int
    corrected: int
    removed: int

    def __str__(self) -> str:
        removed = f", {self.removed} removed" if self.removed else ""
        return f"{self.new} new, {self.corrected} corrected{removed}"


def changes_since(connection: Connection, model: ModelVersion) -> LineageChanges:
    """Pairs that are new, corrected or gone since `model` was trained, as far as they may be trained on."""
    eligible = at_gate(connection, model.training_sheet_id, Gate.TRAINING)
    new = connection.scalar(
        f"SELECT count(*) FROM qa_pairs LEFT JOIN model_pairs ON {_SEEN} "  # noqa: S608
        f"WHERE ({eligible.sql}) AND model_pairs.id IS NULL",
        (model.id, *eligible.values),
    )
    # Only what was written since can differ; its fingerprint shows whether it does.
    written = eligible & where(
        "model_pairs.pair_version <> qa_pairs.version OR qa_pairs.updated_at > ?", model.created_at
    )
    answers = connection.execute(
        "SELECT qa_pairs.answer, model_pairs.answer_digest FROM qa_pairs "  # noqa: S608
        f"JOIN model_pairs ON {_SEEN} WHERE {written.sql}",
        (model.id, *written.values),
    )
    corrected = sum(_digest(answer) != digest for answer, digest in answers)
    # A pair that is for evaluation only was never trained on; as a test pair it is still there.
    held_out = at_gate(connection, model.training_sheet_id, Gate.HELD_OUT)
    usable = eligible | (where("model_pairs.role = ?", Role.HELD_OUT) & held_out)
    there = connection.scalar(
        f"SELECT count(*) FROM qa_pairs JOIN model_pairs ON {_SEEN} WHERE {usable.sql}",  # noqa: S608
        (model.id, *usable.values),
    )
    return LineageChanges(new, corrected, _pair_count(connection, model) - there)


def changes_between(connection: Connection, old: ModelVersion, new: ModelVersion) -> LineageChanges:
    """What the pairs of `new` have that those of `old` had not, the other way round, and which answers differ."""
    common, corrected = connection.rows(
        "SELECT count(*), coalesce(sum(earlier.answer_digest <> later.answer_digest), 0) FROM model_pairs AS earlier "
        "JOIN model_pairs AS later ON later.pair_id = earlier.pair_id AND later.model_id = ? "
        "WHERE earlier.model_id = ?",
        (new.id, old.id),
    )[0]
    return LineageChanges(_pair_count(connection, new) - common, corrected, _pair_count(connection, old) - common)


@dataclass(frozen=True)
class _PairGate:
    """The fields of a pair that `gate` reads."""

    status: PairStatus
    allowed_uses: list[str]
    prohibited_uses: list[str]


def changes_written_since(connection: Connection, model: ModelVersion) -> LineageChanges:
    """The new and corrected pairs alone, since the training of `model` began.

    Reads only the pairs written since, by an index; `changes_since` reads all.
    """
    began = connection.scalar("SELECT started_at FROM jobs WHERE id = ?", (model.job_id,))
    if began is None:
        condition = where("qa_pairs.training_sheet_id = ?", model.training_sheet_id)
    else:
        condition = changed_since(model.training_sheet_id, began)
    pairs = connection.execute(
        "SELECT qa_pairs.status, qa_pairs.allowed_uses, qa_pairs.prohibited_uses, qa_pairs.answer, "  # noqa: S608
        f"model_pairs.answer_digest FROM qa_pairs LEFT JOIN model_pairs ON {_SEEN} WHERE {condition.sql}",
        (model.id, *condition.values),
    )
    new = corrected = 0
    for status, allowed, prohibited, answer, digest in pairs:
        if gate(_PairGate(PairStatus(status), uses_from_text(allowed), json.loads(prohibited))) is Gate.TRAINING:
            new += digest is None
            corrected += digest is not None and digest != _digest(answer)
    return LineageChanges(new, corrected, 0)


def _digest(answer: str | None) -> str:
    return answer_digest(None if answer is None else json.loads(answer))


def _pair_count(connection: Connection, model: ModelVersion) -> int:
    return rows.count(connection, ModelPair, equal(model_id=model.id))
