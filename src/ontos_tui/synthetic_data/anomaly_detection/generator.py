"""Hourly readings of radiation monitors: how they are made up.

A monitor is drawn (type, place, its own usual values), then the weather of a month, then for some days what goes wrong.
The weather moves gain and leakage, and rain washes radon's daughters out of the air, so the rate rises and nothing is
wrong. What goes wrong moves the readings too, strongly or hardly. A day is a window; the question is what happened on
it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
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

KEY = "anomaly_detection"
SEED = 222
UNITS, DAYS, HOURS = 24, 30, 24
COUNTED_SECONDS = 60
"""A reading's rate is from the last minute of its hour."""
WRONG_LABELS = 0.04
BAD_DAYS = 0.28
KINDS = {"noise_burst": 0.24, "gain_jump": 0.22, "leakage_rise": 0.18, "foreign_source": 0.22, "dropout": 0.14}
ALERTS = ("leakage_rise", "foreign_source", "dropout")
EXAMPLES = {"normal": 5, **dict.fromkeys(KINDS, 3)}
RAIN = 0.16
"""Days with rain."""

COLUMNS = (
    "unit_id",
    "time",
    "detector_type",
    "temperature_c",
    "humidity_pct",
    "high_voltage_v",
    "count_rate_cps",
    "peak_channel",
    "leakage_current_na",
)
ANSWER = ("anomaly_type", "alert")
MISSING = {"humidity_pct": 0.02, "peak_channel": 0.01, "leakage_current_na": 0.02}


@dataclass(frozen=True)
class Monitor:
    """A monitor and what is usual for it."""

    unit_id: str
    kind: str
    outdoors: bool
    rate: float
    volts: float
    channel: float
    leakage: float
    gain_per_degree: float


TYPES = {
    # rate (counts/s), high voltage (V), channel of the K-40 peak, leakage (nA), gain (1/°C)
    "NaI": (420, 820, 1460, 2.4, -0.0030),
    "LaBr3": (330, 700, 1470, 3.1, -0.0006),
    "CZT": (60, 1100, 1455, 11.0, -0.0004),
    "HPGe": (90, 3500, 1460, 0.045, -0.0001),
}
SHARES = (0.46, 0.2, 0.2, 0.14)


@dataclass(frozen=True)
class Event:
    """What goes wrong on a day: from hour to hour, and how much (0 to 1)."""

    kind: str
    start: int
    end: int
    strength: float


def write(scale: int, out: Path) -> list[Path]:
    """Write readings.csv, truth.csv, held_out.csv and the examples below `out`; returns their paths."""
    streams = monitors(seeded(SEED), UNITS * scale, "MON")
    paths = write_streams(out / KEY, "readings.csv", COLUMNS, ANSWER, streams)
    return [*paths, write_examples(out / "examples" / f"{KEY}.jsonl", example_store())]


def monitors(random: Random, count: int, prefix: str) -> Iterator[Stream]:
    """`count` monitors, each with its month."""
    for number in range(1, count + 1):
        yield _month(random, f"{prefix}-{number:04d}", number)


def _month(random: Random, unit_id: str, number: int) -> Stream:
    kind = random.choices(list(TYPES), SHARES)[0]
    rate, volts, channel, leakage, gain = TYPES[kind]
    monitor = Monitor(
        unit_id,
        kind,
        random.random() < 0.5,
        rate * random.lognormvariate(0, 0.25),
        round(volts * random.uniform(0.9, 1.1), -1),
        channel * random.gauss(1, 0.004),
        leakage * random.lognormvariate(0, 0.3),
        gain * random.uniform(0.8, 1.2),
    )
    first = datetime(2025, 3, 1) + timedelta(days=random.randrange(0, 200))
    rows: list[Row] = []
    windows = []
    for day in range(DAYS):
        at = first + timedelta(days=day)
        event = _event(random)
        of_day = [lose(random, row, MISSING) for row in _day(random, monitor, at, event)]
        rows += of_day
        truth = _answer(event.kind)
        label = truth
        if random.random() < WRONG_LABELS:
            label = _answer(random.choice([other for other in ("normal", *KINDS) if other != event.kind]))
        item = f"{unit_id}@{at:%Y-%m-%dT%H:%M:%S}"
        windows.append((item, label, truth, _reason(of_day, event)))
    return Stream(rows, windows)


def _event(random: Random) -> Event:
    if random.random() > BAD_DAYS:
        return Event("normal", 0, 0, 0.0)
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    hours = {"noise_burst": (1, 4), "foreign_source": (3, 10), "dropout": (2, 8)}.get(kind, (6, 18))
    length = random.randint(*hours)
    start = random.randrange(0, HOURS - length + 1)
    end = start + length if kind in ("noise_burst", "foreign_source", "dropout") else HOURS
    return Event(kind, start, end, 0.1 + 0.9 * random.betavariate(1.4, 1.6))


