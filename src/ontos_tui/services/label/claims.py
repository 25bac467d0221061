"""Several people in one training sheet: a claim says who is about to decide a pair, and runs out by itself.

A claim is not a lock. It only leads others to different pairs; what prevents that a decision is overwritten
unseen is the pair's version (see services/label/decision_service.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import claims as queries

LEASE = timedelta(minutes=10)
"""A claim is free again after this; whoever works on takes new ones long before."""


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
            queries.remove_expired(connection, training_sheet_id)
            queries.remove_of_session(connection, session, except_pairs=pair_ids)
            others = queries.claimants(connection, pair_ids, session)
            free = [pair_id for pair_id in pair_ids if pair_id not in others]
            self._claim(connection, training_sheet_id, free, session)
        return others

    def next(self, training_sheet_id: str, session: str, count: int = 1, after: int = 0) -> list[QAPair]:
        """Claim and return the next unlabeled pairs that are free; never the same pair for two people."""
        with self._store.write() as connection:
            queries.remove_expired(connection, training_sheet_id)
            pairs = queries.unclaimed_pairs(connection, training_sheet_id, session, after, count)
            self._claim(connection, training_sheet_id, [pair.id for pair in pairs], session)
        return pairs

    def release(self, session: str) -> None:
        """Let go of everything that the session has claimed."""
        with self._store.write() as connection:
            queries.remove_of_session(connection, session)

    def at_work(self, training_sheet_id: str) -> dict[str, int]:
        """Who is at this training sheet now, and how many pairs each has claimed."""
        with self._store.read() as connection:
            return queries.claim_counts(connection, training_sheet_id)

    def _claim(self, connection: Connection, training_sheet_id: str, pair_ids: Sequence[str], session: str) -> None:
        """Claim those of these pairs that are still to be decided."""
        until = now() + LEASE
        queries.claim(connection, training_sheet_id, pair_ids, self._actor, session, until)
