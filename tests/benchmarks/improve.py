"""Does the loop make models better? Real data, replayed through the real services, three rounds.

    python tests/benchmarks/improve.py [--rounds N] [plates|machines|air|crystals ...]

A model learns from a biased slice of the data and is served. Each round some of the other rows are asked about; where
the answer is wrong, somebody says so with the right answer (rating 1), where it is right, rates it 5. All feedback is
converted in bulk, the pairs are approved, the model is trained again by `retrain`, which has to beat the way to learn
of the model that answers, and deployed. 30 % of the rows, of all kinds, are for evaluation only: no version ever learns
them. In the end every version is scored on them (`curve`). Beside each score stands that of a model that was given as
many pairs at once, drawn at random from all kinds: what is left to gain; and how each version learns, and whether that
is the way of the model before. Public data is read where ONTOS_REAL_DATA has it. Ends with an error when a score has
not risen.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.improve import FeedbackFilter
from ontos_tui.domain.records.pairs import GenerationMode, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Evaluation, ModelVersion
from ontos_tui.domain.rules.deployment_gate import GateError
from ontos_tui.domain.rules.states import FeedbackStatus, GapStatus, JobStatus, PairStatus
from ontos_tui.services.data.sample_files import synthetic_data
from ontos_tui.services.improve.service import BulkAction
from ontos_tui.services.label.service import Decision
from ontos_tui.services.records.training_sheets import create_training_sheet
from ontos_tui.services.train.learning_curve import bar, score_range
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

Item = tuple[dict[str, Any], Any]
FAILURES = ("TWF", "HDF", "PWF", "OSF")
HELD_OUT = 0.3
FIRST = 150
"""Pairs of the biased slice that the first version learns from."""
ASKED = 150
"""Rows that are asked about in each round."""


@dataclass(frozen=True)
class Data:
    """Rows with their right answers, and which of them are in the biased slice."""

    name: str
    schema: dict[str, Any]
    items: Sequence[Item]
    slice_words: str
    in_slice: Callable[[dict[str, Any]], bool]


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file, numbers as numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: number(value) for name, value in row.items()} for row in csv.DictReader(file)]


def number(text: str) -> Any:
    """A text as the number that it writes; else as it is."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() and "." not in text else value


def real(name: str) -> Path | None:
    """A file of the public data, where it is."""
    beside = Path(__file__).parents[3] / "shared" / "real_data"
    path = Path(os.environ.get("ONTOS_REAL_DATA") or beside) / name
    return path if path.exists() else None


def classes(values: set[str]) -> dict[str, Any]:
    """The schema of one class."""
    return {"type": "object", "properties": {"answer": {"enum": sorted(values)}}, "required": ["answer"]}


def plates(path: Path) -> Data:
    """Steel plates: which of seven faults; the slice has one of the two types of steel."""
    items = [({k: v for k, v in row.items() if k != "fault"}, row["fault"]) for row in read(path)]
    schema = classes({fault for _, fault in items})
    return Data("steel plates", schema, items, "thin plates (up to 70)", lambda row: row["Steel_Plate_Thickness"] <= 70)


def machines(path: Path) -> Data:
    """Machine failures: which kind, or none; as many without a failure as with one."""
    found = []
    for row in read(path):
        kinds = [kind for kind in FAILURES if row[kind]]
        kept = {name: value for name, value in row.items() if name not in (*FAILURES, "RNF", "Machine_failure")}
        for name in ("UDI", "Product ID"):
            del kept[name]
        found.append((kept, kinds[0] if kinds else "none"))
    failed = [item for item in found if item[1] != "none"]
    fine = random.Random(1).sample([item for item in found if item[1] == "none"], len(failed))
    slice_words = "tools with little wear (under 120 min)"
    schema = classes({"none", *FAILURES})
    return Data("machine failures", schema, failed + fine, slice_words, lambda row: row["Tool wear [min]"] < 120)


def air(path: Path) -> Data:
    """Air quality: carbon monoxide from the cheap sensors; the slice is the warm half of the year."""
    items = []
    for row in read(path)[:4_000]:
        if row["CO(GT)"] == -200 or row["PT08.S1(CO)"] == -200 or not isinstance(row["T"], float):
            continue
        sensors = ("PT08.S1(CO)", "PT08.S2(NMHC)", "PT08.S3(NOx)", "PT08.S4(NO2)", "PT08.S5(O3)", "T", "RH", "AH")
        items.append(({name: row[name] for name in sensors}, float(row["CO(GT)"])))
    schema = {"type": "object", "properties": {"answer": {"type": "number"}}, "required": ["answer"]}
    return Data("air quality", schema, items, "little traffic (S1 under 1,000)", lambda row: row["PT08.S1(CO)"] < 1_000)


