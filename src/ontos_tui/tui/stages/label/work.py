"""What is labeled at the desk: the pairs of a training sheet, or the items of a labeling task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.labeling import is_blind
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import AnswerField, FieldKind, answer_fields
from ontos_tui.services.label.queue import QueueSort

if TYPE_CHECKING:
    from ontos_tui.domain.records.pairs import Decidable, TrainingSheet
    from ontos_tui.domain.records.template import LabelClass, Labelset, Template
    from ontos_tui.services.label.decision_service import DecisionService
    from ontos_tui.services.templates.prompt import Prompt
    from ontos_tui.workspace import Workspace


FEW = 10
"""Decisions of one's own for a first model."""


@dataclass(frozen=True)
class Work:
    """One training sheet or task, with all that the desk shows around its items.

    `classes` are a labelset's, by the answer field that they belong to; `template` renders the prompt where there is
    one. `is_shared` work is done by several people at once, who claim what they are about to decide.
    With an `annotation_task`, only the pairs that it asks for are listed, otherwise all in the order of `sort`.
    `sent_back` is what a reviewer wrote who sent the task back, and who that is.
    """

    id: str
    name: str
    schema: Mapping[str, Any]
    service: Callable[[Workspace], DecisionService[Any]]
    guidelines: str = ""
    classes: Mapping[str, tuple[LabelClass, ...]] = field(default_factory=dict)
    blind_share: float = 0.0
    template: Template | None = None
    is_shared: bool = False
    annotation_task: str = ""
    sent_back: str = ""
    sort: QueueSort = QueueSort.ORDER

    @cached_property
    def fields(self) -> tuple[AnswerField, ...]:
        """The fields of an answer."""
        return answer_fields(self.schema)

    @cached_property
    def choice_fields(self) -> tuple[str, ...]:
        """The names of the fields whose values keys choose."""
        return tuple(one.name for one in self.fields if one.choices or one.kind is FieldKind.BOOLEAN)

    @cached_property
    def prompt(self) -> Prompt | None:
        """What renders the question of an item; None without a template."""
        from ontos_tui.services.templates.prompt import Prompt

        return None if self.template is None else Prompt(self.template)

    @cached_property
    def _columns(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {}

    def columns(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of an item's columns that the template names: what the answer is asked from."""
        if self.prompt is None:
            return ()
        if names not in self._columns:
            self._columns[names] = tuple(self.prompt.mapping(names).values())
        return self._columns[names]

    def hides(self, item_ref: str) -> bool:
        """Whether this item's proposal is hidden, so that one can tell later how much proposals sway people."""
        return self.blind_share > 0 and is_blind(self.id, item_ref, self.blind_share)

    def is_blind(self, item: Decidable) -> bool:
        """Whether the proposal of this item is to be hidden now; what is decided already hides nothing."""
        return item.status is PairStatus.UNLABELED and item.proposal is not None and self.hides(item.item_ref)

    def choices(self, name: str) -> tuple[Any, ...]:
        """What the keys choose between for a field: its values, in the order of the labelset where it has one."""
        one = next(field for field in self.fields if field.name == name)
        if one.kind is FieldKind.BOOLEAN:
            return (True, False)
        known = [label.name for label in self.classes.get(name, ()) if label.name in one.choices]
        return (*known, *(choice for choice in one.choices if choice not in known))

    def key_of(self, name: str, choice: Any) -> str:
        """The key that chooses this value: its class's own, else its number; empty past the ninth."""
        label = self.label_class(name, choice)
        if label is not None and label.hotkey:
            return label.hotkey
        number = self.choices(name).index(choice) + 1
        taken = {one.hotkey for one in self.classes.get(name, ())}
        return str(number) if number <= 9 and str(number) not in taken else ""

    def label_class(self, name: str, choice: Any) -> LabelClass | None:
        """The class of the labelset that this value of a field is."""
        return next((one for one in self.classes.get(name, ()) if one.name == choice), None)

    def chosen(self, key: str, active: str) -> tuple[str, Any] | None:
        """The field and the value that a key chooses while `active` is the field to fill; None for any other key."""
        names = [active] if active else []
        if not key.isdigit():
            names += self.classes
        return next(
            ((name, choice) for name in names for choice in self.choices(name) if self.key_of(name, choice) == key),
            None,
        )

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key that chooses something here."""
        names = [one.name for one in self.fields if one.is_choice]
        return frozenset(key for name in names for choice in self.choices(name) if (key := self.key_of(name, choice)))


def work_of_sheet(workspace: Workspace, sheet: TrainingSheet) -> Work:
    """The pairs of a training sheet."""
    from ontos_tui.domain.records.template import Template

    template = Template.model_validate(sheet.template_snapshot)
    labelset = workspace.label.labelsets.for_label_type(sheet.label_type)
    return Work(
        sheet.id,
        sheet.name,
        template.output_schema,
        lambda workspace: workspace.label.queue.decisions,
        guidelines=_guidelines(template.guidelines, labelset),
        classes=_classes(labelset, template.output_schema),
        blind_share=sheet.blind_share,
        template=template,
        is_shared=True,
        sort=_first_sort(workspace, sheet),
    )


def _first_sort(workspace: Workspace, sheet: TrainingSheet) -> QueueSort:
    """The order in which a sheet is labeled: the first decisions beside supplied labels see every class."""
    counts = workspace.label.queue.counts(sheet.id)
    few = counts.labeled - counts.auto_approved < FEW
    return QueueSort.VARIED if few and workspace.onboarding.has_supplied(sheet.sheet_id) else QueueSort.ORDER


def work_of_task(workspace: Workspace, task_id: str) -> Work:
    """The items of a labeling task."""
    from ontos_tui.domain.records.template import Template

    task = workspace.label.jobs.task(task_id)
    job = workspace.label.jobs.job(task.job_id)
    labelset = workspace.label.labelsets.for_label_type(job.label_type)
    template = None
    if job.training_sheet_id is not None:
        template = Template.model_validate(
            workspace.label.queue.training_sheet(job.training_sheet_id).template_snapshot
        )
    guidelines = "\n\n".join(
        filter(None, [task.sent_back, job.instructions or (template.guidelines if template else "")])
    )
    return Work(
        task.id,
        f"task {task.number} · {job.name}",
        job.response_schema,
        lambda workspace: workspace.label.task_queue,
        guidelines=_guidelines(guidelines, labelset),
        classes=_classes(labelset, job.response_schema),
        blind_share=job.blind_share,
        template=template,
        sent_back=task.sent_back,
    )


def _classes(labelset: Labelset | None, schema: Mapping[str, Any]) -> dict[str, tuple[LabelClass, ...]]:
    if labelset is None or labelset.field not in schema["properties"]:
        return {}
    return {labelset.field: tuple(labelset.classes)}


def _guidelines(text: str, labelset: Labelset | None) -> str:
    """How to decide: the instructions, then what each class means."""
    parts = [text.strip()] if text.strip() else []
    if labelset is not None:
        if labelset.guidelines.strip():
            parts.append(labelset.guidelines.strip())
        meanings = [f"{one.display_name or one.name}: {one.description}" for one in labelset.classes if one.description]
        if meanings:
            parts.append("\n".join(meanings))
    return "\n\n".join(parts) or "There are no guidelines for this."
