"""Inspected crystals: the sample data of one use case, with pairs that wait for a decision."""

from __future__ import annotations

from pathlib import Path

from builders.copies import copied_workspace
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.workspace import Workspace


def crystals_to_decide(home: Path, limit: int | None = 40) -> str:
    """A workspace at `home` with proposals for so many of the inspected crystals, or for all; their sheet's id."""
    return copied_workspace(home, ("crystals to decide", limit), lambda place: _make(place, limit))


def _make(home: Path, limit: int | None) -> str:
    with Workspace(home) as workspace:
        seeded = workspace.onboarding.seed("defect_detection")
        report = workspace.generate.generation.generate(
            seeded.sheet.id, seeded.template.id, GenerationMode.AI, limit=limit
        )
        return report.training_sheet.id