def crystals(folder: Path) -> Data:
    """Our made-up inspections of crystals: which defect; the slice is one type of detector."""
    truth = {
        row["inspection_id"]: row["defect_class"] for row in read(folder / "truth.csv") + read(folder / "held_out.csv")
    }
    drop = ("inspection_id", "inspected_at", "serial", "operator_note")
    items = [
        ({k: v for k, v in row.items() if k not in drop}, truth[row["inspection_id"]])
        for row in read(folder / "inspections.csv")
        if row["inspection_id"] in truth
    ]
    schema = classes({defect for _, defect in items})
    return Data("crystals (made up)", schema, items, "NaI detectors", lambda row: row["detector_type"] == "NaI")


def sheet_of(workspace: Workspace, data: Data, name: str) -> TrainingSheet:
    """An empty training sheet for this data."""
    source = Sheet(name=name, source_table=f"local.files.{name.replace(' ', '_')}")
    template = Template(
        name=name,
        label_type="answer",
        user_prompt="what?",
        output_schema=data.schema,
        feature_columns=list(data.items[0][0]),
    )
    with workspace.store.write() as connection:
        rows.add(connection, source)
        rows.add(connection, template)
        return create_training_sheet(
            connection, source, template, GenerationMode.MANUAL, workspace.actor, status="review"
        )


def put(workspace: Workspace, sheet: TrainingSheet, items: Sequence[Item], first: int, **more: Any) -> None:
    """Labeled pairs."""
    pairs = (
        QAPair(
            training_sheet_id=sheet.id,
            sheet_id=sheet.sheet_id,
            item_ref=f"row-{first + place}",
            sequence_number=first + place,
            source_data=fields,
            answer={"answer": answer},
            status=PairStatus.LABELED,
            reviewed_by="expert",
            reviewed_at=now(),
            **more,
        )
        for place, (fields, answer) in enumerate(items)
    )
    with workspace.store.write() as connection:
        rows.add_many(connection, pairs)


def is_right(said: Any, truth: Any, usual: float) -> bool:
    """Whether an expert would call it right: a class when it is the same, a number within the usual error."""
    return abs(said - truth) <= usual if isinstance(truth, float) else bool(said == truth)


def one_round(workspace: Workspace, sheet: TrainingSheet, asked: Sequence[Item], usual: float) -> tuple[int, int]:
    """Ask, say what was wrong, convert, approve, retrain, deploy. Returns how many were wrong, and pairs made."""
    service = workspace.improve.feedback
    records = workspace.deploy.endpoints.query("live", [fields for fields, _ in asked], origin=Origin.CLI)
    wrong = 0
    for record, (_, truth) in zip(records, asked, strict=True):
        right = record.output is not None and is_right(record.output["answer"], truth, usual)
        wrong += not right
        service.add_feedback(record.request_id, 5 if right else 1, correction=None if right else {"answer": truth})
    new = service.feedback(filter=FeedbackFilter(status=FeedbackStatus.NEW))
    report = service.bulk(BulkAction.CONVERT, [item.id for item in new])
    assert not report.refused, report.refused
    ids = [one.curation_item_id for one in report.conversions]
    workspace.label.queue.decide([Decision(one, Verdict.APPROVE) for one in ids])
    job = workspace.jobs.wait(service.retrain("live").id)
    assert job.status is JobStatus.SUCCEEDED, job.error
    try:
        workspace.deploy.endpoints.deploy("live", "live")
    except GateError as stopped:  # the version before goes on answering
        print(f"  not deployed: {stopped}")
    return wrong, len(ids)


