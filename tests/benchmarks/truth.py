"""Is the number on the screen the number in the field? Shown scores beside those on data that nobody had seen.

    python tests/benchmarks/truth.py [--quick] [--fits N] [SET ...]

In each rotation a part of a public set is drawn, by whole groups (people, engines, vendors, weeks) where rows belong
together, as a user would have it: a fifth of it is held out at random, and LocalTrainer learns from the rest. What it
then shows stands beside what the model reaches on all other rows. Data is read where ONTOS_REAL_DATA has it.

Per set: the means of the shown and the true score, the mean distance between the two (for numbers as a share of the
true error), how often the shown 95 % interval holds the true score, and in how many rotations the score says of itself
that it is rough. The true score is measured on what is left of the set, so it has an error of its own, which is said
too: "within both" counts the rotations in which both intervals together explain the distance. Then the calibration
error of stated percentages on the other rows, in as many rotations as the model may state any, and how many of these
rows lie within the stated 90 % interval (each group with the same weight).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from model_choice import temperature_windows

from ontos_tui.domain.intervals import Z95
from ontos_tui.domain.learning import LabeledExample, NoProgress, TrainingSet
from ontos_tui.domain.records.training import FieldScore
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.text.numbers import parse_number
from ontos_tui.learning.evaluation.scores import calibration_of, coverage_of
from ontos_tui.learning.evaluation.unseen import UnseenAnswers, of_predictions
from ontos_tui.learning.statistics import standard_error
from ontos_tui.platforms.local.predictor import LocalPredictor
from ontos_tui.platforms.local.trainer import LocalTrainer

TRAINER = LocalTrainer()
ROTATIONS, QUICK_ROTATIONS = 10, 2
QUICK = ("parkinsons", "steel")
HELD_OUT = 0.2
MOST_CYCLES = 125


@dataclass(frozen=True)
class Set:
    """A public set as a user would see it; `drawn` groups (rows, where there are none) are the user's part."""

    title: str
    answer: AnswerField
    examples: tuple[LabeledExample, ...]
    drawn: int
    group_name: str = ""
    without: tuple[str, ...] = ()
    most_asked: int = 100_000
    """Of the other rows, as many are asked at most: reading documents takes long."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that are learned from: all but the group, the answer and what gives it away."""
        return tuple(name for name in self.examples[0].fields if name not in self.without)


@dataclass
class Rotation:
    """What one training showed, and what was true."""

    shown: FieldScore
    true: float
    calibration: float | None
    covered: float | None
    seconds: float
    error: float
    """The standard error of the true score, as it is measured on few groups or rows too."""

    @property
    def holds(self) -> bool:
        """Whether the shown interval holds the true score."""
        return self.shown.low <= self.true <= self.shown.high

    @property
    def is_within_both(self) -> bool:
        """Whether they lie no further apart than both their intervals explain."""
        side = self.shown.high - self.shown.value if self.true > self.shown.value else self.shown.value - self.shown.low
        return abs(self.true - self.shown.value) <= float(np.hypot(side, Z95 * self.error))

    @property
    def distance(self) -> float:
        """Between shown and true; of an error, as a share of the true one."""
        distance = abs(self.shown.value - self.true)
        return distance if self.shown.higher_is_better else distance / max(self.true, 1e-12)


def real(name: str) -> Path:
    """A file of the public data."""
    beside = Path(__file__).parents[3] / "shared" / "real_data"
    return Path(os.environ.get("ONTOS_REAL_DATA") or beside) / name


