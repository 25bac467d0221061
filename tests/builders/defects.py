"""Labeled pairs put straight into the store, for the stages that come after labeling."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store

DEFECT_SCHEMA = {
    "type": "object",
    "properties": {"defect": {"enum": ["crack", "scratch", "none"]}, "severe": {"type": "boolean"}},
    "required": ["defect"],
}
DEPTH_SCHEMA = {"type": "object", "properties": {"depth": {"type": "number"}}, "required": ["depth"]}


def part(number: int) -> dict[str, Any]:
    """One made-up part: what its sensors read is told by its number, with a little noise."""
    noise = random.Random(number)
    return {
        "part": f"P{number:04d}",
        "batch": f"B{number // 5}",
        "voltage": round((number % 3) * 10 + noise.uniform(-2, 2), 3),
        "line": "north" if number % 2 else "south",
    }


def truth(number: int) -> dict[str, Any]:
    """The right answer about that part."""
    return {"defect": ("crack", "scratch", "none")[number % 3], "severe": number % 3 == 0}


def labeled_sheet(store: Store, count: int = 60, *, name: str = "Defects", **template: Any) -> TrainingSheet:
    """A training sheet with `count` labeled pairs from two made-up sensors."""
    sheet = Sheet(name=name, source_table="local.files.parts", item_id_column="part")
    made = Template(
        **{
            "name": name,
            "label_type": "defect",
            "user_prompt": "{{ voltage }} {{ line }}",
            "output_schema": DEFECT_SCHEMA,
            # Rows are independent, unless a test is about their groups: the batches would be proposed.
            "split_by": SplitBy.PROPOSED if "group_column" in template else SplitBy.NONE,
            **template,
        }
    )
    training_sheet = TrainingSheet(
        name=name,
        sheet_id=sheet.id,
        template_id=made.id,
        template_version=made.version,
        template_snapshot=made.model_dump(mode="json"),
        label_type="defect",
        generation_mode=GenerationMode.MANUAL,
    )
    with store.write() as connection:
        for record in (sheet, made, training_sheet):
            rows.add(connection, record)
    add_pairs(store, training_sheet, range(count))
    return training_sheet


def add_pairs(
    store: Store,
    sheet: TrainingSheet,
    numbers: range,
    answer: Mapping[str, Any] | None = None,
    **columns: Any,
) -> list[QAPair]:
    """Pairs about the parts with these numbers, labeled unless `columns` say otherwise."""
    pairs = [
        QAPair(
            **{
                "training_sheet_id": sheet.id,
                "sheet_id": sheet.sheet_id,
                "item_ref": f"P{number:04d}",
                "sequence_number": number + 1,
                "source_data": part(number),
                "answer": dict(answer) if answer else truth(number),
                "status": PairStatus.LABELED,
                "reviewed_by": "ana",
                "reviewed_at": now(),
                **columns,
            }
        )
        for number in numbers
    ]
    with store.write() as connection:
        rows.add_many(connection, pairs)
    return pairs


def change_pair(store: Store, sheet: TrainingSheet, item_ref: str, **columns: Any) -> QAPair:
    """Change one pair as labeling does: its version moves."""
    with store.write() as connection:
        pair = find_pair(store, sheet, item_ref)
        return rows.change(connection, pair, version=pair.version + 1, **columns)


def find_pair(store: Store, sheet: TrainingSheet, item_ref: str) -> QAPair:
    """The pair about an item."""
    with store.read() as connection:
        pair = rows.find_one(connection, QAPair, equal(training_sheet_id=sheet.id, item_ref=item_ref))
    assert pair is not None
    return pair
