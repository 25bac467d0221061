"""Which pairs of a training sheet an export writes for a use, and why the others are held back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.rules.governance import Use, gate, is_allowed
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.interchange.report import Selection
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.interchange import outgoing_pairs
from ontos_tui.store.queries.interchange.outgoing_pairs import StoredPair
from ontos_tui.store.values import from_json, uses_from_text

ALLOWED = ""
"""The reason of pairs that are not held back."""


@dataclass(frozen=True)
class ExportOptions:
    """The use that an export is for, and whether it includes pairs without an approved answer."""

    use: Use = Use.TRAINING
    all_statuses: bool = False


@dataclass(frozen=True)
class _UsageColumns:
    status: PairStatus
    allowed_uses: list[str]
    prohibited_uses: list[str]


def hold_back_reason(columns: _UsageColumns, options: ExportOptions) -> str:
    """Why such pairs are held back; an empty text when they are not. Prohibited wins, whatever the status."""
    if columns.status is not PairStatus.LABELED and not options.all_statuses:
        return gate(columns).value
    if is_allowed(options.use, columns.allowed_uses, columns.prohibited_uses):
        return ALLOWED
    if options.use is Use.TRAINING:
        return gate(replace(columns, status=PairStatus.LABELED)).value
    word = options.use.value.replace("_", " ")
    return (
        f"use for {word} is prohibited" if options.use in columns.prohibited_uses else f"use for {word} is not allowed"
    )


class HoldBackReasons:
    """The reasons by stored columns, cached: a training sheet has few combinations, however many pairs it has."""

    def __init__(self, options: ExportOptions) -> None:
        self._options = options
        self._known: dict[tuple[str, str, str], str] = {}

    def reason(self, status: str, allowed: str, prohibited: str) -> str:
        """Why a pair with these columns, as they are stored, is held back."""
        key = (status, allowed, prohibited)
        if key not in self._known:
            columns = _UsageColumns(PairStatus(status), uses_from_text(allowed), json.loads(prohibited))
            self._known[key] = hold_back_reason(columns, self._options)
        return self._known[key]


def preview(connection: Connection, training_sheet_id: str, options: ExportOptions) -> Selection:
    """How many pairs an export would write, and how many it would hold back for which reason."""
    reasons = HoldBackReasons(options)
    counts: dict[str, int] = {}
    for status, allowed, prohibited, count in outgoing_pairs.usage_counts(connection, training_sheet_id):
        reason = reasons.reason(status, allowed, prohibited)
        counts[reason] = counts.get(reason, 0) + count
    return Selection(counts.pop(ALLOWED, 0), counts)


class OutgoingPair:
    """An exported pair: as it is stored, with the item's fields and the decided answer parsed."""

    __slots__ = ("answer", "fields", "item_ref", "stored")

    def __init__(self, stored: StoredPair, fields: Row) -> None:
        self.stored = stored
        self.item_ref = stored.item_ref
        self.fields = fields
        self.answer: Answer | None = None if stored.answer is None else from_json(stored.answer)

    @property
    def proposal(self) -> Answer | None:
        """The proposed answer."""
        return None if self.stored.proposal is None else from_json(self.stored.proposal)


class OutgoingPairs:
    """The pairs of a training sheet in its order, from one snapshot; counts what is held back."""

    def __init__(self, connection: Connection, training_sheet_id: str, options: ExportOptions) -> None:
        self._connection = connection
        self._id = training_sheet_id
        self._reasons = HoldBackReasons(options)
        self.held_back: dict[str, int] = {}

    def hold_back(self, reason: str) -> None:
        """Count a pair that is not written."""
        self.held_back[reason] = self.held_back.get(reason, 0) + 1

    def __iter__(self) -> Iterator[OutgoingPair]:
        reason_of = self._reasons.reason
        for block in outgoing_pairs.pairs(self._connection, self._id):
            pairs = []
            for stored in block:
                reason = reason_of(stored.status, stored.allowed_uses, stored.prohibited_uses)
                if reason:
                    self.hold_back(reason)
                else:
                    pairs.append(stored)
            fields = self._connection.fields.rows([stored.source_data for stored in pairs])
            yield from map(OutgoingPair, pairs, fields)


@cache
def parse_list(text: str) -> tuple[str, ...]:
    """The texts of a stored list, cached: there are few different ones."""
    return tuple(uses_from_text(text))


def in_validation(group: str, share: float) -> bool:
    """Whether a group of pairs belongs to the validation part: always the same ones, whatever else there is.

    By the hash of the group alone, so that adding rows never moves an old row.
    """
    digest = hashlib.sha256(f"validation\0{group}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
