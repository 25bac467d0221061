"""Pictures of the crystals' faces, drawn from the same inspections as the measurements, with the place of each defect.

A face is a bright disc with a soft texture and dust. The defect is drawn on it as strongly as it was made up: a scratch
is one thin line, a crack a jagged one with a branch, contamination a few dark spots, corrosion many pits on a dull
ground, clouding a haze, a dent a round shade with a bright rim. The bias of the lamp, the dust and the texture differ
from picture to picture. Only Python's own library is needed; a picture is a PNG of 96 x 96 pixels in 16 greys.
"""

from __future__ import annotations

import csv
import json
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ontos_tui.synthetic_data.defect_detection.generator import COLUMNS, ROWS, SEED, WEIGHTS, Inspection, inspections

SIDE = 96
GREYS = 16
RADIUS = 44.0
OF_CLASS = 20
"""Pictures of each class in the set that is committed."""
HELD_OUT_EVERY = 5
FIELDS = ("inspection_id", "image", "defect_class", "x", "y", "width", "height")

Face = list[list[float]]
"""Brightness of each pixel, 0 to 1, row by row."""


@dataclass(frozen=True)
class Box:
    """Where a defect is: its middle and its size, pixels from the upper left corner; all 0 where there is none."""

    x: int
    y: int
    width: int
    height: int


NOWHERE = Box(0, 0, 0, 0)


def draw(inspection: Inspection) -> tuple[Face, Box]:
    """The face of an inspected crystal and where its defect is, always the same for one inspection."""
    random = Random(f"{SEED} {inspection.row['inspection_id']}")  # noqa: S311  # repeatable on purpose
    defect = inspection.truth["defect_class"]
    face = _sound(random)
    marks: set[tuple[int, int]] = set()

    def dab(x: float, y: float, size: float, change: float) -> None:
        """Make a soft dot brighter or darker."""
        for row in range(max(0, int(y - size - 1)), min(SIDE, int(y + size + 2))):
            for column in range(max(0, int(x - size - 1)), min(SIDE, int(x + size + 2))):
                near = 1 - max(0.0, math.hypot(column - x, row - y) - size + 0.5)
                if near > 0 and _inside(column, row):
                    face[row][column] += change * min(1.0, near)
                    marks.add((column, row))

    for _ in range(random.randrange(4)):  # dust, which is no defect
        dab(*_place(random), random.uniform(0.5, 1.0), -random.uniform(0.1, 0.25))
    marks.clear()
    if defect != "none":
        DRAWN[defect](random, inspection.strength, face, dab)
    return face, _around(marks)


Dab = Callable[[float, float, float, float], None]


def _sound(random: Random) -> Face:
    """A polished face on a dark ground, lit from one side, with a soft texture."""
    grid = [[random.gauss(0, 0.02) for _ in range(10)] for _ in range(10)]
    bright, tilt, turn = random.gauss(0.78, 0.03), random.uniform(0, 0.1), random.uniform(0, 2 * math.pi)
    middle = SIDE / 2
    face = []
    for row in range(SIDE):
        line = []
        for column in range(SIDE):
            if not _inside(column, row):
                line.append(0.1)
                continue
            lit = tilt * ((column - middle) * math.cos(turn) + (row - middle) * math.sin(turn)) / middle
            line.append(bright + lit + _between(grid, column / SIDE * 9, row / SIDE * 9) + random.gauss(0, 0.008))
        face.append(line)
    return face


def _between(grid: Face, x: float, y: float) -> float:
    left, top = min(8, int(x)), min(8, int(y))
    along, down = x - left, y - top
    upper = grid[top][left] * (1 - along) + grid[top][left + 1] * along
    lower = grid[top + 1][left] * (1 - along) + grid[top + 1][left + 1] * along
    return upper * (1 - down) + lower * down


def _inside(x: float, y: float) -> bool:
    return math.hypot(x - (SIDE - 1) / 2, y - (SIDE - 1) / 2) <= RADIUS


def _place(random: Random, margin: float = 6.0) -> tuple[float, float]:
    far, turn = (RADIUS - margin) * math.sqrt(random.random()), random.uniform(0, 2 * math.pi)
    return SIDE / 2 + far * math.cos(turn), SIDE / 2 + far * math.sin(turn)


