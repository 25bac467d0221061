"""The findings of a gap analysis, with their evidence and severity.

The severity of a gap depends on the share of the examined rows that it concerns. Shares are compared with intervals
that are wide enough to hold for all segments at once, so that testing many segments finds no gaps by chance alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.records.improve import GapType, Severity

SEVERITY_FROM: Mapping[Severity, float] = {
    Severity.CRITICAL: 0.20,
    Severity.HIGH: 0.10,
    Severity.MEDIUM: 0.03,
    Severity.LOW: 0.0,
}
"""The least share of the examined rows that a gap of each severity concerns."""
BANDS = "severity by the share of the examined rows: critical from 20 %, high from 10 %, medium from 3 %, else low"

LEAST_ROWS = 10
"""Rows that a segment needs to be examined."""
LEAST_HITS = 3
"""Wrong, unsure, unseen or doubtful rows that make a gap."""
ENOUGH = 20
"""Labeled pairs that are enough for a value or class: a rule of thumb."""
MOST_NEEDED = 200
EVIDENCE_IDS = 10
"""Ids of rows that a gap stores as evidence."""


@dataclass(frozen=True)
class Finding:
    """A gap as one analysis sees it. `is_news` is False where other findings cover most of the same rows."""

    gap_type: GapType
    fingerprint: str
    severity: Severity
    description: str
    evidence: dict[str, Any]
    affected: int
    needed: int
    basis: str
    action: str
    error_rate: float | None = None
    is_news: bool = True


@dataclass(frozen=True)
class Examined:
    """The result for one kind of gap: what was examined, the findings, and what was measured and is no gap.

    `fine` has the measure as a text, by fingerprint. If nothing could be examined, `reason` says why.
    """

    gap_type: GapType
    looked_at: str = ""
    findings: tuple[Finding, ...] = ()
    fine: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def severity_of(share: float) -> Severity:
    """The severity of a gap that concerns this share of the examined rows."""
    return next(severity for severity, least in SEVERITY_FROM.items() if share >= least)


def fingerprint(kind: GapType, key: str) -> str:
    """The identity of a gap, the same in every analysis."""
    return f"{kind.value}|{key}"
