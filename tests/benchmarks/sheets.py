"""Training sheets of any size for the benchmarks: real rows of the sample data, straight into the store."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.services.records.training_sheets import create_training_sheet
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker, new_ids, stored
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.tui.core.ui_state import Session
from ontos_tui.workspace import Workspace

FIELD = "defect_class"
CHUNK = 20_000
"""Pairs that are inserted in one transaction."""


def seeded(home: Path, pairs: int) -> str:
    """A workspace at `home` with a training sheet of so many undecided pairs; returns the training sheet's id.

    The pairs have the 20 fields of the crystal inspections, the long prompt and one field to decide, so that one
    number key is a decision. A workspace that is there already is used again. The app opens where they are labeled.
    """
    with Workspace(home) as workspace:
        with workspace.store.read() as connection:
            made = rows.find_one(connection, TrainingSheet, equal(name=_name(pairs)))
        if made is None or workspace.label.queue.counts(made.id).total < pairs:
            made = _fill(workspace, pairs)
    Session(stage="label", training_sheet_id=made.id).save(home)
    return made.id


def _name(pairs: int) -> str:
    return f"{pairs:,} inspections"


def _fill(workspace: Workspace, pairs: int) -> TrainingSheet:
    seed = workspace.onboarding.seed("defect_detection")
    samples = workspace.generate.generation.generate(seed.sheet.id, seed.template.id, GenerationMode.AI, limit=200)
    with workspace.store.read() as connection:
        like = rows.find(connection, QAPair, equal(training_sheet_id=samples.training_sheet.id))
    asked = seed.template.output_schema
    schema = {**asked, "properties": {FIELD: asked["properties"][FIELD]}, "required": [FIELD]}
    sheet = Sheet(name=_name(pairs), source_table=seed.sheet.source_table, item_count=pairs)
    template = Template.model_validate(
        {**seed.template.model_dump(), "id": f"template of {pairs}", "name": "Defect only", "output_schema": schema}
    )
    with workspace.store.write() as connection:
        rows.add(connection, sheet)
        rows.add(connection, template)
        made = create_training_sheet(
            connection, sheet, template, GenerationMode.AI, "bench", status=TrainingSheetStatus.REVIEW
        )
        made = rows.change(connection, made, name=_name(pairs))
    for first in range(1, pairs + 1, CHUNK):
        with workspace.store.write() as connection:
            maker = RowMaker(_pair(made))
            maker.insert(connection, list(_rows(connection, maker, like, first, min(first + CHUNK, pairs + 1))))
    return made


def _pair(sheet: TrainingSheet) -> QAPair:
    return QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref="",
        sequence_number=0,
        source_data={},
        labeling_mode=LabelingMode.AI_GENERATED,
    )


def _rows(
    connection: Connection, maker: RowMaker, like: list[QAPair], first: int, stop: int
) -> Iterator[tuple[Any, ...]]:
    draw = random.Random(first)
    moment = stored(QAPair, "updated_at", now())
    classes = [json.dumps({FIELD: (pair.proposal or {}).get(FIELD, "none")}) for pair in like]
    for number, pair_id in zip(range(first, stop), new_ids(stop - first), strict=True):
        at = draw.randrange(len(like))
        yield maker.row(
            id=pair_id,
            item_ref=f"INS-{number:07}",
            sequence_number=number,
            source_data=connection.fields.text({**like[at].source_data, "inspection_id": f"INS-{number:07}"}),
            proposal=classes[at],
            confidence=round(draw.random(), 2),
            proposed_by=like[at].proposed_by,
            created_at=moment,
            updated_at=moment,
        )
