"""The pairs of an annotation task: those that its gap concerns, the most informative first."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.improve import Gap, GapType
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.improve.conversion import convert, pair_from_request
from ontos_tui.services.improve.gaps.evidence import MOST_REQUESTS
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import models
from ontos_tui.store.queries.improve import annotation_tasks as queries
from ontos_tui.store.queries.improve.feedback import latest_feedback
from ontos_tui.store.queries.improve.gap_evidence import requests_in_segment


def select_pairs(
    connection: Connection, gap: Gap, sheet: TrainingSheet, most: int, actor: str
) -> list[tuple[str, bool]]:
    """At most `most` pairs that are in no open task, and whether each is undecided. May turn requests into pairs."""
    pairs: dict[str, bool] = {}
    taken = queries.pairs_of_open_tasks(connection)
    for pair_id, is_open in _candidates(connection, gap, sheet, actor):
        if len(pairs) == most:
            break
        if pair_id not in taken:
            pairs[pair_id] = is_open
    return list(pairs.items())


def _candidates(connection: Connection, gap: Gap, sheet: TrainingSheet, actor: str) -> Iterator[tuple[str, bool]]:
    if gap.gap_type is GapType.QUALITY:
        # The labeled pairs of the evidence are to be reviewed.
        for pair_id in queries.labeled_among(connection, sheet.id, gap.evidence.get("pairs", [])):
            yield pair_id, False
        return
    if "segment" not in gap.evidence:
        return
    segment = Segment.from_evidence(gap.evidence["segment"])
    if gap.gap_type is not GapType.DISTRIBUTION:
        for pair_id in queries.undecided_in_segment(connection, sheet.id, segment):
            yield pair_id, True
    if gap.gap_type is not GapType.COVERAGE or not segment.of_answer:
        yield from _from_requests(connection, gap, segment, sheet, actor)


def _from_requests(
    connection: Connection, gap: Gap, segment: Segment, sheet: TrainingSheet, actor: str
) -> Iterator[tuple[str, bool]]:
    """Requests of the segment as pairs, each row once: those with feedback first, then those that were unsure."""
    model_ids = [model.id for model in models.versions(connection, gap.model_name)]
    feedback = {item.request_id: item for item in latest_feedback(connection, model_ids)}
    requests = requests_in_segment(connection, model_ids, segment, MOST_REQUESTS)

    def confidence(request: InferenceRecord) -> float:
        least = 0.0 if "unsure" in request.certainty.values() else 1.0  # where no percentage may be stated
        return request.confidence.get(segment.field, min(request.confidence.values(), default=least))

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
