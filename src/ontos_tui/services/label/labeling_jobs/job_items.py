"""The items that a new labeling job can have, in the order of its training sheet or sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ontos_tui.domain.records.data import RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.platforms.ports import Catalog
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import labeled_items
from ontos_tui.store.queries.labeling_jobs import items
from ontos_tui.store.queries.labeling_jobs.items import Candidate


@dataclass(frozen=True)
class Choice:
    """Which items a job is made of: `again` takes those too that have a label of the type already."""

    limit: int | None = None
    status: PairStatus | None = PairStatus.UNLABELED
    again: bool = False


class JobItems:
    """Reads the items that one job can have. They are read as they are used, and anew by each call."""

    def __init__(self, connection: Connection, catalog: Catalog, job: LabelingJob, choice: Choice) -> None:
        self._connection = connection
        self._catalog = catalog
        self._job = job
        self._choice = choice

    def open(self, left_out: Iterable[str] = ()) -> Iterator[Candidate]:
        """What the choice takes, without those `left_out` by name, and without a limit."""
        job, choice = self._job, self._choice
        labeled = set() if choice.again else labeled_items(self._connection, job.sheet_id, job.label_type)
        return _each_once(self._all(choice.status), labeled.union(left_out))

    def with_answer(self, names: Iterable[str]) -> Iterator[Candidate]:
        """The items with these names, whatever the choice."""
        known = set(names)
        return (one for one in _each_once(self._all(None), set()) if one.ref in known) if known else iter(())

    def _all(self, status: PairStatus | None) -> Iterator[Candidate]:
        job = self._job
        if job.training_sheet_id is not None:
            yield from items.candidates(self._connection, job.training_sheet_id, status)
            return
        sheet = rows.get(self._connection, Sheet, job.sheet_id)
        in_order = self._catalog.items(TableAddress.parse(sheet.source_table), RowQuery.of(sheet))
        for number, item in enumerate(in_order, 1):
            yield Candidate(item.ref, item.fields, number=number)


def _each_once(candidates: Iterable[Candidate], left_out: set[str]) -> Iterator[Candidate]:
    """The items that are not left out. Of an identity that stands more than once in the source, its first row."""
    seen = set(left_out)
    for one in candidates:
        if one.ref not in seen:
            seen.add(one.ref)
            yield one
