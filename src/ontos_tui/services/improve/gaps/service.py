"""Gaps: what a model does not know well enough, found from evidence, kept, edited by people, and closed by evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.improve import Gap, GapType, GapUpdate, Severity
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import GapStatus
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.improve.gaps.evidence import Material, gather
from ontos_tui.services.improve.gaps.findings import Examined, Finding
from ontos_tui.services.improve.gaps.label_gaps import doubtful_labels, thin_coverage, unseen_values
from ontos_tui.services.improve.gaps.model_gaps import unsure_answers, wrong_answers
from ontos_tui.services.label.decisions import storable
from ontos_tui.services.records.model_versions import find_model, find_models
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

FINDERS: tuple[Callable[[Material], Examined], ...] = (
    wrong_answers,
    thin_coverage,
    doubtful_labels,
    unseen_values,
    unsure_answers,
)
MOST_NEW = 5
"""New gaps of one kind that one analysis makes; the rest shows up when these are closed."""
OPEN = (GapStatus.IDENTIFIED, GapStatus.TASK_CREATED, GapStatus.IN_PROGRESS)
EDITABLE = ("status", "severity", "suggested_action")

_GAPS = table(Gap).c
_UPDATES = table(GapUpdate).c


@dataclass(frozen=True)
class AnalysisReport:
    """What one analysis looked at and what came of it; `reason` says why there was nothing to look at.

    `wont_fix` gaps were found again and left alone; `more` were found and are not kept yet.
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
            "new": len(self.new),
            "seen again": len(self.updated),
            "come back": len(self.reopened),
            "closed by evidence": len(self.resolved),
            "not to be fixed": self.wont_fix,
            "more not kept yet": self.more,
        }
        told = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
        return told or "No gap is found in what could be looked at."


