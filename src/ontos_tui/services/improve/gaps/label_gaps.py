"""Gaps in the labels: values that have too few labels for how often they occur, new values, and doubtful labels."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ontos_tui.domain.intervals import wilson, z_of_many
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import GapType, Severity
from ontos_tui.domain.rules.segments import Segment, count_by_segment, describe_value, is_number, segments_of
from ontos_tui.domain.schema import FieldKind
from ontos_tui.services.improve.gaps.evidence import GapEvidence, request_ids
from ontos_tui.services.improve.gaps.findings import (
    ENOUGH,
    LEAST_HITS,
    LEAST_ROWS,
    MOST_NEEDED,
    Examined,
    Finding,
    fingerprint,
    severity_of,
)
from ontos_tui.store.queries.improve.gap_evidence import AnsweredRequest

LEAST_TRAFFIC = 50
"""Requests from which on they, and no longer the training sheet, show how often a value occurs."""
DOUBTFUL_SHARE = 0.05
"""A class is a gap when even the lower end of its share of doubtful labels is above this."""


def thin_coverage(evidence: GapEvidence) -> Examined:
    """Values and classes that have few labeled pairs for how often they occur."""
    kind, labeled = GapType.COVERAGE, evidence.trainable
    by_traffic = len(evidence.requests) >= LEAST_TRAFFIC
    rows = [one.fields for one in evidence.requests] if by_traffic else [row for row, _ in evidence.sheet_rows]
    source = f"{len(rows):,} requests" if by_traffic else f"{len(rows):,} rows of the training sheet"
    findings, fine = _thin_classes(evidence, by_traffic)
    counted: list[tuple[Segment, int, int]] = []
    for name in evidence.columns:
        values = [row.get(name) for row in rows]
        segments = segments_of(name, values)
        known = count_by_segment(segments, [pair.fields.get(name) for pair in labeled])
        counted += zip(segments, count_by_segment(segments, values), known, strict=True)
    z = z_of_many(len(counted))
    for segment, occurrences, have in counted:
        share = occurrences / len(rows)
        expected = share * len(labeled)
        key = fingerprint(kind, segment.key)
        thin = have < min(ENOUGH, expected / 2) and wilson(have, len(labeled), z)[1] < share
        if thin and occurrences >= LEAST_ROWS and not (by_traffic and have == 0 and not segment.place):
            needed = min(MOST_NEEDED, max(math.ceil(expected), ENOUGH) - have)
            findings.append(_thin(segment, key, have, len(labeled), occurrences, share, source, needed))
        elif not thin:
            fine[key] = f"{have} of {len(labeled):,} labeled pairs, for {share:.0%} of the {source}"
    findings.sort(key=lambda one: (-one.affected, one.fingerprint))
    looked = f"{len(labeled):,} labeled pairs against {source}"
    return Examined(kind, looked, tuple(findings), fine)


def _thin(
    segment: Segment, key: str, have: int, labeled: int, occurrences: int, share: float, source: str, needed: int
) -> Finding:
    return Finding(
        GapType.COVERAGE,
        key,
        severity_of(share),
        f"{have} of {labeled:,} labeled pairs have {segment.words}, but {share:.0%} of the {source} do.",
        {"segment": segment.evidence(), "labelled": have, "of": labeled, "share": share, "source": source},
        affected=occurrences,
        needed=needed,
        basis=f"makes its share of the labeled pairs the same as in the {source}; at least {ENOUGH} pairs in all "
        f"and at most {MOST_NEEDED} more",
        action=f"Label pairs where {segment.words}.",
    )


def _thin_classes(evidence: GapEvidence, by_traffic: bool) -> tuple[list[Finding], dict[str, str]]:
    """Classes of the answer with fewer than half of ENOUGH labeled pairs."""
    field = evidence.answer
    if field.kind not in (FieldKind.ENUM, FieldKind.BOOLEAN):
        return [], {}
    counts = Counter(describe_value(evidence.class_of(pair.answer)) for pair in evidence.trainable)
    answers = (
        [one.predicted for one in evidence.requests] if by_traffic else [answer for _, answer in evidence.sheet_rows]
    )
    source = f"{len(answers):,} {'answers' if by_traffic else 'rows of the training sheet'}"
    given = Counter(describe_value(evidence.class_of(answer)) for answer in answers)
    findings, fine = [], {}
    for value in field.choices or (False, True):
        segment, have = Segment(field.name, value, of_answer=True), counts[describe_value(value)]
        key = fingerprint(GapType.COVERAGE, segment.key)
        if have >= ENOUGH // 2:
            fine[key] = f"{have} labeled pairs"
            continue
        share = given[describe_value(value)] / len(answers) if answers else 0.0
        severity = severity_of(share)
        if not have and severity is Severity.LOW:
            severity = Severity.MEDIUM
        findings.append(
            Finding(
                GapType.COVERAGE,
                key,
                severity,
                f"{'No labeled pair has' if not have else f'Only {have} labeled pairs have'} {segment.words}"
                + ("; the model can never answer it." if not have else f". It is in {share:.0%} of {source}."),
                {"segment": segment.evidence(), "labelled": have, "share": share, "source": source},
                affected=given[describe_value(value)],
                needed=ENOUGH - have,
                basis=f"up to {ENOUGH} labeled pairs of a class: a rule of thumb",
                action=f"Look for items with {segment.words}, and label them.",
            )
        )
    return findings, fine


# Doubtful labels


def doubtful_labels(evidence: GapEvidence) -> Examined:
    """Classes with many doubtful labels."""
    kind, labeled = GapType.QUALITY, evidence.labeled
    if not labeled:
        return Examined(kind, reason="There are no labeled pairs.")
    groups: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for pair in labeled:
        value = evidence.class_of(pair.answer)
        groups.setdefault(describe_value(value), []).append(pair.id)
        values[describe_value(value)] = value
    by_class = evidence.answer.kind in (FieldKind.ENUM, FieldKind.BOOLEAN)
    findings, fine = [], {}
    for name, ids in groups.items():
        doubtful = [id for id in ids if id in evidence.doubts]
        words = f"{evidence.answer.name} = {name}" if by_class else f"an answer in {evidence.answer.name}"
        key = fingerprint(kind, json.dumps([evidence.answer.name, values[name] if by_class else "*"]))
        low, high = wilson(len(doubtful), len(ids))
        if len(doubtful) < LEAST_HITS or low <= DOUBTFUL_SHARE:
            fine[key] = f"{len(doubtful)} of {len(ids):,} labels are doubtful"
            continue
        why = Counter(reason for id in doubtful for reason in evidence.doubts[id])
        reasons = ", ".join(f"{n} {reason}" for reason, n in why.most_common())
        findings.append(
            Finding(
                kind,
                key,
                severity_of(len(doubtful) / len(labeled)),
                f"{len(doubtful)} of {len(ids):,} labels with {words} are doubtful ({len(doubtful) / len(ids):.0%}, "
                f"95 %: {low:.0%} to {high:.0%}): {reasons}.",
                {"rows": len(ids), "doubtful": len(doubtful), "reasons": dict(why), "value": values[name]}
                | {"pairs": doubtful[:MOST_NEEDED]},
                affected=len(doubtful),
                needed=min(MOST_NEEDED, len(doubtful)),
                basis="the doubtful labels themselves, to review them",
                action=f"Review the doubtful labels with {words}.",
            )
        )
    findings.sort(key=lambda one: (-one.affected, one.fingerprint))
    looked = (
        f"{len(labeled):,} labels, {len(evidence.doubts):,} of them doubtful (likely errors, disagreement, changes)"
    )
    return Examined(kind, looked, tuple(findings), fine)


# Values that are not in the training data


def unseen_values(evidence: GapEvidence) -> Examined:
    """Values that requests have and no labeled pair has; numbers out of the range of the labeled pairs."""
    kind, requests, labeled = GapType.DISTRIBUTION, evidence.requests, evidence.trainable
    if not requests:
        return Examined(kind, reason="No request has been answered yet.")
    findings: list[Finding] = []
    fine: dict[str, str] = {}
    for name in evidence.columns:
        known = [pair.fields.get(name) for pair in labeled]
        for segment, is_new in _novelties(name, known, [one.fields for one in requests]):
            hits = [one for one in requests if segment.contains(one.fields)]
            key = fingerprint(kind, _novelty_key(segment))
            if is_new and len(hits) >= LEAST_HITS:
                findings.append(_new_value(key, segment, hits, len(requests), known))
            elif not is_new:
                have = sum(segment.contains(pair.fields) for pair in labeled)
                fine[key] = f"now {have} labeled pairs have it"
    findings.sort(key=lambda one: (-one.affected, one.fingerprint))
    return Examined(kind, f"{len(requests):,} requests against {len(labeled):,} labeled pairs", tuple(findings), fine)


def _novelties(name: str, known: Sequence[Any], requests: Sequence[Row]) -> Iterable[tuple[Segment, bool]]:
    """Values of requests, or numbers out of range, and for each whether no labeled pair has it."""
    present = [value for value in known if value is not None]
    values = [row.get(name) for row in requests if row.get(name) is not None]
    if not present or not values:
        return
    numbers = [float(value) for value in present if is_number(value)]
    if len(numbers) == len(present):
        low, high = min(numbers), max(numbers)
        out = [float(value) for value in values if is_number(value)]
        above, below = [one for one in out if one > high], [one for one in out if one < low]
        yield Segment(name, place=5, low=min(above, default=high), high=max(above, default=high)), bool(above)
        yield Segment(name, place=1, low=min(below, default=low), high=max(below, default=low)), bool(below)
        return
    distinct = {value for value in present if isinstance(value, str | bool)}
    # Names and free texts are new in every row; that is no gap.
    if not distinct or len(distinct) > len(present) / 2:
        return
    for value in dict.fromkeys(value for value in values if isinstance(value, str | bool)):
        yield Segment(name, value), value not in distinct


def _novelty_key(segment: Segment) -> str:
    return segment.key if not segment.place else json.dumps([segment.field, "above" if segment.place > 1 else "below"])


def _new_value(
    key: str, segment: Segment, hits: Sequence[AnsweredRequest], total: int, known: Sequence[Any]
) -> Finding:
    if segment.place:
        numbers = [float(value) for value in known if is_number(value)]
        beyond = f"above {max(numbers):.4g}" if segment.place > 1 else f"below {min(numbers):.4g}"
        words = f"{segment.field} {beyond}, outside the labeled pairs (up to {segment.high:.4g})"
        if segment.place == 1:
            words = f"{segment.field} {beyond}, outside the labeled pairs (down to {segment.low:.4g})"
    else:
        words = f"{segment.words}, which no labeled pair has"
    distinct = len({json.dumps(one.fields, sort_keys=True, default=str) for one in hits})
    return Finding(
        GapType.DISTRIBUTION,
        key,
        severity_of(len(hits) / total),
        f"{len(hits):,} of {total:,} requests have {words}.",
        {"segment": segment.evidence(), "rows": total, "unseen": len(hits), "distinct": distinct, **request_ids(hits)},
        affected=len(hits),
        needed=min(ENOUGH, distinct),
        basis=f"{ENOUGH} labeled pairs of a value are enough (a rule of thumb); there are {distinct} "
        "different requests with it",
        action="Convert these requests to pairs, and label them.",
    )
