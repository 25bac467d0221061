"""Training sheets with pairs in them, for tests that start at labeling."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, QAPair, TrainingSheet, answer_digest
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord, Origin
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Job, JobKind, ModelPair, ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate, gate
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.services.records.training_sheets import create_training_sheet
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store

SEVERITY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "severity": {"enum": ["none", "minor", "major"]},
        "depth": {"type": "number", "minimum": 0},
    },
    "required": ["severity"],
    "additionalProperties": False,
}
MINOR = {"severity": "minor"}
MAJOR = {"severity": "major", "depth": 1.5}
NONE = {"severity": "none"}


def sheet_record(store: Store, name: str = "plates") -> Sheet:
    """A sheet record; its source need not exist."""
    sheet = Sheet(name=name, source_table=f"local.files.{name}")
    with store.write() as connection:
        rows.add(connection, sheet)
    return sheet


def unlabeled_sheet(store: Store, pairs: int, sheet: Sheet | None = None, **more: Any) -> TrainingSheet:
    """A training sheet with so many unlabeled pairs item-1…, each proposed to be minor. `more` is of the template."""
    with store.read() as connection:
        known = len(rows.find(connection, Template))
    fields = {"name": f"severity {known}", "label_type": "severity", "user_prompt": "{{ torque }}", **more}
    template = Template(output_schema=SEVERITY_SCHEMA, **fields)
    sheet = sheet or sheet_record(store, f"plates{known}")
    with store.write() as connection:
        rows.add(connection, template)
        made = create_training_sheet(connection, sheet, template, GenerationMode.AI, "maker")
        rows.add_many(connection, (_pair(made, number) for number in range(1, pairs + 1)))
    return made


def _pair(sheet: TrainingSheet, number: int) -> QAPair:
    return QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref=f"item-{number}",
        sequence_number=number,
        source_data={"torque": 40 + number, "note": f"shift {number % 3}"},
        proposal=MINOR,
        confidence=(number * 7 % 10) / 10,
        proposed_by="a test",
        labeling_mode=LabelingMode.AI_GENERATED,
    )


def model_record(store: Store, sheet: TrainingSheet, version: int = 1, **more: Any) -> ModelVersion:
    """A version of the model `severity`, with its job and the lineage of what may be trained on now; no files."""
    job = Job(kind=JobKind.TRAIN, title="Train severity", status=JobStatus.SUCCEEDED, started_at=now())
    model = ModelVersion(
        name="severity",
        version=version,
        training_sheet_id=sheet.id,
        template_id=sheet.template_id,
        template_version=sheet.template_version,
        sheet_id=sheet.sheet_id,
        job_id=job.id,
        base_model="boosted-trees",
        engine="none",
        template_snapshot=sheet.template_snapshot,
        evaluation={},
        train_count=0,
        held_out_count=0,
        artifact="models/none",
        sha256="0",
        seconds=1.0,
        **more,
    )
    with store.write() as connection:
        rows.add(connection, job)
        rows.add(connection, model)
        for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
            if gate(pair) is Gate.TRAINING:
                lineage = {"pair_version": pair.version, "answer_digest": answer_digest(pair.answer)}
                rows.add(connection, ModelPair(model_id=model.id, pair_id=pair.id, role=Role.TRAIN, **lineage))
    return model


def endpoint_record(store: Store, model: ModelVersion, name: str = "severity") -> Endpoint:
    """An endpoint that answers with the model."""
    endpoint = Endpoint(name=name, model_id=model.id)
    with store.write() as connection:
        rows.add(connection, endpoint)
    return endpoint


def request_record(store: Store, endpoint: Endpoint, output: dict[str, Any] | None = None) -> InferenceRecord:
    """A request that the endpoint has answered; by default it said that the item is minor."""
    record = InferenceRecord(
        endpoint=endpoint.name,
        model_id=endpoint.model_id,
        model_version=1,
        origin=Origin.PLAYGROUND,
        input={"torque": 55, "note": "\x1b[31m"},
        output=MINOR if output is None else output,
        latency_ms=1.0,
    )
    with store.write() as connection:
        rows.add(connection, record)
    return record
