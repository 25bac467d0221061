"""The labels that come with the sample data: those that only test, and those that colleagues gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.governance import Use
from ontos_tui.domain.schema import Answer
from ontos_tui.services.data.sample_files import Manifest, read_answers

COLLEAGUES = "colleagues (sample data)"
"""Who gave the labels that a model may learn from; an actor that no person has."""

SCHEMA = "samples"
"""The schema of the local catalog that holds sample data: local.samples.USE_CASE."""
SAMPLES = f"local.{SCHEMA}"

OF_EACH_CLASS = 4
"""Supplied labels that every class has at least, where there are so many items of it."""


@dataclass(frozen=True)
class SampleLabels:
    """The labels of one use case, as canonical labels of the items of its sheet."""

    manifest: Manifest
    folder: Path
    sheet: Sheet
    template: Template
    actor: str

    def held_out(self) -> list[CanonicalLabel]:
        """Labels that may test and never train. Which items those are was drawn when the data was made."""
        part = self.manifest.held_out
        return self._labels(
            read_answers(self.folder / part.file, part.item_id_column, self.template),
            source="ground_truth",
            allowed_uses=[Use.EVALUATION.value, Use.TESTING.value],
            prohibited_uses=[Use.TRAINING.value, Use.FEW_SHOT.value],
            usage_reason=part.reason,
        )

    def known(self, items: set[str]) -> list[CanonicalLabel]:
        """The answers of these items, as the use case's people wrote them down."""
        return self._labels(
            ((ref, answer) for ref, answer in self._answers() if ref in items),
            source="import",
            notes=f"from {self.manifest.truth} of the sample data",
        )

    def supplied(self, labeled: set[str]) -> list[CanonicalLabel]:
        """What colleagues labeled before: a few of each class, then others by chance, which a hash of the item is.

        Now and then they were wrong, as people are. None of the `labeled` items is among them, and none that is held
        out.
        """
        answers = [one for one in self._answers() if one[0] not in labeled]
        answers.sort(key=lambda one: blake2b(one[0].encode(), digest_size=8).digest())
        seen: Counter[str] = Counter()
        first: list[tuple[str, Answer]] = []
        others: list[tuple[str, Answer]] = []
        for ref, answer in answers:
            kind = str(answer.get(self.manifest.labelset.field))
            seen[kind] += 1
            (first if seen[kind] <= OF_EACH_CLASS else others).append((ref, answer))
        return self._labels(
            [*first, *others][: self.manifest.supplied],
            source="import",
            notes="given by colleagues; it came with the sample data",
            created_by=COLLEAGUES,
            updated_by=COLLEAGUES,
        )

    def _answers(self) -> Iterable[tuple[str, Answer]]:
        manifest = self.manifest
        return read_answers(self.folder / manifest.truth, manifest.held_out.item_id_column, self.template)

    def _labels(self, answers: Iterable[tuple[str, Answer]], **more: Any) -> list[CanonicalLabel]:
        who = {"created_by": self.actor, "updated_by": self.actor}
        return [
            CanonicalLabel(
                sheet_id=self.sheet.id,
                item_ref=ref,
                label_type=self.template.label_type,
                label_data=answer,
                **(who | more),
            )
            for ref, answer in answers
        ]
