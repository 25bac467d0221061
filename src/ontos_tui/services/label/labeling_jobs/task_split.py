"""Cutting items into the tasks of a labeling job: every item once for each copy, hidden gold items mixed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.records.data import RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.label.labeling_jobs.gold import GoldItem, GoldMixer
from ontos_tui.services.records.usage_constraints import tags_of
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker, new_ids
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import labeled_items
from ontos_tui.store.queries.labeling_jobs import items
from ontos_tui.store.queries.labeling_jobs.items import Candidate
from ontos_tui.store.values import to_json

GROUND_TRUTH = "ground_truth"


@dataclass(frozen=True)
class Choice:
    """Which items a job is made of: `again` takes those too that have a label of the type already."""

    limit: int | None = None
    status: PairStatus | None = PairStatus.UNLABELED
    again: bool = False


def candidates(connection: Connection, catalog: Catalog, job: LabelingJob, choice: Choice) -> Iterator[Candidate]:
    """The items of the job's training sheet or sheet, in their order."""
    if job.training_sheet_id is None:
        sheet = rows.get(connection, Sheet, job.sheet_id)
        in_order = catalog.items(TableAddress.parse(sheet.source_table), RowQuery.of(sheet))
        for number, item in enumerate(in_order, 1):
            yield Candidate(item.ref, item.fields, number=number)
        return
    yield from items.candidates(connection, job.training_sheet_id, choice.status)


def create_tasks(connection: Connection, catalog: Catalog, job: LabelingJob, choice: Choice, actor: str) -> int:
    """Make the job's tasks; returns how many items it has. Gold items come on top and are not counted.

    Raises NotReadyError when no item is left, or no item whose truth is known for the gold share.
    """
    gold = _gold(connection, catalog, job) if job.gold_share else []
    left_out = {one.item.ref for one in gold} | (
        set() if choice.again else labeled_items(connection, job.sheet_id, job.label_type)
    )
    fresh = _each_once(candidates(connection, catalog, job, choice), left_out)
    writer = _Writer(connection, job, gold, actor)
    for batch in _batches(islice(fresh, choice.limit), writer.room):
        writer.write(batch)
    if not writer.items:
        raise NotReadyError(
            "No items are left to label.", "Choose another status, or include items that already have a label."
        )
    return writer.items


def _each_once(candidates: Iterable[Candidate], left_out: set[str]) -> Iterator[Candidate]:
    """The items that are not left out. Of an identity that stands more than once in the source, its first row."""
    seen = set(left_out)
    for one in candidates:
        if one.ref not in seen:
            seen.add(one.ref)
            yield one


def _batches(candidates: Iterable[Candidate], size: int) -> Iterator[list[Candidate]]:
    rest = iter(candidates)
    while batch := list(islice(rest, size)):
        yield batch


def _gold(connection: Connection, catalog: Catalog, job: LabelingJob) -> list[GoldItem]:
    """Items whose truth is known, with it."""
    truth = items.answers_of_source(connection, job.sheet_id, job.label_type, GROUND_TRUTH)
    everything = Choice(status=None, again=True)
    every = _each_once(candidates(connection, catalog, job, everything), set()) if truth else ()
    gold = [GoldItem(one, truth[one.ref]) for one in every if one.ref in truth]
    if not gold:
        raise NotReadyError(
            "No item of this sheet has a known answer (ground truth), so the job cannot contain gold items.",
            "Leave the gold share at 0, or import labels with the source ground_truth.",
        )
    return gold


class _Writer:
    """Writes tasks and their items."""

    def __init__(self, connection: Connection, job: LabelingJob, gold: list[GoldItem], actor: str) -> None:
        self._connection = connection
        self._job = job
        self._actor = actor
        gold_of_task = round(job.batch_size * job.gold_share) or (1 if gold else 0)
        self._mixer = GoldMixer(gold, gold_of_task, job.response_schema, job.id)
        self.room = job.batch_size - gold_of_task
        if self.room < 1:
            raise InvalidInputError(
                "The gold share leaves no room for other items.", "Use a smaller share, such as 0.05."
            )
        self._number = 0
        self.items = 0
        self._maker = RowMaker(
            TaskItem(
                task_id="",
                job_id=job.id,
                sheet_id=job.sheet_id,
                item_ref="",
                sequence_number=0,
                source_data={},
                created_by=actor,
                updated_by=actor,
                **inherited(tags_of(connection, job.sheet_id)).columns(),
            )
        )

    def write(self, batch: list[Candidate]) -> None:
        """One batch, once for each person who labels it."""
        self._number += 1
        self.items += len(batch)
        mixed = self._mixer.mix(batch)
        columns = [
            {
                "item_ref": one.ref,
                "sequence_number": number,
                "source_data": to_json(one.fields),
                "proposal": None if one.proposal is None else to_json(one.proposal),
                "confidence": one.confidence,
                "proposed_by": one.proposed_by,
                "certainty": one.certainty,
                "gold_answer": None if truth is None else to_json(truth),
            }
            for number, (one, truth) in enumerate(mixed, 1)
        ]
        for copy in range(1, self._job.overlap + 1):
            task = LabelingTask(
                job_id=self._job.id,
                number=self._number,
                copy_number=copy,
                item_count=len(mixed),
                created_by=self._actor,
                updated_by=self._actor,
            )
            rows.add(self._connection, task)
            ids = new_ids(len(columns))
            items = [self._maker.row(id=key, task_id=task.id, **one) for key, one in zip(ids, columns, strict=True)]
            self._maker.insert(self._connection, items)