def _day(random: Random, monitor: Monitor, at: datetime, event: Event) -> Iterator[Row]:
    summer = -math.cos(2 * math.pi * at.timetuple().tm_yday / 365.25)
    level = (11 + 9 * summer if monitor.outdoors else 21 + 1.5 * summer) + random.gauss(0, 1.5)
    swing = (6 + random.gauss(0, 1.5)) if monitor.outdoors else 1.0
    rain = random.randrange(HOURS) if random.random() < RAIN else None
    washed = random.uniform(0.04, 0.2) * (1.0 if monitor.outdoors else 0.4)
    step = random.choice((-1, 1)) * (0.004 + 0.04 * event.strength)
    for hour in range(HOURS):
        wet = rain is not None and hour >= rain
        temperature = level - swing * math.cos(2 * math.pi * (hour - 3) / 24) + random.gauss(0, 0.4)
        warm = temperature - 20
        rate = monitor.rate * (1 + 0.01 * random.gauss(0, 1))
        if rain is not None and wet:  # Pb-214 and Bi-214 decay within half an hour each, some 3 h until all is gone
            rate *= 1 + washed * math.exp(-(hour - rain) / 1.5)
        channel = monitor.channel * (1 + monitor.gain_per_degree * warm) + random.gauss(0, 1.5)
        leakage = monitor.leakage * 2 ** (warm / 9) * random.lognormvariate(0, 0.05)
        volts = monitor.volts + random.gauss(0, 0.6)
        on = event.start <= hour < event.end
        if on and event.kind == "noise_burst":  # pulses from outside, of any height
            rate *= 1 + 1.2 * event.strength * random.uniform(0.3, 1.6)
            channel += random.gauss(0, 25 * event.strength)
        elif on and event.kind == "gain_jump":
            channel *= 1 + step
        elif on and event.kind == "leakage_rise":
            leakage *= 1 + 2.5 * event.strength * min(1.0, (hour - event.start + 1) / 6)
        elif on and event.kind == "foreign_source":
            rate *= 1 + 0.9 * event.strength
        elif on and event.kind == "dropout":
            volts *= 1 - event.strength * random.uniform(0.7, 1.0)
            rate *= max(0.0, 1 - 1.2 * event.strength)
        yield {
            "unit_id": monitor.unit_id,
            "time": (at + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S"),
            "detector_type": monitor.kind,
            "temperature_c": f"{temperature:.1f}",
            "humidity_pct": f"{min(99, max(15, 60 - 1.2 * warm + 20 * wet)):.0f}",
            "high_voltage_v": f"{volts:.0f}",
            "count_rate_cps": f"{poisson(random, rate * COUNTED_SECONDS) / COUNTED_SECONDS:.1f}",
            "peak_channel": f"{channel:.0f}",
            "leakage_current_na": f"{leakage:.3g}",
        }


def _answer(kind: str) -> dict[str, Any]:
    return {"anomaly_type": kind, "alert": kind in ALERTS}


def _reason(rows: list[Row], event: Event) -> str:
    """Why a clear day is what it is, with its own readings; empty when it is not clear."""
    if (event.kind != "normal" and event.strength < 0.5) or any("" in row.values() for row in rows):
        return ""
    rates = [float(row["count_rate_cps"]) for row in rows]
    channels = [float(row["peak_channel"]) for row in rows]
    leakages = [float(row["leakage_current_na"]) for row in rows]
    span = f"from {event.start} to {event.end} h"
    usual = f"rate {min(rates):g} to {max(rates):g} counts/s, peak in channels {min(channels):g} to {max(channels):g}"
    return {
        "normal": f"Everything follows the temperature: {usual}.",
        "noise_burst": f"The rate jumps for {event.end - event.start} h and the peak scatters: {usual}.",
        "gain_jump": f"The peak moves {span} and stays, whatever the temperature: {usual}.",
        "leakage_rise": f"Leakage climbs to {max(leakages):g} nA {span}, more than warmth explains.",
        "foreign_source": f"The rate is higher {span} and the peak stays where it is: {usual}.",
        "dropout": f"The high voltage is down {span}, and the rate with it: {usual}.",
    }[event.kind]


def example_store() -> Iterator[dict[str, Any]]:
    """Clear days of every kind from other monitors, each with its reason."""
    chosen: dict[str, list[dict[str, Any]]] = {kind: [] for kind in EXAMPLES}
    for stream in monitors(seeded(SEED + 1), 100 * UNITS, "EX"):
        for place, (_, _, truth, reason) in enumerate(stream.windows):
            cases = chosen[truth["anomaly_type"]]
            if reason and len(cases) < EXAMPLES[truth["anomaly_type"]]:
                rows = stream.rows[place * HOURS : (place + 1) * HOURS]
                name = f"{truth['anomaly_type']} {len(cases) + 1} ({rows[0]['detector_type']})"
                fields = window_fields(rows, "unit_id", "time")
                cases.append({"name": name, "input": fields, "expected_output": dict(truth), "explanation": reason})
        if all(len(cases) == EXAMPLES[kind] for kind, cases in chosen.items()):
            break
    for cases in chosen.values():
        yield from cases