def _scratch(random: Random, strength: float, face: Face, dab: Dab) -> None:
    x, y = _place(random, 20)
    length, turn, bend = 22 + 40 * strength, random.uniform(0, math.pi), random.uniform(-0.01, 0.01)
    change = random.choice((1, -1)) * (0.1 + 0.25 * strength)  # it catches the lamp or it does not
    for step in range(int(2 * length)):
        along = step / 2 - length / 2
        angle = turn + bend * along
        dab(x + along * math.cos(angle), y + along * math.sin(angle), 0.6, change / 2)


def _crack(random: Random, strength: float, face: Face, dab: Dab) -> None:
    _jagged(random, *_place(random, 14), 25 + 45 * strength, -(0.12 + 0.3 * strength), dab, branches=2)


def _jagged(
    random: Random, x: float, y: float, length: float, change: float, dab: Dab, branches: int, turn: float | None = None
) -> None:
    heading = random.uniform(0, 2 * math.pi) if turn is None else turn
    walked = 0.0
    while walked < length:
        stretch = random.uniform(3, 8)
        angle = heading + random.gauss(0, 0.7)
        for step in range(int(2 * stretch)):
            dab(x + step / 2 * math.cos(angle), y + step / 2 * math.sin(angle), 0.7, change / 2)
        x, y, walked = x + stretch * math.cos(angle), y + stretch * math.sin(angle), walked + stretch
        if branches and random.random() < 0.35:
            branches -= 1
            side = heading + random.choice((1.0, -1.0)) * random.uniform(0.6, 1.1)
            _jagged(random, x, y, length / 3, change, dab, 0, side)


def _contamination(random: Random, strength: float, face: Face, dab: Dab) -> None:
    x, y = _place(random, 22)
    for _ in range(3 + int(5 * strength * random.uniform(0.6, 1.2))):
        dab(x + random.gauss(0, 11), y + random.gauss(0, 11), random.uniform(1.5, 3.4), -(0.18 + 0.25 * strength))


def _corrosion(random: Random, strength: float, face: Face, dab: Dab) -> None:
    x, y = _place(random, 22)
    dab(x, y, 11 + 9 * strength, -(0.06 + 0.12 * strength))
    for _ in range(14 + int(30 * strength)):
        dab(x + random.gauss(0, 8), y + random.gauss(0, 8), random.uniform(0.5, 1.3), -random.uniform(0.1, 0.3))


def _clouding(random: Random, strength: float, face: Face, dab: Dab) -> None:
    x, y = _place(random, 24)
    wide, high = random.uniform(16, 30), random.uniform(16, 30)
    for row in range(SIDE):
        for column in range(SIDE):
            if _inside(column, row):
                haze = math.exp(-(((column - x) / wide) ** 2) - ((row - y) / high) ** 2)
                face[row][column] -= (0.1 + 0.35 * strength) * haze
    for across, down in ((x - wide, y), (x + wide, y), (x, y - high), (x, y + high), (x, y)):  # its box, unseen
        dab(min(SIDE - 2.0, max(1.0, across)), min(SIDE - 2.0, max(1.0, down)), 0.5, 0.0)


def _dent(random: Random, strength: float, face: Face, dab: Dab) -> None:
    x, y = _place(random, 14)
    size, turn = 4 + 6 * strength, random.uniform(0, 2 * math.pi)
    change = 0.12 + 0.25 * strength
    dab(x, y, size, -0.05)
    for step in range(40):
        angle = turn + step / 40 * 2 * math.pi
        shade = -change * math.cos(angle - turn)  # dark where it falls away from the lamp, bright where it rises
        dab(x + 0.7 * size * math.cos(angle), y + 0.7 * size * math.sin(angle), size / 3.5, shade / 5)


DRAWN: dict[str, Callable[[Random, float, Face, Dab], None]] = {
    "scratch": _scratch,
    "crack": _crack,
    "contamination": _contamination,
    "corrosion": _corrosion,
    "clouding": _clouding,
    "dent": _dent,
}


