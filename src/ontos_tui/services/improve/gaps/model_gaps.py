"""Gaps that a model's own answers show: where it is wrong more often than elsewhere, and where it is not sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ontos_tui.domain.intervals import wilson, z_of_many
from ontos_tui.domain.records.improve import GapType
from ontos_tui.services.improve.gaps.evidence import LARGE_ERROR, EvaluatedPair, Material, Request, request_ids
from ontos_tui.services.improve.gaps.findings import (
    ENOUGH,
    KEPT,
    LEAST_HITS,
    LEAST_ROWS,
    MOST_NEEDED,
    Examined,
    Finding,
    fingerprint,
    severity_of,
)
from ontos_tui.services.records.segments import Segment, cut, told

UNSURE_BELOW = 0.6
"""A stated confidence below this is unsure."""
UNSURE_SHARE = 0.2
"""The share of unsure answers from which on there is a gap."""


def wrong_answers(material: Material) -> Examined:
    """Segments whose error rate is above that of all other rows, even at the lower end of its interval."""
    kind, judged = GapType.CAPABILITY, material.judged
    if not judged:
        return Examined(kind, reason=material.why_not or "No row is left whose truth is known.")
    from_feedback = sum(one.from_feedback for one in judged)
    wrong = sum(one.wrong for one in judged)
    looked = (
        f"{material.model.label()} on {len(judged) - from_feedback:,} held-out pairs and {from_feedback:,} requests "
        f"with feedback: {wrong:,} wrong"
    )
    if material.usual_error is not None:
        looked += f" (off by more than {LARGE_ERROR:g} times the usual {material.usual_error:.3g})"
    segments = _segments(material, judged)
    z = z_of_many(len(segments))
    found: list[tuple[Finding, set[str]]] = []
    fine = {}
    for segment in segments:
        inside = [one for one in judged if segment.holds(one.fields, one.truth)]
        hits = [one for one in inside if one.wrong]
        rest = len(judged) - len(inside)
        if len(inside) < LEAST_ROWS or not rest:
            continue
        elsewhere = (wrong - len(hits)) / rest
        if len(hits) >= LEAST_HITS and wilson(len(hits), len(inside), z)[0] > elsewhere:
            found.append((_error(material, segment, inside, hits, elsewhere), {one.id for one in hits}))
        elif wilson(len(hits), len(inside))[0] <= elsewhere:
            told_now = f"{len(hits)} of {len(inside)} wrong, elsewhere {elsewhere:.0%}"
            fine[fingerprint(kind, segment.key)] = told_now
    return Examined(kind, looked, _without_echoes(found), fine)


def _segments(material: Material, judged: Sequence[EvaluatedPair]) -> list[Segment]:
    own = material.answer.name
    by_answer = cut(own, (one.truth.get(own) for one in judged if one.truth), of_answer=True)
    by_field = [one for name in material.columns for one in cut(name, (row.fields.get(name) for row in judged))]
    return by_answer + by_field


def _error(
    material: Material,
    segment: Segment,
    inside: Sequence[EvaluatedPair],
    hits: Sequence[EvaluatedPair],
    elsewhere: float,
) -> Finding:
    low, high = wilson(len(hits), len(inside))
    rate = len(hits) / len(inside)
    learned = sum(segment.holds(pair.fields, pair.answer) for pair in material.taught)
    needed = min(MOST_NEEDED, max(ENOUGH, learned))
    said = Counter(told(one.said.get(material.answer.name)) for one in hits if one.truth)
    instead = f" It says {said.most_common(1)[0][0]} instead most often." if segment.of_answer and said else ""
    return Finding(
        GapType.CAPABILITY,
        fingerprint(GapType.CAPABILITY, segment.key),
        severity_of(len(hits) / len(material.judged)),
        f"Where {segment.words}, {len(hits)} of {len(inside)} answers are wrong ({rate:.0%}, 95 %: {low:.0%} to "
        f"{high:.0%}); elsewhere {elsewhere:.0%}.{instead}",
        {
            "segment": segment.evidence(),
            "rows": len(inside),
            "wrong": len(hits),
            "low": low,
            "high": high,
            "elsewhere": elsewhere,
            "model": material.model.label(),
            **_ids(hits),
        },
        affected=len(hits),
        error_rate=rate,
        needed=needed,
        basis=f"as many again as there are labeled pairs of this kind ({learned}), at least {ENOUGH} and at most "
        f"{MOST_NEEDED}: a rule of thumb, since no learning curve of this segment is measured",
        action=f"Label more pairs where {segment.words}, then retrain.",
    )


def _without_echoes(found: list[tuple[Finding, set[str]]]) -> tuple[Finding, ...]:
    """Fields that go together tell the same errors: who tells at least half of new ones is news, the others are not."""
    told_already: set[str] = set()
    findings = []
    for finding, ids in sorted(
        found, key=lambda one: (-one[0].affected, -(one[0].error_rate or 0), one[0].fingerprint)
    ):
        is_news = 2 * len(ids - told_already) >= len(ids)
        told_already |= ids if is_news else set()
        findings.append(replace(finding, is_news=is_news))
    return tuple(findings)


def unsure_answers(material: Material) -> Examined:
    """Answers of the newest version that it is often not sure of."""
    kind = GapType.EDGE_CASE
    own = [one for one in material.requests if one.model_id == material.model.id]
    stated = [one for one in own if one.confidence is not None]
    if not own:
        return Examined(kind, reason=f"{material.model.label()} has answered no request yet.")
    if not stated:
        return Examined(kind, reason=f"{material.model.label()} does not say how sure it is of {material.answer.name}.")
    groups: dict[str, list[Request]] = {}
    for one in stated:
        groups.setdefault(told(one.said.get(material.answer.name)), []).append(one)
    findings, fine = [], {}
    for name, group in groups.items():
        segment = Segment(material.answer.name, group[0].said.get(material.answer.name), of_answer=True)
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
                | {"model": material.model.label(), "below": UNSURE_BELOW},
                affected=len(unsure),
                needed=min(MOST_NEEDED, max(ENOUGH, len(unsure))),
                basis=f"as many as it was unsure of, at least {ENOUGH}: a rule of thumb",
                action=f"Label the items that the model answers with {name} and is not sure of.",
            )
        )
    findings.sort(key=lambda one: (-one.affected, one.fingerprint))
    return Examined(kind, f"{len(stated):,} answers of {material.model.label()}", tuple(findings), fine)


def _ids(rows: Sequence[EvaluatedPair]) -> dict[str, list[str]]:
    """The rows of the evidence, as few as are shown."""
    return {
        "pairs": [one.id for one in rows if not one.from_feedback][:KEPT],
        "requests": [one.id for one in rows if one.from_feedback][:KEPT],
    }
