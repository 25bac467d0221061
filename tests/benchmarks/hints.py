"""Help at labeling: how well likely label errors are found, what the order saves, and how long everything takes.

    python tests/benchmarks/hints.py [PAIRS]

Label errors: 5 % of the labels are changed on purpose (seeded) in made-up parts, in steel plates and in machine
failures; precision and recall are of those changes, so real errors of the data count as false alarms. Order: labels
needed for the same macro F1 on held-out plates, in our order and at random, retraining every 25 labels. Times: PAIRS
items with 8 fields and a note, a tenth of them near-duplicates. Public data is read where ONTOS_REAL_DATA has it.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders.defects import part, truth
from ontos_tui.domain.learning import LabeledExample, NoProgress
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.pairs import GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.label.hints.active_learning import KINDS, OpenPair, margins, rank_pairs
from ontos_tui.services.label.hints.label_errors import find_label_errors
from ontos_tui.services.records.training_sheets import create_training_sheet
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

Data = list[tuple[dict[str, Any], str]]
TRAINER = LocalTrainer()
OUTCOMES = ("TWF", "HDF", "PWF", "OSF", "RNF", "Machine_failure")


def real(name: str) -> Path | None:
    """A file of the public data, where it is."""
    beside = Path(__file__).parents[3] / "shared" / "real_data"
    path = Path(os.environ.get("ONTOS_REAL_DATA") or beside) / name
    return path if path.exists() else None


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def parts() -> Data:
    """Made-up parts of three kinds."""
    return [(part(number), truth(number)["defect"]) for number in range(1_000)]


def plates() -> Data | None:
    """Steel plates with one of seven faults."""
    path = real("defect_detection/steel_plates_faults.csv")
    if path is None:
        return None
    return [({name: value for name, value in row.items() if name != "fault"}, row["fault"]) for row in read(path)]


def machines() -> Data | None:
    """Machines of which 3.4 % failed."""
    path = real("predictive_maintenance/ai4i2020.csv")
    if path is None:
        return None
    hidden = {*OUTCOMES, "UDI", "Product ID"}
    return [
        ({name: value for name, value in row.items() if name not in hidden}, ("ok", "failure")[int(row[OUTCOMES[-1]])])
        for row in read(path)
    ]


def field_of(data: Data) -> AnswerField:
    """The field that is asked for."""
    return AnswerField("label", FieldKind.ENUM, True, choices=tuple(sorted({label for _, label in data})))


def errors(name: str, data: Data, share: float = 0.05) -> None:
    """Change some labels, and tell how many of the changes are found."""
    draw = random.Random(1)
    field = field_of(data)
    wrong = set(draw.sample(range(len(data)), round(share * len(data))))
    examples = [
        LabeledExample(
            str(place),
            row,
            {"label": draw.choice([one for one in field.choices if one != label]) if place in wrong else label},
        )
        for place, (row, label) in enumerate(data)
    ]
    started = time.perf_counter()
    judged = TRAINER.out_of_fold(field, tuple(data[0][0]), examples, None, [], NoProgress())
    found = find_label_errors(judged, [example.ref for example in examples], [])
    seconds = time.perf_counter() - started
    found.sort(key=lambda one: -one.score)
    hits = [int(one.pair_id) in wrong for one in found]
    top = hits[: len(wrong)]
    print(
        f"{name:<14} {len(data):>6,} labels, {len(wrong):>4} changed: {len(found):>5} suspects, precision "
        f"{sum(hits) / max(1, len(hits)):.2f}, recall {sum(hits) / len(wrong):.2f}; first {len(wrong)}: "
        f"{sum(top) / len(wrong):.2f} right;  first 20: {sum(hits[:20])} right;  {seconds:.1f} s"
    )


def order(name: str, data: Data, budget: int = 400, step: int = 25) -> None:
    """The macro F1 on held-out rows as labels come in, in our order and at random."""
    curves = {"our order": learning(data, budget, step, ours), "random": learning(data, budget, step, at_random)}
    for way, curve in curves.items():
        told = "  ".join(f"{n}: {score:.3f}" for n, score in curve.items() if n in (50, 100, 150, 200, 300, 400))
        print(f"{name:<14} {way:<10} macro F1 at labels  {told}")


Choose = Callable[[AnswerField, Data, Sequence[int], Sequence[int], int], list[int]]


def learning(data: Data, budget: int, step: int, choose: Choose) -> dict[int, float]:
    """Macro F1 by number of labels, mean of six draws."""
    import numpy as np
    from sklearn.metrics import f1_score

    field = field_of(data)
    curves: list[dict[int, float]] = []
    for seed in range(6):
        places = random.Random(seed).sample(range(len(data)), len(data))
        test, pool = places[: len(data) // 3], places[len(data) // 3 :]
        known, rest = pool[:step], pool[step:]
        curve = {}
        while len(known) <= budget:
            head, table = fitted(field, data, known)
            shares = head.class_probabilities(table.encode([data[place][0] for place in test]))
            said = [head.classes[code] for code in shares.argmax(axis=1)]
            right = [f'"{data[place][1]}"' for place in test]
            curve[len(known)] = float(f1_score(right, said, average="macro"))
            chosen = set(choose(field, data, known, rest, seed)[:step])
            known, rest = [*known, *chosen], [place for place in rest if place not in chosen]
        curves.append(curve)
    return {n: float(np.mean([curve[n] for curve in curves])) for n in curves[0]}


def fitted(field: AnswerField, data: Data, known: Sequence[int]) -> Any:
    """A forest of these labels."""
    from ontos_tui.learning.encoding.features import describe
    from ontos_tui.learning.models.field_models import fit
    from ontos_tui.learning.targets import class_of

    table, _ = describe([data[place][0] for place in known], tuple(data[0][0]))
    targets = [class_of(data[place][1]) for place in known]
    head, _ = fit(field, table.encode([data[place][0] for place in known]), targets, "extra_trees", 0)
    return head, table


def ours(field: AnswerField, data: Data, known: Sequence[int], rest: Sequence[int], seed: int) -> list[int]:
    """The least sure first, different ones first, a fifth at random."""
    from ontos_tui.learning.cross_validation import class_probabilities

    head, table = fitted(field, data, known)
    probabilities = class_probabilities(table, [head], field, [data[place][0] for place in rest])
    unsure = margins(probabilities)
    pairs = [OpenPair(str(place), str(place), data[place][0], None) for place in rest]
    features = tuple(data[0][0])

    def kinds_of(some: list[int]) -> list[int]:
        return TRAINER.clusters([pairs[place].fields for place in some], features, KINDS)

    placed = rank_pairs(str(seed), pairs, unsure, [""] * len(pairs), kinds_of)
    return [int(one.pair_id) for one in placed]


def at_random(field: AnswerField, data: Data, known: Sequence[int], rest: Sequence[int], seed: int) -> list[int]:
    """In the order of the draw."""
    return list(rest)


def times(count: int) -> None:
    """How long each kind takes with so many pairs, half of them labeled, and what the process grows to."""
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)) as workspace:
        sheet = fill(workspace, count)
        for kind in (HintKind.DUPLICATE, HintKind.SUSPECT, HintKind.UNSURE):
            report = workspace.label.hints.compute(sheet.id, [kind])
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            told = report.skipped.get(kind) or f"{report.counts[kind]:>7,} hints  {report.engines[kind]}"
            print(f"{count:>7,} pairs  {kind:<10} {report.seconds:6.1f} s   peak {peak:5.0f} MB   {told[:110]}")
        for what, work in (
            ("counts", lambda: workspace.label.hints.counts(sheet.id)),
            ("groups", lambda: workspace.label.hints.groups(sheet.id, 50)),
        ):
            started = time.perf_counter()
            work()
            print(f"{count:>7,} pairs  {what:<10} {time.perf_counter() - started:6.2f} s")


def fill(workspace: Workspace, count: int) -> TrainingSheet:
    """Pairs with eight fields, a note, and near-duplicates among them."""
    draw = random.Random(0)
    words = ["".join(draw.choice("abcdefghij") for _ in range(draw.randint(3, 9))) for _ in range(3_000)]
    items: list[dict[str, Any]] = []
    for _ in range(count):
        if items and draw.random() < 0.1:
            item = dict(draw.choice(items))
            item["temperature"] = round(item["temperature"] + draw.choice((0.0, 0.02)), 2)
        else:
            item = {f"s{place}": draw.gauss(0, 1) for place in range(6)}
            item["temperature"] = round(draw.gauss(300, 10), 2)
            item["line"] = draw.choice("LMH")
            item["note"] = " ".join(draw.choice(words) for _ in range(draw.randint(10, 25)))
        items.append(item)
    schema = {"type": "object", "properties": {"label": {"enum": ["hot", "cold", "fine"]}}, "required": ["label"]}
    names = " ".join(f"{{{{ {name} }}}}" for name in items[0])
    template = Template(name="t", label_type="t", user_prompt=names, output_schema=schema)
    source = Sheet(name="s", source_table="local.files.s")
    with workspace.store.write() as connection:
        rows.add(connection, source)
        rows.add(connection, template)
        sheet = create_training_sheet(connection, source, template, GenerationMode.AI, "bench")
        rows.add_many(connection, (made(sheet, place, item) for place, item in enumerate(items, 1)))
    return sheet


def made(sheet: TrainingSheet, place: int, item: dict[str, Any]) -> QAPair:
    """One pair; every second one is labeled."""
    heat = item["temperature"] + 5 * item["s0"]
    answer = {"label": "hot" if heat > 308 else "cold" if heat < 292 else "fine"}
    return QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref=f"item-{place}",
        sequence_number=place,
        source_data=item,
        answer=answer if place % 2 else None,
        status=PairStatus.LABELED if place % 2 else PairStatus.UNLABELED,
    )


def main(count: int) -> None:
    """Measure and print."""
    sets = {"parts": parts(), "steel plates": plates(), "machines": machines()}
    for name, data in sets.items():
        if data is None:
            print(f"{name}: no public data here")
        else:
            errors(name, data)
    if sets["steel plates"] is not None:
        order("steel plates", sets["steel plates"])
    times(count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