def _around(marks: set[tuple[int, int]]) -> Box:
    if not marks:
        return NOWHERE
    columns, rows = [column for column, _ in marks], [row for _, row in marks]
    left, right, top, bottom = min(columns), max(columns), min(rows), max(rows)
    return Box((left + right) // 2, (top + bottom) // 2, right - left + 1, bottom - top + 1)


def png(face: Face) -> bytes:
    """The face as a PNG file of 4 bits a pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = []
    for row in face:
        greys = [min(GREYS - 1, max(0, int(value * GREYS))) for value in row]
        lines.append(b"\0" + bytes(16 * left + right for left, right in zip(greys[::2], greys[1::2], strict=True)))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 4, 0, 0, 0, 0)
    packed = zlib.compress(b"".join(lines), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def write_all(folder: Path, scale: int = 1) -> list[Path]:
    """A picture of every inspection of inspections.csv in `folder`, and images.csv with what and where they show."""
    return _write(folder, inspections(Random(SEED), ROWS * scale, "INS"))  # noqa: S311  # repeatable on purpose


def write(folder: Path) -> list[Path]:
    """The set that is committed: some inspections of each class with all that was measured, pictures, and answers.

    crystals.csv is the table, with the path of the picture; truth.csv and held_out.csv hold the answers; images.csv
    says where each defect is; examples.jsonl has a picture of each class from inspections that are in no other file.
    """
    chosen = _some(inspections(Random(SEED), ROWS, "INS"), OF_CLASS)  # noqa: S311
    examples = _some(inspections(Random(SEED + 1), ROWS, "EX"), 1)  # noqa: S311
    paths = _write(folder, iter([*chosen, *examples]))
    tables = [folder / name for name in ("crystals.csv", "truth.csv", "held_out.csv")]
    with (
        tables[0].open("w", encoding="utf-8", newline="") as data_file,
        tables[1].open("w", encoding="utf-8", newline="") as truth_file,
        tables[2].open("w", encoding="utf-8", newline="") as held_out_file,
    ):
        data = csv.DictWriter(data_file, ("inspection_id", "image", *COLUMNS[1:]), lineterminator="\n")
        answers = [
            csv.DictWriter(file, ("inspection_id", "defect_class"), lineterminator="\n")
            for file in (truth_file, held_out_file)
        ]
        for writer in (data, *answers):
            writer.writeheader()
        seen = dict.fromkeys(WEIGHTS, 0)
        for inspection in chosen:
            name, defect = inspection.row["inspection_id"], inspection.truth["defect_class"]
            data.writerow({**inspection.row, "image": f"{name}.png"})
            seen[defect] += 1
            answers[seen[defect] % HELD_OUT_EVERY == 0].writerow({"inspection_id": name, "defect_class": defect})
    with (folder / "examples.jsonl").open("w", encoding="utf-8", newline="") as file:
        for inspection in examples:
            defect = inspection.truth["defect_class"]
            fields = {
                "image": f"{inspection.row['inspection_id']}.png",
                "detector_type": inspection.row["detector_type"],
            }
            example = {"name": f"{defect} (picture)", "input": fields, "expected_output": {"defect_class": defect}}
            file.write(json.dumps(example) + "\n")
    return [*paths, *tables, folder / "examples.jsonl"]


def _some(inspections: Iterator[Inspection], of_class: int) -> list[Inspection]:
    """The first few of each class."""
    per_class: dict[str, int] = dict.fromkeys(WEIGHTS, 0)
    chosen = []
    for inspection in inspections:
        defect = inspection.truth["defect_class"]
        if per_class[defect] < of_class:
            per_class[defect] += 1
            chosen.append(inspection)
    return chosen


def _write(folder: Path, inspections: Iterator[Inspection]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "images.csv"]
    with paths[0].open("w", encoding="utf-8", newline="") as file:
        places = csv.writer(file, lineterminator="\n")
        places.writerow(FIELDS)
        for inspection in inspections:
            face, box = draw(inspection)
            path = folder / f"{inspection.row['inspection_id']}.png"
            path.write_bytes(png(face))
            paths.append(path)
            where = (box.x, box.y, box.width, box.height)
            places.writerow((inspection.row["inspection_id"], path.name, inspection.truth["defect_class"], *where))
    return paths


if __name__ == "__main__":
    write(Path(__file__).resolve().parent / "pictures")
