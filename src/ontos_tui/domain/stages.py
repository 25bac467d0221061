"""The seven stages of the loop; they have the same names on every floor."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    DATA = "data"
    GENERATE = "generate"
    LABEL = "label"
    TRAIN = "train"
    DEPLOY = "deploy"
    MONITOR = "monitor"
    IMPROVE = "improve"

    @property
    def number(self) -> int:
        """1 to 7: the key that leads there."""
        return list(Stage).index(self) + 1

    @property
    def title(self) -> str:  # type: ignore[override]  # str.title is not what anybody wants of a stage
        """The name on the tab."""
        return self.value.capitalize()
