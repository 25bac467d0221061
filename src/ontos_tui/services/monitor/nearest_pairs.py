"""The training pairs that are most similar to a request: what a model may have learned its answer from."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.learning import LabeledExample, Question
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.services.generate.proposals import MOST_EXAMPLES
from ontos_tui.services.label.similar_items import SimilarItem
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.monitor import traffic


@dataclass(frozen=True)
class NearPair(SimilarItem):
    """A training pair of the model, as it is labeled now."""

    pair_id: str


@dataclass(frozen=True)
class NearPairs:
    """The nearest pairs, the nearest first, out of `looked_at` compared ones; `learned` counts all training pairs."""

    pairs: tuple[NearPair, ...]
    looked_at: int
    learned: int


def nearest_training_pairs(store: Store, request_id: str, count: int = 3) -> NearPairs:
    """The training pairs, of the model that answered a request, that are most similar to its input.

    Compared as in services/label/similar_items.py, in the model's feature columns. Of a very large training
    only the first `proposing.MOST_EXAMPLES` pairs are compared. Raises NotFoundError for an unknown request,
    NotReadyError without a labeled pair, PlatformError when nothing can be compared.
    """
    from ontos_tui.learning.nearest_examples import most_alike as nearest

    with store.read() as connection:
        request = rows.resolve(connection, InferenceRecord, request_id)
        model = rows.get(connection, ModelVersion, request.model_id)
        pairs = traffic.labeled_training_pairs(connection, model.id, MOST_EXAMPLES)
    known = {pair.id: (pair.item_ref, LabeledExample(pair.id, pair.fields, pair.answer)) for pair in pairs}
    if not known:
        raise NotReadyError(
            f"No training pair of {model.label()} is still labeled.",
            "See its lineage (TRAIN, l).",
        )
    schema = model.template_snapshot["output_schema"]
    question = Question(request.request_id, request.input, ())
    nearest_examples = nearest(question, schema, [example for _, example in known.values()], model.features, count)
    return NearPairs(
        tuple(
            NearPair(known[one.ref][0], one.fields, one.answer, distance, one.ref) for one, distance in nearest_examples
        ),
        len(known),
        model.train_count,
    )
