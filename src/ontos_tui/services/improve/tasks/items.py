"""The pairs of an annotation task: those that its gap concerns, the most informative first."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import func, select

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.improve import AnnotationItem, AnnotationTask, FeedbackItem, Gap, GapType
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.domain.rules.states import PairStatus, TaskStatus
from ontos_tui.services.improve.conversion import convert, pair_from_request
from ontos_tui.services.improve.gaps.evidence import MOST_REQUESTS
from ontos_tui.services.records.feedback import latest_feedback
from ontos_tui.services.records.model_versions import find_models
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

_PAIRS = table(QAPair).c
_ITEMS = table(AnnotationItem).c
_TASKS = table(AnnotationTask).c
_LOG = table(InferenceRecord).c
_FEEDBACK = table(FeedbackItem).c


def select_pairs(
    connection: Connection, gap: Gap, sheet: TrainingSheet, most: int, actor: str
) -> list[tuple[str, bool]]:
    """At most `most` pairs that are in no open task, and whether each is undecided. May turn requests into pairs."""
    pairs: dict[str, bool] = {}
    taken = _taken(connection)
    for pair_id, is_open in _candidates(connection, gap, sheet, actor):
        if len(pairs) == most:
            break
        if pair_id not in taken:
            pairs[pair_id] = is_open
    return list(pairs.items())


def _candidates(connection: Connection, gap: Gap, sheet: TrainingSheet, actor: str) -> Iterator[tuple[str, bool]]:
    if gap.gap_type is GapType.QUALITY:
        yield from _doubtful(connection, gap, sheet)
        return
    if "segment" not in gap.evidence:
        return
    segment = Segment.from_evidence(gap.evidence["segment"])
    if gap.gap_type is not GapType.DISTRIBUTION:
        yield from _undecided(connection, segment, sheet)
    if gap.gap_type is not GapType.COVERAGE or not segment.of_answer:
        yield from _from_requests(connection, gap, segment, sheet, actor)


def _taken(connection: Connection) -> set[str]:
    """The pairs of open tasks."""
    over = (TaskStatus.COMPLETED, TaskStatus.CANCELLED)
    query = select(_ITEMS.pair_id).join(table(AnnotationTask), _TASKS.id == _ITEMS.task_id)
    return set(connection.execute(query.where(_TASKS.status.not_in(over))).scalars())


def _doubtful(connection: Connection, gap: Gap, sheet: TrainingSheet) -> Iterator[tuple[str, bool]]:
    """The labeled pairs of the evidence, to be reviewed."""
    query = select(_PAIRS.id).where(
        _PAIRS.training_sheet_id == sheet.id,
        _PAIRS.id.in_(gap.evidence.get("pairs", [])),
        _PAIRS.status == PairStatus.LABELED,
    )
    for pair_id in connection.execute(query.order_by(_PAIRS.sequence_number)).scalars().all():
        yield pair_id, False


def _undecided(connection: Connection, segment: Segment, sheet: TrainingSheet) -> Iterator[tuple[str, bool]]:
    """Undecided pairs of the segment, those first of which the proposal is least sure."""
    query = (
        select(_PAIRS.id)
        .where(_PAIRS.training_sheet_id == sheet.id, _PAIRS.status == PairStatus.UNLABELED)
        .where(segment.condition(_PAIRS.source_data, func.coalesce(_PAIRS.answer, _PAIRS.proposal)))
        .order_by(_PAIRS.confidence.asc().nulls_last(), _PAIRS.sequence_number)
    )
    for pair_id in connection.execute(query).scalars().all():
        yield pair_id, True


def _from_requests(
    connection: Connection, gap: Gap, segment: Segment, sheet: TrainingSheet, actor: str
) -> Iterator[tuple[str, bool]]:
    """Requests of the segment as pairs, each row once: those with feedback first, then those that were unsure."""
    models = [model.id for model in find_models(connection, gap.model_name)]
    feedback = {item.request_id: item for item in latest_feedback(connection, _FEEDBACK.model_id.in_(models))}
    query = (
        select(table(InferenceRecord))
        .where(_LOG.model_id.in_(models), _LOG.status_code < 400, segment.condition(_LOG.input, _LOG.output))
        .order_by(_LOG.requested_at.desc())
        .limit(MOST_REQUESTS)
    )
    requests = [InferenceRecord.model_validate(dict(row)) for row in connection.execute(query).mappings()]

    def confidence(request: InferenceRecord) -> float:
        return request.confidence.get(segment.field, min(request.confidence.values(), default=1.0))

    below = gap.evidence.get("below")
    if below is not None:
        requests = [one for one in requests if confidence(one) < below]
    if gap.gap_type in (GapType.CAPABILITY, GapType.COVERAGE):
        requests = [one for one in requests if one.request_id in feedback]
    requests.sort(key=lambda one: (one.request_id not in feedback, confidence(one)))
    seen: set[str] = set()
    for request in requests:
        row = json.dumps(request.input, sort_keys=True, default=str)
        if row in seen:
            continue
        seen.add(row)
        item = feedback.get(request.request_id)
        try:
            pair = (
                convert(connection, item, None, actor)[0]
                if item is not None
                else pair_from_request(connection, request, sheet, actor, gap.description)
            )
        except InvalidInputError:
            continue  # the correction does not fit the template; converting it alone reports that
        if pair.status is PairStatus.UNLABELED and pair.training_sheet_id == sheet.id:
            yield pair.id, True
