"""Telemetry of detectors in use: how it is made up.

A detector is drawn first (type, age, place), then whether one of its parts is failing, and when it will have failed.
How far the damage has come by now, and how fast it grows, follows from that: damage grows as an exponential and reaches
1 on the day of the failure. The damage changes the physics (light yield, leakage, gain, cold), the environment changes
it too, and the monitor reports what it measures with its own errors. So telemetry follows from what will fail, late
damage shows clearly, early damage hardly, and a hot room looks a little like a leaking crystal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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

KEY = "predictive_maintenance"
SEED = 1332
UNITS = 900
HORIZON_DAYS = 30
WINDOW_DAYS = 30
"""Trends are of the last 30 days."""
LIVE_SECONDS = 300
"""Of the daily check with the reference source."""
WRONG_REPORTS = 0.04
"""Service reports that name the wrong part."""
EXAMPLES = {"none": 6, "hydration": 3, "pmt_ageing": 3, "leakage_growth": 3, "vacuum_loss": 3, "hv_breakdown": 3}

COLUMNS = (
    "unit_id",
    "reported_at",
    "detector_type",
    "age_months",
    "temperature_c",
    "humidity_pct",
    "high_voltage_v",
    "hv_change_30d_v",
    "hv_ripple_mv",
    "hv_trips_30d",
    "leakage_current_na",
    "leakage_change_30d_pct",
    "energy_resolution_pct",
    "resolution_change_30d_pct",
    "gain_drift_30d_pct",
    "check_rate_cps",
    "check_rate_sigma_cps",
    "rate_change_30d_pct",
    "cold_tip_k",
    "cooler_power_w",
    "service_note",
)
ANSWER = ("failure_mode", "fails_within_30_days", "action")
MISSING = {
    "humidity_pct": 0.04,
    "leakage_current_na": 0.03,
    "leakage_change_30d_pct": 0.05,
    "gain_drift_30d_pct": 0.04,
    "resolution_change_30d_pct": 0.03,
    "hv_ripple_mv": 0.05,
}


@dataclass(frozen=True)
class Kind:
    """A type of detector, what is usual for it, and how often which part of it fails."""

    name: str
    share: float
    resolution_pct: float  # FWHM at 662 keV
    leakage_na: float  # at 22 °C
    volts: tuple[int, int]
    rate_cps: float  # of the reference source
    gain_per_degree: float  # %/°C
    modes: dict[str, float]


KINDS = (
    Kind("NaI", 0.42, 7.0, 2.4, (650, 1000), 820, -0.30, {"hydration": 0.5, "pmt_ageing": 0.4, "hv_breakdown": 0.1}),
    Kind("LaBr3", 0.20, 2.9, 3.1, (550, 850), 610, -0.05, {"hydration": 0.35, "pmt_ageing": 0.5, "hv_breakdown": 0.15}),
    Kind("CZT", 0.20, 2.0, 11.0, (800, 1500), 95, -0.04, {"leakage_growth": 0.85, "hv_breakdown": 0.15}),
    Kind("HPGe", 0.18, 0.2, 0.045, (2500, 4500), 260, 0.0, {"leakage_growth": 0.4, "vacuum_loss": 0.45,
                                                            "hv_breakdown": 0.15}),
)  # fmt: skip
FAILING = 0.46
"""Detectors with a part that is on its way to fail."""

NOTES = {
    "none": ("routine check, all fine", "cleaned the housing", "no findings", "firmware updated"),
    "hydration": ("peak wider than last month", "yellow tint at the edge", "housing seal looks brittle"),
    "pmt_ageing": ("had to raise the voltage again", "peak moved down once more", "recalibrated twice this month"),
    "leakage_growth": ("baseline noisy", "dead layer? low-energy noise up", "leakage warning acknowledged"),
    "vacuum_loss": ("condensation on the end cap", "cooler runs louder", "warms up faster than it did"),
    "hv_breakdown": ("supply tripped, reset", "crackling heard near the connector", "spikes in the ratemeter"),
}
NO_NOTE, IDLE_NOTE = 0.45, 0.30


@dataclass(frozen=True)
class Damage:
    """What fails, how far it is today and was 30 days ago (1 is failed), and the days that are left."""

    mode: str
    now: float
    before: float
    days_left: float


def write(scale: int, out: Path) -> list[Path]:
    """Write telemetry.csv, truth.csv, held_out.csv and the examples below `out`; returns their paths."""
    paths = write_case(
        out / KEY, "telemetry.csv", "unit_id", COLUMNS, ANSWER, units(seeded(SEED), UNITS * scale, "DET")
    )
    examples = choose_examples(units(seeded(SEED + 1), 100 * UNITS, "EX"), EXAMPLES)
    return [*paths, write_examples(out / "examples" / f"{KEY}.jsonl", examples)]


def units(random: Random, count: int, prefix: str) -> Iterator[SampleItem]:
    """`count` detectors, each with one report from some day of a year."""
    for number in range(1, count + 1):
        yield _report(random, f"{prefix}-{number:05d}")


def _report(random: Random, unit_id: str) -> SampleItem:
    kind = random.choices(KINDS, [kind.share for kind in KINDS])[0]
    at = datetime(2025, 1, 1, 6) + timedelta(days=random.randrange(365), minutes=random.randrange(120))
    summer = -math.cos(2 * math.pi * at.timetuple().tm_yday / 365.25)
    outdoors = random.random() < 0.35
    temperature = 22 + (9 if outdoors else 1.5) * summer + random.gauss(0, 2.5 if outdoors else 0.8)
    month_ago = temperature - (4 if outdoors else 0.6) * summer + random.gauss(0, 2.0 if outdoors else 0.6)
    humidity = min(max((62 if outdoors else 42) + 6 * summer + random.gauss(0, 8), 15), 97)
    age = 1 + min(random.expovariate(1 / 50), 170)

    damage = _damage(random, kind, humidity, age)
    row = _telemetry(random, kind, damage, temperature, month_ago)
    row |= {
        "unit_id": unit_id,
        "reported_at": at.strftime("%Y-%m-%d %H:%M:00"),
        "detector_type": kind.name,
        "age_months": f"{age:.0f}",
        "temperature_c": f"{temperature:.1f}",
        "humidity_pct": f"{humidity:.0f}",
        "service_note": _note(random, damage),
    }
    row = lose(random, {name: row[name] for name in COLUMNS}, MISSING)
    fails = damage.days_left <= HORIZON_DAYS
    mode = damage.mode if fails else "none"
    written = mode
    if random.random() < WRONG_REPORTS:
        written = random.choice([other for other in ("none", *kind.modes) if other != mode])
    truth, label = (_answer(name, damage.days_left) for name in (mode, written))
    return SampleItem(row, label, truth, mode, _reason(row, kind, damage, mode), kind.name)


def _damage(random: Random, kind: Kind, humidity: float, age: float) -> Damage:
    """Failing or not, drawn; old detectors and damp places fail more often. The day of failure scatters by 45 %."""
    if random.random() > FAILING * (0.75 + age / 120):
        return Damage("none", 0.0, 0.0, math.inf)
    modes = dict(kind.modes)
    if "hydration" in modes:
        modes["hydration"] *= math.exp((humidity - 50) / 25)
    mode = random.choices(list(modes), list(modes.values()))[0]
    expected = random.expovariate(1 / 40)
    time_constant = random.uniform(10, 40)
    now = math.exp(-expected / time_constant)
    before = math.exp(-(expected + WINDOW_DAYS) / time_constant)
    return Damage(mode, now, before, expected * random.lognormvariate(0, 0.45))


def _telemetry(random: Random, kind: Kind, damage: Damage, temperature: float, month_ago: float) -> Row:
    """What the monitor reports: the state today, and the change over 30 days, each with its own noise."""
    own = kind.resolution_pct * random.lognormvariate(0, 0.05)
    now, before = _Physics.of(damage.mode, damage.now), _Physics.of(damage.mode, damage.before)
    warm_now, warm_then = 2 ** ((temperature - 22) / 9), 2 ** ((month_ago - 22) / 9)
    leakage = kind.leakage_na * random.lognormvariate(0, 0.25) * now.leakage * warm_now
    leakage_change = (now.leakage * warm_now) / (before.leakage * warm_then) * random.lognormvariate(0, 0.12) - 1
    # The stabiliser raises the voltage against a falling gain, in steps, and leaves the rest as drift.
    lost = 1 - now.gain / before.gain
    volts = random.randrange(kind.volts[0], kind.volts[1], 10)
    raised = 5 * round((lost * 0.6 * volts / 7 + random.gauss(0, 3.0)) / 5)
    drift = -40 * lost + kind.gain_per_degree * (temperature - month_ago) + random.gauss(0, 0.8)
    rate = kind.rate_cps * random.lognormvariate(0, 0.12) * now.light
    counts = poisson(random, rate * LIVE_SECONDS)
    rate_change = (
        (now.light / before.light - 1) * 100 + random.gauss(0, 1.2) + random.gauss(0, 140 / math.sqrt(max(counts, 1)))
    )
    cold = kind.name == "HPGe"
    return {
        "high_voltage_v": str(volts),
        "hv_change_30d_v": str(raised),
        "hv_ripple_mv": f"{(4 if kind.volts[1] > 2000 else 2.5) * now.ripple * random.lognormvariate(0, 0.2):.1f}",
        "hv_trips_30d": str(poisson(random, 0.15 + now.trips)),
        "leakage_current_na": f"{leakage:.3f}",
        "leakage_change_30d_pct": f"{100 * leakage_change:.1f}",
        "energy_resolution_pct": f"{own * now.resolution:.3f}",
        "resolution_change_30d_pct": f"{100 * (now.resolution / before.resolution - 1) + random.gauss(0, 3.0):.1f}",
        "gain_drift_30d_pct": f"{drift:.2f}",
        "check_rate_cps": f"{counts / LIVE_SECONDS:.2f}",
        "check_rate_sigma_cps": f"{math.sqrt(counts) / LIVE_SECONDS:.2f}",
        "rate_change_30d_pct": f"{rate_change:.2f}",
        "cold_tip_k": f"{88 + now.warmth + 0.06 * (temperature - 22) + random.gauss(0, 1.2):.1f}" if cold else "",
        "cooler_power_w": f"{62 + 2.6 * now.warmth + 0.5 * (temperature - 22) + random.gauss(0, 2):.0f}"
        if cold
        else "",
    }


@dataclass(frozen=True)
class _Physics:
    """What a damage does, as factors of what is usual (`warmth` in K, `trips` a month)."""

    resolution: float = 1.0
    leakage: float = 1.0
    gain: float = 1.0
    light: float = 1.0
    ripple: float = 1.0
    trips: float = 0.0
    warmth: float = 0.0

    @classmethod
    def of(cls, mode: str, damage: float) -> _Physics:
        if mode == "hydration":  # the surface turns to hydrate: light is lost, the peak widens
            return cls(1 + 0.45 * damage, gain=1 - 0.16 * damage, light=1 - 0.09 * damage)
        if mode == "pmt_ageing":  # dynodes lose their gain, dark current rises
            return cls(1 + 0.10 * damage, 1 + 1.2 * damage, gain=1 - 0.35 * damage)
        if mode == "leakage_growth":  # surface leakage, with its noise in the peak
            return cls(1 + 0.35 * damage, 1 + 5.0 * damage, ripple=1 + 0.2 * damage)
        if mode == "vacuum_loss":  # the cryostat warms, and warm germanium leaks
            return cls(1 + 0.20 * damage, 1 + 2.2 * damage, warmth=13 * damage)
        if mode == "hv_breakdown":
            return cls(1 + 0.06 * damage, 1 + 0.4 * damage, ripple=1 + 4 * damage, trips=5 * damage)
        return cls()


def _note(random: Random, damage: Damage) -> str:
    """A technician's note; the damage shows in it the more often the further it has come."""
    drawn = random.random()
    if drawn < NO_NOTE:
        return ""
    if drawn < NO_NOTE + IDLE_NOTE or random.random() > 0.2 + 0.8 * damage.now:
        return random.choice(NOTES["none"])
    return random.choice(NOTES[damage.mode])


