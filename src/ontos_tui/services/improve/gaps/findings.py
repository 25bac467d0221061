"""What a gap analysis finds, in general: a finding with its evidence, and how severe it is.

How severe a gap is goes by the share of the rows looked at that it concerns. Shares are compared with intervals that
are wide enough to hold for all segments at once, so that looking at many segments finds no gaps by chance alone.
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
"""The share of all rows looked at from which a gap that concerns them is so severe."""
BANDS = "severity by the share of the rows looked at: critical from 20 %, high from 10 %, medium from 3 %, else low"

LEAST_ROWS = 10
"""Rows without which nothing is said about a segment."""
LEAST_HITS = 3
"""Wrong, unsure, unseen or doubtful rows without which nothing is a gap."""
ENOUGH = 20
"""Labeled pairs of a value or class that are taken to be enough: a rule of thumb."""
MOST_NEEDED = 200
KEPT = 10
"""Ids of rows that a gap keeps as evidence."""


@dataclass(frozen=True)
class Finding:
    """A gap as one analysis sees it. `is_news` is False where other findings tell most of the same rows already."""

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
    """One kind of evidence: what was looked at, what was found, and what was measured and is in order.

    `fine` has, by fingerprint, the measure in words. Without anything to look at there is a `reason`.
    """

    gap_type: GapType
    looked_at: str = ""
    findings: tuple[Finding, ...] = ()
    fine: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def severity_of(share: float) -> Severity:
    """How severe something is that concerns this share of all rows."""
    return next(severity for severity, least in SEVERITY_FROM.items() if share >= least)


def fingerprint(kind: GapType, key: str) -> str:
    """What a gap is about, the same in every analysis."""
    return f"{kind.value}|{key}"
