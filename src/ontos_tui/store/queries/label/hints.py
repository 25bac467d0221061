"""Hints about pairs: whether one still holds, the strongest, groups of near-duplicates, and dismissals."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import Condition, all_of, among, equal, where
from ontos_tui.store.connection import Connection

_LOOKED_AT = "coalesce(qa_pairs.reviewed_at > pair_hints.computed_at, 0)"

HOLDS = (
    f"(pair_hints.kind = '{HintKind.DUPLICATE}'"
    f" OR pair_hints.kind = '{HintKind.DISAGREED}' AND NOT {_LOOKED_AT}"
    f" OR pair_hints.kind = '{HintKind.UNSURE}' AND qa_pairs.status = '{PairStatus.UNLABELED}'"
    f" OR pair_hints.kind = '{HintKind.SUSPECT}' AND qa_pairs.status = '{PairStatus.LABELED}' AND NOT {_LOOKED_AT})"
)
"""That a hint is still about what is there, where `pair_hints` and `qa_pairs` are joined."""


# Those that hold ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PairHint:
    """A hint, the item of its pair, and the share of its training sheet's proposals that are hidden."""

    hint: Hint
    item_ref: str
    blind_share: float


def of_pairs(connection: Connection, pair_ids: Sequence[str]) -> Iterator[PairHint]:
    """The hints of these pairs that hold; the strongest of each pair first."""
    for some in chunks(pair_ids):
        yield from _holding(connection, among("pair_hints.pair_id", some))


def strongest(connection: Connection, training_sheet_id: str, kind: HintKind, limit: int) -> list[PairHint]:
    """The strongest hints of a kind that hold."""
    of_kind = where("pair_hints.training_sheet_id = ? AND pair_hints.kind = ?", training_sheet_id, kind)
    return _holding(connection, of_kind, limit)


def _holding(connection: Connection, which: Condition, limit: int = -1) -> list[PairHint]:
    sql = (
        f"SELECT {rows.names(Hint, 'pair_hints')}, qa_pairs.item_ref, training_sheets.blind_share "  # noqa: S608
        "FROM pair_hints JOIN qa_pairs ON qa_pairs.id = pair_hints.pair_id "
        "JOIN training_sheets ON training_sheets.id = pair_hints.training_sheet_id "
        f"WHERE {which.sql} AND {HOLDS} "
        "ORDER BY pair_hints.score DESC, qa_pairs.sequence_number, pair_hints.kind LIMIT ?"
    )
    selected = connection.rows(sql, (*which.values, limit))
    hints = rows.read(connection, Hint, (row[:-2] for row in selected))
    return [PairHint(hint, *row[-2:]) for hint, row in zip(hints, selected, strict=True)]


def counts(connection: Connection, training_sheet_id: str) -> dict[HintKind, int]:
    """How many hints of each kind hold; kinds without one are not in it."""
    sql = (
        "SELECT pair_hints.kind, count(*) FROM pair_hints JOIN qa_pairs ON qa_pairs.id = pair_hints.pair_id "  # noqa: S608
        f"WHERE pair_hints.training_sheet_id = ? AND {HOLDS} GROUP BY pair_hints.kind"
    )
    return {HintKind(kind): count for kind, count in connection.execute(sql, (training_sheet_id,))}


# Single ones, and all of a kind ------------------------------------------------------------------------------------


def hint(connection: Connection, pair_id: str, kind: HintKind) -> Hint | None:
    """The hint of this kind about a pair, or None."""
    return rows.find_one(connection, Hint, equal(pair_id=pair_id, kind=kind))


def remove(connection: Connection, hint_id: str) -> None:
    """Remove a hint."""
    connection.execute("DELETE FROM pair_hints WHERE id = ?", (hint_id,))


def remove_all(connection: Connection, training_sheet_id: str, kind: HintKind | None = None) -> int:
    """Remove the hints of a training sheet, of one kind or all; returns how many there were."""
    of_kind = equal() if kind is None else equal(kind=kind)
    condition = all_of(equal(training_sheet_id=training_sheet_id), of_kind)
    return connection.execute(f"DELETE FROM pair_hints WHERE {condition.sql}", condition.values).rowcount  # noqa: S608


