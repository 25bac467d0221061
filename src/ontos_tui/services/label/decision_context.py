"""What a decision needs to know of the training sheet or the labeling task that its item belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask
from ontos_tui.domain.records.pairs import LabelingMode, TrainingSheet
from ontos_tui.services.canonical.writer import REVIEW, LabelOrigin
from ontos_tui.services.records.answers import AnswerChecker


@dataclass(frozen=True)
class DecisionContext:
    """Where decisions are made, and what follows from them.

    `id` is the training sheet or the task; the log and undo go by it. `proposed` is the labeling mode of an answer
    that is the proposal. With `writes_labels` a decision writes the canonical label at once, with `origin`.
    """

    id: str
    checker: AnswerChecker
    proposed: LabelingMode
    origin: LabelOrigin
    writes_labels: bool = True

    @classmethod
    def of_sheet(cls, sheet: TrainingSheet) -> DecisionContext:
        """The context of a training sheet's pairs."""
        checker = AnswerChecker(sheet.template_snapshot["output_schema"])
        origin = LabelOrigin(sheet.sheet_id, sheet.label_type, REVIEW, sheet.id)
        return cls(sheet.id, checker, sheet.generation_mode.proposal_mode, origin)

    @classmethod
    def of_task(cls, job: LabelingJob, task: LabelingTask, training: TrainingSheet | None = None) -> DecisionContext:
        """The context of a labeling task's items; `training` is where their proposals come from, if anywhere."""
        return cls(
            task.id,
            AnswerChecker(job.response_schema),
            LabelingMode.MANUAL if training is None else training.generation_mode.proposal_mode,
            LabelOrigin(job.sheet_id, job.label_type, "labeling"),
            writes_labels=job.labels_at_once,
        )
