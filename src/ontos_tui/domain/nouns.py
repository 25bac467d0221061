"""What people call the records, and the command that lists them. Messages about a missing record name both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.records.base import Record


@dataclass(frozen=True)
class Noun:
    """A kind of record in words. `listing` is the command that lists them, or "" where there is none."""

    singular: str
    plural: str
    listing: str = ""


NOUNS: Mapping[str, Noun] = {
    "Alert": Noun("alert", "alerts", "ontos alerts list --all"),
    "AlertRule": Noun("alert rule", "alert rules", "ontos alerts rules"),
    "AnnotationTask": Noun("annotation task", "annotation tasks", "ontos tasks list"),
    "CanonicalLabel": Noun("canonical label", "canonical labels", "ontos label labels"),
    "DeploymentFloor": Noun("floor", "floors", "ontos floors list"),
    "DataTable": Noun("table", "tables", "ontos data list"),
    "Endpoint": Noun("endpoint", "endpoints", "ontos endpoints list"),
    "Example": Noun("example", "examples", "ontos examples list"),
    "FeedbackItem": Noun("feedback", "feedback", "ontos feedback list"),
    "Gap": Noun("gap", "gaps", "ontos gaps list"),
    "InferenceRecord": Noun("request", "requests", "ontos monitor ENDPOINT --requests 20"),
    "Job": Noun("job", "jobs", "ontos jobs list"),
    "LabelingJob": Noun("labeling job", "labeling jobs", "ontos labeling list"),
    "LabelingTask": Noun("labeling task", "labeling tasks", "ontos labeling show JOB"),
    "Labelset": Noun("labelset", "labelsets", "ontos labelset list"),
    "ModelVersion": Noun("model", "models", "ontos models list"),
    "MustPassCase": Noun("must-pass case", "must-pass cases", "ontos cases list"),
    "QAPair": Noun("Q&A pair", "Q&A pairs", "ontos label next TRAINING_SHEET --count 20"),
    "SavedView": Noun("saved view", "saved views", "ontos label views TRAINING_SHEET"),
    "Sheet": Noun("sheet", "sheets", "ontos sheet list"),
    "TaskItem": Noun("item", "items", "ontos labeling next TASK --count 20"),
    "Template": Noun("template", "templates", "ontos template list"),
    "TrainingSheet": Noun("training sheet", "training sheets", "ontos training-sheets list"),
}
"""By the names of their classes: to import them all would take longer than most commands run."""


def noun(record: type[Record]) -> Noun:
    """What the records of this type are called; by their table's name where nobody looks for them by name."""
    if (known := NOUNS.get(record.__name__)) is not None:
        return known
    plural = record.TABLE.replace("_", " ")
    return Noun(plural.removesuffix("s"), plural)


def no_such(record: type[Record], ref: str) -> NotFoundError:
    """The error for a reference that fits no record: what is missing, and the command that lists what there is."""
    words = noun(record)
    todo = f"List {words.plural}: {words.listing}" if words.listing else "Check the id."
    return NotFoundError(f"No {words.singular} {ref!r}.", todo)