# Near-duplicates ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """A pair that is nearly the same as others of its group; `score` is how near, 1 when equal."""

    group_key: str
    score: float
    reason: str
    pair_id: str
    item_ref: str
    sequence_number: int
    status: PairStatus
    answer: Answer | None


def duplicates(connection: Connection, training_sheet_id: str) -> Iterator[DuplicatePair]:
    """The pairs of a training sheet that have near-duplicates, in the order of the training sheet, as they are read."""
    sql = (
        "SELECT h.group_key, h.score, h.reason, p.id, p.item_ref, p.sequence_number, p.status, p.answer "
        "FROM pair_hints h JOIN qa_pairs p ON p.id = h.pair_id "
        "WHERE h.training_sheet_id = ? AND h.kind = ? ORDER BY p.sequence_number"
    )
    for key, score, reason, pair_id, item_ref, number, status, answer in connection.execute(
        sql, (training_sheet_id, HintKind.DUPLICATE)
    ):
        decided = None if answer is None else json.loads(answer)
        yield DuplicatePair(key, score, reason, pair_id, item_ref, number, PairStatus(status), decided)


def duplicate_group(connection: Connection, training_sheet_id: str, group_key: str) -> list[str]:
    """The ids of the pairs of one group of near-duplicates."""
    sql = "SELECT pair_id FROM pair_hints WHERE training_sheet_id = ? AND kind = ? AND group_key = ?"
    return connection.scalars(sql, (training_sheet_id, HintKind.DUPLICATE, group_key))


def group_keys(connection: Connection, training_sheet_id: str) -> dict[str, str]:
    """The group of each pair that has near-duplicates, by pair."""
    sql = "SELECT pair_id, group_key FROM pair_hints WHERE training_sheet_id = ? AND kind = ?"
    return dict(connection.rows(sql, (training_sheet_id, HintKind.DUPLICATE)))


# Dismissals --------------------------------------------------------------------------------------------------------


def events_of_pairs(
    connection: Connection, training_sheet_id: str, action: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pair and `before` of the events about pairs of a training sheet with this action."""
    sql = 'SELECT entity_id, "before" FROM events WHERE scope_id = ? AND action = ? AND entity_type = ?'
    for pair_id, before in connection.execute(sql, (training_sheet_id, action, QAPair.TABLE)):
        yield pair_id, json.loads(before)


def answers(connection: Connection, pair_ids: Collection[str]) -> Iterator[tuple[str, Answer | None]]:
    """The answers of these pairs."""
    for some in chunks(list(pair_ids)):
        condition = among("id", some)
        sql = f"SELECT id, answer FROM qa_pairs WHERE {condition.sql}"  # noqa: S608
        for pair_id, answer in connection.execute(sql, condition.values):
            yield pair_id, None if answer is None else json.loads(answer)


def suspects_decided_since(connection: Connection, training_sheet_id: str) -> list[tuple[Hint, QAPair]]:
    """The suspects that were decided again, as labeled, after the hint was made; each with its pair."""
    sql = (
        f"SELECT {rows.names(Hint, 'h')}, {rows.names(QAPair, 'p')} "  # noqa: S608
        "FROM pair_hints h JOIN qa_pairs p ON p.id = h.pair_id "
        "WHERE h.training_sheet_id = ? AND h.kind = ? AND p.status = ? AND p.reviewed_at > h.computed_at"
    )
    selected = connection.rows(sql, (training_sheet_id, HintKind.SUSPECT, PairStatus.LABELED))
    width = len(Hint.model_fields)
    hints, pairs = (
        rows.read(connection, Hint, (row[:width] for row in selected)),
        rows.read(connection, QAPair, (row[width:] for row in selected)),
    )
    return list(zip(hints, pairs, strict=True))
