"""Detectors from their first day to their failure: how their histories are made up.

A detector is drawn with its own usual values and with the day on which it will fail. Its damage grows from 0 to 1 until
that day, slowly at first. Damage raises leakage, widens the peak, costs gain (which the stabiliser makes up for by
voltage) and, for HPGe, warms the cold tip. Every day a report states these, with the weather in them and with errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ontos_tui.synthetic_data.making import (
    Row,
    Stream,
    lose,
    poisson,
    seeded,
    window_fields,
    write_examples,
    write_streams,
)

KEY = "remaining_useful_life"
SEED = 1460
UNITS = 70
SIZE, STEP = 20, 10
"""Days of a window, and from one to the next; the sheet in use_case.json has the same."""
LIVE_SECONDS = 300
LATE_NOTES, DAYS_OFF = 0.2, 8
"""Histories whose day of failure was noted wrongly, and by how many days (standard deviation)."""
NEAR_DAYS, WORN_DAYS = 20, 60
EXAMPLES = {"near_end": 5, "worn": 5, "healthy": 5}

COLUMNS = (
    "unit_id",
    "day",
    "detector_type",
    "temperature_c",
    "high_voltage_v",
    "leakage_current_na",
    "energy_resolution_pct",
    "count_rate_cps",
    "cold_tip_k",
)
ANSWER = ("rul_days", "stage")
MISSING = {"temperature_c": 0.02, "leakage_current_na": 0.03, "energy_resolution_pct": 0.03}

TYPES: dict[str, tuple[float, ...]] = {
    # share, mean life (days), high voltage (V), leakage (nA), resolution (%), rate (counts/s)
    "NaI": (0.4, 150, 800, 2.4, 7.0, 820),
    "LaBr3": (0.2, 130, 700, 3.1, 2.9, 610),
    "CZT": (0.2, 110, 1100, 11.0, 2.0, 95),
    "HPGe": (0.2, 140, 3500, 0.045, 0.2, 260),
}


def write(scale: int, out: Path) -> list[Path]:
    """Write histories.csv, truth.csv, held_out.csv and the examples below `out`; returns their paths."""
    paths = write_streams(out / KEY, "histories.csv", COLUMNS, ANSWER, detectors(seeded(SEED), UNITS * scale, "DET"))
    return [*paths, write_examples(out / "examples" / f"{KEY}.jsonl", example_store())]


def detectors(random: Random, count: int, prefix: str) -> Iterator[Stream]:
    """`count` detectors, each from its first day to its last."""
    for number in range(1, count + 1):
        yield _history(random, f"{prefix}-{number:04d}")


def _history(random: Random, unit_id: str) -> Stream:
    kind = random.choices(list(TYPES), [one[0] for one in TYPES.values()])[0]
    mean = TYPES[kind][1]
    life = max(45, round(random.gammavariate(9, mean / 9)))
    rows = [lose(random, row, MISSING) for row in _days(random, unit_id, kind, life)]
    off = round(random.gauss(0, DAYS_OFF)) if random.random() < LATE_NOTES else 0
    windows = []
    for start in range(0, len(rows) - SIZE + 1, STEP):
        left = life - (start + SIZE - 1)
        some = rows[start : start + SIZE]
        windows.append((f"{unit_id}@{start}", _answer(max(0, left + off)), _answer(left), _reason(some, left)))
    return Stream(rows, windows)


def _days(random: Random, unit_id: str, kind: str, life: int) -> Iterator[Row]:
    _, _, volts, leakage, resolution, rate = TYPES[kind]
    volts = round(volts * random.uniform(0.9, 1.1), -1)
    leakage *= random.lognormvariate(0, 0.25)
    resolution *= random.lognormvariate(0, 0.06)
    rate *= random.lognormvariate(0, 0.15)
    power = random.uniform(1.6, 3.2)
    severity = random.lognormvariate(0, 0.15)
    first = datetime(2024, 1, 1) + timedelta(days=random.randrange(365))
    outdoors = random.random() < 0.4
    for day in range(life + 1):
        damage = severity * (day / life) ** power
        season = -math.cos(2 * math.pi * (first + timedelta(days=day)).timetuple().tm_yday / 365.25)
        temperature = 21 + (8 if outdoors else 1) * season + random.gauss(0, 1.5 if outdoors else 0.5)
        warm = temperature - 21
        gain = 1 - 0.25 * damage
        raised = volts * (gain ** (-1 / 7) - 1)  # gain follows the 7th power of the voltage
        leaking = leakage * (1 + 3 * damage) * 2 ** (warm / 9) * random.lognormvariate(0, 0.08)
        counts = poisson(random, rate * (1 - 0.1 * damage) * (1 + random.gauss(0, 0.004)) * LIVE_SECONDS)
        yield {
            "unit_id": unit_id,
            "day": str(day),
            "detector_type": kind,
            "temperature_c": f"{temperature:.1f}",
            "high_voltage_v": f"{volts + raised + random.gauss(0, 1):.0f}",
            "leakage_current_na": f"{leaking:.3g}",
            "energy_resolution_pct": f"{resolution * (1 + 0.45 * damage) * random.gauss(1, 0.012):.4g}",
            "count_rate_cps": f"{counts / LIVE_SECONDS:.2f}",
            "cold_tip_k": f"{88 + 9 * damage + 0.05 * warm + random.gauss(0, 0.5):.1f}" if kind == "HPGe" else "",
        }


def _answer(left: int) -> dict[str, Any]:
    stage = "near_end" if left < NEAR_DAYS else "worn" if left < WORN_DAYS else "healthy"
    return {"rul_days": left, "stage": stage}


def _reason(rows: list[Row], left: int) -> str:
    """Why a window is at its stage, with its own readings; empty near the edges, or where something is missing."""
    if any(abs(left - edge) < 6 for edge in (NEAR_DAYS, WORN_DAYS)) or left > 110:
        return ""
    first, last = rows[0], rows[-1]
    needed = ("leakage_current_na", "energy_resolution_pct", "high_voltage_v")
    if not all(first[name] and last[name] for name in needed):
        return ""
    return (
        f"From day {first['day']} to {last['day']} leakage went from {first['leakage_current_na']} to "
        f"{last['leakage_current_na']} nA, resolution from {first['energy_resolution_pct']} to "
        f"{last['energy_resolution_pct']} %, voltage from {first['high_voltage_v']} to {last['high_voltage_v']} V; "
        f"it failed {left} days later."
    )


def example_store() -> Iterator[dict[str, Any]]:
    """Windows of every stage from other detectors, one of each detector, with the reason."""
    chosen: dict[str, list[dict[str, Any]]] = {stage: [] for stage in EXAMPLES}
    for stream in detectors(seeded(SEED + 1), 100 * UNITS, "EX"):
        for place, (_, _, truth, reason) in enumerate(stream.windows):
            stage = truth["stage"]
            if reason and len(chosen[stage]) < EXAMPLES[stage]:
                rows = stream.rows[place * STEP : place * STEP + SIZE]
                name = f"{stage} {len(chosen[stage]) + 1} ({rows[0]['detector_type']})"
                fields = window_fields(rows, "unit_id", "day")
                chosen[stage].append(
                    {"name": name, "input": fields, "expected_output": dict(truth), "explanation": reason}
                )
                break
        if all(len(cases) == EXAMPLES[stage] for stage, cases in chosen.items()):
            break
    for cases in chosen.values():
        yield from cases
