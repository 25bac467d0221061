"""Rows a second of `ontos predict` beside a script by hand, and scikit-learn's own `predict_proba`, on the same rows.

    python tests/benchmarks/predict.py [--rows 200000] [--format csv] [--home DIR]

The script does the same with nothing around it: it reads the CSV file in blocks, turns them into a matrix, asks the
model, and writes class and probability. Ends with an error where ours, without the start of the process, does less than
20,000 rows in a second of the processor, or takes more than twice as long as the script.

The model is of the steel plates: 27 columns, 7 faults. ONTOS_REAL_DATA names the folder that holds
defect_detection/steel_plates_faults.csv. Both sides are timed by the clock and by the processor, as other programs may
be busy on the same machine. Memory is what the process of `predict` takes at most. DIR keeps the trained models for
the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.workspace import Workspace

BASE_MODELS = ("extra_trees", "hist_gradient_boosting")
GOAL, MOST_TIMES = 20_000, 2.0
BLOCK = 8_192


def main() -> None:
    """Train, multiply the rows, and time both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--format", default="csv", choices=("csv", "parquet", "jsonl"))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        score(*options.child)
        return
    plates = Path(os.environ.get("ONTOS_REAL_DATA", "")) / "defect_detection" / "steel_plates_faults.csv"
    if not plates.is_file():
        sys.exit("ONTOS_REAL_DATA names no folder with defect_detection/steel_plates_faults.csv.")
    with tempfile.TemporaryDirectory() as folder:
        home, many = options.home or Path(folder) / "home", Path(folder) / "many.csv"
        rows = multiply(plates, many, options.rows)
        if not home.exists():
            train(home, plates)
        print(f"{rows:,} rows of 27 columns, to {options.format}")
        failed = False
        for base_model in BASE_MODELS:
            out = Path(folder) / f"{base_model}.{options.format}"
            command = [sys.executable, __file__, "--child", str(home), base_model, f"{many}|{out}"]
            ours = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            bare = bare_seconds(home, base_model, plates, rows)
            by_hand = script_seconds(home, base_model, many, Path(folder) / "by_hand.csv")
            mine = (
                f"{rows / ours['seconds']:8,.0f} rows/s, {rows / ours['cpu']:8,.0f} per CPU second, {ours['mb']:.0f} MB"
            )
            whole = rows / (ours["cpu"] + ours["start"])
            times = ours["cpu"] / by_hand
            print(
                f"{base_model:24} ours {mine} ({whole:,.0f} with the start); "
                f"by hand {rows / by_hand:8,.0f} per CPU second, ours takes {times:.2f} times as long; "
                f"predict_proba alone {rows / bare[1]:,.0f} per CPU second",
                flush=True,
            )
            failed |= rows / ours["cpu"] < GOAL or times > MOST_TIMES
        if failed:
            sys.exit(f"Less than {GOAL:,} rows a second, or more than {MOST_TIMES} times as long as by hand.")


def multiply(source: Path, target: Path, rows: int) -> int:
    """Write the rows of a CSV file as often as it takes; returns how many there are."""
    head, *lines = source.read_text(encoding="utf-8").splitlines()
    with target.open("w", encoding="utf-8") as file:
        file.write(head + "\n")
        for number in range(rows):
            file.write(lines[number % len(lines)] + "\n")
    return rows


def train(home: Path, plates: Path) -> None:
    """A workspace with one model of each family."""
    with Workspace(home) as workspace:
        address = workspace.data.files.add_file(plates, "plates").address
        sheet = workspace.data.sheets.create_sheet("Plates", address)
        names = [column.name for column in workspace.data.catalog.preview(address, limit=0).columns]
        faults = sorted(
            {str(item.fields["fault"]) for item in workspace.data.catalog.preview(address, limit=5_000).items}
        )
        schema = {"type": "object", "properties": {"fault": {"enum": faults}}, "required": ["fault"]}
        template = workspace.generate.templates.create(
            name="Fault", label_type="fault", user_prompt="{{ X_Minimum }}", output_schema=schema,
            feature_columns=[name for name in names if name != "fault"],
        )  # fmt: skip
        report = workspace.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN, column="fault")
        for base_model in BASE_MODELS:
            params = {"training_sheet_id": report.training_sheet.id, "base_model": base_model, "name": base_model}
            workspace.train.models.run(params, f"j-{base_model}", NoProgress())


def score(home: str, model: str, files: str) -> None:
    """One `predict`, in a process of its own. What comes before the first row is the start: the file, the model."""
    source, out = files.split("|")
    with Workspace(Path(home)) as workspace:
        plan = workspace.deploy.scoring.plan(model, source, out)
        nothing = dict.fromkeys(plan.model.features, (None,))
        workspace.engines.serving.score("", plan.model, nothing, 1)
        start = time.process_time()
        began, cpu = time.perf_counter(), time.process_time()
        workspace.deploy.scoring.run(plan)
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": used, "start": start, "mb": most}))


def script_seconds(home: Path, name: str, many: Path, out: Path) -> float:
    """Seconds of the processor of what a person would write: read, make a matrix, ask, write."""
    import csv
    from itertools import islice

    import numpy as np

    with Workspace(home) as workspace:
        (model,) = [one for one in workspace.train.models.models() if one.name == name]
        predictor = workspace.engines.trainer.load(home / model.artifact, model.sha256)
    head = predictor.heads[0]  # type: ignore[attr-defined]
    cpu = time.process_time()
    with many.open(encoding="utf-8", newline="") as file, out.open("w", encoding="utf-8", newline="") as written:
        reader, writer = csv.reader(file), csv.writer(written)
        names = next(reader)
        places = [names.index(one) for one in predictor.table.names]  # type: ignore[attr-defined]
        while lines := list(islice(reader, BLOCK)):
            matrix = np.array([[float(line[place]) for place in places] for line in lines])
            shares = head.estimator.predict_proba(matrix)
            best = shares.argmax(axis=1).tolist()
            writer.writerows(zip((head.classes[one] for one in best), shares.max(axis=1).tolist(), strict=True))
    return time.process_time() - cpu


def bare_seconds(home: Path, name: str, plates: Path, rows: int) -> tuple[float, float]:
    """Seconds by the clock and by the processor of scikit-learn alone, on the matrix, in one call."""
    import numpy as np

    with Workspace(home) as workspace:
        (model,) = [one for one in workspace.train.models.models() if one.name == name]
        predictor = workspace.engines.trainer.load(home / model.artifact, model.sha256)
        address = workspace.data.catalog.address("plates")
        items = workspace.data.catalog.preview(str(address), limit=5_000).items
    matrix = predictor.table.encode([item.fields for item in items])  # type: ignore[attr-defined]
    many = np.tile(matrix, (rows // len(matrix) + 1, 1))[:rows]
    head = predictor.heads[0]  # type: ignore[attr-defined]
    seen = many if head.columns is None else many[:, list(head.columns)]
    began, cpu = time.perf_counter(), time.process_time()
    head.estimator.predict_proba(seen)
    return time.perf_counter() - began, time.process_time() - cpu


if __name__ == "__main__":
    main()
