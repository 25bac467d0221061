"""The choice of a model by evidence, against a pipeline that was tuned by hand with scikit-learn, on public data.

    python tests/benchmarks/model_choice.py [--rotations N] [SET ...]

Both learn from the same four fifths of the units (of the rows where there are none) and answer the last fifth. By hand,
the pipeline and its settings were chosen for each set with all of it in view; ours gets the table as it is. Also shown:
ours without derived columns. Public data is read where ONTOS_REAL_DATA has it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.encoding.features import Matrix, describe
from ontos_tui.learning.models.field_models import fit
from ontos_tui.learning.search.folds import Positions, make_folds
from ontos_tui.learning.search.model_search import Search, search

MOST_CYCLES, WINDOW, STEP = 125, 30, 10
READINGS = 24
LEAST_F1, MOST_RMSE = 0.02, 0.05
"""By how much ours may be worse: F1, and share of the root mean square error."""


@dataclass(frozen=True)
class Data:
    """A public table: its rows, what is predicted, the unit of each row, and what was tuned by hand for it."""

    rows: list[dict[str, Any]]
    features: list[str]
    targets: list[str | float]
    groups: list[str | None] | None
    by_hand: Callable[[], Any]
    scored: str = "macro"


def real(name: str) -> Path:
    """A file of the public data."""
    beside = Path(__file__).parents[3] / "shared" / "real_data"
    return Path(os.environ.get("ONTOS_REAL_DATA") or beside) / name


def table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the public data."""
    with real(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def steel() -> Data:
    """Seven faults of steel plates, 1,941 rows; scored by macro F1."""
    rows = table("defect_detection/steel_plates_faults.csv")
    features = [name for name in rows[0] if name != "fault"]
    return Data(
        list(rows),
        features,
        [row["fault"] for row in rows],
        None,
        lambda: ExtraTreesClassifier(500, max_features=None, class_weight="balanced", n_jobs=1, random_state=0),
    )


def failures() -> Data:
    """Machine failures of AI4I 2020, 10,000 rows, the kinds of failure left out; scored by F1 of the failures."""
    rows = table("predictive_maintenance/ai4i2020.csv")
    features = [name for name in rows[0] if name.endswith("]") or name == "Type"]
    targets: list[str | float] = ["true" if row["Machine_failure"] == "1" else "false" for row in rows]
    return Data(list(rows), features, targets, None, lambda: _with_laws(features), "true")


def _with_laws(features: list[str]) -> Any:
    """Boosting beside the documented quantities: power, temperature difference, wear times torque."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.preprocessing import FunctionTransformer

    numbers = [name for name in features if name != "Type"]
    air, process, speed, torque, wear = range(-len(numbers), 0)

    def laws(matrix: Matrix) -> Matrix:
        columns = [matrix[:, speed] * matrix[:, torque], matrix[:, process] - matrix[:, air]]
        return np.column_stack([matrix, *columns, matrix[:, wear] * matrix[:, torque]])

    return make_pipeline(
        FunctionTransformer(laws), HistGradientBoostingClassifier(early_stopping=False, random_state=0)
    )


def air() -> Data:
    """Nitrogen dioxide from cheap sensors, 7,715 hours; the units are weeks."""
    rows, targets, weeks = [], [], []
    features = [name for name in table("calibration_insights/air_quality_uci.csv")[0] if name.startswith("PT08")]
    features += ["T", "RH", "AH"]
    for row in table("calibration_insights/air_quality_uci.csv"):
        if not row["NO2(GT)"] or float(row["NO2(GT)"]) == -200:
            continue
        rows.append({name: None if float(row[name]) == -200 else float(row[name]) for name in features})
        targets.append(float(row["NO2(GT)"]))
        year, week, _ = datetime.strptime(row["Date"], "%d/%m/%Y").isocalendar()
        weeks.append(f"{year} {week:02d}")
    return Data(
        rows,
        features,
        list(targets),
        list(weeks),
        lambda: ExtraTreesRegressor(300, min_samples_leaf=2, max_features=0.5, n_jobs=1, random_state=0),
    )


def parkinsons() -> Data:
    """The severity of Parkinson's disease from a voice, 5,875 recordings of 42 people."""
    rows = table("grouped/parkinsons_telemonitoring.csv")
    out = ("subject#", "motor_UPDRS", "total_UPDRS")
    return Data(
        list(rows),
        [name for name in rows[0] if name not in out],
        [float(row["total_UPDRS"]) for row in rows],
        [row["subject#"] for row in rows],
        lambda: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 5, 15))),
    )


