"""Monte Carlo efficiency calibrations beside measurements: how they are made up.

A detector and a geometry are drawn, then what the model of it has wrong, if anything: the dead layer, the distance of
the source, coincidence summing, or the dead time of the measurement. That makes a true ratio of simulated to measured
full-energy peak efficiency for each of four lines. The simulation counts its peak (Poisson), the laboratory counts its
own (Poisson, and a source whose activity is certified to 1.5 %), and both are written down with their uncertainties.
Whether something is wrong enough to act is decided by the true ratio, which nobody sees.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ontos_tui.synthetic_data.making import (
    Row,
    SampleItem,
    choose_examples,
    lose,
    poisson,
    seeded,
    write_case,
    write_examples,
)

KEY = "calibration_insights"
SEED = 152
RUNS = 800
MATERIAL = 0.02
"""A deviation of the true ratio from 1 that is worth acting on."""
ENOUGH_PCT = 2.0
"""Statistical uncertainty of a simulated peak up to which a run is precise enough, %."""
SOURCE_UNCERTAINTY = 0.015
WRONG_LABELS = 0.04
CAUSES = {"none": 0.46, "dead_layer": 0.17, "distance": 0.16, "summing": 0.11, "dead_time": 0.10}
ADVICE = {
    "dead_layer": "adjust_dead_layer",
    "distance": "correct_distance",
    "summing": "correct_summing",
    "dead_time": "correct_dead_time",
}
EXAMPLES = {"accept": 4, "run_more_histories": 3, **dict.fromkeys(ADVICE.values(), 3)}


@dataclass(frozen=True)
class LineOf:
    """A gamma line: energy in keV, emission probability, attenuation in the dead layer (1/mm of Ge), in a cascade."""

    name: str
    kev: float
    branching: float
    dead_layer_per_mm: float
    cascade: float


LINES = (
    LineOf("am241_59kev", 59.5, 0.359, 1.05, 0.0),
    LineOf("eu152_122kev", 121.8, 0.284, 0.22, 1.0),
    LineOf("cs137_662kev", 661.7, 0.851, 0.040, 0.0),
    LineOf("co60_1332kev", 1332.5, 0.9998, 0.027, 0.8),
)


@dataclass(frozen=True)
class Kind:
    """A detector type: sizes (mm), attenuation (1/mm) at the four lines, and how much of it ends in the peak."""

    name: str
    share: float
    diameters: tuple[float, ...]
    length: float
    absorbed: tuple[float, float, float, float]
    peak_share: tuple[float, float, float, float]


KINDS = (
    Kind("HPGe", 0.45, (50.0, 60.0, 70.0), 55.0, (1.0, 0.2, 0.040, 0.027), (0.95, 0.9, 0.30, 0.19)),
    Kind("NaI", 0.25, (50.8, 76.2), 60.0, (2.3, 0.4, 0.028, 0.019), (0.95, 0.92, 0.45, 0.28)),
    Kind("LaBr3", 0.18, (38.1, 50.8), 45.0, (2.4, 0.45, 0.038, 0.024), (0.95, 0.92, 0.38, 0.23)),
    Kind("CZT", 0.12, (15.0, 20.0), 10.0, (3.0, 0.6, 0.043, 0.028), (0.9, 0.85, 0.14, 0.06)),
)

COLUMNS = (
    "run_id",
    "detector_type",
    "crystal_diameter_mm",
    "source_distance_cm",
    "code",
    "histories_millions",
    "dead_layer_model_mm",
    *(f"{part}_{line.name}" for line in LINES for part in ("mc_efficiency", "mc_sigma_pct", "measured_efficiency",
                                                           "measured_sigma_pct", "ratio", "dead_time_pct")),
    "analyst_note",
)  # fmt: skip
ANSWER = ("recommendation", "calibration_factor")
MISSING = {"dead_layer_model_mm": 0.05, **{f"dead_time_pct_{line.name}": 0.04 for line in LINES}}
LINE_LOST = 0.03
"""Runs without the measurement of one line."""
NOTES = {
    "none": ("agrees within errors", "nothing to remark", "reference geometry"),
    "dead_layer": ("low energies come out too high", "crystal is ten years old", "dead layer from the data sheet"),
    "distance": ("holder was changed in spring", "spacer missing?", "distance measured to the cap"),
    "summing": ("Co-60 and Eu-152 do not fit, Cs-137 does", "close geometry", "no cascade in the source term"),
    "dead_time": ("hot sources", "pile-up seen on the scope", "live time taken from the clock"),
}


def write(scale: int, out: Path) -> list[Path]:
    """Write simulations.csv, truth.csv, held_out.csv and the examples below `out`; returns their paths."""
    items = runs(seeded(SEED), RUNS * scale, "MC")
    paths = write_case(out / KEY, "simulations.csv", "run_id", COLUMNS, ANSWER, items)
    examples = choose_examples(runs(seeded(SEED + 1), 100 * RUNS, "EX"), EXAMPLES)
    return [*paths, write_examples(out / "examples" / f"{KEY}.jsonl", examples)]


def runs(random: Random, count: int, prefix: str) -> Iterator[SampleItem]:
    """`count` calibrations, each a simulation of four lines beside their measurement."""
    for number in range(1, count + 1):
        yield _run(random, f"{prefix}-{number:05d}")


def _run(random: Random, run_id: str) -> SampleItem:
    kind = random.choices(KINDS, [kind.share for kind in KINDS])[0]
    distance = random.choice((2.0, 5.0, 10.0, 15.0, 25.0))
    diameter = random.choice(kind.diameters)
    weights = dict(CAUSES)
    if kind.name == "HPGe":
        weights["dead_layer"] *= 1.5
    weights["summing"] *= {2.0: 2.4, 5.0: 1.6, 10.0: 0.6}.get(distance, 0.1)
    cause = random.choices(list(weights), list(weights.values()))[0]
    dead_times = [min(0.35, random.lognormvariate(-3.6, 0.8) * (4 if cause == "dead_time" else 1)) for _ in LINES]
    solid_angle = 0.5 * (1 - distance / math.hypot(distance + 0.6, diameter / 20))
    ratios = _ratios(random, cause, distance, solid_angle, dead_times)

    histories = 10 ** random.uniform(5.3, 7.7)
    row: Row = {
        "run_id": run_id,
        "detector_type": kind.name,
        "crystal_diameter_mm": f"{diameter:.1f}",
        "source_distance_cm": f"{distance:g}",
        "code": random.choice(("Geant4", "Geant4", "MCNP", "PENELOPE")),
        "histories_millions": f"{histories / 1e6:.2f}",
        "dead_layer_model_mm": f"{random.choice((0.4, 0.5, 0.7)) if kind.name == 'HPGe' else 0:g}",
        "analyst_note": _note(random, cause),
    }
    for place, (line, ratio) in enumerate(zip(LINES, ratios, strict=True)):
        peak = (1 - math.exp(-kind.absorbed[place] * kind.length)) * kind.peak_share[place]
        row |= _line(random, line, ratio, solid_angle * peak, histories, dead_times[place])
    if random.random() < LINE_LOST:
        lost = random.choice(LINES).name
        row |= {f"{part}_{lost}": "" for part in ("measured_efficiency", "measured_sigma_pct", "ratio")}
    row = lose(random, {name: row[name] for name in COLUMNS}, MISSING)

    worst = max(abs(ratio - 1) for ratio in ratios)
    unsure = max(float(row[f"mc_sigma_pct_{line.name}"]) for line in LINES)
    precise = "run_more_histories" if unsure > ENOUGH_PCT else "accept"
    advice = ADVICE.get(cause, precise) if worst > MATERIAL else precise
    truth = {"recommendation": advice, "calibration_factor": round(1 / ratios[2], 4)}
    label = dict(truth)
    if random.random() < WRONG_LABELS:
        label["recommendation"] = random.choice([other for other in EXAMPLES if other != advice])
    return SampleItem(row, label, truth, advice, _reason(row, advice, worst, unsure), kind.name)


def _ratios(
    random: Random, cause: str, distance: float, solid_angle: float, dead_times: list[float]
) -> tuple[float, ...]:
    """Simulated over measured efficiency of each line, as it truly is. The best model is right to some 0.5 %."""
    rest = [random.lognormvariate(0, 0.005) for _ in LINES]
    if cause == "dead_layer":  # thicker than modelled: low energies are lost in truth
        missing_mm = 0.05 + random.expovariate(1 / 0.2)
        rest = [one * math.exp(line.dead_layer_per_mm * missing_mm) for one, line in zip(rest, LINES, strict=True)]
    elif cause == "distance":  # the inverse square of the distance to where photons interact, some 3 cm deep
        shift = random.choice((-1, 1)) * (0.08 + random.expovariate(1 / 0.35))
        depth = (1.0, 1.5, 3.0, 3.5)
        rest = [
            one * ((distance + deep + shift) / (distance + deep)) ** 2 for one, deep in zip(rest, depth, strict=True)
        ]
    elif cause == "summing":  # cascades sum out of the peak, in truth only
        total = solid_angle * random.uniform(0.5, 1.1)
        rest = [one / (1 - min(0.3, line.cascade * total)) for one, line in zip(rest, LINES, strict=True)]
    elif cause == "dead_time":  # a part of the dead time is not corrected
        part = random.uniform(0.4, 1.0)
        rest = [one / (1 - part * dead) for one, dead in zip(rest, dead_times, strict=True)]
    return tuple(rest)


def _line(random: Random, line: LineOf, ratio: float, efficiency: float, histories: float, dead: float) -> Row:
    simulated = max(1, poisson(random, histories * efficiency * ratio))
    mc_efficiency = simulated / histories
    becquerels, seconds = 40_000, 900
    counted = max(1, poisson(random, becquerels * seconds * line.branching * efficiency * (1 - dead)))
    certified = random.gauss(1, SOURCE_UNCERTAINTY)
    measured = counted / (becquerels * seconds * line.branching * (1 - dead)) * certified
    mc_sigma = 100 / math.sqrt(simulated)
    measured_sigma = 100 * math.sqrt(1 / counted + SOURCE_UNCERTAINTY**2)
    return {
        f"mc_efficiency_{line.name}": f"{mc_efficiency:.6f}",
        f"mc_sigma_pct_{line.name}": f"{mc_sigma:.2f}",
        f"measured_efficiency_{line.name}": f"{measured:.6f}",
        f"measured_sigma_pct_{line.name}": f"{measured_sigma:.2f}",
        f"ratio_{line.name}": f"{mc_efficiency / measured:.4f}",
        f"dead_time_pct_{line.name}": f"{100 * dead:.1f}",
    }


def _note(random: Random, cause: str) -> str:
    drawn = random.random()
    if drawn < 0.5:
        return ""
    return random.choice(NOTES[cause if drawn > 0.7 else "none"])


def _reason(row: Row, advice: str, worst: float, unsure: float) -> str:
    """Why a clear case is what it is; empty when the errors could hide it, or something is missing."""
    if "" in [row[name] for name in COLUMNS if name != "analyst_note"]:
        return ""
    if advice in ADVICE.values() and (worst < 0.06 or unsure > 2.5):
        return ""
    if (advice == "accept" and unsure > 1.2) or (advice == "run_more_histories" and unsure < 3.5):
        return ""
    ratios = "simulated over measured: " + ", ".join(
        f"{line.kev:g} keV {row[f'ratio_{line.name}']} ± "
        f"{math.hypot(float(row[f'mc_sigma_pct_{line.name}']), float(row[f'measured_sigma_pct_{line.name}'])):.1f} %"
        for line in LINES
    )
    dead = max(float(row[f"dead_time_pct_{line.name}"]) for line in LINES)
    return {
        "accept": f"All lines agree within their uncertainties; {ratios}.",
        "run_more_histories": f"The simulation itself is uncertain to {unsure:.1f} %; {ratios}.",
        "adjust_dead_layer": f"The excess falls with energy, as of a layer that absorbs; {ratios}.",
        "correct_distance": f"All energies are off together, at {row['source_distance_cm']} cm; {ratios}.",
        "correct_summing": f"Only lines of a cascade are off, at {row['source_distance_cm']} cm; {ratios}.",
        "correct_dead_time": f"What is off goes with the dead time (up to {dead:.0f} %); {ratios}.",
    }[advice]
