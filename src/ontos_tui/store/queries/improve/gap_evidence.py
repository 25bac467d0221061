"""The evidence of a gap analysis: answered requests, rows of the training sheet, and labels that are in doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import Condition, among, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.improve.segments import in_segment
from ontos_tui.store.queries.label.hints import HOLDS


@dataclass(frozen=True)
class AnsweredRequest:
    """A request that was answered, by any version of the model; `confidence` is that of one field of the answer."""

    id: str
    model_id: str
    fields: Row
    predicted: Answer
    confidence: float | None


def answered_requests(
    connection: Connection, model_ids: Sequence[str], field: str, limit: int
) -> tuple[AnsweredRequest, ...]:
    """The newest requests that these versions answered, with the confidence of a field of the answer."""
    answered = _answered(model_ids)
    sql = (
        "SELECT request_id, model_id, input, output, confidence FROM inference_log "  # noqa: S608
        f"WHERE {answered.sql} ORDER BY requested_at DESC LIMIT ?"
    )
    return tuple(
        AnsweredRequest(
            request_id,
            model_id,
            json.loads(fields),
            _object(output),
            _object(confidence).get(field),
        )
        for request_id, model_id, fields, output, confidence in connection.execute(sql, (*answered.values, limit))
    )


def requests_in_segment(
    connection: Connection, model_ids: Sequence[str], segment: Segment, limit: int
) -> list[InferenceRecord]:
    """The newest requests of a segment that these versions answered."""
    condition = _answered(model_ids) & in_segment(segment, "inference_log.input", "inference_log.output")
    return rows.find(connection, InferenceRecord, condition, order_by=("requested_at DESC",), limit=limit)


def _answered(model_ids: Sequence[str]) -> Condition:
    return among("model_id", model_ids) & where("status_code < 400")


def sheet_rows(connection: Connection, training_sheet_id: str, most: int) -> tuple[tuple[Row, Answer], ...]:
    """Fields, and answer or else proposal, of the pairs of a training sheet; of more than `most`, an even sample."""
    count = connection.scalar("SELECT count(*) FROM qa_pairs WHERE training_sheet_id = ?", (training_sheet_id,))
    every = max(1, -(-count // most))
    pairs = connection.execute(
        "SELECT source_data, coalesce(answer, proposal) FROM qa_pairs "
        "WHERE training_sheet_id = ? AND sequence_number % ? = 0",
        (training_sheet_id, every),
    )
    return tuple((connection.fields.row(fields), _object(answer)) for fields, answer in pairs)


def hints_of(connection: Connection, training_sheet_id: str, kinds: Sequence[HintKind]) -> list[tuple[str, HintKind]]:
    """Pair and kind of the hints of these kinds that still hold."""
    sql = (
        "SELECT pair_hints.pair_id, pair_hints.kind FROM pair_hints "  # noqa: S608
        "JOIN qa_pairs ON qa_pairs.id = pair_hints.pair_id "
        f"WHERE pair_hints.training_sheet_id = ? AND pair_hints.kind IN ({marks(kinds)}) AND {HOLDS}"
    )
    return [(pair_id, HintKind(kind)) for pair_id, kind in connection.execute(sql, (training_sheet_id, *kinds))]


def pairs_with_changed_answers(connection: Connection, training_sheet_id: str, since: datetime) -> list[str]:
    """The pairs of a training sheet that had an answer which was changed since."""
    return connection.scalars(
        "SELECT DISTINCT entity_id FROM events WHERE scope_id = ? AND entity_type = ? AND at > ? "
        "AND json_extract(\"before\", '$.answer') IS NOT NULL",
        (training_sheet_id, QAPair.TABLE, since),
    )


def _object(text: str | None) -> Answer:
    return {} if text is None else json.loads(text) or {}
