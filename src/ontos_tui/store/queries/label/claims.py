"""Claims: who is about to decide which pairs, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import Claim
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, marks
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.connection import Connection

FARTHEST = timedelta(minutes=20)
"""No claim is taken for as long as this: one that ends later was taken while the clock was wrong, and does not hold."""


def claim(
    connection: Connection, training_sheet_id: str, pair_ids: Sequence[str], actor: str, session: str, until: datetime
) -> None:
    """Claim those of these pairs that are undecided; a claim that is there already lasts longer."""
    claims: list[Claim] = []
    for some in chunks(pair_ids):
        # By the id alone: with the status among the conditions, SQLite walks through all that is undecided.
        sql = f"SELECT id, sequence_number, training_sheet_id, status FROM qa_pairs WHERE id IN ({marks(some)})"  # noqa: S608
        claims += (
            Claim(
                item_id=pair_id,
                container_id=container_id,
                sequence_number=number,
                actor=actor,
                session=session,
                until=until,
            )
            for pair_id, number, container_id, status in connection.execute(sql, tuple(some))
            if container_id == training_sheet_id and status == PairStatus.UNLABELED
        )
    names = tuple(Claim.model_fields)
    connection.executemany(
        f"INSERT INTO claims ({rows.names(Claim)}) VALUES ({marks(names)}) "  # noqa: S608
        "ON CONFLICT (item_id) DO UPDATE SET until = excluded.until",
        (tuple(getattr(one, name) for name in names) for one in claims),
    )


def remove_expired(connection: Connection, training_sheet_id: str) -> None:
    """Remove the claims of a training sheet that ran out."""
    at = now()
    sql = "DELETE FROM claims WHERE container_id = ? AND (until <= ? OR until > ?)"
    connection.execute(sql, (training_sheet_id, at, at + FARTHEST))


def remove_of_session(connection: Connection, session: str, except_pairs: Sequence[str] = ()) -> None:
    """Remove what a session claims, but for these pairs."""
    sql = f"DELETE FROM claims WHERE session = ? AND item_id NOT IN ({marks(except_pairs)})"  # noqa: S608
    connection.execute(sql, (session, *except_pairs))


def remove_of_pairs(connection: Connection, pair_ids: Sequence[str]) -> None:
    """Remove the claims of these pairs, or items of a task."""
    for some in chunks(pair_ids):
        connection.execute(f"DELETE FROM claims WHERE item_id IN ({marks(some)})", tuple(some))  # noqa: S608


def claimants(connection: Connection, pair_ids: Sequence[str], session: str) -> dict[str, str]:
    """Who else claims these pairs, by pair."""
    actors: dict[str, str] = {}
    for some in chunks(pair_ids):
        sql = f"SELECT item_id, actor FROM claims WHERE item_id IN ({marks(some)}) AND session <> ?"  # noqa: S608
        actors.update(connection.rows(sql, (*some, session)))
    return actors


def claim_counts(connection: Connection, training_sheet_id: str) -> dict[str, int]:
    """How many pairs of a training sheet each person claims now."""
    at = now()
    sql = "SELECT actor, count(*) FROM claims WHERE container_id = ? AND until > ? AND until <= ? GROUP BY actor"
    return dict(connection.rows(sql, (training_sheet_id, at, at + FARTHEST)))


def unclaimed_pairs(
    connection: Connection, training_sheet_id: str, session: str, after: int, limit: int
) -> list[QAPair]:
    """The next unlabeled pairs, with sequence numbers above `after`, that no other session claims."""
    return rows.find(
        connection,
        QAPair,
        equal(training_sheet_id=training_sheet_id, status=PairStatus.UNLABELED),
        where("sequence_number > ?", after),
        ~where("EXISTS (SELECT 1 FROM claims WHERE claims.item_id = qa_pairs.id AND claims.session <> ?)", session),
        order_by=("sequence_number",),
        limit=limit,
    )