class GapService:
    """Finds gaps and keeps them; edits are logged under `actor`."""

    def __init__(self, store: Store, trainer: Trainer, home: Path, actor: str) -> None:
        self._store = store
        self._trainer = trainer
        self._home = home
        self._actor = actor

    # Looking

    def gaps(
        self,
        *,
        status: GapStatus | None = None,
        severity: Severity | None = None,
        kind: GapType | None = None,
        model_name: str | None = None,
        open_only: bool = False,
    ) -> list[Gap]:
        """The gaps, the most severe first, and of those what concerns most rows."""
        wanted = [(_GAPS.status, status), (_GAPS.severity, severity), (_GAPS.gap_type, kind)]
        where = [column == value for column, value in [*wanted, (_GAPS.model_name, model_name)] if value is not None]
        if open_only:
            where.append(_GAPS.status.in_(OPEN))
        with self._store.read() as connection:
            found = rows.find(connection, Gap, *where)
        order = list(Severity)
        return sorted(
            found, key=lambda gap: (gap.status not in OPEN, order.index(gap.severity), -gap.affected_count, gap.id)
        )

    def gap(self, ref: str) -> Gap:
        """The gap that `ref` (id or the beginning of an id) means."""
        with self._store.read() as connection:
            return rows.resolve(connection, Gap, ref)

    def updates(self, ref: str) -> list[GapUpdate]:
        """Every change of a gap's status, severity and action, the oldest first."""
        with self._store.read() as connection:
            gap = rows.resolve(connection, Gap, ref)
            return rows.find(connection, GapUpdate, _UPDATES.gap_id == gap.id, order_by=(_UPDATES.at, _UPDATES.id))

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

        Raises InvalidInputError when nothing is to be changed.
        """
        action = None if suggested_action is None else storable(suggested_action).strip()
        wished: dict[str, Any] = {"status": status, "severity": severity, "suggested_action": action}
        changes = {name: value for name, value in wished.items() if value is not None}
        if not changes:
            raise InvalidInputError("There is nothing to change.", f"Give one of {', '.join(EDITABLE)}.")
        with self._store.write() as connection:
            gap = rows.resolve(connection, Gap, ref)
            return change_gap(connection, gap, self._actor, note=storable(note), **changes)

    # Analyzing

    def analyze(self, model_ref: str | None = None) -> AnalysisReport:
        """Look for gaps of a model (of the newest one when none is named) and keep what is found.

        A gap that is there already is updated; one whose evidence is gone is resolved with a note; a resolved one that
        is found again is open again. What people said (severity, action, that it is not to be fixed) stays.
        """
        at = now()
        with self._store.read() as connection:
            if model_ref is None and not find_models(connection):
                return AnalysisReport(None, at, reason="There is no model yet: train one, and its gaps can be found.")
            name = find_model(connection, model_ref).name if model_ref else find_models(connection)[0].name
            versions = find_models(connection, name)
        material = gather(self._store, self._trainer, self._home, versions)
        examined = tuple(find(material) for find in FINDERS)
        with self._store.write() as connection:
            return self._keep(connection, material.model, at, examined)

    def _keep(
        self, connection: Connection, model: ModelVersion, at: datetime, examined: tuple[Examined, ...]
    ) -> AnalysisReport:
        there = {gap.fingerprint: gap for gap in rows.find(connection, Gap, _GAPS.model_name == model.name)}
        new, updated, resolved, reopened = [], [], [], []
        wont_fix = more = 0
        for one in examined:
            made = 0
            for finding in one.findings:
                gap = there.get(finding.fingerprint)
                if gap is None:
                    if not finding.is_news or made == MOST_NEW:
                        more += finding.is_news
                        continue
                    new.append(self._make(connection, model, at, finding))
                    made += 1
                    continue
                after = self._see_again(connection, gap, at, finding)
                if gap.status is GapStatus.RESOLVED:
                    reopened.append(after)
                elif gap.status is GapStatus.WONT_FIX:
                    wont_fix += 1
                else:
                    updated.append(after)
            for fingerprint, measured in one.fine.items():
                gap = there.get(fingerprint)
                if gap is not None and gap.status in OPEN:
                    note = storable(f"{model.label()}: {measured}.")
                    resolved.append(
                        change_gap(connection, gap, self._actor, note=note, by_analysis=True, status=GapStatus.RESOLVED)
                    )
        return AnalysisReport(
            model, at, examined, tuple(new), tuple(updated), tuple(resolved), tuple(reopened), wont_fix, more
        )

    def _make(self, connection: Connection, model: ModelVersion, at: datetime, finding: Finding) -> Gap:
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

    def _see_again(self, connection: Connection, gap: Gap, at: datetime, finding: Finding) -> Gap:
        """The gap with the evidence of today, apart from what a person has said about it."""
        seen: dict[str, Any] = _as_seen(finding, at)
        said = _said_by_people(connection, gap)
        found = {"severity": finding.severity, "suggested_action": storable(finding.action)}
        seen |= {name: value for name, value in found.items() if name not in said}
        if gap.status is GapStatus.RESOLVED:
            note = f"It is back: {seen['description']}"
            gap = change_gap(connection, gap, self._actor, note=note, by_analysis=True, status=GapStatus.IDENTIFIED)
        after = rows.change(connection, gap, **seen, updated_by=self._actor)
        told = ("description", "severity")
        if any(getattr(gap, name) != getattr(after, name) for name in told):
            before, now_ = ({name: str(getattr(one, name)) for name in told} for one in (gap, after))
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


def _said_by_people(connection: Connection, gap: Gap) -> set[str]:
    query = select(_UPDATES.field).distinct().where(_UPDATES.gap_id == gap.id, ~_UPDATES.by_analysis)
    return set(connection.execute(query).scalars())


def change_gap(
    connection: Connection, gap: Gap, actor: str, *, note: str = "", by_analysis: bool = False, **changes: Any
) -> Gap:
    """Change a gap's status, severity or action: each change is an update for ever, and all of them one event."""
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


def gaps_of(connection: Connection, ids: Sequence[str]) -> dict[str, Gap]:
    """The gaps with these ids."""
    return {gap.id: gap for gap in rows.find(connection, Gap, _GAPS.id.in_(ids))}