def _answer(mode: str, days_left: float) -> dict[str, str | bool]:
    """The rule of the guidelines: what fails within the horizon is replaced, at once when a week is left."""
    action = "keep_running"
    if mode != "none":
        action = "stop_now" if days_left <= 7 or mode == "hv_breakdown" else "plan_service"
    return {"failure_mode": mode, "fails_within_30_days": mode != "none", "action": action}


def _reason(row: Row, kind: Kind, damage: Damage, mode: str) -> str:
    """Why a clear case is what it is, with its own numbers; empty when it is not clear or something is missing."""
    needed = [name for name in MISSING if not row[name]]
    if needed or (mode == "none") != (damage.mode == "none") or (mode != "none" and damage.now < 0.55):
        return ""
    resolution = f"resolution {row['energy_resolution_pct']} % ({row['resolution_change_30d_pct']} % in 30 days)"
    leakage = f"leakage {row['leakage_current_na']} nA ({row['leakage_change_30d_pct']} % in 30 days)"
    return {
        "none": f"Nothing grows: {resolution}, {leakage}; usual for {kind.name}.",
        "hydration": f"Light is being lost: check rate {row['rate_change_30d_pct']} %, {resolution}, leakage is calm.",
        "pmt_ageing": f"Gain falls ({row['gain_drift_30d_pct']} %) although the voltage was changed by "
        f"{row['hv_change_30d_v']} V; {leakage}.",
        "leakage_growth": f"Leakage grows and widens the peak: {leakage}, {resolution}.",
        "vacuum_loss": f"The cold tip is at {row['cold_tip_k']} K with {row['cooler_power_w']} W; {leakage}.",
        "hv_breakdown": f"The supply: ripple {row['hv_ripple_mv']} mV, {row['hv_trips_30d']} trips in 30 days.",
    }[mode]
