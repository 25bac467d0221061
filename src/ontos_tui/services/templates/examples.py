"""GENERATE: the example store, whose labeled examples are shown to the model that proposes answers of their type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet, answer_digest
from ontos_tui.domain.records.template import Example
from ontos_tui.domain.rules.governance import Use, is_allowed
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.label_schemas import label_type_schema
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import generate as queries

CONTENT = ("input", "expected_output", "explanation")
"""What an example says; the rest is about it."""


@dataclass(frozen=True)
class Counts:
    """What became of several examples."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class ExampleService:
    """Lists, adds and removes examples. Every change is logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def find(self, label_type: str | None = None) -> list[Example]:
        """The examples, of one label type or of all, by label type and name."""
        of_type = () if label_type is None else (equal(label_type=label_type),)
        with self._store.read() as connection:
            return rows.find(connection, Example, *of_type, order_by=("label_type", "name"))

    def add(
        self,
        label_type: str,
        fields: Mapping[str, Any],
        answer: Answer,
        *,
        name: str = "",
        explanation: str = "",
        source: str = "human_authored",
    ) -> Example:
        """A new example: the fields of a row, and the right answer. Without a `name` it is named by its content.

        Raises InvalidInputError for an answer that does not fit its label type, NotFoundError for a label type that
        nothing describes, ConflictError when there is an example of that name.
        """
        example = Example(
            name=name.strip() or example_name(fields),
            label_type=label_type,
            input=dict(fields),
            expected_output=answer,
            explanation=explanation,
            source=source,
            is_verified=True,
            created_by=self._actor,
            updated_by=self._actor,
        )
        with self._store.write() as connection:
            problem = self.problem(connection, example)
            if problem:
                raise InvalidInputError(f"The example cannot be used: {problem}.", "Correct it.")
            if _stored(connection, example) is not None:
                raise ConflictError(f"There is an example {example.name!r} of {label_type!r}.", "Choose another name.")
            rows.add(connection, example)
            rows.log(connection, example, "create", self._actor, after=example.model_dump(mode="json"))
        return example

    def add_pair(self, pair_ref: str, *, name: str = "", explanation: str = "") -> Example:
        """A labeled pair as an example. Raises NotReadyError for a pair that is not labeled or must not be shown."""
        with self._store.read() as connection:
            pair = rows.resolve(connection, QAPair, pair_ref)
            sheet = rows.get(connection, TrainingSheet, pair.training_sheet_id)
        if pair.status is not PairStatus.LABELED or pair.answer is None:
            raise NotReadyError(
                f"{pair.item_ref} is not labeled.", "Decide it first: only what is known is an example."
            )
        if not is_allowed(Use.FEW_SHOT, pair.allowed_uses, pair.prohibited_uses):
            raise NotReadyError(f"{pair.item_ref} may not be used as an example.", "Allow its use as few_shot first.")
        return self.add(
            sheet.label_type,
            pair.source_data,
            pair.answer,
            name=name or pair.item_ref,
            explanation=explanation or pair.notes,
            source="pair",
        )

    def remove(self, ref: str) -> Example:
        """Remove an example. Raises NotFoundError."""
        with self._store.write() as connection:
            example = rows.resolve(connection, Example, ref)
            queries.remove_example(connection, example.id)
            rows.log(connection, example, "remove", self._actor, before=example.model_dump(mode="json"))
        return example

    def problem(self, connection: Connection, example: Example) -> str:
        """Why an example cannot be used; empty when it can. Raises NotFoundError for an unknown label type."""
        if not example.input:
            return "it has no input"
        checker = AnswerChecker(label_type_schema(connection, example.label_type))
        return checker.reason(example.expected_output) or checker.misplaced(example.expected_output, example.input)

    def put_all(self, given: Iterable[Example], *, dry_run: bool = False) -> Counts:
        """Add these checked examples; one of a known name is changed where it says something else."""
        counts = {"created": 0, "changed": 0, "unchanged": 0}
        opened = self._store.read() if dry_run else self._store.write()
        with opened as connection:
            for example in given:
                known = _stored(connection, example)
                outcome = "created" if known is None else "unchanged" if _same(known, example) else "changed"
                counts[outcome] += 1
                if not dry_run and outcome != "unchanged":
                    self._put(connection, known, example)
        return Counts(**counts)

    def _put(self, connection: Connection, known: Example | None, example: Example) -> None:
        if known is None:
            own = example.model_copy(update={"created_by": self._actor, "updated_by": self._actor})
            rows.add(connection, own)
            rows.log(connection, own, "import", self._actor, after=own.model_dump(mode="json"))
            return
        changes = {name: getattr(example, name) for name in CONTENT}
        before = known.model_dump(mode="json", include=set(CONTENT))
        changed = rows.change(connection, known, **changes, updated_by=self._actor)
        after = changed.model_dump(mode="json", include=set(CONTENT))
        rows.log(connection, changed, "import", self._actor, before=before, after=after)


def example_name(fields: Mapping[str, Any]) -> str:
    """A name for an example without one: always the same for the same fields."""
    text = json.dumps(fields, sort_keys=True, default=str)
    return f"example {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _stored(connection: Connection, example: Example) -> Example | None:
    return rows.find_one(connection, Example, equal(label_type=example.label_type, name=example.name))


def _same(one: Example, other: Example) -> bool:
    return (one.input, one.explanation) == (other.input, other.explanation) and answer_digest(
        one.expected_output
    ) == answer_digest(other.expected_output)
