"""Cutting items into the tasks of a labeling job: every item once for each copy, hidden gold items among them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.rules.governance import inherited
from ontos_tui.domain.schema import Answer
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.label.labeling_jobs.gold import Deal, GoldItem, Terms, deal
from ontos_tui.services.label.labeling_jobs.job_items import Choice, JobItems
from ontos_tui.services.records.usage_constraints import tags_of
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker, new_ids
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.labeling_jobs import items
from ontos_tui.store.queries.labeling_jobs.items import Candidate
from ontos_tui.store.values import to_json

GROUND_TRUTH = "ground_truth"

WRITTEN_AT_ONCE = 4_000
"""Rows of one insertion."""


@dataclass(frozen=True)
class Split:
    """How many items a job has, gold not counted, and whether they come with their proposals."""

    items: int
    shows_proposals: bool


def create_tasks(connection: Connection, catalog: Catalog, job: LabelingJob, choice: Choice, actor: str) -> Split:
    """Make the job's tasks. Gold items come on top.

    Raises NotReadyError when no item is left, or no item whose truth is known for the gold share.
    """
    source = JobItems(connection, catalog, job, choice)
    writer = _Writer(connection, job, actor)
    if job.gold_share:
        split = _split_with_gold(connection, job, source, choice, writer)
    else:
        split = _split(job, source, choice, writer)
    writer.flush()
    return split


def _split(job: LabelingJob, source: JobItems, choice: Choice, writer: _Writer) -> Split:
    """The items in their order, read and written a task at a time."""
    rest = islice(source.open(), choice.limit)
    total = 0
    while batch := list(islice(rest, job.batch_size)):
        writer.begin_tasks(total // job.batch_size, len(batch))
        for place, one in enumerate(batch, total):
            writer.add(place, one)
        total += len(batch)
    if not total:
        raise _nothing_left()
    return Split(total, shows_proposals=True)


def _split_with_gold(
    connection: Connection, job: LabelingJob, source: JobItems, choice: Choice, writer: _Writer
) -> Split:
    """The items with gold among them. They are read twice, since where each stands depends on all."""
    truth = items.answers_of_source(connection, job.sheet_id, job.label_type, GROUND_TRUTH)
    gold = [GoldItem(one, truth[one.ref]) for one in source.with_answer(truth)]
    if not gold:
        raise NotReadyError(
            "No item of this sheet has a known answer (ground truth), so the job cannot contain gold items.",
            "Leave the gold share at 0, or import labels with the source ground_truth.",
        )
    names = [one.item.ref for one in gold]
    numbers, have_proposals = array("q"), False
    for one in source.open(names):
        numbers.append(one.number)
        have_proposals = have_proposals or one.proposal is not None
    if not numbers:
        raise _nothing_left()
    terms = Terms(job.batch_size, job.gold_share, choice.limit)
    dealt = deal(numbers, gold, terms, job.id, have_proposals=have_proposals)
    total = len(dealt.numbers)
    for number, start in enumerate(range(0, total, job.batch_size)):
        writer.begin_tasks(number, min(job.batch_size, total - start))
    for place, one, known in _dealt(dealt, source.open(names)):
        writer.add(place, one, known)
    return Split(total - len(dealt.gold), dealt.shows_proposals)


def _dealt(dealt: Deal, others: Iterable[Candidate]) -> Iterator[tuple[int, Candidate, Answer | None]]:
    """The items of a job as the source has them: place, item, and its truth where that is known."""
    places = zip(dealt.numbers, dealt.places, strict=True)
    gold = sorted((one.item for one in dealt.gold.values()), key=lambda one: one.number)
    taken = next(places, None)
    for one in merge(others, gold, key=lambda one: one.number):
        if taken is None:
            return
        number, place = taken
        if one.number != number:
            continue
        known = dealt.gold.get(number)
        shown = one if dealt.shows_proposals else _without_proposal(one)
        yield place, shown, None if known is None else known.truth
        taken = next(places, None)


def _without_proposal(item: Candidate) -> Candidate:
    return replace(item, proposal=None, confidence=None, proposed_by="", certainty="")


def _nothing_left() -> NotReadyError:
    return NotReadyError(
        "No items are left to label.", "Choose another status, or include items that already have a label."
    )


class _Writer:
    """Writes tasks, once for each person who labels a batch, and their items, in any order."""

    def __init__(self, connection: Connection, job: LabelingJob, actor: str) -> None:
        self._connection = connection
        self._job = job
        self._actor = actor
        self._tasks: dict[int, list[str]] = {}
        self._rows: list[tuple[object, ...]] = []
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

    def begin_tasks(self, batch: int, item_count: int) -> None:
        """The tasks of a batch, from 0, with so many items."""
        tasks = [
            LabelingTask(
                job_id=self._job.id,
                number=batch + 1,
                copy_number=copy,
                item_count=item_count,
                created_by=self._actor,
                updated_by=self._actor,
            )
            for copy in range(1, self._job.overlap + 1)
        ]
        for task in tasks:
            rows.add(self._connection, task)
        self._tasks[batch] = [task.id for task in tasks]

    def add(self, place: int, item: Candidate, truth: Answer | None = None) -> None:
        """The item at this place of the job, from 0."""
        batch, number = divmod(place, self._job.batch_size)
        columns = {
            "item_ref": item.ref,
            "sequence_number": number + 1,
            "source_data": self._connection.fields.text(item.fields),
            "proposal": None if item.proposal is None else to_json(item.proposal),
            "confidence": item.confidence,
            "proposed_by": item.proposed_by,
            "certainty": item.certainty,
            "gold_answer": None if truth is None else to_json(truth),
        }
        tasks = self._tasks[batch]
        for key, task_id in zip(new_ids(len(tasks)), tasks, strict=True):
            self._rows.append(self._maker.row(id=key, task_id=task_id, **columns))
        if len(self._rows) >= WRITTEN_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        self._maker.insert(self._connection, self._rows)
        self._rows = []
