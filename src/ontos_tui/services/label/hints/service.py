"""LABEL: hints about pairs that need a look before the others, with the reason in words.

Hints are computed on request (`compute`, or `submit` as a job), each kind anew as a whole, and removed by `clear`.
The settings (`hints`) say which kinds are computed when none is named; a kind that was cleared in a training sheet
stays off there until it is requested again.

A hint holds as long as what it is about does: an open pair is unsure until it is decided, a label is a suspect until
it is decided again. Disagreements come from finished labeling tasks (`disagreements`), and
hold until the pair is decided or the item adjudicated. Users dismiss hints that are wrong; a dismissed hint does not
come back for an unchanged label.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.learning import NoProgress, Progress
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import Hint, HintKind, is_blind
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet, answer_digest
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.text.storable import storable
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.label.hints.engines import HintBatch, HintDraft, HintEngine, class_field
from ontos_tui.services.label.hints.label_errors import label_of
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker, new_ids
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import hints as queries
from ontos_tui.store.queries.label.hints import PairHint

__all__ = ["DuplicateGroup", "GroupMember", "HintReport", "HintService"]

ORDER = (HintKind.DUPLICATE, HintKind.SUSPECT, HintKind.UNSURE)
"""The kinds that are made here: near-duplicates first, since the others look at them."""
LARGE = 20_000
"""Pairs from which on hints are better made by a job (`submit`)."""
DISMISS = "dismiss_hint"
HIDDEN = "model is unsure; what it proposes is hidden here"


@dataclass(frozen=True)
class HintReport:
    """The result of computing hints: how many of each kind, the method, and why some kinds have none."""

    training_sheet_id: str
    counts: dict[HintKind, int] = field(default_factory=dict)
    engines: dict[HintKind, str] = field(default_factory=dict)
    skipped: dict[HintKind, str] = field(default_factory=dict)
    notes: dict[HintKind, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class GroupMember:
    """One pair of a near-duplicate group; `label` is what it is labeled, empty until then."""

    pair_id: str
    item_ref: str
    sequence_number: int
    status: PairStatus
    label: str
    closeness: float
    reason: str


@dataclass(frozen=True)
class DuplicateGroup:
    """Pairs that are nearly the same; `labels` counts what they are labeled."""

    key: str
    members: tuple[GroupMember, ...]
    labels: Mapping[str, int]

    @property
    def conflict(self) -> bool:
        """Whether the same thing is labeled differently."""
        return len(self.labels) > 1

    @property
    def undecided(self) -> tuple[str, ...]:
        """The ids of the undecided pairs."""
        return tuple(member.pair_id for member in self.members if member.status is PairStatus.UNLABELED)


class HintService:
    """Computes, reads and removes hints."""

    def __init__(
        self,
        store: Store,
        trainer: Callable[[], Trainer],
        jobs: JobQueue,
        home: Path,
        actor: str,
        kinds: Callable[[], Sequence[HintKind]] = lambda: ORDER,
    ) -> None:
        """`trainer` is called only to compute hints; reading them needs no machine learning."""
        self._store = store
        self._trainer = trainer
        self._jobs = jobs
        self._home = home
        self._actor = actor
        self._usual = kinds

    # Computing

    def compute(
        self, ts_ref: str, kinds: Iterable[HintKind] | None = None, *, progress: Progress | None = None
    ) -> HintReport:
        """Make the hints of these kinds anew (those of the settings when none is named).

        A kind that cannot be made is in the report's `skipped` with the reason, and has no hints then.
        """
        started = time.monotonic()
        sheet = self._sheet(ts_ref)
        requested = self._requested(kinds)
        engine = HintEngine(self._store, self._trainer(), self._home, sheet, requested)
        report = HintReport(sheet.id)
        for place, kind in enumerate(requested):
            at = now()
            try:
                batch = engine.make(kind, _Part(progress or NoProgress(), kind, place, len(requested)))
            except NotReadyError as error:
                report.skipped[kind] = f"{error.what} {error.todo}".strip()
                batch = HintBatch([], "")
            if kind not in ORDER:
                continue
            with self._store.write() as connection:
                report.counts[kind] = self._replace(connection, sheet, kind, batch, at)
            if batch.engine:
                report.engines[kind] = batch.engine
            if batch.notes:
                report.notes[kind] = batch.notes
        seconds = round(time.monotonic() - started, 2)
        return HintReport(sheet.id, report.counts, report.engines, report.skipped, report.notes, seconds)

    def is_large(self, ts_ref: str) -> bool:
        """Whether making hints takes so long that a job should do it."""
        sheet = self._sheet(ts_ref)
        with self._store.read() as connection:
            return sum(count.n for count in pair_counts(connection, sheet.id)) >= LARGE

    def submit(self, ts_ref: str, kinds: Iterable[HintKind] | None = None) -> Job:
        """Make hints as a job of its own."""
        sheet = self._sheet(ts_ref)
        params = {"training_sheet_id": sheet.id, "kinds": [kind.value for kind in self._requested(kinds)]}
        return self._jobs.submit(JobKind.HINTS, f"Hints for {sheet.name}", params)

    def run(self, params: Mapping[str, Any], progress: Progress) -> HintReport:
        """What the job does."""
        kinds = [HintKind(kind) for kind in params["kinds"]]
        return self.compute(params["training_sheet_id"], kinds, progress=progress)

    # Removing

    def clear(self, ts_ref: str, kind: HintKind | None = None) -> int:
        """Take away the hints of this kind, or all; returns how many there were."""
        sheet = self._sheet(ts_ref)
        with self._store.write() as connection:
            n = queries.remove_all(connection, sheet.id, kind)
            if n:
                before = {"hints": kind or "all", "count": n}
                rows.log(connection, sheet, "clear_hints", self._actor, scope_id=sheet.id, before=before)
        return n

    def dismiss(self, pair_id: str, kind: HintKind, reason: str = "") -> None:
        """Remove a hint that is wrong, for good. Raises NotFoundError when there is no such hint."""
        with self._store.write() as connection:
            pair = rows.resolve(connection, QAPair, pair_id)
            hint = queries.hint(connection, pair.id, kind)
            if hint is None:
                raise NotFoundError(f"{pair.item_ref} has no {kind} hint.", "Reload the queue.")
            _log_dismissal(connection, pair, hint, self._actor, storable(reason))
            queries.remove(connection, hint.id)

    # Reading

    def counts(self, ts_ref: str) -> dict[HintKind, int]:
        """How many hints of each kind hold now."""
        sheet = self._sheet(ts_ref)
        with self._store.read() as connection:
            counts = queries.counts(connection, sheet.id)
        return {kind: counts.get(kind, 0) for kind in HintKind}

    def for_pairs(self, pair_ids: Sequence[str]) -> dict[str, list[Hint]]:
        """The hints of these pairs that hold now, the strongest first; pairs without one are not in it.

        What a model says of a pair whose proposal is hidden, is hidden too.
        """
        hints: dict[str, list[Hint]] = {}
        with self._store.read() as connection:
            for one in queries.of_pairs(connection, pair_ids):
                hints.setdefault(one.hint.pair_id, []).append(_shown(one))
        return hints

    def top(self, ts_ref: str, kind: HintKind, limit: int = 20) -> list[tuple[Hint, str]]:
        """The strongest hints of a kind, each with the name of its item."""
        sheet = self._sheet(ts_ref)
        with self._store.read() as connection:
            return [(_shown(one), one.item_ref) for one in queries.strongest(connection, sheet.id, kind, limit)]

    def groups(self, ts_ref: str, limit: int | None = None) -> list[DuplicateGroup]:
        """The near-duplicate groups: those labeled differently first, then those with most undecided pairs."""
        sheet = self._sheet(ts_ref)
        classes = class_field(Template.model_validate(sheet.template_snapshot))
        name = classes.name if classes else None
        members: dict[str, list[GroupMember]] = {}
        with self._store.read() as connection:
            for one in queries.duplicates(connection, sheet.id):
                label = label_of(one.answer, name) if one.status is PairStatus.LABELED else ""
                members.setdefault(one.group_key, []).append(
                    GroupMember(
                        one.pair_id, one.item_ref, one.sequence_number, one.status, label, one.score, one.reason
                    )
                )
        groups = [_group(key, some) for key, some in members.items() if len(some) > 1]
        groups.sort(key=lambda group: (not group.conflict, -len(group.undecided), group.members[0].sequence_number))
        return groups[:limit]

    def members(self, training_sheet_id: str, group_key: str) -> list[str]:
        """The ids of the pairs of one near-duplicate group."""
        with self._store.read() as connection:
            return queries.duplicate_group(connection, training_sheet_id, group_key)

    def _sheet(self, ref: str) -> TrainingSheet:
        with self._store.read() as connection:
            return rows.resolve(connection, TrainingSheet, ref)

    def _requested(self, kinds: Iterable[HintKind] | None) -> list[HintKind]:
        requested = set(self._usual() if kinds is None else kinds)
        if not requested:
            raise InvalidInputError(
                "No hints are switched on.", "Name kinds, or set hints in the settings: duplicate, suspect, unsure."
            )
        return sorted(requested, key=(*ORDER, HintKind.DISAGREED).index)

    def _replace(
        self, connection: Connection, sheet: TrainingSheet, kind: HintKind, batch: HintBatch, at: datetime
    ) -> int:
        """Put new hints in place of the former ones, without those that were dismissed; returns how many."""
        if kind is HintKind.SUSPECT:
            _note_second_looks(connection, sheet.id)
        hints = _without_dismissed(connection, sheet.id, kind, batch.hints)
        queries.remove_all(connection, sheet.id, kind)
        like = Hint(
            training_sheet_id=sheet.id, pair_id="", kind=kind, score=0, engine=storable(batch.engine), computed_at=at
        )
        maker = RowMaker(like)
        ids = new_ids(len(hints))
        maker.insert(
            connection,
            [
                maker.row(
                    id=key, pair_id=one.pair_id, score=one.score, group_key=one.group_key, reason=storable(one.reason)
                )
                for key, one in zip(ids, hints, strict=True)
            ],
        )
        return len(hints)


class _Part:
    """The progress of one kind as its part of the whole."""

    def __init__(self, progress: Progress, kind: HintKind, place: int, parts: int) -> None:
        self._progress = progress
        self._kind = kind
        self._place = place
        self._parts = parts

    def update(self, done: int, total: int, message: str = "") -> None:
        share = done / total if total else 0.0
        self._progress.update(round(100 * (self._place + share)), 100 * self._parts, f"{self._kind}: {message}")


def _shown(one: PairHint) -> Hint:
    """The hint, without what a model says of a pair whose proposal is hidden."""
    hint = one.hint
    if hint.kind is HintKind.UNSURE and is_blind(hint.training_sheet_id, one.item_ref, one.blind_share):
        return hint.model_copy(update={"reason": HIDDEN})
    return hint


def _group(key: str, members: list[GroupMember]) -> DuplicateGroup:
    labels: dict[str, int] = {}
    for member in members:
        if member.label:
            labels[member.label] = labels.get(member.label, 0) + 1
    return DuplicateGroup(key, tuple(members), labels)


def _log_dismissal(connection: Connection, pair: QAPair, hint: Hint, actor: str, reason: str) -> None:
    before = {"hint": hint.kind.value, "hint_reason": hint.reason, "looked_at": _looked_at(hint.kind, pair.answer)}
    rows.log(connection, pair, DISMISS, actor, scope_id=hint.training_sheet_id, before=before, reason=reason)


def _looked_at(kind: HintKind, answer: Answer | None) -> str:
    """What a dismissal is about: the label as it is, or, of near-duplicates, the item whatever its label."""
    return "item" if kind is HintKind.DUPLICATE else answer_digest(answer)


def _without_dismissed(
    connection: Connection, sheet_id: str, kind: HintKind, hints: Sequence[HintDraft]
) -> Sequence[HintDraft]:
    dismissed: dict[str, set[str]] = {}
    for pair_id, before in queries.events_of_pairs(connection, sheet_id, DISMISS):
        if before["hint"] == kind:
            dismissed.setdefault(pair_id, set()).add(before["looked_at"])
    if not dismissed:
        return hints
    gone = {
        pair_id
        for pair_id, answer in queries.answers(connection, dismissed)
        if _looked_at(kind, answer) in dismissed[pair_id]
    }
    return [one for one in hints if one.pair_id not in gone]


def _note_second_looks(connection: Connection, sheet_id: str) -> None:
    """A new decision about a suspect dismisses the hint, whatever the decision."""
    for hint, pair in queries.suspects_decided_since(connection, sheet_id):
        _log_dismissal(connection, pair, hint, pair.reviewed_by, "decided again after the hint was made")
