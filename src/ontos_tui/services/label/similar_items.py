"""Items like this one: how those that are labeled were decided, and the others in the order of their likeness."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import NotFoundError, NotReadyError
from ontos_tui.domain.learning import Question
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import Decidable, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.schema import Answer
from ontos_tui.services.generate.proposals import load_examples
from ontos_tui.services.templates.prompt import feature_columns
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data
from ontos_tui.store.queries.label import labeling_queue
from ontos_tui.store.queries.label.labeling_queue import Place, QueueFilter
from ontos_tui.store.queries.label.pairs import pair_of_item, sample

if TYPE_CHECKING:
    from ontos_tui.learning.similarity import Space

SAMPLE = 1_000
"""Pairs of each kind, labeled and any, from which the scales and the weights of the columns are taken."""


@dataclass(frozen=True)
class SimilarItem:
    """A labeled example, and how far it is from the item: 0 is the same in all that was compared, 1 the opposite."""

    ref: str
    fields: Row
    answer: Answer
    distance: float


def similar_labeled_items(store: Store, pair_id: str, count: int = 3) -> list[SimilarItem]:
    """The labeled examples of the same label type that are most alike this pair's item, nearest first; never itself.

    Only what may be shown as an example is (few_shot). Raises PlatformError when nothing is labeled yet.
    """
    from ontos_tui.learning.nearest_examples import most_alike as nearest

    with store.read() as connection:
        pair = rows.get(connection, QAPair, pair_id)
        sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
        template = Template.model_validate(sheet.template_snapshot)
        features = _compared(connection, pair, template)
        examples = load_examples(connection, sheet.label_type, sheet.sheet_id)
    known = examples.without(frozenset({pair.item_ref}))
    question = Question(pair.item_ref, pair.source_data, ())
    neighbors = nearest(question, template.output_schema, known, features, count)
    return [SimilarItem(example.ref, example.fields, example.answer, distance) for example, distance in neighbors]


def nearest_first(
    connection: Connection,
    place: Place,
    filter: QueueFilter,
) -> array[int]:
    """The sequence numbers of the pairs that pass the filter, those first that are most like the one it names.

    Compared is what models learn from: numbers by rank, categories, the words of texts; what distinguishes labels
    weighs more once some are labeled. Equally near ones keep their order. Raises NotFoundError when there is no such
    item, NotReadyError when nothing can be compared.
    """
    import numpy as np

    one = pair_of_item(connection, place, filter.like)
    if one is None:
        raise NotFoundError(f"No item {filter.like!r} in this list.", "Choose an item of the list.")
    space = _space(connection, place, one)
    numbers: array[int] = array("q")
    distances = []
    for block in labeling_queue.fields(connection, place, filter):
        numbers.extend(number for number, _ in block)
        distances.append(space.from_one(one.source_data, [fields for _, fields in block]))
    if not numbers:
        return numbers
    # The weights of the same words add up to other last digits in another order.
    far = np.round(np.concatenate(distances), 9)
    far[np.frombuffer(numbers, dtype=np.int64) == one.sequence_number] = -1.0  # itself, before its twins
    return array("q", np.frombuffer(numbers, dtype=np.int64)[np.argsort(far, kind="stable")].tobytes())


def _space(connection: Connection, place: Place, one: Decidable) -> Space:
    """The space in which the pairs of a training sheet or task are compared."""
    from ontos_tui.learning.similarity import Space
    from ontos_tui.learning.targets import target

    template = _template(connection, one)
    names = _compared(connection, one, template)
    fields = template.fields() if template else ()
    pairs = sample(connection, place, SAMPLE)
    targets = [[None if answer is None else target(field, answer) for _, answer in pairs] for field in fields]
    space = Space([one.source_data, *(fields for fields, _ in pairs)], names, [[None, *some] for some in targets])
    if not space.table.columns:
        raise NotReadyError(
            "All items are the same in the compared columns, so they cannot be sorted by similarity.",
            "Choose other feature columns in the template.",
        )
    return space


def _compared(connection: Connection, one: Decidable, template: Template | None) -> Sequence[str]:
    """The columns by which an item is compared: those that a model learns from, or all where nothing says."""
    source = data.sheet_with_id(connection, one.sheet_id)
    item_id = source.item_id_column if source else None
    if template is not None:
        no_features = source.no_features if source else ()
        return feature_columns(template, list(one.source_data), item_id, no_features=no_features)
    return [name for name in one.source_data if name != item_id]


def _template(connection: Connection, one: Decidable) -> Template | None:
    if not isinstance(one, QAPair):
        return None
    return Template.model_validate(rows.get(connection, TrainingSheet, one.training_sheet_id).template_snapshot)
