"""The present version of a model, and how it learns each field: what a new training has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ontos_tui.domain.records.training import CandidateScore, Evaluation, ModelVersion
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import endpoints as endpoint_queries
from ontos_tui.store.queries import models as queries


@dataclass(frozen=True)
class PresentModel:
    """What the present model is called, and the way to learn that was chosen for each of its fields."""

    label: str = ""
    ways: dict[str, CandidateScore] = field(default_factory=dict)


def present_model(connection: Connection, name: str) -> PresentModel:
    """The version of this name that an endpoint answers with, the last deployed first; else the newest.

    A version that the checks have stopped is so not the one to beat. Nothing where there is no version yet.
    """
    versions = [one for one in queries.versions(connection, name) if not one.archived]
    served = [one.model_id for one in endpoint_queries.ready_endpoints(connection)]
    known = {one.id: one for one in versions}
    answering = [known[model_id] for model_id in served if model_id in known]
    present = next(iter(answering), None) or max(versions, key=lambda one: one.version, default=None)
    return PresentModel() if present is None else PresentModel(present.label(), _ways(present))


def _ways(model: ModelVersion) -> dict[str, CandidateScore]:
    """What was chosen for each field. Where there are several fields, the measure names the field."""
    evaluation = Evaluation.model_validate(model.evaluation)
    chosen = [one for one in evaluation.candidates if one.chosen]
    if len(evaluation.scores) == 1:
        return dict(zip([evaluation.headline().field], chosen, strict=False))
    ways = {}
    for score in evaluation.scores:
        of_field: Sequence[CandidateScore] = [one for one in chosen if one.metric.endswith(f" of {score.field}")]
        # A field may be called as another one ends: the shortest measure is its own.
        if of_field:
            ways[score.field] = min(of_field, key=lambda one: len(one.metric))
    return ways
