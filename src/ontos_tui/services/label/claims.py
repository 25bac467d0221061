"""Several people in one training sheet: a claim says who is about to decide a pair, and runs out by itself.

A claim is not a lock. It only leads others to different pairs; what prevents that a decision is overwritten
unseen is the pair's version (see services/label/decision_service.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.sqlite import insert

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import Claim
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

LEASE = timedelta(minutes=10)
"""A claim is free again after this; whoever works on takes new ones long before."""

_CLAIMS = table(Claim)
_PAIRS = table(QAPair).c


class ClaimService:
    """Claims of `actor` in one `session`: one person may work at two terminals."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def take(self, training_sheet_id: str, pair_ids: Sequence[str], session: str) -> dict[str, str]:
        """Claim those of these pairs that are free; returns who has the others, by the pair's id.

        What the session had claimed before and does not name is free again.
        """
        with self._store.write() as connection:
            _tidy(connection, training_sheet_id)
            mine = (_CLAIMS.c.session == session, _CLAIMS.c.item_id.not_in(pair_ids))
            connection.execute(delete(_CLAIMS).where(*mine))
            held = _held(connection, pair_ids, session)
            free = [pair_id for pair_id in pair_ids if pair_id not in held]
            _claim(connection, _numbers(connection, training_sheet_id, free), training_sheet_id, self._actor, session)
        return held

    def next(self, training_sheet_id: str, session: str, count: int = 1, after: int = 0) -> list[QAPair]:
        """Claim and return the next unlabeled pairs that are free; never the same pair for two people."""
        with self._store.write() as connection:
            _tidy(connection, training_sheet_id)
            taken = exists().where(_CLAIMS.c.item_id == _PAIRS.id, _CLAIMS.c.session != session)
            pairs = rows.find(
                connection,
                QAPair,
                _PAIRS.training_sheet_id == training_sheet_id,
                _PAIRS.status == PairStatus.UNLABELED,
                _PAIRS.sequence_number > after,
                ~taken,
                order_by=(_PAIRS.sequence_number,),
                limit=count,
            )
            numbers = ((pair.id, pair.sequence_number) for pair in pairs)
            _claim(connection, numbers, training_sheet_id, self._actor, session)
        return pairs

    def release(self, session: str) -> None:
        """Let go of everything that the session has claimed."""
        with self._store.write() as connection:
            connection.execute(delete(_CLAIMS).where(_CLAIMS.c.session == session))

    def at_work(self, training_sheet_id: str) -> dict[str, int]:
        """Who is at this training sheet now, and how many pairs each has claimed."""
        query = (
            select(_CLAIMS.c.actor, func.count())
            .where(_CLAIMS.c.container_id == training_sheet_id, _CLAIMS.c.until > now())
            .group_by(_CLAIMS.c.actor)
        )
        with self._store.read() as connection:
            return {str(actor): int(count) for actor, count in connection.execute(query)}


def _tidy(connection: Connection, training_sheet_id: str) -> None:
    """Claims that ran out go."""
    over = (_CLAIMS.c.container_id == training_sheet_id, _CLAIMS.c.until <= now())
    connection.execute(delete(_CLAIMS).where(*over))


def _held(connection: Connection, pair_ids: Sequence[str], session: str) -> dict[str, str]:
    return {
        item_id: actor
        for some in chunks(pair_ids)
        for item_id, actor in connection.execute(
            select(_CLAIMS.c.item_id, _CLAIMS.c.actor).where(_CLAIMS.c.item_id.in_(some), _CLAIMS.c.session != session)
        )
    }


def _numbers(connection: Connection, training_sheet_id: str, pair_ids: Sequence[str]) -> list[tuple[str, int]]:
    """Id and sequence number of those that are still to be decided."""
    # Asked for by its id alone: with the status among the conditions, SQLite walks through all that is undecided.
    query = select(_PAIRS.id, _PAIRS.sequence_number, _PAIRS.training_sheet_id, _PAIRS.status)
    return [
        (str(pair_id), int(number))
        for some in chunks(pair_ids)
        for pair_id, number, container_id, status in connection.execute(query.where(_PAIRS.id.in_(some)))
        if container_id == training_sheet_id and status == PairStatus.UNLABELED
    ]


def _claim(
    connection: Connection,
    numbers: Iterable[tuple[str, int]],
    training_sheet_id: str,
    actor: str,
    session: str,
) -> None:
    until = now() + LEASE
    values = [
        {
            "item_id": pair_id,
            "container_id": training_sheet_id,
            "sequence_number": number,
            "actor": actor,
            "session": session,
            "until": until,
        }
        for pair_id, number in numbers
    ]
    if values:
        statement = insert(_CLAIMS)
        renewed = {"until": statement.excluded.until}
        connection.execute(statement.on_conflict_do_update(index_elements=["item_id"], set_=renewed), values)
