"""Inspections of radiation detector crystals: how they are made up.

A crystal is drawn first (type, size, bias), then the day and the air it was kept in, then what is wrong with it: damp
air clouds and corrodes the hygroscopic crystals, brittle ones crack. The defect changes the crystal's physics (light
yield, surface leakage, radioactive dirt, what a camera sees), the instruments measure that with their own errors
(Poisson counts among them), and an operator who is sometimes wrong or silent writes a note. The measurements follow
from the defect and never the other way round, so the classes overlap where nature would let them. Only the severity is
read off the measurements, by the rule that the template's guidelines give.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ontos_tui.synthetic_data.defect_detection.words import NOTES, explain, note

KEY = "defect_detection"
SEED = 662
ROWS = 800
HELD_OUT_EVERY = 5
"""Every fifth crystal of each class is held out for testing."""
EXAMPLES = {"none": 9}
"""Examples of a class, OTHER_EXAMPLES of any other. Sound crystals are common and differ; more of them are shown."""
OTHER_EXAMPLES = 3

CS137_HALF_LIFE_DAYS = 30.08 * 365.25
CALIBRATED = datetime(2024, 1, 1)
LIVE_SECONDS = 60
BACKGROUND_SECONDS = 300

Row = dict[str, str]


@dataclass(frozen=True)
class Crystal:
    """A detector material and what is usual for a sound crystal of it."""

    name: str
    share: float
    resolution_pct: float  # FWHM at 662 keV
    resolution_spread: float  # relative, from crystal to crystal
    leakage_na: float  # dark current of the photomultiplier, or leakage of the semiconductor
    volts: tuple[int, int]
    diameters_mm: tuple[float, ...]
    lengths_mm: tuple[float, ...]
    peak_to_compton: float
    background: float  # counts/s in a crystal of 100 cm³
    hygroscopic: bool
    brittle: float  # relative to NaI


CRYSTALS = (
    Crystal("NaI", 0.40, 7.0, 0.045, 2.4, (600, 1000), (38.1, 50.8, 76.2), (38.1, 50.8, 76.2), 5.2, 92, True, 1.0),
    Crystal("LaBr3", 0.22, 2.9, 0.045, 3.1, (550, 850), (25.4, 38.1, 50.8), (25.4, 38.1, 50.8), 8.5, 160, True, 1.6),
    Crystal("CZT", 0.20, 2.0, 0.09, 11.0, (800, 1500), (10.0, 12.0, 15.0), (5.0, 10.0), 3.4, 75, False, 1.8),
    Crystal("HPGe", 0.18, 0.2, 0.05, 0.045, (2500, 4500), (48.0, 55.0, 62.0), (42.0, 50.0, 58.0), 52, 55, False, 0.3),
)

# Shares before the air and the crystal have their say; `none` is what remains most of the time.
WEIGHTS = {
    "none": 0.475,
    "scratch": 0.135,
    "crack": 0.065,
    "contamination": 0.115,
    "corrosion": 0.075,
    "clouding": 0.11,
    "dent": 0.045,
}

COLUMNS = (
    "inspection_id",
    "inspected_at",
    "detector_type",
    "serial",
    "crystal_diameter_mm",
    "crystal_length_mm",
    "high_voltage_v",
    "temperature_c",
    "humidity_pct",
    "energy_resolution_pct",
    "count_rate_cps",
    "background_cps",
    "peak_to_compton",
    "leakage_current_na",
    "surface_reflectance",
    "edge_contrast",
    "mark_elongation",
    "spot_count",
    "spot_area_mm2",
    "operator_note",
)
ANSWER = ("defect_class", "severity", "action")
CAMERA = ("surface_reflectance", "edge_contrast", "mark_elongation", "spot_count", "spot_area_mm2")
MISSING = {"humidity_pct": 0.03, "leakage_current_na": 0.03, "peak_to_compton": 0.02, "background_cps": 0.02}
CAMERA_DOWN = 0.02


@dataclass(frozen=True)
class Inspection:
    """One made-up inspection: what the station wrote down, and the truth."""

    row: Row
    truth: dict[str, str]
    strength: float
    complete: bool


def write(scale: int, out: Path) -> list[Path]:
    """Write inspections.csv, truth.csv, held_out.csv and the examples below `out`; returns their paths."""
    folder = out / KEY
    examples = out / "examples" / f"{KEY}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    examples.parent.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in ("inspections.csv", "truth.csv", "held_out.csv")]
    with (
        paths[0].open("w", encoding="utf-8", newline="") as data_file,
        paths[1].open("w", encoding="utf-8", newline="") as truth_file,
        paths[2].open("w", encoding="utf-8", newline="") as held_out_file,
    ):
        data = csv.DictWriter(data_file, COLUMNS, lineterminator="\n")
        answers = [
            csv.DictWriter(file, ("inspection_id", *ANSWER), lineterminator="\n")
            for file in (truth_file, held_out_file)
        ]
        for writer in (data, *answers):
            writer.writeheader()
        seen = dict.fromkeys(WEIGHTS, 0)
        for inspection in inspections(_seeded(SEED), ROWS * scale, "INS"):
            data.writerow(inspection.row)
            name = inspection.truth["defect_class"]
            held_out = seen[name] % HELD_OUT_EVERY == HELD_OUT_EVERY // 2
            seen[name] += 1
            answers[held_out].writerow({"inspection_id": inspection.row["inspection_id"], **inspection.truth})
    lines = (json.dumps(example, ensure_ascii=False) + "\n" for example in example_store())
    with examples.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    return [*paths, examples]


def inspections(random: Random, count: int, prefix: str) -> Iterator[Inspection]:
    """`count` inspections, one after the other through the same eight months, whatever their number."""
    at = datetime(2025, 1, 6, 7, 40)
    hours = 2.6 * ROWS / count
    for number in range(1, count + 1):
        at = _next_time(random, at, hours)
        crystal = random.choices(CRYSTALS, [crystal.share for crystal in CRYSTALS])[0]
        yield _inspect(random, crystal, at, f"{prefix}-{number:05d}", number)


def _seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # repeatable on purpose


def _next_time(random: Random, at: datetime, mean_hours: float) -> datetime:
    at += timedelta(hours=random.expovariate(1 / mean_hours))
    if at.hour >= 17 or at.hour < 7:
        at = at.replace(hour=7, minute=at.minute) + timedelta(days=int(at.hour >= 17))
    while at.weekday() >= 5:
        at += timedelta(days=1)
    return at


def _air(random: Random, at: datetime) -> tuple[float, float]:
    """Temperature in °C and relative humidity in % on a day."""
    summer = -math.cos(2 * math.pi * at.timetuple().tm_yday / 365.25)  # -1 in January, 1 in July
    temperature = 21.5 + 1.6 * summer + random.gauss(0, 0.8)
    humidity = 43 + 7 * summer + random.gauss(0, 6)
    if random.random() < 0.07:  # a leaking can or spent desiccant
        humidity += random.uniform(8, 26)
    return temperature, min(max(humidity, 18), 88)


def _inspect(random: Random, crystal: Crystal, at: datetime, inspection_id: str, number: int) -> Inspection:
    temperature, humidity = _air(random, at)
    defect = _defect(random, crystal, humidity)
    strength = 0.0 if defect == "none" else 0.12 + 0.88 * random.betavariate(1.7, 1.5)
    resolution_factor, leakage_factor = _damage(random, crystal, defect, strength)

    diameter = random.choice(crystal.diameters_mm)
    length = random.choice(crystal.lengths_mm)
    volume = math.pi / 4 * (diameter / 10) ** 2 * length / 10
    resolution = crystal.resolution_pct * random.lognormvariate(0, crystal.resolution_spread) * resolution_factor
    resolution *= random.gauss(1, 0.012)
    rate = _source_rate(crystal, diameter, length, at) * random.lognormvariate(0, 0.02)
    background = crystal.background * (volume / 100) ** 0.9 * random.lognormvariate(0, 0.10)
    if defect == "crack":
        rate *= 1 - 0.10 * strength
    if defect in ("clouding", "corrosion"):
        rate *= 1 - 0.05 * strength
    if defect == "contamination":
        background *= 1.12 + 1.1 * strength
    leakage = crystal.leakage_na * random.lognormvariate(0, 0.22) * leakage_factor * 2 ** ((temperature - 22) / 9)
    to_compton = crystal.peak_to_compton * (volume / 60) ** 0.12 / (resolution / crystal.resolution_pct) ** 0.8

    camera = _camera(random, defect, strength)
    row = {
        "inspection_id": inspection_id,
        "inspected_at": at.strftime("%Y-%m-%d %H:%M:00"),
        "detector_type": crystal.name,
        "serial": f"{crystal.name.upper()}-{at:%y}{number:05d}",
        "crystal_diameter_mm": f"{diameter:.1f}",
        "crystal_length_mm": f"{length:.1f}",
        "high_voltage_v": str(10 * round(random.uniform(*crystal.volts) / 10)),
        "temperature_c": f"{temperature:.1f}",
        "humidity_pct": f"{humidity + random.gauss(0, 1.5):.0f}",
        "energy_resolution_pct": f"{resolution:.3f}",
        "count_rate_cps": f"{_poisson(random, (rate + background) * LIVE_SECONDS) / LIVE_SECONDS:.1f}",
        "background_cps": f"{_poisson(random, background * BACKGROUND_SECONDS) / BACKGROUND_SECONDS:.2f}",
        "peak_to_compton": f"{to_compton * random.gauss(1, 0.04):.2f}",
        "leakage_current_na": f"{leakage:.3f}",
        **camera,
        "operator_note": note(random, defect, strength),
    }
    lost = [name for name, chance in MISSING.items() if random.random() < chance]
    if random.random() < CAMERA_DOWN:
        lost += CAMERA
    row |= dict.fromkeys(lost, "")
    severity = _severity(crystal, defect, resolution, leakage, camera)
    truth = {"defect_class": defect, "severity": severity, "action": _action(defect, severity)}
    return Inspection(row, truth, strength, complete=not lost)


def _defect(random: Random, crystal: Crystal, humidity: float) -> str:
    weights = dict(WEIGHTS)
    damp = math.exp((humidity - 46) / 13)
    weights["clouding"] *= 1.4 * damp if crystal.hygroscopic else 0.15
    weights["corrosion"] *= 1.2 * damp if crystal.hygroscopic else 0.4 * damp
    weights["crack"] *= crystal.brittle
    return random.choices(list(weights), list(weights.values()))[0]


def _damage(random: Random, crystal: Crystal, defect: str, strength: float) -> tuple[float, float]:
    """What a defect does to the energy resolution and to the leakage current, as factors."""
    spread = random.lognormvariate(0, 0.15)
    bare = 1.0 if not crystal.hygroscopic else 0.25  # a canned scintillator hides its surface from the bias
    resolution = {"crack": 0.38, "clouding": 0.30, "corrosion": 0.20, "contamination": 0.03, "scratch": 0.05 * bare}
    leakage = {"crack": 3.2, "corrosion": 1.3, "contamination": 0.9, "scratch": 0.7, "dent": 0.2}
    return (
        1 + resolution.get(defect, 0.0) * strength * spread,
        1 + leakage.get(defect, 0.0) * strength * spread * (0.4 + 0.6 * bare),
    )


def _severity(crystal: Crystal, defect: str, resolution: float, leakage: float, camera: Row) -> str:
    """The rule that the template's guidelines give to the people who label, on what was measured."""
    if defect == "none":
        return "none"
    worse, leakier = resolution / crystal.resolution_pct, leakage / crystal.leakage_na
    if worse > 1.25 or leakier > 4:
        return "reject"
    if worse > 1.1 or leakier > 2 or float(camera["edge_contrast"]) > 0.5 or float(camera["spot_area_mm2"]) > 6:
        return "major"
    return "minor"


