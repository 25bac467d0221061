"""The six use cases: what the local trainer makes of each, and of public data of the two that are streams.

    python tests/benchmarks/use_cases.py [USE_CASE | public]

Sample data: trained on `truth`, tested on `held_out`, beside the baseline. Public data is read where ONTOS_REAL_DATA
has it. NAB (two real temperature streams with marked failures): a window is a day, taken every six hours; learned from
the windows before a point in time that has the first marked failures before it, tested on all later ones. A false alarm
is a run of windows that are called anomalous, less than a day apart, where nothing is marked. C-MAPSS FD001 (simulated
turbofans): learned from windows of 30 cycles, every 5, of 100 engines, tested on the last window of 100 others; with
all cycles, and with those beyond 125 counted as 125, as is usual for this data.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ontos_tui.domain.learning import LabeledExample, NoProgress, Predictor, TrainingSet
from ontos_tui.domain.records.data import Item, Sheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.data.sample_files import read_answers, read_manifest, synthetic_data
from ontos_tui.services.templates.prompt import feature_columns
from ontos_tui.workspace import Workspace

TRAINER = LocalTrainer()
MOST_CYCLES = 125
DAY = timedelta(days=1)


def real(name: str) -> Path | None:
    """A file of the public data, where it is."""
    beside = Path(__file__).parents[3] / "shared" / "real_data"
    path = Path(os.environ.get("ONTOS_REAL_DATA") or beside) / name
    return path if path.exists() else None


def items_of(workspace: Workspace, sheet: Sheet) -> list[Item]:
    """All items of a sheet."""
    return list(workspace.data.sheets.sheet_page(sheet.id, limit=sheet.item_count).items)


def learn(
    field: AnswerField, features: Sequence[str], train: list[LabeledExample], held_out: list[LabeledExample]
) -> Predictor:
    """A model of one field, as the local trainer makes it."""
    with tempfile.TemporaryDirectory() as folder:
        data = TrainingSet((field,), tuple(features), tuple(train), tuple(held_out), "later windows")
        trained = TRAINER.train(data, "extra_trees", Path(folder), NoProgress())
        return TRAINER.load(Path(folder), trained.sha256)


def sample(workspace: Workspace, key: str) -> None:
    """Train on a use case of the sample data, and tell its scores."""
    folder = synthetic_data() / key
    manifest = read_manifest(folder / "use_case.json")
    seeded = workspace.onboarding.seed(key)
    template: Template = seeded.template
    items = {item.ref: item.fields for item in items_of(workspace, seeded.sheet)}
    identity = manifest.held_out.item_id_column

    def labeled(name: str) -> tuple[LabeledExample, ...]:
        answers = read_answers(folder / name, identity, template)
        return tuple(LabeledExample(ref, items[ref], answer) for ref, answer in answers)

    features = feature_columns(template, list(next(iter(items.values()))), seeded.sheet.item_id_column)
    train, held_out = labeled(manifest.truth), labeled(manifest.held_out.file)
    with tempfile.TemporaryDirectory() as out:
        began = time.monotonic()
        data = TrainingSet(template.fields(), features, train, held_out, "held_out")
        trained = TRAINER.train(data, "extra_trees", Path(out), NoProgress())
        took = time.monotonic() - began
    print(f"{key}: {len(items)} items, {len(train)} to learn from, {len(held_out)} held out, {took:.1f} s")
    for score in trained.evaluation.scores:
        told = f"  {score.field:22} {score.metric:20} {score.value:7.3f}  baseline {score.baseline:7.3f}"
        if score.macro_f1 is not None and score.baseline_macro_f1 is not None:
            told += f"  macro F1 {score.macro_f1:.2f}, baseline {score.baseline_macro_f1:.2f}"
        print(told)


def alarms(workspace: Workspace, name: str, rows_a_day: int, cut_after: int) -> None:
    """Marked failures found, and false alarms a day, in what follows the first `cut_after` failures of a NAB stream."""
    path, marked = real(f"anomaly_detection/nab_{name}.csv"), real("anomaly_detection/nab_windows.json")
    if path is None or marked is None:
        print(f"NAB {name}: not there")
        return
    found = json.loads(marked.read_text(encoding="utf-8"))
    spans = [tuple(map(datetime.fromisoformat, span)) for span in found[name]["windows"]]
    sheet = workspace.data.sheets.create_sheet(
        name,
        workspace.data.files.add_file(path).address,
        window_size=rows_a_day,
        window_step=rows_a_day // 4,
        window_order="timestamp",
    )
    examples = []
    for item in items_of(workspace, sheet):
        start, end = (datetime.fromisoformat(item.fields[part]) for part in ("window_start", "window_end"))
        bad = any(start <= last and first <= end for first, last in spans)
        examples.append((start, end, LabeledExample(item.ref, item.fields, {"anomaly": bad})))
    cut = spans[cut_after - 1][1] + DAY
    train = [example for _, end, example in examples if end < cut]
    later = [one for one in examples if one[0] >= cut]
    features = [column for column in train[0].fields if column.startswith("value_") and not column.endswith("series")]
    field = AnswerField("anomaly", FieldKind.BOOLEAN, required=True)
    model = learn(field, features, train, [example for _, _, example in later])
    given = model.predict([example.fields for _, _, example in later])
    raised = [(start, end) for (start, end, _), one in zip(later, given, strict=True) if one.answer["anomaly"]]
    wanted = [span for span in spans if span[0] >= cut]
    seen = sum(any(start <= last and first <= end for start, end in raised) for first, last in wanted)
    false = [start for start, end in raised if not any(start <= last and first <= end for first, last in wanted)]
    episodes = sum(place == 0 or start - false[place - 1] > DAY for place, start in enumerate(false))
    days = (later[-1][1] - cut) / DAY
    print(
        f"NAB {name}: {len(train)} windows before {cut:%Y-%m-%d}, {len(later)} after; {seen} of {len(wanted)} failures "
        f"found, {episodes} false alarms in {days:.0f} days ({episodes / days:.2f} a day)"
    )


def turbofans(workspace: Workspace) -> None:
    """Root mean square error of the cycles that are left, beside the mean of the training windows."""
    paths = [real(f"remaining_useful_life/cmapss_{name}_FD001.txt") for name in ("train", "test", "RUL")]
    if any(path is None for path in paths):
        print("C-MAPSS: not there")
        return
    names = ["unit", "cycle", *(f"setting{n}" for n in (1, 2, 3)), *(f"s{n}" for n in range(1, 22))]
    train_path, test_path, truth = (path for path in paths if path is not None)

    def cut(path: Path, step: int) -> list[Item]:
        address = workspace.data.files.add_file(path, column_names=names).address
        settings = {"window_size": 30, "window_step": step, "window_group": "unit", "window_order": "cycle"}
        return items_of(workspace, workspace.data.sheets.create_sheet(path.stem, address, **settings))

    began = time.monotonic()
    windows, last = cut(train_path, 5), {item.fields["unit"]: item for item in cut(test_path, 1)}
    lives: dict[int, int] = {}
    for line in train_path.read_text().splitlines():
        unit, cycle = map(int, line.split()[:2])
        lives[unit] = cycle
    left = {unit: float(value) for unit, value in enumerate(truth.read_text().split(), start=1)}
    cutting = time.monotonic() - began
    features = [column for column in windows[0].fields if column[0] == "s" and not column.endswith("_series")]
    for most in (float(MOST_CYCLES), math.inf):
        train = [
            LabeledExample(
                item.ref,
                item.fields,
                {"rul": min(most, float(lives[item.fields["unit"]] - int(item.fields["window_end"])))},
            )
            for item in windows
        ]
        test = [LabeledExample(str(unit), item.fields, {"rul": min(most, left[unit])}) for unit, item in last.items()]
        field = AnswerField("rul", FieldKind.NUMBER, required=True, minimum=0)
        began = time.monotonic()
        model = learn(field, features, train, test)
        mean = sum(one.answer["rul"] for one in train) / len(train)
        given = [one.answer["rul"] for one in model.predict([one.fields for one in test])]
        rmse = error([one.answer["rul"] for one in test], given)
        baseline = error([one.answer["rul"] for one in test], [mean] * len(test))
        took = f"cut in {cutting:.1f} s, learned in {time.monotonic() - began:.1f} s"
        told = "all cycles" if math.isinf(most) else f"at most {MOST_CYCLES} cycles"
        print(
            f"C-MAPSS FD001, {told}: {len(train)} windows of {len(lives)} engines, {len(test)} others: "
            f"RMSE {rmse:.1f}, mean {baseline:.1f} cycles ({took})"
        )


def error(truth: Sequence[float], given: Sequence[float]) -> float:
    """Root mean square error."""
    return math.sqrt(sum((one - other) ** 2 for one, other in zip(truth, given, strict=True)) / len(truth))


def main() -> None:
    """Tell everything."""
    parts: list[Callable[[Workspace], None]] = [
        lambda workspace: alarms(workspace, "machine_temperature_system_failure", 288, 2),
        lambda workspace: alarms(workspace, "ambient_temperature_system_failure", 24, 1),
        turbofans,
    ]
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder) / "home") as workspace:
        for case in workspace.onboarding.use_cases():
            if not sys.argv[1:] or case.key in sys.argv[1:]:
                sample(workspace, case.key)
        for part in parts if not sys.argv[1:] or "public" in sys.argv[1:] else []:
            part(workspace)


if __name__ == "__main__":
    main()
