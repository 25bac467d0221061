"""DEPLOY, elsewhere: a model version of this machine becomes a registered one of the team's workspace."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.learning import Progress
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.model_verdict import short_verdict
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion, as_registered, registered_version
from ontos_tui.platforms.databricks.models.registry import UnityModels
from ontos_tui.services.train.cards import CardService
from ontos_tui.services.train.warehouse.trained_on import TRAINED_ON
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries
from ontos_tui.store.queries.data import sheet_with_id

CARD, LINEAGE = "MODEL_CARD.md", "lineage.json"
"""What lies beside the model's files in Unity Catalog."""


class ModelRegistering:
    """Registers model versions in the team's schema, each once, and says there which one answers."""

    def __init__(self, store: Store, home: Path, registry: UnityModels, cards: CardService, actor: str) -> None:
        self._store = store
        self._home = home
        self._registry = registry
        self._cards = cards
        self._actor = actor

    def registered(self, model: ModelVersion, progress: Progress) -> ModelVersion:
        """The version with its place in Unity Catalog; registered now unless it was before.

        Raises PlatformError when its files are missing or altered, or the workspace does not take it; AwayError.
        """
        known_place = _place(model)
        if known_place is not None and self._registry.holds(known_place):
            return model
        from ontos_tui.platforms.databricks.models.registration import registration
        from ontos_tui.platforms.local.pyfunc.package import pack

        progress.update(0, 0, f"packing {model.label()}")
        with tempfile.TemporaryDirectory(prefix="ontos-model-") as place:
            folder = Path(place) / f"{model.name}-{model.version}"
            schema = model.template_snapshot["output_schema"]
            packed = pack(self._home / model.artifact, model.sha256, schema, folder, self._documents(model), now())
            there = self._registry.register(model.name, folder, self._comment(model), _tags(model), progress)
        known = registration(there, packed.inputs, packed.columns, packed.requirements, model.sha256)
        with self._store.write() as connection:
            current = rows.get(connection, ModelVersion, model.id)
            changed = rows.change(connection, current, registration=known, updated_by=self._actor)
            after = {"name": there.model, "version": there.version}
            rows.log(connection, changed, "register", self._actor, after=after)
        return changed

    def answers_now(self, model: ModelVersion, before: ModelVersion | None) -> None:
        """Say in Unity Catalog that this version answers now, and which one did before."""
        there = _place(model)
        if there is not None:
            self._registry.answers_now(there, None if before is None else _place(before))

    def annotate(self, model: ModelVersion) -> None:
        """Write the note of a registered version, and whether it is archived, there as well."""
        there = _place(model)
        if there is not None:
            self._registry.annotate(there, self._comment(model), _tags(model))

    def _comment(self, model: ModelVersion) -> str:
        note = f"\n\n{model.note}" if model.note else ""
        return f"{model.label()}: {short_verdict(model)}, trained on {model.train_count:,} labeled pairs.{note}"

    def _documents(self, model: ModelVersion) -> dict[str, str]:
        return {CARD: self._cards.model_card(model.id), LINEAGE: self._lineage(model)}

    def _lineage(self, model: ModelVersion) -> str:
        """The pairs that the version was trained and tested on, by id, or the rows, and where they come from."""
        with self._store.read() as connection:
            pairs, sheet = queries.lineage(connection, model.id), _sheet(connection, model)
        plain = {
            "model": model.label(),
            "model_id": model.id,
            "trained_at": model.created_at.isoformat(),
            "source_table": sheet.source_table if sheet is not None else "",
            "training_sheet_id": model.training_sheet_id,
            "template": {"id": model.template_id, "version": model.template_version},
            "sha256": model.sha256,
            "rows": model.params.get(TRAINED_ON),
            "pairs": [
                {"id": one.pair_id, "version": one.pair_version, "role": one.role.value, "answer": one.answer_digest}
                for one in pairs
            ],
        }
        return json.dumps(plain, indent=1)


def workspace_is_missing() -> PlatformError:
    """No team's workspace is set up, so nothing can be deployed there."""
    return PlatformError(
        "No Databricks workspace is set up.",
        "Set databricks_warehouse and databricks_catalog, then check them: ontos doctor",
    )


def _place(model: ModelVersion) -> RegisteredVersion | None:
    return registered_version(as_registered(model))


def _sheet(connection: Connection, model: ModelVersion) -> Sheet | None:
    return sheet_with_id(connection, model.sheet_id)


def _tags(model: ModelVersion) -> dict[str, str]:
    return {
        "ontos_model": model.label(),
        "ontos_model_id": model.id,
        "ontos_template": str(model.template_snapshot.get("name", "")),
        "ontos_archived": "yes" if model.archived else "no",
    }
