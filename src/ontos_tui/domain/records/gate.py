"""DEPLOY: what must hold before a model version may answer: cases that it must pass, and floors under its scores."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Audited
from ontos_tui.domain.schema import Answer


class MustPassCase(Audited):
    """An item with the answer that every new version must give to it.

    It belongs to the templates of one name and label type, so that it outlives trainings and new template versions.
    """

    TABLE: ClassVar[str] = "must_pass_cases"
    UNIQUE: ClassVar = (("template_name", "label_type", "sheet_id", "item_ref"),)

    template_name: str
    label_type: str
    sheet_id: str
    item_ref: str
    pair_id: str = Field(description="the pair that it was made from")
    source_data: dict[str, Any] = Field(description="the item's fields when this was made")
    expected: Answer = Field(description="the fields of the answer that are checked, with their values")
    within: dict[str, float] = Field(
        default_factory=dict, description="field to how far off a number may be; else the model's own interval decides"
    )
    note: str = Field("", description="why it must be right")


class Measure(StrEnum):
    """What a floor is under, or for errors over."""

    RECALL = "recall"
    PRECISION = "precision"
    F1 = "f1"
    ACCURACY = "accuracy"
    MACRO_F1 = "macro_f1"
    MAE = "mae"

    @property
    def words(self) -> str:
        """As people write it."""
        return _TITLES.get(self, self.value)

    @property
    def of_class(self) -> bool:
        """Whether it is measured for one class."""
        return self in (Measure.RECALL, Measure.PRECISION, Measure.F1)

    @property
    def higher_is_better(self) -> bool:
        """Whether the bound is the least that is allowed; else it is the most."""
        return self is not Measure.MAE


_TITLES = {Measure.F1: "F1", Measure.MACRO_F1: "macro F1", Measure.MAE: "MAE"}


class DeploymentFloor(Audited):
    """The least score, or the greatest error, with which a model may be deployed: "recall of crack ≥ 0.9"."""

    TABLE: ClassVar[str] = "deployment_floors"
    UNIQUE: ClassVar = (("name", "field", "class_name", "measure"),)

    name: str = Field(min_length=1, description="of an endpoint or of a model; it holds for both")
    field: str = Field("", description="of the answer; empty for the first")
    class_name: str = Field("", description="empty for the whole field")
    measure: Measure
    bound: float

    def text(self) -> str:
        """As people write it: "recall of crack ≥ 0.9"."""
        of = " of ".join(part for part in (self.measure.words, self.class_name or self.field) if part)
        return f"{of} {'≥' if self.measure.higher_is_better else '≤'} {self.bound:g}"
