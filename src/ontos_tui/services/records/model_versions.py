"""Model versions as people name them, and their lineage against what is labeled today. Shared by TRAIN and DEPLOY."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.pairs import QAPair, answer_digest
from ontos_tui.domain.records.training import ModelPair, ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.services.records.training_pairs import at_gate
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

_VERSIONED = re.compile(r"(?P<name>.+?)(?::| v)(?P<version>\d{1,9})")

PAIRS = table(QAPair).c
LINEAGE = table(ModelPair).c


@dataclass(frozen=True)
class LineageChanges:
    """What is different from what a model has seen, in pairs."""

    new: int
    corrected: int
    removed: int

    def __str__(self) -> str:
        removed = f", {self.removed} removed" if self.removed else ""
        return f"{self.new} new, {self.corrected} corrected{removed}"


def find_models(connection: Connection, name: str | None = None) -> list[ModelVersion]:
    """Model versions, newest first."""
    columns = table(ModelVersion).c
    where = () if name is None else (columns.name == name,)
    return rows.find(connection, ModelVersion, *where, order_by=(columns.created_at.desc(), columns.version.desc()))


def find_model(connection: Connection, ref: str) -> ModelVersion:
    """The version that is meant by `name` (its newest), `name:3`, `name v3`, or an id. Raises NotFoundError."""
    columns = table(ModelVersion).c
    if newest := find_models(connection, ref):
        return max(newest, key=lambda model: model.version)
    if match := _VERSIONED.fullmatch(ref):
        version = int(match["version"])
        model = rows.find_one(connection, ModelVersion, columns.name == match["name"], columns.version == version)
        if model is not None:
            return model
        if known := find_models(connection, match["name"]):
            there = ", ".join(f"v{one.version}" for one in sorted(known, key=lambda one: one.version))
            raise NotFoundError(f"{match['name']} has no version {version}.", f"There are: {there}.")
    return rows.resolve(connection, ModelVersion, ref)


def versions_with(connection: Connection, pair_id: str) -> list[tuple[ModelVersion, Role]]:
    """The model versions that were trained or tested on a pair, the oldest first, and which of the two."""
    lineage = connection.execute(select(LINEAGE.model_id, LINEAGE.role).where(LINEAGE.pair_id == pair_id))
    roles = {model_id: Role(role) for model_id, role in lineage}
    models = rows.find(connection, ModelVersion, table(ModelVersion).c.id.in_(roles))
    return [(model, roles[model.id]) for model in sorted(models, key=lambda model: model.created_at)]


def changes_since(connection: Connection, model: ModelVersion) -> LineageChanges:
    """Pairs that are new, corrected or gone since `model` was trained, as far as they may be trained on."""
    eligible = at_gate(connection, model.training_sheet_id, Gate.TRAINING)
    seen = and_(LINEAGE.pair_id == PAIRS.id, LINEAGE.model_id == model.id)
    new = connection.execute(
        select(func.count())
        .select_from(table(QAPair).outerjoin(table(ModelPair), seen))
        .where(eligible, LINEAGE.id.is_(None))
    ).scalar_one()
    # Only what was written since can differ; its fingerprint shows whether it does.
    touched = or_(LINEAGE.pair_version != PAIRS.version, PAIRS.updated_at > model.created_at)
    written = connection.execute(
        select(PAIRS.answer, LINEAGE.answer_digest).join(table(ModelPair), seen).where(eligible, touched)
    )
    corrected = sum(answer_digest(answer) != digest for answer, digest in written)
    # A pair that is for evaluation only was never trained on; as a test pair it is still there.
    testing = and_(LINEAGE.role == Role.HELD_OUT, at_gate(connection, model.training_sheet_id, Gate.HELD_OUT))
    usable = or_(eligible, testing)
    there = connection.execute(
        select(func.count()).select_from(table(QAPair).join(table(ModelPair), seen)).where(usable)
    ).scalar_one()
    return LineageChanges(new, corrected, rows.count(connection, ModelPair, LINEAGE.model_id == model.id) - there)


def changes_between(connection: Connection, old: ModelVersion, new: ModelVersion) -> LineageChanges:
    """What the pairs of `new` have that those of `old` had not, the other way round, and which answers differ."""
    before, after = table(ModelPair).alias("before"), table(ModelPair).alias("after")
    same = and_(before.c.pair_id == after.c.pair_id, before.c.model_id == old.id, after.c.model_id == new.id)
    corrected = and_(same, before.c.answer_digest != after.c.answer_digest)
    count = select(func.count()).select_from(before.join(after, same))
    common = connection.execute(count).scalar_one()
    return LineageChanges(
        new=rows.count(connection, ModelPair, LINEAGE.model_id == new.id) - common,
        corrected=connection.execute(select(func.count()).select_from(before.join(after, corrected))).scalar_one(),
        removed=rows.count(connection, ModelPair, LINEAGE.model_id == old.id) - common,
    )
