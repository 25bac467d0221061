"""How items like this one were decided: the labelled examples that are nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.data import Row, Sheet
from ontos_tui.domain.pairs import QAPair, TrainingSheet
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.template import Template
from ontos_tui.platforms.base import Question
from ontos_tui.services.prompts import feature_columns
from ontos_tui.services.proposing import load_examples
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table


@dataclass(frozen=True)
class Alike:
    """A labelled example, and how far it is from the item: 0 is the same in all that was compared, 1 the opposite."""

    ref: str
    fields: Row
    answer: Answer
    distance: float


def most_alike(store: Store, pair_id: str, count: int = 3) -> list[Alike]:
    """The labelled examples of the same label type that are most alike this pair's item, nearest first; never itself.

    Only what may be shown as an example is (few_shot). Raises PlatformError when nothing is labelled yet.
    """
    from ontos_tui.platforms.local.retrieval import most_alike as nearest

    with store.read() as connection:
        pair = rows.get(connection, QAPair, pair_id)
        sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
        source = rows.find_one(connection, Sheet, table(Sheet).c.id == pair.sheet_id)
        examples = load_examples(connection, sheet.label_type, sheet.sheet_id)
    template = Template.model_validate(sheet.template_snapshot)
    features = feature_columns(template, list(pair.source_data), source.item_id_column if source else None)
    known = examples.without(frozenset({pair.item_ref}))
    question = Question(pair.item_ref, pair.source_data, ())
    found = nearest(question, template.output_schema, known, features, count)
    return [Alike(example.ref, example.fields, example.answer, distance) for example, distance in found]
