"""Which pairs of a training sheet leave it, for which use, and why the others are held back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.rules.governance import Use, gate, is_allowed
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.interchange.report import Selection

BATCH = 2_000
"""Rows fetched at once."""

ALLOWED = ""
"""The reason of pairs that are not held back."""


@dataclass(frozen=True)
class ExportOptions:
    """What somebody wants to have: for which use, and whether pairs without an approved answer come along."""

    use: Use = Use.TRAINING
    all_statuses: bool = False


@dataclass(frozen=True)
class _Standing:
    status: PairStatus
    allowed_uses: list[str]
    prohibited_uses: list[str]


def held_back(standing: _Standing, wish: ExportOptions) -> str:
    """Why such pairs are held back; an empty text when they are not. Prohibited wins, whatever the status."""
    if standing.status is not PairStatus.LABELED and not wish.all_statuses:
        return gate(standing).value
    if is_allowed(wish.use, standing.allowed_uses, standing.prohibited_uses):
        return ALLOWED
    if wish.use is Use.TRAINING:
        return gate(replace(standing, status=PairStatus.LABELED)).value
    word = wish.use.value.replace("_", " ")
    return f"{word} is prohibited for it" if wish.use in standing.prohibited_uses else f"{word} is not allowed for it"


class Standings:
    """The reasons by what is stored; there are few combinations in a training sheet however many pairs it has."""

    def __init__(self, wish: ExportOptions) -> None:
        self._wish = wish
        self._known: dict[tuple[str, str, str], str] = {}

    def reason(self, status: str, allowed: str, prohibited: str) -> str:
        """Why a pair with these columns, as they are stored, is held back."""
        key = (status, allowed, prohibited)
        if key not in self._known:
            standing = _Standing(PairStatus(status), json.loads(allowed), json.loads(prohibited))
            self._known[key] = held_back(standing, self._wish)
        return self._known[key]


def preview(connection: Connection, training_sheet_id: str, wish: ExportOptions) -> Selection:
    """How many pairs an export would write, and how many it would hold back for which reason."""
    standings = Standings(wish)
    counts: dict[str, int] = {}
    for status, allowed, prohibited, count in connection.exec_driver_sql(
        "SELECT status, allowed_uses, prohibited_uses, count(*) FROM qa_pairs WHERE training_sheet_id = ? "
        "GROUP BY status, allowed_uses, prohibited_uses",
        (training_sheet_id,),
    ):
        reason = standings.reason(status, allowed, prohibited)
        counts[reason] = counts.get(reason, 0) + count
    return Selection(counts.pop(ALLOWED, 0), counts)


_COLUMNS = (
    *("id", "item_ref", "sequence_number", "source_data", "proposal", "answer", "status", "confidence", "proposed_by"),
    *("reviewed_by", "reviewed_at", "updated_at", "allowed_uses", "prohibited_uses", "data_classification"),
    *("reject_reason", "notes"),
)


class OutgoingPair:
    """A pair as it leaves: its columns as they are stored, the item's fields and the decided answer taken apart."""

    __slots__ = ("_row", "answer", "fields", "item_ref", "status")

    def __init__(self, row: Sequence[Any]) -> None:
        self._row = row
        self.item_ref: str = row[1]
        self.fields: Row = json.loads(row[3])
        self.answer: Answer | None = None if row[5] is None else json.loads(row[5])
        self.status: str = row[6]

    @property
    def proposal(self) -> Answer | None:
        """The proposed answer."""
        return None if self._row[4] is None else json.loads(self._row[4])

    def value(self, column: str) -> Any:
        """A column as it is stored."""
        return self._row[_AT[column]]

    def text(self, column: str) -> str:
        """A column as a text; empty when there is nothing in it."""
        value = self._row[_AT[column]]
        return "" if value is None else str(value)


_AT = {name: place for place, name in enumerate(_COLUMNS)}


class Outgoing:
    """The pairs of a training sheet in its order, as one moment saw them; counts what is held back."""

    def __init__(self, connection: Connection, training_sheet_id: str, wish: ExportOptions) -> None:
        self._connection = connection
        self._id = training_sheet_id
        self._standings = Standings(wish)
        self.held_back: dict[str, int] = {}

    def hold_back(self, reason: str) -> None:
        """Count a pair that is not written."""
        self.held_back[reason] = self.held_back.get(reason, 0) + 1

    def __iter__(self) -> Iterator[OutgoingPair]:
        result = self._connection.execution_options(stream_results=True).exec_driver_sql(
            f"SELECT {', '.join(_COLUMNS)} FROM qa_pairs WHERE training_sheet_id = ? ORDER BY sequence_number",  # noqa: S608
            (self._id,),
        )
        reason_of = self._standings.reason
        status, allowed, prohibited = _AT["status"], _AT["allowed_uses"], _AT["prohibited_uses"]
        for rows in result.partitions(BATCH):
            for row in rows:
                reason = reason_of(row[status], row[allowed], row[prohibited])
                if reason:
                    self.hold_back(reason)
                else:
                    yield OutgoingPair(row)


@cache
def listed(text: str) -> tuple[str, ...]:
    """The words of a list as it is stored; there are few different ones."""
    return tuple(json.loads(text))


def in_validation(group: str, share: float) -> bool:
    """Whether a group of pairs belongs to the validation part: always the same ones, whatever else there is.

    By the hash of the group alone, so that adding rows never moves an old row.
    """
    digest = hashlib.sha256(f"validation\0{group}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
