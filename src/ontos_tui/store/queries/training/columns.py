"""The pairs of a training sheet by the column: what a training reads of them, without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.pairs import answer_digest
from ontos_tui.domain.records.training import ModelPair, Role
from ontos_tui.domain.row_columns import taken
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.schema import Answer
from ontos_tui.store.bulk import RowMaker, new_ids
from ontos_tui.store.connection import Connection
from ontos_tui.store.field_reader import BLOCK, FieldReader
from ontos_tui.store.queries.training.pairs import at_gate
from ontos_tui.store.values import from_json

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row

REMEMBERED = 10_000
"""Distinct answers that are read once."""
COLUMNS = "source_data, answer, id, item_ref, version, reviewed_by, reviewed_at"


@dataclass(frozen=True)
class PairColumns:
    """Labeled pairs that may train or test a model, by the column. `approved_at` is as it is stored.

    Answers that are the same may be one object. `fields` are columns too where all pairs have the same fields.
    """

    ids: Sequence[str]
    refs: Sequence[str]
    fields: Sequence[Row]
    answers: Sequence[Answer]
    versions: Sequence[int]
    approved_by: Sequence[str]
    approved_at: Sequence[str | None]
    gates: Sequence[Gate]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, lines: Sequence[int]) -> PairColumns:
        """The pairs at these places."""

        def of(values: Sequence[Any]) -> list[Any]:
            return [values[line] for line in lines]

        return PairColumns(
            of(self.ids),
            of(self.refs),
            taken(self.fields, lines),
            of(self.answers),
            of(self.versions),
            of(self.approved_by),
            of(self.approved_at),
            of(self.gates),
        )


def usable_columns(connection: Connection, training_sheet_id: str) -> PairColumns:
    """The pairs that may train, and those that may only test, each in the order of the training sheet."""
    reader, answers = FieldReader(connection.fields), _Answers()
    columns: list[list[Any]] = [[] for _ in range(6)]
    gates: list[Gate] = []
    for gate in (Gate.TRAINING, Gate.HELD_OUT):
        condition = at_gate(connection, training_sheet_id, gate)
        sql = f"SELECT {COLUMNS} FROM qa_pairs WHERE {condition.sql} ORDER BY sequence_number"  # noqa: S608
        for block in connection.blocks(sql, condition.values, BLOCK):
            fields, given, *others = zip(*block, strict=True)
            reader.add(fields)
            for values, more in zip(columns, (map(answers.of, given), *others), strict=True):
                values.extend(more)
            gates += [gate] * len(block)
    read, ids, refs, versions, approved_by, approved_at = columns
    return PairColumns(ids, refs, reader.rows(), read, versions, approved_by, approved_at, gates)


def add_lineage(connection: Connection, model_id: str, pairs: PairColumns, role: Role) -> None:
    """Write that a model was trained or tested on these pairs, as they are here."""
    # In the order of the pairs' ids, so that what the indexes get stands side by side.
    order = sorted(range(len(pairs)), key=pairs.ids.__getitem__)
    digests: dict[int, str] = {}
    for answer in pairs.answers:
        if id(answer) not in digests:
            digests[id(answer)] = answer_digest(answer)
    maker = RowMaker(
        ModelPair(model_id=model_id, pair_id="", role=role, pair_version=0, answer_digest="", approved_by="")
    )
    maker.insert_columns(
        connection,
        len(pairs),
        id=sorted(new_ids(len(pairs))),
        pair_id=[pairs.ids[line] for line in order],
        pair_version=[pairs.versions[line] for line in order],
        answer_digest=[digests[id(pairs.answers[line])] for line in order],
        approved_by=[pairs.approved_by[line] for line in order],
        approved_at=[pairs.approved_at[line] for line in order],
    )


class _Answers:
    """Answers as they are stored, read; the same text once."""

    def __init__(self) -> None:
        self._known: dict[str | None, Answer] = {None: {}}

    def of(self, text: str | None) -> Answer:
        """The answer of this text."""
        answer = self._known.get(text)
        if answer is None:
            assert text is not None
            answer = from_json(text) or {}
            if len(self._known) < REMEMBERED:
                self._known[text] = answer
        return answer
