"""Gaps: weak points of a model, detected from evidence, stored, edited by people, and closed by evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.improve import Gap, GapType, GapUpdate, Severity
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import OPEN_GAPS, GapStatus
from ontos_tui.domain.text.storable import storable
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.improve.gaps.evidence import GapEvidence, collect_evidence
from ontos_tui.services.improve.gaps.findings import Examined, Finding
from ontos_tui.services.improve.gaps.label_gaps import doubtful_labels, thin_coverage, unseen_values
from ontos_tui.services.improve.gaps.model_gaps import unsure_answers, wrong_answers
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models
from ontos_tui.store.queries.improve import gaps as queries

FINDERS: tuple[Callable[[GapEvidence], Examined], ...] = (
    wrong_answers,
    thin_coverage,
    doubtful_labels,
    unseen_values,
    unsure_answers,
)
MOST_NEW = 5
"""New gaps of one kind that one analysis adds; the rest follows when these are closed."""
EDITABLE = ("status", "severity", "suggested_action")


@dataclass(frozen=True)
class AnalysisReport:
    """What one analysis examined and its result; `reason` says why nothing could be examined.

    `wont_fix` gaps still exist and were not changed; `more` smaller ones are new but not stored yet.
    """

    model: ModelVersion | None
    at: datetime
    examined: tuple[Examined, ...] = ()
    new: tuple[Gap, ...] = ()
    updated: tuple[Gap, ...] = ()
    resolved: tuple[Gap, ...] = ()
    reopened: tuple[Gap, ...] = ()
    wont_fix: int = 0
    more: int = 0
    reason: str = ""

    @property
    def summary(self) -> str:
        """The outcome on one line."""
        if self.reason:
            return self.reason
        counts = {
            f"new gap{'s' * (len(self.new) != 1)} shown": len(self.new),
            "updated": len(self.updated),
            "reopened": len(self.reopened),
            "resolved": len(self.resolved),
            "marked as won't fix": self.wont_fix,
            f"smaller one{'s' * (self.more != 1)} hidden": self.more,
        }
        counts_text = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
        return counts_text or "No gaps found."


class GapService:
    """Detects and stores gaps; edits are logged under `actor`."""

    def __init__(self, store: Store, trainer: Trainer, home: Path, actor: str) -> None:
        self._store = store
        self._trainer = trainer
        self._home = home
        self._actor = actor

    # Reading

    def gaps(
        self,
        *,
        status: GapStatus | None = None,
        severity: Severity | None = None,
        kind: GapType | None = None,
        model_name: str | None = None,
        open_only: bool = False,
    ) -> list[Gap]:
        """The gaps, the most severe first, and of those the ones that concern the most rows."""
        with self._store.read() as connection:
            gaps = queries.gaps(
                connection, status=status, severity=severity, kind=kind, model_name=model_name, open_only=open_only
            )
        order = list(Severity)
        return sorted(
            gaps, key=lambda gap: (gap.status not in OPEN_GAPS, order.index(gap.severity), -gap.affected_count, gap.id)
        )

    def gap(self, ref: str) -> Gap:
        """The gap that `ref` (id or the beginning of an id) means."""
        with self._store.read() as connection:
            return rows.resolve(connection, Gap, ref)

    def updates(self, ref: str) -> list[GapUpdate]:
        """Every change of a gap's status, severity and action, the oldest first."""
        with self._store.read() as connection:
            return queries.updates(connection, rows.resolve(connection, Gap, ref))

    # Changing

    def update(
        self,
        ref: str,
        *,
        status: GapStatus | None = None,
        severity: Severity | None = None,
        suggested_action: str | None = None,
        note: str = "",
    ) -> Gap:
        """Change what a person may change; later analyses keep the severity and the action that a person has set.

        Raises InvalidInputError when no change is given.
        """
        action = None if suggested_action is None else storable(suggested_action).strip()
        values: dict[str, Any] = {"status": status, "severity": severity, "suggested_action": action}
        changes = {name: value for name, value in values.items() if value is not None}
        if not changes:
            raise InvalidInputError("There is nothing to change.", f"Set one of {', '.join(EDITABLE)}.")
        with self._store.write() as connection:
            gap = rows.resolve(connection, Gap, ref)
            return change_gap(connection, gap, self._actor, note=storable(note), **changes)

    # Analyzing

    def analyze(self, model_ref: str | None = None) -> AnalysisReport:
        """Detect the gaps of a model (by default the newest) and store them.

        A known gap is updated; one whose evidence is gone is resolved with a note; a resolved one whose evidence is
        back is open again. What people have set (severity, action, won't fix) stays.
        """
        at = now()
        with self._store.read() as connection:
            if model_ref is None and not models.versions(connection):
                return AnalysisReport(None, at, reason="No model yet. Train one, then analyze its gaps.")
            name = find_model(connection, model_ref).name if model_ref else models.versions(connection)[0].name
            versions = models.versions(connection, name)
        evidence = collect_evidence(self._store, self._trainer, self._home, versions)
        examined = tuple(find(evidence) for find in FINDERS)
        with self._store.write() as connection:
            return self._store_gaps(connection, evidence.model, at, examined)

    def _store_gaps(
        self, connection: Connection, model: ModelVersion, at: datetime, examined: tuple[Examined, ...]
    ) -> AnalysisReport:
        existing = {gap.fingerprint: gap for gap in queries.gaps(connection, model_name=model.name)}
        new, updated, resolved, reopened = [], [], [], []
        wont_fix = more = 0
        for one in examined:
            created = 0
            for finding in one.findings:
                gap = existing.get(finding.fingerprint)
                if gap is None:
                    if not finding.is_news or created == MOST_NEW:
                        more += finding.is_news
                        continue
                    new.append(self._create(connection, model, at, finding))
                    created += 1
                    continue
                after = self._update_evidence(connection, gap, at, finding)
                if gap.status is GapStatus.RESOLVED:
                    reopened.append(after)
                elif gap.status is GapStatus.WONT_FIX:
                    wont_fix += 1
                else:
                    updated.append(after)
            for fingerprint, measured in one.fine.items():
                gap = existing.get(fingerprint)
                if gap is not None and gap.status in OPEN_GAPS:
                    note = storable(f"{model.label()}: {measured}.")
                    resolved.append(
                        change_gap(connection, gap, self._actor, note=note, by_analysis=True, status=GapStatus.RESOLVED)
                    )
        return AnalysisReport(
            model, at, examined, tuple(new), tuple(updated), tuple(resolved), tuple(reopened), wont_fix, more
        )

    def _create(self, connection: Connection, model: ModelVersion, at: datetime, finding: Finding) -> Gap:
        gap = Gap(
            model_name=model.name,
            template_id=model.template_id,
            gap_type=finding.gap_type,
            fingerprint=finding.fingerprint,
            **_as_seen(finding, at),
            severity=finding.severity,
            suggested_action=storable(finding.action),
            created_by=self._actor,
            updated_by=self._actor,
        )
        rows.add(connection, gap)
        after = {"severity": gap.severity.value, "description": gap.description, "affected": gap.affected_count}
        rows.log(connection, gap, "find", self._actor, after=after, scope_id=gap.model_name)
        return gap

    def _update_evidence(self, connection: Connection, gap: Gap, at: datetime, finding: Finding) -> Gap:
        """The gap with the current evidence; fields that a person has edited stay."""
        columns: dict[str, Any] = _as_seen(finding, at)
        edited = queries.fields_edited_by_people(connection, gap)
        proposed = {"severity": finding.severity, "suggested_action": storable(finding.action)}
        columns |= {name: value for name, value in proposed.items() if name not in edited}
        if gap.status is GapStatus.RESOLVED:
            note = f"The evidence is back: {columns['description']}"
            gap = change_gap(connection, gap, self._actor, note=note, by_analysis=True, status=GapStatus.IDENTIFIED)
        after = rows.change(connection, gap, **columns, updated_by=self._actor)
        watched = ("description", "severity")
        if any(getattr(gap, name) != getattr(after, name) for name in watched):
            before, now_ = ({name: str(getattr(one, name)) for name in watched} for one in (gap, after))
            rows.log(connection, gap, "see_again", self._actor, before=before, after=now_, scope_id=gap.model_name)
        return after