def engines() -> Data:
    """Cycles left of 100 simulated turbofans (at most 125), from windows of 30 cycles."""
    lines = np.loadtxt(real("remaining_useful_life/cmapss_train_FD001.txt"))
    rows, targets, units = [], [], []
    for unit in np.unique(lines[:, 0]):
        engine = lines[lines[:, 0] == unit]
        for end in range(WINDOW, len(engine) + 1, STEP):
            rows.append(_window(engine[end - WINDOW : end, 5:]))
            targets.append(float(min(MOST_CYCLES, len(engine) - end)))
            units.append(f"unit {unit:.0f}")
    return Data(
        rows,
        list(rows[0]),
        list(targets),
        list(units),
        lambda: HistGradientBoostingRegressor(learning_rate=0.05, max_iter=200, min_samples_leaf=10, random_state=0),
    )


def gamma_lines() -> Data:
    """The factor from a simulated to a measured count of a germanium detector; 35 measurements of 10 runs each."""
    rows = table("calibration_insights/hpge_geant4_vs_measured.csv")
    features = ["line_kev", "branching", "distance_cm", "simulated_hits", "simulated_counts", "peak_to_total"]
    return Data(
        [{name: float(row[name]) for name in features} for row in rows],
        features,
        [float(row["calibration_factor"]) for row in rows],
        [row["simulation_id"].rsplit("-b", 1)[0] for row in rows],
        lambda: ExtraTreesRegressor(300, n_jobs=1, random_state=0),
    )


def temperatures() -> Data:
    """Whether a machine's temperature is in a stretch before or after a failure: 2 hours each, the units are days."""
    rows, targets, days = [], [], []
    for window, failing, day in temperature_windows():
        rows.append(window)
        targets.append("true" if failing else "false")
        days.append(day)
    return Data(
        rows,
        list(rows[0]),
        list(targets),
        list(days),
        lambda: ExtraTreesClassifier(300, min_samples_leaf=3, class_weight="balanced", n_jobs=1, random_state=0),
        "true",
    )


