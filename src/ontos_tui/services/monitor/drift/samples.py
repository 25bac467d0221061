"""The data that drift is computed from: the traffic of a time range, and a model's training pairs, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.training import ModelPair, Role
from ontos_tui.domain.schema import Answer
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

LOG = table(InferenceRecord).c
FEEDBACK = table(FeedbackItem).c
ROWID: ColumnElement[int] = literal_column("inference_log.rowid")
MOST = 20_000
"""Requests of one span that are read; of more, so many are drawn at random."""
SEED = 0
BEFORE = timedelta(days=7)
"""How far back the traffic goes that recent traffic is compared with; longer when the recent time is."""
TOGETHER = 1_000
"""Rows of a drawn sample that one query asks for."""


@dataclass
class Traffic:
    """The requests of one span; `total` is how many there were, of which `read` were read, `drawn` in some way.

    A request has a latency and whether it failed; its records, one or several, have the rest.
    """

    since: datetime
    until: datetime
    total: int = 0
    inputs: list[Row] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    outputs: list[Answer | None] = field(default_factory=list)
    confidences: list[dict[str, float]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    ratings: list[int] = field(default_factory=list)
    drawn: str = f"at random (seed {SEED})"

    @property
    def read(self) -> int:
        """How many requests were read."""
        return len(self.latencies)

    @property
    def answered(self) -> list[float]:
        """Latencies of the requests that got an answer."""
        return [latency for latency, failed in zip(self.latencies, self.failed, strict=True) if not failed]

    def answers(self, model_id: str | None = None) -> tuple[list[Answer], list[dict[str, float]]]:
        """What was answered and how sure the model was; only by one model version when it is named."""
        there = [
            (output, confidence)
            for output, confidence, model in zip(self.outputs, self.confidences, self.models, strict=True)
            if output is not None and model_id in (None, model)
        ]
        return [output for output, _ in there], [confidence for _, confidence in there]


def read_traffic(connection: Connection, endpoint: str, since: datetime, until: datetime) -> Traffic:
    """The requests of an endpoint from `since` up to, not including, `until`, and the ratings given in that time."""
    where = (LOG.endpoint == endpoint, LOG.requested_at >= since, LOG.requested_at < until)
    traffic = Traffic(since, until, connection.execute(select(func.count()).where(*where)).scalar_one())
    for input, model, output, confidence, latency, status in _requests(connection, where, traffic.total):
        traffic.inputs.append(input if isinstance(input, dict) else {})
        traffic.models.append(model)
        traffic.outputs.append(output)
        traffic.confidences.append(confidence or {})
        traffic.latencies.append(latency)
        traffic.failed.append(status >= 400)
    given = (FEEDBACK.endpoint == endpoint, FEEDBACK.created_at >= since, FEEDBACK.created_at < until)
    traffic.ratings.extend(connection.execute(select(FEEDBACK.rating).where(*given)).scalars())
    return traffic


def _requests(connection: Connection, where: Sequence[ColumnElement[bool]], total: int) -> Iterator[Sequence[Any]]:
    query = select(LOG.input, LOG.model_id, LOG.output, LOG.confidence, LOG.latency_ms, LOG.status_code)
    if total <= MOST:
        yield from connection.execute(query.where(*where))
        return
    drawn = _draw(connection.execute(select(ROWID).where(*where)).scalars())
    for start in range(0, len(drawn), TOGETHER):
        yield from connection.execute(query.where(ROWID.in_(drawn[start : start + TOGETHER])))


def _draw(ids: Iterable[int]) -> list[int]:
    """`MOST` of the ids, the same ones each time for the same log."""
    import numpy as np

    there = np.fromiter(ids, dtype=np.int64)
    chosen = np.random.default_rng(SEED).choice(len(there), min(MOST, len(there)), replace=False)
    records: list[int] = np.sort(there[chosen]).tolist()
    return records


def read_training(connection: Connection, model_id: str) -> tuple[list[Row], list[Answer], int]:
    """Fields and answers of the pairs that a model was trained on, and how many pairs there are in all."""
    lineage, pairs = table(ModelPair).c, table(QAPair).c
    joined = table(ModelPair).join(table(QAPair), pairs.id == lineage.pair_id)
    where = (lineage.model_id == model_id, lineage.role == Role.TRAIN)
    total = connection.execute(select(func.count()).select_from(joined).where(*where)).scalar_one()
    # The ids are random, so their order draws at random when there are too many.
    query = select(pairs.source_data, pairs.answer).select_from(joined).where(*where)
    records = connection.execute(query.order_by(lineage.pair_id).limit(MOST)).all()
    return [row[0] for row in records], [row[1] or {} for row in records], total


def values_of(rows: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """One column; None where a row has no such field."""
    return [row.get(name) for row in rows]
