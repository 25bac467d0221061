"""Models of the six use cases and of pictures, with rows to ask them about: what packing must not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.learning import LabeledExample, NoProgress, TrainingSet
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.schema import answer_fields
from ontos_tui.learning.encoding.features import describe
from ontos_tui.learning.models.field_models import fit
from ontos_tui.learning.targets import target
from ontos_tui.learning.trust.applicability import Applicability
from ontos_tui.platforms.local.predictor import LocalPredictor
from ontos_tui.platforms.local.trainer import LocalTrainer, _write
from ontos_tui.services.data.sample_files import read_answers, read_manifest, synthetic_data
from ontos_tui.services.templates.prompt import feature_columns
from ontos_tui.workspace import Workspace

USE_CASES = (
    "anomaly_detection",
    "calibration_insights",
    "defect_detection",
    "document_extraction",
    "predictive_maintenance",
    "remaining_useful_life",
)


@dataclass(frozen=True)
class UseCaseModel:
    """A trained model's folder and digest, the schema of its answers, and rows to ask it about."""

    folder: Path
    sha256: str
    schema: dict[str, Any]
    rows: Sequence[Row]

    def load(self) -> LocalPredictor:
        """The model as it answers on this machine."""
        predictor = LocalTrainer().load(self.folder, self.sha256)
        assert isinstance(predictor, LocalPredictor)
        return predictor


def picture_model(place: Path, base_model: str, most: int) -> UseCaseModel:
    """A model that tells from small pictures which way their stripes run; every fourth row has none."""
    from PIL import Image

    folder = place / "data"
    folder.mkdir(parents=True)
    examples = []
    for number in range(most):
        image = Image.new("L", (16, 16))
        lies = number % 2 == 0
        image.putdata([40 * ((y if lies else x) // 3 % 3) + number for y in range(16) for x in range(16)])
        image.save(folder / f"{number}.png")
        fields = {"shot": None if number % 4 == 3 else f"{number}.png", "heat": number / 7}
        examples.append(LabeledExample(str(number), fields, {"lies": lies, "length": number / 3}))
    schema = {"type": "object", "properties": {"lies": {"type": "boolean"}, "length": {"type": "number"}}}
    rows = [one.fields for one in examples]
    table, _ = describe(rows, ("shot", "heat"), images={"shot": folder})
    matrix = table.encode(rows)
    heads = []
    for field in answer_fields(schema):
        values = [target(field, one.answer) for one in examples]
        head, _ = fit(
            field,
            matrix,
            [one for one in values if one is not None],
            base_model,
            0,
            table.pictures() if base_model != "nearest" else (),
        )
        heads.append(head)
    learned = Applicability.learned(table, matrix, rows)
    predictor = LocalPredictor(table, tuple(heads), applicability=learned)
    return UseCaseModel(place / "model", _write(predictor, base_model, {}, place / "model"), schema, rows)


def use_case_model(key: str, place: Path, base_model: str, most: int) -> UseCaseModel:
    """A model of `base_model` that learned from `most` items of a use case; the rows are its held-out items."""
    source = synthetic_data() / key
    manifest = read_manifest(source / "use_case.json")
    with Workspace(place / "home") as workspace:
        seeded = workspace.onboarding.seed(key)
        sheet, template = seeded.sheet, seeded.template
        items = {
            item.ref: item.fields for item in workspace.data.sheets.sheet_page(sheet.id, limit=sheet.item_count).items
        }

    def labeled(name: str) -> tuple[LabeledExample, ...]:
        answers = read_answers(source / name, manifest.held_out.item_id_column, template)
        return tuple(LabeledExample(ref, items[ref], answer) for ref, answer in answers)[:most]

    features = feature_columns(template, list(next(iter(items.values()))), sheet.item_id_column)
    train, held_out = labeled(manifest.truth), labeled(manifest.held_out.file)
    data = TrainingSet(template.fields(), features, train, held_out, "held_out")
    trained = LocalTrainer().train(data, base_model, place / "model", NoProgress())
    return UseCaseModel(place / "model", trained.sha256, template.output_schema, [one.fields for one in held_out])