def replay(data: Data, rounds: int) -> bool:
    """The whole story of one data set; whether the held-out score has risen."""
    draw = random.Random(7)
    items = draw.sample(list(data.items), len(data.items))
    held_out, rest = items[: int(HELD_OUT * len(items))][:1_000], items[int(HELD_OUT * len(items)) :]
    slice_, others = ([one for one in rest if data.in_slice(one[0]) is wanted] for wanted in (True, False))
    start, traffic = slice_[:FIRST], draw.sample(others + slice_[FIRST:], len(rest) - len(slice_[:FIRST]))
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)) as workspace:
        sheet = sheet_of(workspace, data, "live")
        put(workspace, sheet, held_out, 1, allowed_uses=["evaluation"])
        put(workspace, sheet, start, len(held_out) + 1)
        params = {"training_sheet_id": sheet.id, "name": "live", "seed": 0}
        first = workspace.train.models.run(params, "first", NoProgress())
        workspace.deploy.endpoints.deploy("live", "live")
        before = workspace.improve.gaps.analyze()
        usual = first.evaluation["scores"][0]["value"] if isinstance(items[0][1], float) else 0.0
        print(f"{data.name}: {len(items):,} rows, {len(held_out):,} held out; first {len(start)} {data.slice_words}")
        for step in range(rounds):
            started = time.perf_counter()
            asked = traffic[step * ASKED : (step + 1) * ASKED]
            wrong, made = one_round(workspace, sheet, asked, usual)
            seconds = time.perf_counter() - started
            print(f"  round {step + 1}: {len(asked)} asked, {wrong} wrong, {made} pairs made, {seconds:.1f} s")
        curve = workspace.train.models.curve("live")
        after = workspace.improve.gaps.analyze()
        closed = len(workspace.improve.gaps.gaps(status=GapStatus.RESOLVED))
        print(f"  gaps: {len(before.new)} at first, {closed} of them closed by evidence, {len(after.new)} new")
        low, high = score_range(curve)
        print(f"  {curve.points[-1].score.metric}, {curve.basis}")
        for point in curve.points:
            score = point.score
            fair = random_score(workspace, data, rest, held_out, point.model.train_count)
            told = f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"
            print(
                f"  v{point.model.version} {point.model.train_count:>5,} pairs  {bar(score, low, high, 40)}  {told}"
                f"   as many at random: {fair:.3f}   {way(point.model)}"
            )
        old, new = (curve.points[place].score for place in (0, -1))
        compared = workspace.train.models.compare(curve.points[0].model, curve.points[-1].model)
        print(f"  {compared.summary}\n")
        return (new.value > old.value) if new.higher_is_better else (new.value < old.value)


def way(model: ModelVersion) -> str:
    """How a version learns, and what it had to beat."""
    tried = Evaluation.model_validate(model.evaluation).candidates
    chosen = next(one for one in tried if one.chosen)
    before = next((one.present for one in tried if one.present), "")
    told = f"{chosen.base_model}{f' + {len(chosen.derived)} derived' if chosen.derived else ''}"
    return f"{told}, {f'as {before}' if chosen.present else f'beat {before}' if before else 'first'}"


def random_score(workspace: Workspace, data: Data, rest: Sequence[Item], held_out: Sequence[Item], count: int) -> float:
    """The score of a model that learned as many rows, drawn at random from all kinds."""
    name = f"random {count}"
    sheet = sheet_of(workspace, data, name)
    put(workspace, sheet, held_out, 1, allowed_uses=["evaluation"])
    put(workspace, sheet, random.Random(3).sample(list(rest), count), len(held_out) + 1)
    model = workspace.train.models.run({"training_sheet_id": sheet.id, "name": f"random_{count}"}, name, NoProgress())
    return float(model.evaluation["scores"][0]["value"])


def main() -> None:
    """The data sets that are named; without names all that are here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    public: dict[str, tuple[str, Callable[[Path], Data]]] = {
        "plates": ("defect_detection/steel_plates_faults.csv", plates),
        "machines": ("predictive_maintenance/ai4i2020.csv", machines),
        "air": ("calibration_insights/air_quality_uci.csv", air),
    }
    names = (*public, "crystals")
    parser.add_argument("sets", nargs="*", choices=[[], *names], default=[])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    rose = {}
    for name in given.sets or names:
        if name not in public:
            data = crystals(synthetic_data() / "defect_detection")
        else:
            file, make = public[name]
            path = real(file)
            if path is None:
                print(f"{file} is not here; set ONTOS_REAL_DATA to the folder that holds it\n")
                continue
            data = make(path)
        rose[data.name] = replay(data, given.rounds)
    fallen = [name for name, has_risen in rose.items() if not has_risen]
    if fallen:
        raise SystemExit(f"Not better after {given.rounds} rounds: {', '.join(fallen)}")


if __name__ == "__main__":
    main()
