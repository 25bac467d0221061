"""LABEL, by several people: how far they agree, where they do not, and who has the last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.records.pairs import CanonicalLabel, Event
from ontos_tui.domain.rules.agreement import Agreement, Scale, cohen, krippendorff, on_scale
from ontos_tui.domain.rules.governance import constraints_of
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind, answer_fields
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.canonical.versions import check_label_version
from ontos_tui.services.label.labeling_jobs.adjudication import ADJUDICATION, Undone, undo_last
from ontos_tui.services.label.labeling_jobs.completion import FinalAnswer, write_labels
from ontos_tui.services.label.labeling_jobs.disagreements import (
    Vote,
    differing_fields,
    disagreement_rate,
    drop_disagreement,
    is_unresolved,
    value_key,
    votes_by_item,
    votes_elsewhere,
)
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.canonical_labels import label_of_item, labels_by_item, training_sheet_of_pairs
from ontos_tui.store.queries.change_log import label_events
from ontos_tui.store.queries.labeling_jobs import items
from ontos_tui.store.queries.labeling_jobs.adjudications import ADJUDICATE, adjudications
from ontos_tui.store.queries.labeling_jobs.votes import open_pair_sheet

__all__ = ["Agreement", "AgreementService", "Disagreement", "JobAgreement", "PairAgreement", "Scale", "Vote"]

STEPS = 10
"""An integer between bounds that are no further apart is a rating: its steps have an order, and no fixed size."""

People = Mapping[str, Vote]
"""What was said about one item, by person."""


@dataclass(frozen=True)
class PairAgreement:
    """How far two people agree about the items that both decided; `percent` is 0 to 1, `why` says why no kappa."""

    a: str
    b: str
    items: int
    percent: float | None
    kappa: float | None
    why: str = ""


@dataclass(frozen=True)
class JobAgreement:
    """How far the people of a job agree, as a whole (the same decision, a rejection being one), by field, and by two.

    `items` were answered by two people or more in approved tasks; gold is not among them.
    """

    job: LabelingJob
    raters: tuple[str, ...]
    items: int
    whole: Agreement
    fields: Mapping[str, Agreement] = field(default_factory=dict)
    pairs: Sequence[PairAgreement] = ()


@dataclass(frozen=True)
class Disagreement:
    """An item that its votes leave open: they differ, or one is a flag.

    `fields` are those in which the answers differ, `label` what the item's label says now. It is resolved when it was
    adjudicated, or labeled otherwise since the last vote.
    """

    item_ref: str
    source_data: Mapping[str, Any]
    votes: tuple[Vote, ...]
    fields: tuple[str, ...]
    label: CanonicalLabel | None
    resolved: bool = False

    @property
    def disagreement_rate(self) -> float:
        """Of all pairs of people, the share that does not say the same: 0 to 1."""
        return disagreement_rate(self.votes)


class AgreementService:
    """Agreement of a job's people, and its adjudication under the name of `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def of_job(self, job_ref: str) -> JobAgreement:
        """How far the people of a job agree. A measure that cannot be computed is None, with the reason."""
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            votes = votes_by_item(connection, job)
        # Whoever got hold of two copies of a batch has one vote: the later one.
        people: list[People] = [{vote.actor: vote for vote in some} for some in votes.values()]
        raters = tuple(sorted({name for one in people for name in one}))
        several = [one for one in people if len(one) > 1]
        fields = {one.name: _of_field(one, several) for one in answer_fields(job.response_schema)}
        pairs = [_of_two(a, b, several) for a, b in combinations(raters, 2)]
        return JobAgreement(
            job, raters, len(several), _of_whole(several), fields, tuple(one for one in pairs if one.items)
        )

    def disagreements(self, job_ref: str, *, resolved: bool = False) -> list[Disagreement]:
        """The items that the votes leave open, the most disputed first; with the resolved ones if `resolved`.

        An item is open too where its people agree, and somebody who has not seen that decided otherwise elsewhere.
        """
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            votes = votes_by_item(connection, job)
            elsewhere = self._elsewhere(connection, job, votes)
            votes = {ref: [*some, *elsewhere.get(ref, [])] for ref, some in votes.items()}
            votes = {ref: some for ref, some in votes.items() if is_unresolved(some)}
            labels = labels_by_item(connection, job.sheet_id, job.label_type, list(votes))
            sources = items.fields_of_items(connection, job.id, list(votes))
            history = {ref: label_events(connection, label.id) for ref, label in labels.items()}
            adjudicated = adjudications(connection, job.id)
        properties = job.response_schema["properties"]
        disagreements = []
        for ref, some in votes.items():
            label = labels.get(ref)
            settled = _is_done(label, history.get(ref, []), some, adjudicated.get(ref))
            is_done = settled and ref not in elsewhere
            if resolved or not is_done:
                fields = differing_fields(some, properties)
                disagreements.append(Disagreement(ref, sources[ref], tuple(some), fields, label, is_done))
        return sorted(disagreements, key=lambda one: (one.resolved, -one.disagreement_rate))

    @staticmethod
    def _elsewhere(
        connection: Connection, job: LabelingJob, votes: Mapping[str, Sequence[Vote]]
    ) -> dict[str, list[Vote]]:
        labels = labels_by_item(connection, job.sheet_id, job.label_type, list(votes))
        return votes_elsewhere(connection, job, votes, labels)

    def adjudicate(
        self, job_ref: str, item_ref: str, answer: Answer, notes: str = "", *, expected_version: int | None = None
    ) -> CanonicalLabel:
        """Decide an item that the votes leave open: its label and its pairs get this answer.

        All votes stay. A second adjudication makes a new version of the label. `expected_version` is that of the label
        that the person has seen, 0 for none. Raises NotFoundError for an item without votes, ConflictError for one
        that is not disputed or whose label has changed since, InvalidInputError for an answer that does not fit.
        """
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            self._check_disputed(connection, job, item_ref)
            label = label_of_item(connection, job.sheet_id, job.label_type, item_ref)
            check_label_version(connection, label, item_ref, expected_version)
            reason = AnswerChecker(job.response_schema).reason(answer)
            if reason:
                raise InvalidInputError(f"The answer for {item_ref} does not fit: {reason}.", "Correct these fields.")
            notes = storable(notes.strip())
            item = items.item_of_job(connection, job.id, item_ref)
            final = FinalAnswer(item_ref, answer, notes, constraints_of(item))
            scope = None if label is None else training_sheet_of_pairs(connection, label)
            scope = scope or open_pair_sheet(connection, job, item_ref) or job.id
            labels, batch_id = write_labels(
                connection, job, [final], ADJUDICATION, scope, self._actor, with_open_pairs=True
            )
            drop_disagreement(connection, job, item_ref)
            after = {"item_ref": item_ref, "answer": answer, "scope_id": scope}
            rows.log(
                connection, job, ADJUDICATE, self._actor, after=after, scope_id=job.id, reason=notes, batch_id=batch_id
            )
            # The pairs that it has approved count as reuse of the label.
            return rows.get(connection, CanonicalLabel, labels[item_ref].id)

    def undo_adjudication(self, job_ref: str) -> Undone | None:
        """Take back this person's last adjudication in the job, with its pairs; None when there is none.

        Raises ConflictError when its label or a pair was changed since; the next undo goes on before it.
        """
        with self._store.write() as connection:
            outcome = undo_last(connection, rows.resolve(connection, LabelingJob, job_ref), self._actor)
        if isinstance(outcome, ConflictError):
            raise outcome
        return outcome

    def _check_disputed(self, connection: Connection, job: LabelingJob, item_ref: str) -> None:
        votes = votes_by_item(connection, job, item_ref=item_ref)
        if item_ref not in votes:
            raise NotFoundError(
                f"No finished task of {job.name!r} has an answer for {item_ref!r}.",
                f"List its disagreements: ontos label disagreements {job.id[:8]}",
            )
        if not is_unresolved(votes[item_ref]) and not self._elsewhere(connection, job, votes):
            raise ConflictError(f"The votes on {item_ref!r} agree.", "Correct its label if it is wrong.")


