"""Gaps in a model's answers: where it is wrong more often than elsewhere, and where it is unsure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ontos_tui.domain.intervals import wilson, z_of_many
from ontos_tui.domain.records.improve import GapType
from ontos_tui.domain.rules.segments import Segment, describe_value, segments_of
from ontos_tui.services.improve.gaps.evidence import LARGE_ERROR, EvaluatedPair, GapEvidence, request_ids
from ontos_tui.services.improve.gaps.findings import (
    ENOUGH,
    EVIDENCE_IDS,
    LEAST_HITS,
    LEAST_ROWS,
    MOST_NEEDED,
    Examined,
    Finding,
    fingerprint,
    severity_of,
)
from ontos_tui.store.queries.improve.gap_evidence import AnsweredRequest

UNSURE_BELOW = 0.6
"""A stated confidence below this is unsure."""
UNSURE_SHARE = 0.2
"""The share of unsure answers from which on there is a gap."""


def wrong_answers(evidence: GapEvidence) -> Examined:
    """Segments whose error rate is above that of all other rows, even at the lower end of its interval."""
    kind, evaluated = GapType.CAPABILITY, evidence.evaluated
    if not evaluated:
        return Examined(kind, reason=evidence.problem or "There is no row with a known correct answer.")
    from_feedback = sum(one.from_feedback for one in evaluated)
    wrong = sum(one.wrong for one in evaluated)
    looked = (
        f"{evidence.model.label()} on {len(evaluated) - from_feedback:,} held-out pairs and {from_feedback:,} requests "
        f"with feedback: {wrong:,} wrong"
    )
    if evidence.usual_error is not None:
        looked += f" (off by more than {LARGE_ERROR:g} times the usual {evidence.usual_error:.3g})"
    segments = _segments(evidence, evaluated)
    z = z_of_many(len(segments))
    findings: list[tuple[Finding, set[str]]] = []
    fine = {}
    for segment in segments:
        inside = [one for one in evaluated if segment.contains(one.fields, one.truth)]
        hits = [one for one in inside if one.wrong]
        rest = len(evaluated) - len(inside)
        if len(inside) < LEAST_ROWS or not rest:
            continue
        elsewhere = (wrong - len(hits)) / rest
        if len(hits) >= LEAST_HITS and wilson(len(hits), len(inside), z)[0] > elsewhere:
            findings.append((_error(evidence, segment, inside, hits, elsewhere), {one.id for one in hits}))
        elif wilson(len(hits), len(inside))[0] <= elsewhere:
            note = f"{len(hits)} of {len(inside)} wrong, elsewhere {elsewhere:.0%}"
            fine[fingerprint(kind, segment.key)] = note
    return Examined(kind, looked, _without_echoes(findings), fine)


def _segments(evidence: GapEvidence, evaluated: Sequence[EvaluatedPair]) -> list[Segment]:
    own = evidence.answer.name
    by_answer = segments_of(own, (one.truth.get(own) for one in evaluated if one.truth), of_answer=True)
    by_field = [
        one for name in evidence.columns for one in segments_of(name, (row.fields.get(name) for row in evaluated))
    ]
    return by_answer + by_field


def _error(
    evidence: GapEvidence,
    segment: Segment,
    inside: Sequence[EvaluatedPair],
    hits: Sequence[EvaluatedPair],
    elsewhere: float,
) -> Finding:
    low, high = wilson(len(hits), len(inside))
    rate = len(hits) / len(inside)
    learned = sum(segment.contains(pair.fields, pair.answer) for pair in evidence.trainable)
    needed = min(MOST_NEEDED, max(ENOUGH, learned))
    predicted = Counter(describe_value(one.predicted.get(evidence.answer.name)) for one in hits if one.truth)
    instead = (
        f" Most often it answers {predicted.most_common(1)[0][0]} instead." if segment.of_answer and predicted else ""
    )
    return Finding(
        GapType.CAPABILITY,
        fingerprint(GapType.CAPABILITY, segment.key),
        severity_of(len(hits) / len(evidence.evaluated)),
        f"Where {segment.words}, {len(hits)} of {len(inside)} answers are wrong ({rate:.0%}, 95 %: {low:.0%} to "
        f"{high:.0%}); elsewhere {elsewhere:.0%}.{instead}",
        {
            "segment": segment.evidence(),
            "rows": len(inside),
            "wrong": len(hits),
            "low": low,
            "high": high,
            "elsewhere": elsewhere,
            "model": evidence.model.label(),
            **_ids(hits),
        },
        affected=len(hits),
        error_rate=rate,
        needed=needed,
        basis=f"doubles the labeled pairs of this kind ({learned}); at least {ENOUGH} and at most "
        f"{MOST_NEEDED}. A rule of thumb: no learning curve is measured for this segment",
        action=f"Label more pairs where {segment.words}, then retrain.",
    )


def _without_echoes(candidates: list[tuple[Finding, set[str]]]) -> tuple[Finding, ...]:
    """Correlated fields explain the same errors: a finding is news only if at least half of its errors are new."""
    explained: set[str] = set()
    findings = []
    for finding, ids in sorted(
        candidates, key=lambda one: (-one[0].affected, -(one[0].error_rate or 0), one[0].fingerprint)
    ):
        is_news = 2 * len(ids - explained) >= len(ids)
        explained |= ids if is_news else set()
        findings.append(replace(finding, is_news=is_news))
    return tuple(findings)


def unsure_answers(evidence: GapEvidence) -> Examined:
    """Answers of which the newest version is often unsure."""
    kind = GapType.EDGE_CASE
    own = [one for one in evidence.requests if one.model_id == evidence.model.id]
    stated = [one for one in own if one.confidence is not None]
    if not own:
        return Examined(kind, reason=f"{evidence.model.label()} has not answered any request yet.")
    if not stated:
        return Examined(kind, reason=f"{evidence.model.label()} gives no confidence for {evidence.answer.name}.")
    groups: dict[str, list[AnsweredRequest]] = {}
    for one in stated:
        groups.setdefault(describe_value(one.predicted.get(evidence.answer.name)), []).append(one)
    findings, fine = [], {}
    for name, group in groups.items():
        segment = Segment(evidence.answer.name, group[0].predicted.get(evidence.answer.name), of_answer=True)
        unsure = [one for one in group if (one.confidence or 0.0) < UNSURE_BELOW]
        key = fingerprint(kind, segment.key)
        low, high = wilson(len(unsure), len(group))
        if len(group) < LEAST_ROWS:
            continue
        if len(unsure) < LEAST_HITS or len(unsure) / len(group) < UNSURE_SHARE:
            fine[key] = f"{len(unsure)} of {len(group):,} answers below {UNSURE_BELOW:.0%}"
            continue
        findings.append(
            Finding(
                kind,
                key,
                severity_of(len(unsure) / len(stated)),
                f"When it answers {name}, the model is less than {UNSURE_BELOW:.0%} sure in {len(unsure)} of "
                f"{len(group)} requests ({len(unsure) / len(group):.0%}, 95 %: {low:.0%} to {high:.0%}).",
                {"segment": segment.evidence(), "rows": len(group), "unsure": len(unsure), **request_ids(unsure)}
                | {"model": evidence.model.label(), "below": UNSURE_BELOW},
                affected=len(unsure),
                needed=min(MOST_NEEDED, max(ENOUGH, len(unsure))),
                basis=f"the number of unsure answers, at least {ENOUGH}: a rule of thumb",
                action=f"Label the items that the model answers with {name} but is unsure of.",
            )
        )
    findings.sort(key=lambda one: (-one.affected, one.fingerprint))
    return Examined(kind, f"{len(stated):,} answers of {evidence.model.label()}", tuple(findings), fine)


def _ids(rows: Sequence[EvaluatedPair]) -> dict[str, list[str]]:
    """The first rows of the evidence, as many as are stored."""
    return {
        "pairs": [one.id for one in rows if not one.from_feedback][:EVIDENCE_IDS],
        "requests": [one.id for one in rows if one.from_feedback][:EVIDENCE_IDS],
    }