def _action(defect: str, severity: str) -> str:
    if severity == "reject":
        return "scrap"
    if defect == "contamination":
        return "clean"
    return "release" if severity in ("none", "minor") else "rework"


def _source_rate(crystal: Crystal, diameter: float, length: float, at: datetime) -> float:
    """Counts per second from the Cs-137 reference at 10 cm: solid angle, attenuation, and the source's decay."""
    radius = diameter / 2
    solid_angle = 0.5 * (1 - 100 / math.hypot(100, radius))
    attenuation_per_mm = {"NaI": 0.0277, "LaBr3": 0.0385, "CZT": 0.0430, "HPGe": 0.0380}[crystal.name]
    decay: float = 0.5 ** ((at - CALIBRATED).days / CS137_HALF_LIFE_DAYS)
    return 60_000 * solid_angle * (1 - math.exp(-attenuation_per_mm * length)) * decay


def _camera(random: Random, defect: str, strength: float) -> Row:
    """What the imaging station sees: a sound polished face is bright, of low contrast, with a little dust on it."""
    reflectance = random.gauss(0.82, 0.035)
    contrast = random.gauss(0.21, 0.04)
    elongation = 1 + random.expovariate(1 / 0.7)
    spots = _poisson(random, 0.9)
    area = spots * random.lognormvariate(-1.2, 0.6)
    if defect == "scratch":
        contrast += 0.05 + 0.34 * strength
        elongation = 2.0 + 10 * random.betavariate(1.6, 1.6)
        area += 1.5 * strength * random.lognormvariate(0, 0.4)
    elif defect == "crack":
        contrast += 0.06 + 0.30 * strength
        elongation = 1.6 + 8 * random.betavariate(1.5, 1.8)
        reflectance -= 0.05 * strength
        area += 1.2 * strength * random.lognormvariate(0, 0.4)
    elif defect == "contamination":
        extra = 1 + _poisson(random, 5 * strength)
        spots += extra
        area += extra * random.lognormvariate(-0.2, 0.5)
        reflectance -= 0.07 * strength
        contrast += 0.06 * strength
    elif defect == "corrosion":
        extra = 1 + _poisson(random, 8 * strength)
        spots += extra
        area += extra * random.lognormvariate(0.2, 0.5)
        reflectance -= 0.05 + 0.17 * strength
        contrast += 0.14 * strength
    elif defect == "clouding":
        reflectance -= 0.04 + 0.24 * strength
        contrast -= 0.07 * strength
    elif defect == "dent":
        contrast += 0.03 + 0.22 * strength
        elongation = 1 + random.expovariate(1 / 0.25)
        spots += 1
        area += (1 + 6 * strength) * random.lognormvariate(0, 0.35)
        reflectance -= 0.03 * strength
    return {
        "surface_reflectance": f"{min(max(reflectance, 0.2), 0.98):.3f}",
        "edge_contrast": f"{min(max(contrast, 0.02), 0.98):.3f}",
        "mark_elongation": f"{elongation:.1f}",
        "spot_count": str(spots),
        "spot_area_mm2": f"{area:.2f}",
    }


