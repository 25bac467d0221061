"""What people say about a crystal: the operators' notes, and the reasons that the examples give."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

NO_NOTE = 0.22
MISTAKEN = 0.10

NOTES = {
    "none": (
        "looks fine",
        "all within spec, no remarks",
        "clean surface, peak where it should be",
        "ok, back to stock",
        "nothing to see under the lamp",
    ),
    "scratch": (
        "thin line across the entrance face",
        "hairline, catches the fingernail a bit",
        "line mark from the tweezers?",
        "long bright mark near the rim, surface only I think",
    ),
    "crack": (
        "line goes into the depth when I tilt it",
        "low-energy tail on the peak, line visible under the lamp",
        "bias unstable, a fracture at the corner?",
        "heard a tick while clamping, now noisier",
    ),
    "contamination": (
        "background higher than this morning's blank",
        "specks on the face, wiped once, some stayed",
        "sticky residue, maybe from the glove box",
        "extra counts without the source",
    ),
    "corrosion": (
        "brownish pits under the window",
        "pitted rim, powder in the can",
        "rough spots where the seal leaked",
        "edge eaten, smells like the damp cupboard",
    ),
    "clouding": (
        "milky under the lamp",
        "haze on the face, peak broader than on the sheet",
        "cloudy, was the desiccant changed?",
        "dull, light comes back diffuse",
    ),
    "dent": (
        "small round hollow at the rim",
        "pressed spot, probably from the clamp",
        "can is dimpled on one side",
        "impact mark, otherwise fine",
    ),
}
NEUTRAL = (
    "Cs-137 check, 60 s live",
    "second shift",
    "re-measured after warm-up",
    "see sheet",
    "camera recalibrated before this one",
    "customer return",
)
MISTAKEN_FOR = {
    "none": ("scratch", "contamination"),
    "scratch": ("none", "crack"),
    "crack": ("scratch", "scratch", "dent"),
    "contamination": ("none", "corrosion"),
    "corrosion": ("contamination", "clouding"),
    "clouding": ("none", "corrosion"),
    "dent": ("none", "scratch"),
}


def note(random: Random, defect: str, strength: float) -> str:
    """An operator's remark: often right, the more so the worse the defect; sometimes idle, mistaken or missing."""
    kind = random.random()
    if kind < NO_NOTE:
        return ""
    if kind < NO_NOTE + MISTAKEN:
        return random.choice(NOTES[random.choice(MISTAKEN_FOR[defect])])
    if kind < 0.62 - 0.3 * strength:
        return random.choice(NEUTRAL)
    return random.choice(NOTES[defect])


def explain(row: Mapping[str, str], defect: str, resolution_pct: float, leakage_na: float) -> str:
    """Why an inspection is what it is, with its own numbers beside what is usual for the crystal."""
    resolution = (
        f"resolution {row['energy_resolution_pct']} % ({resolution_pct:g} % is usual for {row['detector_type']})"
    )
    leakage = f"leakage {row['leakage_current_na']} nA ({leakage_na:g} nA is usual)"
    mark = f"edge contrast {row['edge_contrast']}, {row['mark_elongation']} times as long as wide"
    spots = f"{row['spot_count']} spot{'' if row['spot_count'] == '1' else 's'}, {row['spot_area_mm2']} mm² in all"
    dull = f"reflectance {row['surface_reflectance']}"
    reasons = {
        "none": f"Nothing stands out: {resolution}, {leakage}, {dull}.",
        "scratch": f"A long, thin mark ({mark}) and no loss that goes deeper: {resolution}, {leakage}.",
        "crack": f"A mark with an edge ({mark}) that also costs performance: {resolution}, {leakage}.",
        "contamination": f"{spots}; {row['background_cps']} counts/s without the source; {resolution}.",
        "corrosion": f"{spots}, on a dull face ({dull}), kept at {row['humidity_pct']} % humidity; {resolution}.",
        "clouding": f"The face is dull ({dull}), no sharp mark (edge contrast {row['edge_contrast']}); {resolution}.",
        "dent": f"One compact mark ({mark}; {spots}) and sound physics: {resolution}, {leakage}.",
    }
    return reasons[defect]