def table(name: str) -> list[dict[str, Any]]:
    """The rows of a CSV file, numbers as numbers."""
    with real(name).open(encoding="utf-8-sig", newline="") as file:
        return [
            {key: value if (one := parse_number(value)) is None else one for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def parkinsons(answer: str) -> Set:
    """Every sixth of 5,875 recordings of 42 people; the score of their symptoms, or whether it is above 28."""
    rows = table("grouped/parkinsons_telemonitoring.csv")[::6]
    number = AnswerField("score", FieldKind.NUMBER, True, minimum=0)
    field_ = number if answer == "score" else AnswerField("severe", FieldKind.BOOLEAN, True)
    examples = [
        LabeledExample(
            str(place),
            row,
            {"score": row["total_UPDRS"]} if answer == "score" else {"severe": row["total_UPDRS"] > 28},
            str(row["subject#"]),
        )
        for place, row in enumerate(rows)
    ]
    hidden = ("subject#", "total_UPDRS", "motor_UPDRS")
    return Set(f"parkinsons, {answer}", field_, tuple(examples), 21, "person", hidden)


def turbofans(answer: str) -> Set:
    """Every twentieth cycle of 100 engines; the cycles that are left, or whether fewer than 30 are."""
    names = ["unit", "cycle", *(f"setting{n}" for n in (1, 2, 3)), *(f"s{n}" for n in range(1, 22))]
    lines = real("remaining_useful_life/cmapss_train_FD001.txt").read_text().splitlines()
    rows = [dict(zip(names, map(float, line.split()), strict=True)) for line in lines]
    last: dict[float, float] = defaultdict(float)
    for row in rows:
        last[row["unit"]] = max(last[row["unit"]], row["cycle"])
    number = AnswerField("left", FieldKind.NUMBER, True, minimum=0, maximum=MOST_CYCLES)
    examples = []
    for place, row in enumerate(rows):
        left = last[row["unit"]] - row["cycle"]
        if int(row["cycle"]) % 20 == int(row["unit"]) % 20:
            given = {"left": min(left, float(MOST_CYCLES))} if answer == "left" else {"soon": left < 30}
            examples.append(LabeledExample(str(place), row, given, str(int(row["unit"]))))
    field_ = number if answer == "left" else AnswerField("soon", FieldKind.BOOLEAN, True)
    return Set(f"C-MAPSS, {answer}", field_, tuple(examples), 40, "engine", ("unit", "cycle"))


def receipts() -> Set:
    """625 receipts; the date, read out of the text, and the vendors that the model has not seen."""
    lines = real("document_extraction/sroie_receipts.jsonl").read_text(encoding="utf-8").splitlines()
    examples = [
        LabeledExample(one["id"], {"text": one["text"]}, {"total": one["key"]["total"]}, one["key"]["company"])
        for one in map(json.loads, lines)
        if one["key"].get("total") and one["key"].get("company")
    ]
    return Set("receipts, total", AnswerField("total", FieldKind.TEXT, True), tuple(examples), 70, "vendor", (), 400)


def steel() -> Set:
    """1,941 plates, independent rows; which of seven faults."""
    rows = table("defect_detection/steel_plates_faults.csv")
    choices = tuple(sorted({row["fault"] for row in rows}))
    examples = [LabeledExample(str(place), row, {"fault": row["fault"]}) for place, row in enumerate(rows)]
    answer = AnswerField("fault", FieldKind.ENUM, True, choices=choices)
    return Set("steel plates", answer, tuple(examples), 500, "", ("fault",))


def milling() -> Set:
    """10,000 independent rows of AI4I; whether the machine fails."""
    rows = table("predictive_maintenance/ai4i2020.csv")
    hidden = ("UDI", "Product ID", "Machine_failure", "TWF", "HDF", "PWF", "OSF", "RNF")
    examples = [LabeledExample(str(row["UDI"]), row, {"failure": row["Machine_failure"] == 1}) for row in rows]
    return Set("AI4I", AnswerField("failure", FieldKind.BOOLEAN, True), tuple(examples), 1_000, "", hidden)


def air(answer: str) -> Set:
    """Every seventh hour of a year of street air, by weeks; nitrogen dioxide, or whether it is above 120."""
    examples = []
    for place, row in enumerate(table("calibration_insights/air_quality_uci.csv")[::7]):
        day = datetime.strptime(str(row["Date"]), "%d/%m/%Y")
        truth = row["NO2(GT)"]
        if not isinstance(truth, (int, float)) or truth == -200:
            continue
        fields = {name: None if value == -200 else value for name, value in row.items()}
        fields["hour"] = int(str(row["Time"])[:2])
        given = {"no2": float(truth)} if answer == "no2" else {"high": truth > 120}
        year, week, _ = day.isocalendar()
        examples.append(LabeledExample(str(place), fields, given, f"{year}-{week}"))
    number = AnswerField("no2", FieldKind.NUMBER, True, minimum=0)
    field_ = number if answer == "no2" else AnswerField("high", FieldKind.BOOLEAN, True)
    hidden = ("Date", "Time", "CO(GT)", "NMHC(GT)", "C6H6(GT)", "NOx(GT)", "NO2(GT)")
    return Set(f"air quality, {answer}", field_, tuple(examples), 26, "week", hidden)


def gamma_lines() -> Set:
    """35 measurements of gamma lines, ten simulated runs each; the factor from simulated to measured counts."""
    rows = table("calibration_insights/hpge_geant4_vs_measured.csv")
    used = ("line_kev", "branching", "distance_cm", "simulated_hits", "simulated_counts", "peak_to_total")
    examples = [
        LabeledExample(
            str(row["simulation_id"]),
            {name: row[name] for name in used},
            {"factor": row["calibration_factor"]},
            str(row["simulation_id"]).rsplit("-b", 1)[0],
        )
        for row in rows
    ]
    answer = AnswerField("factor", FieldKind.NUMBER, True, minimum=0)
    return Set("HPGe factor", answer, tuple(examples), 20, "measurement")


def temperatures() -> Set:
    """A machine's temperature in windows of 2 hours, by days; whether one lies near a failure (NAB)."""
    examples = [
        LabeledExample(str(place), window, {"failing": failing}, day)
        for place, (window, failing, day) in enumerate(temperature_windows())
    ]
    return Set("NAB temperature", AnswerField("failing", FieldKind.BOOLEAN, True), tuple(examples), 40, "day")


SETS: dict[str, Callable[[], Set]] = {
    "parkinsons": lambda: parkinsons("score"),
    "parkinsons_severe": lambda: parkinsons("severe"),
    "turbofans": lambda: turbofans("left"),
    "turbofans_soon": lambda: turbofans("soon"),
    "steel": steel,
    "milling": milling,
    "air": lambda: air("no2"),
    "air_high": lambda: air("high"),
    "gamma": gamma_lines,
    "temperature": temperatures,
    "receipts": receipts,
}


def rotation(data: Set, number: int, params: dict[str, Any]) -> Rotation:
    """Draw a part, train on it, and ask the model about all other rows."""
    generator = np.random.default_rng(number)
    groups = list(dict.fromkeys(one.group or one.ref for one in data.examples))
    drawn = [groups[place] for place in generator.permutation(len(groups))[: data.drawn]]
    held_out = set(drawn[: max(1, round(HELD_OUT * len(drawn)))])
    learned = set(drawn) - held_out
    parts: dict[str, list[LabeledExample]] = {"learned": [], "held_out": [], "rest": []}
    for one in data.examples:
        group = one.group or one.ref
        parts["learned" if group in learned else "held_out" if group in held_out else "rest"].append(one)
    rest = [parts["rest"][place] for place in generator.permutation(len(parts["rest"]))[: data.most_asked]]
    training = TrainingSet(
        (data.answer,),
        data.features,
        tuple(parts["learned"]),
        tuple(parts["held_out"]),
        "a random fifth",
        seed=number,
        group_name=data.group_name,
        params=params,
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trained = TRAINER.train(training, "best", Path(folder) / "m", NoProgress())
        model = TRAINER.load(Path(folder) / "m", trained.sha256)
    seconds = time.monotonic() - began
    assert isinstance(model, LocalPredictor)
    predictions = model.stating_all().predict([one.fields for one in rest])
    answers = of_predictions(data.answer, rest, predictions)
    assert answers is not None
    return _measured(data, trained.evaluation.headline(), answers, training, model, seconds)


def _measured(
    data: Set, shown: FieldScore, answers: UnseenAnswers, training: TrainingSet, model: LocalPredictor, seconds: float
) -> Rotation:
    if answers.is_number:
        truth = np.array(answers.truth, dtype=np.float64)
        coverage = coverage_of(truth, answers.low, answers.high, answers.groups())
        error = standard_error_of(answers.errors, answers)
        return Rotation(shown, float(answers.errors.mean()), None, coverage and coverage.covered, seconds, error)
    right = answers.right
    error = standard_error_of(right, answers)
    if model.reader is not None:  # letter case, spaces and punctuation do not count in what is read
        others = TrainingSet(training.fields, training.features, training.train, answers.examples, "")
        return Rotation(shown, TRAINER.evaluate(model, others).headline().value, None, None, seconds, error)
    says_percentages = shown.calibration is not None and shown.calibration.shown
    calibration = calibration_of(answers.stated, right) if says_percentages else None
    return Rotation(shown, float(right.mean()), calibration and calibration.error, None, seconds, error)


def standard_error_of(values: np.ndarray, answers: UnseenAnswers) -> float:
    """Of a mean over groups, or over rows where these are independent."""
    groups = answers.groups()
    return standard_error(values, np.arange(len(values)) if groups is None else groups)


@dataclass
class Table:
    """The rotations of all sets, as a table in Markdown."""

    rotations: dict[str, list[Rotation]] = field(default_factory=dict)

    def line(self, title: str, rotations: Sequence[Rotation]) -> str:
        """One set."""

        def mean(values: Sequence[float | None]) -> str:
            known = [one for one in values if one is not None]
            return f"{np.mean(known):.3f} ({len(known)})" if known else ""

        score = rotations[0].shown
        distance = float(np.mean([one.distance for one in rotations]))
        groups = "rows" if score.groups is None else f"{score.groups} {score.group_name}s"
        cells = [
            title,
            score.metric,
            groups,
            f"{np.mean([one.shown.value for one in rotations]):.3f}",
            f"{np.mean([one.true for one in rotations]):.3f} ± {np.mean([one.error for one in rotations]):.3f}",
            f"{np.mean([one.shown.baseline for one in rotations]):.3f}",
            f"{distance:.3f}" if score.higher_is_better else f"{distance:.1%}",
            f"{sum(one.holds for one in rotations)} of {len(rotations)}",
            f"{sum(one.is_within_both for one in rotations)} of {len(rotations)}",
            f"{sum(one.shown.rough for one in rotations)} of {len(rotations)}",
            mean([one.calibration for one in rotations]),
            mean([one.covered for one in rotations]),
            f"{np.mean([one.seconds for one in rotations]):.0f}",
        ]
        return "| " + " | ".join(cells) + " |"

    def summary(self) -> str:
        """Over all sets together, and without the scores that call themselves rough."""
        every = [one for rotations in self.rotations.values() for one in rotations]
        firm = [one for one in every if not one.shown.rough]
        text = _summary("all", every)
        return f"{text}\n{_summary('not rough', firm)}" if firm and len(firm) < len(every) else text


def _summary(name: str, rotations: Sequence[Rotation]) -> str:
    holds, within = ([getattr(one, what) for one in rotations] for what in ("holds", "is_within_both"))
    text = f"{name}: 95 % interval holds the true score in {sum(holds)} of {len(holds)} ({np.mean(holds):.0%})"
    text += f"; within both {np.mean(within):.0%}"
    scores = [one.distance for one in rotations if one.shown.higher_is_better]
    errors = [one.distance for one in rotations if not one.shown.higher_is_better]
    text += f"; mean |shown - true| {np.mean(scores):.3f} for scores" if scores else ""
    return text + (f"; {np.mean(errors):.1%} of the true error for numbers" if errors else "")


HEAD = (
    "| set | metric | tested on | shown | true ± | baseline | distance | 95 % holds | within both | rough "
    "| ECE elsewhere | 90 % holds | s |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
)


def main() -> None:
    """Print the table, a line as soon as a set is through."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[[], *SETS], default=[])
    parser.add_argument("--quick", action="store_true", help="two sets, two rotations")
    parser.add_argument("--rotations", type=int, default=ROTATIONS)
    parser.add_argument("--fits", type=int, default=40, help="models that a search may fit")
    given = parser.parse_args()
    rotations = QUICK_ROTATIONS if given.quick else given.rotations
    result = Table()
    print("\n".join(HEAD), flush=True)
    for key in given.sets or (QUICK if given.quick else SETS):
        if not real("manifest.json").parent.exists():
            print(f"| {key}: not there |")
            continue
        data = SETS[key]()
        result.rotations[key] = []
        for number in range(rotations):
            one = rotation(data, number, {"fits": given.fits})
            result.rotations[key].append(one)
            interval = f"({one.shown.low:.3f} to {one.shown.high:.3f})"
            print(f"{key} {number}: {one.shown.value:.3f} {interval}, true {one.true:.3f}", file=sys.stderr, flush=True)
        print(result.line(data.title, result.rotations[key]), flush=True)
    if result.rotations:
        print(f"\n{result.summary()}")


if __name__ == "__main__":
    main()
