"""Model cards and data cards in Markdown: facts that are stored or counted, and "not measured" where there are none."""

from __future__ import annotations

from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.services.train.column_facts import column_facts
from ontos_tui.services.train.data_card import DataFacts, data_card
from ontos_tui.services.train.model_card import ModelFacts, model_card
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import cards as queries
from ontos_tui.store.queries import deployment_gate, models
from ontos_tui.store.queries.data import sheet_with_id


class CardService:
    """Writes cards from what the workspace knows. Changes nothing in it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def model_card(self, ref: str) -> str:
        """The card of a model version, as Markdown. Raises NotFoundError."""
        with self._store.read() as connection:
            model = find_model(connection, ref)
            template = model.template_snapshot
            trained = list(queries.trained_pairs(connection, model.id))
            facts = ModelFacts(
                model=model,
                training_sheet=rows.get(connection, TrainingSheet, model.training_sheet_id),
                sheet=sheet_with_id(connection, model.sheet_id),
                approvers=queries.approvers(connection, model.id),
                columns=column_facts((fields for fields, _ in trained), model.features),
                answers=[answer for _, answer in trained],
                deployments=queries.deployments_of(connection, model.id),
                changes=models.changes_since(connection, model),
                cases=len(deployment_gate.cases(connection, str(template["name"]), str(template["label_type"]))),
            )
        return model_card(facts)

    def data_card(self, ts_ref: str) -> str:
        """The card of the pairs of a training sheet, as Markdown. Raises NotFoundError."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
            facts = DataFacts(
                training_sheet=sheet,
                sheet=sheet_with_id(connection, sheet.sheet_id),
                pairs=list(queries.sheet_pairs(connection, sheet.id)),
                models=[one for one in models.versions(connection) if one.training_sheet_id == sheet.id],
                cases=len(deployment_gate.cases(connection, str(sheet.template_snapshot["name"]), sheet.label_type)),
            )
        return data_card(facts)