def _poisson(random: Random, mean: float) -> int:
    """A Poisson count; by the normal law where that is indistinguishable."""
    if mean > 200:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def example_store() -> Iterator[dict[str, Any]]:
    """Clear cases of every class, from inspections that are in none of the other files, each with its reason."""
    chosen: dict[str, list[Inspection]] = {name: [] for name in WEIGHTS}
    for inspection in inspections(_seeded(SEED + 1), ROWS, "EX"):
        cases = chosen[inspection.truth["defect_class"]]
        count = EXAMPLES.get(inspection.truth["defect_class"], OTHER_EXAMPLES)
        of_type = sum(case.row["detector_type"] == inspection.row["detector_type"] for case in cases)
        if len(cases) < count and of_type < count // 3 and _is_clear(inspection):
            cases.append(inspection)
    for name, cases in chosen.items():
        for number, inspection in enumerate(cases, start=1):
            yield {
                "name": f"{name} {number} ({inspection.row['detector_type']})",
                "input": {column: _typed(inspection.row[column]) for column in COLUMNS},
                "expected_output": inspection.truth,
                "explanation": _reason(inspection),
            }


def _is_clear(inspection: Inspection) -> bool:
    name = inspection.truth["defect_class"]
    return (
        inspection.complete
        and (name == "none" or inspection.strength > 0.55)
        and inspection.row["operator_note"] in ("", *NOTES[name])
    )


def _typed(text: str) -> str | int | float | None:
    """A cell as a CSV reader would type it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def _reason(inspection: Inspection) -> str:
    usual = next(crystal for crystal in CRYSTALS if crystal.name == inspection.row["detector_type"])
    return explain(inspection.row, inspection.truth["defect_class"], usual.resolution_pct, usual.leakage_na)
