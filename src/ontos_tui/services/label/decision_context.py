"""What a decision needs to know of the training sheet or the labeling task that its item belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask
from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, TrainingSheet
from ontos_tui.services.records.answers import AnswerChecker

_PROPOSED = {
    GenerationMode.AI: LabelingMode.AI_GENERATED,
    GenerationMode.COLUMN: LabelingMode.EXISTING_COLUMN,
    GenerationMode.MANUAL: LabelingMode.MANUAL,
}


@dataclass(frozen=True)
class DecisionContext:
    """Where decisions are made, and what becomes of them.

    `id` is the training sheet or the task; the log and undo are kept by it. `proposed` is the labeling mode of an
    answer that is the proposal. With `keeps_labels` a decision makes the canonical label at once, with `label_source`.
    """

    id: str
    sheet_id: str
    label_type: str
    checker: AnswerChecker
    proposed: LabelingMode
    keeps_labels: bool = True
    label_source: str = "review"
    training_sheet_id: str | None = None

    @classmethod
    def of_sheet(cls, sheet: TrainingSheet) -> DecisionContext:
        """The scope of a training sheet's pairs."""
        checker = AnswerChecker(sheet.template_snapshot["output_schema"])
        mode = _PROPOSED[sheet.generation_mode]
        return cls(sheet.id, sheet.sheet_id, sheet.label_type, checker, mode, training_sheet_id=sheet.id)

    @classmethod
    def of_task(cls, job: LabelingJob, task: LabelingTask, training: TrainingSheet | None = None) -> DecisionContext:
        """The scope of a labeling task's items; `training` is where their proposals come from, if anywhere."""
        return cls(
            task.id,
            job.sheet_id,
            job.label_type,
            AnswerChecker(job.response_schema),
            LabelingMode.MANUAL if training is None else _PROPOSED[training.generation_mode],
            keeps_labels=job.labels_at_once,
            label_source="labeling",
        )