def temperature_windows() -> Iterator[tuple[dict[str, Any], bool, str]]:
    """Windows of 24 readings, one every 5 minutes (NAB); whether one lies in a labeled stretch, and its day."""
    name = "machine_temperature_system_failure"
    stretches = json.loads(real("anomaly_detection/nab_windows.json").read_text())[name]["windows"]
    readings = table(f"anomaly_detection/nab_{name}.csv")
    for start in range(0, len(readings) - READINGS + 1, READINGS):
        part = readings[start : start + READINGS]
        values = np.array([float(one["value"]) for one in part])
        steps = np.diff(values)
        window = {
            "mean": float(values.mean()),
            "last": float(values[-1]),
            "low": float(values.min()),
            "high": float(values.max()),
            "spread": float(values.std()),
            "rise": float(values[-1] - values[0]),
            "step": float(np.abs(steps).mean()),
            "largest_step": float(np.abs(steps).max()),
            "hour": int(part[0]["timestamp"][11:13]),
        }
        middle = part[READINGS // 2]["timestamp"]
        yield window, any(one[0][:19] <= middle <= one[1][:19] for one in stretches), middle[:10]


def _window(window: Matrix) -> dict[str, Any]:
    steps = np.arange(WINDOW) - (WINDOW - 1) / 2
    row: dict[str, Any] = {}
    for number, values in enumerate(window.T, 1):
        row[f"s{number}_mean"] = float(values.mean())
        row[f"s{number}_last"] = float(values[-1])
        row[f"s{number}_slope"] = float((values * steps).sum() / (steps**2).sum())
    return row


SETS: dict[str, Callable[[], Data]] = {
    "steel": steel,
    "failures": failures,
    "air": air,
    "parkinsons": parkinsons,
    "engines": engines,
    "gamma": gamma_lines,
    "temperature": temperatures,
}


def scored(data: Data, truth: np.ndarray, given: np.ndarray) -> float:
    """F1 of the class in question, or root mean square error."""
    if isinstance(data.targets[0], float):
        return float(np.sqrt(((truth - given) ** 2).mean()))
    if data.scored == "macro":
        return float(f1_score(truth, given, average="macro"))
    return float(f1_score(truth == data.scored, given == data.scored))


def ours(data: Data, matrix: Matrix, learned: Positions, tested: Positions, seed: int) -> tuple[Any, Any, str]:
    """The answers of the chosen model with and without derived columns, and what was chosen."""
    numbers = isinstance(data.targets[0], float)
    choices = () if numbers else tuple(sorted({str(one) for one in data.targets}))
    field = AnswerField("y", FieldKind.NUMBER if numbers else FieldKind.ENUM, True, choices=choices)
    shape, _ = describe(data.rows, data.features)
    values = [data.targets[line] for line in learned.tolist()]
    groups = None if data.groups is None else [data.groups[line] for line in learned.tolist()]

    def answers(*, derive: bool) -> tuple[Any, Search]:
        chosen = search(
            field,
            shape,
            matrix[learned],
            values,
            groups,
            base_model="best",
            params={"derived": derive},
            seed=seed,
            progress=NoProgress(),
        )
        wide = shape.with_derived(chosen.derived)
        model, _ = fit(field, wide.extended(matrix[learned]), values, chosen.base_model, seed, params=chosen.params)
        return np.array([value for value, _ in model.predict(wide.extended(matrix[tested]))]), chosen

    best, chosen = answers(derive=True)
    plain = answers(derive=False)[0] if chosen.derived else best
    return best, plain, f"{chosen.base_model}{' with derived' if chosen.derived else ''}, {chosen.fits} fits"


def measure(name: str, rotations: int) -> bool:
    """Print one set's line; whether ours is not worse than what was tuned by hand."""
    data = SETS[name]()
    shape, _ = describe(data.rows, data.features)
    matrix = shape.encode(data.rows)
    truth = np.array(data.targets)
    began, results, choices = time.monotonic(), [], []
    for seed, (learned, tested) in enumerate(make_folds(data.targets, data.groups)[:rotations]):
        model = data.by_hand().fit(matrix[learned], truth[learned])
        hand = scored(data, truth[tested], model.predict(matrix[tested]))
        best, plain, choice = ours(data, matrix, learned, tested, seed)
        results.append((hand, scored(data, truth[tested], best), scored(data, truth[tested], plain)))
        choices.append(choice)
    hand, own, plain = np.mean(results, axis=0)
    numbers = isinstance(data.targets[0], float)
    holds = own <= hand * (1 + MOST_RMSE) if numbers else own >= hand - LEAST_F1
    measure_name = "RMSE" if numbers else "F1"
    print(
        f"{name:11} {measure_name:4} by hand {hand:7.3f}  ours {own:7.3f}  without derived {plain:7.3f}  "
        f"{'holds' if holds else 'WORSE'}  {len(results)} rotations, {time.monotonic() - began:.0f} s: "
        f"{'; '.join(dict.fromkeys(choices))}",
        flush=True,
    )
    return bool(holds)


def main() -> int:
    """All sets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", help=f"of {', '.join(SETS)}")
    parser.add_argument("--rotations", type=int, default=5)
    given = parser.parse_args()
    held = [measure(name, given.rotations) for name in given.sets or SETS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
