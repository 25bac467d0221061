"""Several people on one workspace, as tests of labeling jobs need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from builders.severity import MINOR, SEVERITY_SCHEMA
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, Verdict
from ontos_tui.domain.records.template import LabelClass, Labelset
from ontos_tui.platforms.local.catalog import LocalCatalog
from ontos_tui.services.data.files import FileService
from ontos_tui.services.data.sheets import SheetService
from ontos_tui.services.label.labeling_jobs.service import LabelingService
from ontos_tui.services.label.labelsets.service import LabelsetService
from ontos_tui.services.label.service import Decision
from ontos_tui.services.label.task_service import task_decisions
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store


class Person:
    """What one person leads, labels and reviews with."""

    def __init__(self, store: Store, name: str) -> None:
        self.name = name
        self.jobs = LabelingService(store, LocalCatalog(store), name)
        self.label = task_decisions(store, name)

    def job(self, training_sheet: str, name: str = "Marks", **settings: Any) -> LabelingJob:
        """An active job over a training sheet."""
        return self.jobs.activate(self.jobs.create(name, training_sheet=training_sheet, **settings).id)

    def claim(self, job: LabelingJob) -> LabelingTask:
        """A task; there has to be one."""
        task = self.jobs.claim(job.id)
        assert task is not None
        return task

    def decide(self, task: LabelingTask, answer: dict[str, Any] = MINOR, count: int | None = None) -> None:
        """Give the first undecided items of a task, or all, this answer."""
        ids = [one.id for one in self.label.open(task.id) if one.status.value == "unlabeled"][:count]
        self.label.decide([Decision(key, Verdict.EDIT, answer) for key in ids])

    def do(self, job: LabelingJob, answer: dict[str, Any] = MINOR) -> LabelingTask:
        """Claim a task, decide all of it, and submit it."""
        task = self.claim(job)
        self.decide(task, answer)
        return self.jobs.submit(task.id)


def task_items(store: Store, task_id: str) -> list[TaskItem]:
    """The items of a task in their order."""
    with store.read() as connection:
        return rows.find(connection, TaskItem, equal(task_id=task_id), order_by=("sequence_number",))


def canonical_labels(store: Store) -> dict[str, CanonicalLabel]:
    """All canonical labels by item."""
    with store.read() as connection:
        return {one.item_ref: one for one in rows.find(connection, CanonicalLabel)}


def expire_lease(store: Store, task: LabelingTask) -> None:
    """As if nothing had happened in the task for longer than its lease."""
    with store.write() as connection:
        rows.change(connection, rows.get(connection, LabelingTask, task.id), lease_until=now() - timedelta(seconds=1))


def parts_sheet(store: Store, folder: Path, count: int) -> Sheet:
    """A sheet over a file with so many parts p1…"""
    path = folder / "parts.csv"
    path.write_text("part,depth\n" + "".join(f"p{number},{number}\n" for number in range(1, count + 1)))
    catalog = LocalCatalog(store)
    address = FileService(store, catalog, "ana").add_file(path).address
    return SheetService(store, catalog, "ana").create_sheet("parts", address, item_id_column="part")


def published_labelset(store: Store, classes: Sequence[str] = ("none", "minor", "major"), **more: Any) -> Labelset:
    """A published labelset of the label type severity."""
    service = LabelsetService(store, "ana")
    fields: dict[str, Any] = {
        "name": "Severity",
        "label_type": "severity",
        "field": "severity",
        "response_schema": SEVERITY_SCHEMA,
        **more,
    }
    made = service.create(classes=[LabelClass(name=name) for name in classes], **fields)
    return service.publish(made.id)