def scale_of(one: AnswerField) -> Scale:
    """How far apart two values of a field are."""
    if one.kind is FieldKind.NUMBER:
        return Scale.INTERVAL
    if one.kind is FieldKind.INTEGER:
        bounded = one.minimum is not None and one.maximum is not None and one.maximum - one.minimum <= STEPS
        return Scale.ORDINAL if bounded else Scale.INTERVAL
    if one.choices and all(on_scale(choice) is not None for choice in one.choices):
        return Scale.ORDINAL
    return Scale.NOMINAL


def _of_whole(several: Sequence[People]) -> Agreement:
    decisions = ([vote.decision for vote in one.values()] for one in several)
    return krippendorff([[decision for decision in some if decision is not None] for some in decisions])


def _of_field(one: AnswerField, several: Sequence[People]) -> Agreement:
    """Agreement about one field, of those who gave an answer. A number that is not given is nowhere on its scale."""
    scale = scale_of(one)
    values = ([vote.answer.get(one.name) for vote in people.values() if _answered(vote)] for people in several)  # type: ignore[union-attr]
    if scale is Scale.NOMINAL:
        return krippendorff([[value_key(value) for value in some] for some in values])
    places = ([on_scale(value) for value in some] for some in values)
    return krippendorff([[place for place in some if place is not None] for some in places], scale)


def _answered(vote: Vote) -> bool:
    return vote.status is PairStatus.LABELED and vote.answer is not None


def _of_two(a: str, b: str, several: Sequence[People]) -> PairAgreement:
    both = [(one[a].decision, one[b].decision) for one in several if a in one and b in one]
    agreement = cohen([pair for pair in both if None not in pair])
    return PairAgreement(a, b, agreement.items, agreement.percent, agreement.value, agreement.why)


def _is_done(
    label: CanonicalLabel | None, events: Sequence[Event], votes: Sequence[Vote], adjudication: str | None
) -> bool:
    """Whether an item was adjudicated, in this batch, or labeled otherwise since the last vote, and that holds still.

    `events` are those of the label, in order.
    """
    if label is None:
        return False
    if adjudication is not None and _is_in_force(events, adjudication):
        return True
    last = max((vote.at for vote in votes if vote.at is not None), default=None)
    if last is None or label.updated_at <= last:
        return False
    since = [event for event in events if event.at > last]
    return not since or any(not event.undoes and _is_in_force(events, event.batch_id) for event in since)


def _is_in_force(events: Sequence[Event], batch_id: str) -> bool:
    """Whether what a batch did to a label was not undone, or was redone since; `events` are the label's, in order."""
    in_force = True
    for event in events:
        if event.undoes == batch_id:
            in_force, batch_id = not in_force, event.batch_id
    return in_force