def _as_seen(finding: Finding, at: datetime) -> dict[str, Any]:
    return {
        "description": storable(finding.description),
        "evidence": finding.evidence,
        "affected_count": finding.affected,
        "error_rate": finding.error_rate,
        "estimated_records_needed": finding.needed,
        "estimate_basis": storable(finding.basis),
        "seen_at": at,
    }


def change_gap(
    connection: Connection, gap: Gap, actor: str, *, note: str = "", by_analysis: bool = False, **changes: Any
) -> Gap:
    """Change a gap's status, severity or action: each field gets an update record, and all of them one event."""
    changed = {name: value for name, value in changes.items() if getattr(gap, name) != value}
    if not changed:
        return gap
    extra = {"resolution_notes": note} if "status" in changed and note else {}
    before = {name: str(getattr(gap, name)) for name in changed}
    after = {name: str(value) for name, value in changed.items()}
    updates = [
        GapUpdate(
            gap_id=gap.id,
            field=name,
            before=before[name],
            after=after[name],
            note=note,
            by_analysis=by_analysis,
            by=actor,
        )
        for name in changed
    ]
    rows.add_many(connection, updates)
    action = "analysis" if by_analysis else "update"
    rows.log(connection, gap, action, actor, before=before, after=after, scope_id=gap.model_name, reason=note)
    return rows.change(connection, gap, **changed, **extra, updated_by=actor)
