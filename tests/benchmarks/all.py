"""The figures that speed is judged by, beside peers in the same run, as a table in Markdown.

    python tests/benchmarks/all.py [--only PART] [--large] [--keep]

Every ratio is to a peer that was measured in the same run, since the machine may be busy with other programs; seconds
are the processor's. The growth is the exponent between two sizes: 1 is linear. A peer that is not installed is named
and left out. `--large` measures 100,000 rows and not 10,000. `--keep` writes the run to docs/benchmarks.md, with its
date and machine; the ratio that stood there before is the column `before`, in this run as in the next.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import serving

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "benchmarks.md"
ROUNDS = 5
APART = "## Measured apart"
"""The heading of figures of other benchmarks, which stay as they are."""
HEAD = ("what", "ours", "peer", "ratio", "growth", "before", "aim")


@dataclass(frozen=True)
class Line:
    """One line of the table. `ratio` is ours to the peer's, for speeds and times alike; None where there is no peer."""

    what: str
    ours: str
    peer: str = ""
    ratio: float | None = None
    growth: float | None = None
    aim: str = ""

    def cells(self, before: str) -> tuple[str, ...]:
        """As it stands in the table; `before` is the ratio of the run that was kept last."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        growth = "" if self.growth is None else f"{self.growth:.2f}"
        return self.what, self.ours, self.peer, ratio, growth, before, self.aim


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    before = kept()
    lines = [row(HEAD), row(("---",) * len(HEAD))]
    print("\n".join(lines))
    for part in options.only or PARTS:
        for line in PARTS[part](options.large):
            lines.append(row(line.cells(before.get(line.what, ""))))
            print(lines[-1], flush=True)
    if options.keep:
        keep(lines)


def row(cells: tuple[str, ...]) -> str:
    """A line of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def kept() -> dict[str, str]:
    """The ratios of the run that was kept last, by what was measured."""
    if not PAGE.exists():
        return {}
    cells = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    return {one[0]: re.sub(r"[^0-9.]", "", one[3]) for one in cells if len(one) >= 4}


def keep(lines: list[str]) -> None:
    """Write the run down, with its date and machine."""
    text = (
        "# How fast it is\n\n"
        "One run of `python tests/benchmarks/all.py --keep`. Ratios are to a peer that was measured in the same run,\n"
        "to the best one where there are several: of times, less is better; of requests a second, more. Seconds are\n"
        "of the processor. `before` is the ratio of the run that stood here earlier, `growth` the exponent between\n"
        "two sizes.\n\n"
        "A model from a CSV file is counted from the start of the program to the registered model: file, pairs,\n"
        "split, columns, one fit of four fifths of the rows, the test on the others with its baseline and intervals,\n"
        "lineage to every pair, and the written model. The fit of one fold that calibrates the confidence belongs to\n"
        "the search, and stands beside it. The peer reads the file, fits all rows once and writes the model. Both run\n"
        "on one thread of OpenMP.\n\n"
        f"{datetime.now(UTC):%d %B %Y}, {machine()}.\n\n" + "\n".join(lines) + "\n"
    )
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    _, apart, others = before.partition(APART)
    PAGE.write_text(text + ("\n" + apart + others if apart else ""), encoding="utf-8")


def machine() -> str:
    """This machine and its Python, in words."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"the load was {load}"
    )


# Commands ------------------------------------------------------------------------------------------------------------

COMMANDS = (("--help", "≤ 0.15 s"), ("status", "≤ 0.25 s"), ("jobs list", "≤ 0.25 s"), ("label stats", "≤ 0.25 s"))
BARE_PYTHON = (sys.executable, "-c", "import sqlite3, json")


def commands(_: bool) -> Iterator[Line]:
    """What a command costs that only reads, on the sample data."""
    with tempfile.TemporaryDirectory() as folder:
        ontos = (sys.executable, "-m", "ontos_tui", "--home", folder)
        subprocess.run([*ontos, "seed", "predictive_maintenance", "--pairs", "200"], check=True, capture_output=True)
        for words, aim in COMMANDS:
            more = ("Detector telemetry",) if words == "label stats" else ()
            peer, ours = alternately(BARE_PYTHON, (*ontos, *words.split(), *more))
            yield Line(f"`{words}`, CPU", f"{ours:.2f} s", f"python, sqlite3, json: {peer:.2f} s", ours / peer, aim=aim)


def alternately(*programs: tuple[str, ...]) -> list[float]:
    """The processor's seconds of some programs, the median of rounds in which they take turns."""
    seconds: list[list[float]] = [[] for _ in programs]
    for _ in range(ROUNDS):
        for number, program in enumerate(programs):
            before = os.times()
            subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            seconds[number].append(sum(after[2:4]) - sum(before[2:4]))
    return [statistics.median(one) for one in seconds]


# Files, pairs and models ---------------------------------------------------------------------------------------------

GROWING = (
    ("exported", "export as chat lines", "json and sqlite3", "≤ 1.5 ×"),
    ("imported", "import of labels from CSV", "json and sqlite3", "≤ 2 ×"),
    ("decided", "decisions in one batch", "UPDATE of two columns", ""),
    ("generated", "pairs from a column, 20 columns", "csv, json and sqlite3", "≥ 40,000 a second"),
)


def growing(large: bool) -> Iterator[Line]:
    """What is done to every row: at two sizes, for the exponent."""
    sizes = (20_000, 100_000) if large else (2_000, 10_000)
    for name, what, peer, aim in GROWING:
        small, big = (measured(name, size) for size in sizes)
        yield Line(
            f"{what}, {sizes[1]:,}",
            f"{big['ours']:.2f} s, {1e6 * big['ours'] / sizes[1]:.0f} µs each",
            f"{peer}: {big['peer']:.2f} s",
            big["ours"] / big["peer"],
            exponent(small["ours"], big["ours"], sizes),
            aim,
        )


PHASES = ("start", "file", "pairs", "read and split", "describe", "fit", "test", "register")


def training(large: bool) -> Iterator[Line]:
    """From a CSV file to a registered model, beside one plain fit."""
    sizes = (10_000, 100_000) if large else (1_000, 4_000)
    small, big = (measured("trained", size) for size in sizes)
    for what, ours, peer, unit in (("", "ours", "peer", "s"), (", memory", "mb", "peer_mb", "MB")):
        yield Line(
            f"CSV to a model of boosting{what}, {sizes[1]:,}",
            f"{big[ours]:.1f} {unit}",
            f"scikit-learn, one fit: {big[peer]:.1f} {unit}",
            big[ours] / big[peer],
            exponent(small[ours], big[ours], sizes),
            "≤ 1.5 × at 100,000",
        )
    phases = ", ".join(f"{name} {big[name]:.1f}" for name in PHASES)
    yield Line(f"its phases, {sizes[1]:,}", f"{phases} s; beside these, search {big['search']:.1f} s")


def measured(name: str, size: int) -> dict[str, float]:
    """One measure, in a process of its own."""
    command = [sys.executable, str(HERE / "measures.py"), name, str(size)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def exponent(small: float, big: float, sizes: tuple[int, int]) -> float:
    """How what it takes grows with the size."""
    return math.log(big / small) / math.log(sizes[1] / sizes[0])


# Serving -------------------------------------------------------------------------------------------------------------

LOADS = (
    (1, "≤ 5 ms"),
    (8, "≥ 400 requests/s"),
    (64, "≥ 600 requests/s"),
)


def requests(large: bool) -> Iterator[Line]:
    """Answers over HTTP: forests and boosting, single rows and 1,000 at once."""
    seconds = 6.0 if large else 3.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        serving.prepare(home)
        single, many = serving.bodies(home)
        for family in serving.FAMILIES:
            loads = [(clients, single, f"{family}: 1 row, {clients} clients", aim) for clients, aim in LOADS]
            loads.append((1, many, f"{family}: {serving.ROWS_AT_ONCE:,} rows", "≤ 45 ms"))
            done = {name: run_loads(start, home, family, loads, seconds) for name, start in serving.PEERS.items()}
            for number, (_, _, what, aim) in enumerate(loads):
                yield _answers(what, aim, {name: None if one is None else one[number] for name, one in done.items()})


def run_loads(
    start: Callable[[Path, str], serving.Server | None],
    home: Path,
    family: str,
    loads: list[tuple[int, bytes, str, str]],
    seconds: float,
) -> list[serving.Load] | None:
    """What one server did under every load; None where it is not installed."""
    server = start(home, family)
    if server is None:
        return None
    try:
        serving.run_clients(server, 1, 1.0, loads[0][1])
        return [serving.run_clients(server, clients, seconds, body) for clients, body, _, _ in loads]
    finally:
        server.stop()


def _answers(what: str, aim: str, loads: Mapping[str, serving.Load | None]) -> Line:
    ours, *others = loads.items()
    mine = ours[1]
    assert mine is not None

    def shown(one: serving.Load) -> str:
        return f"{one.each_second:,.0f}/s, p50 {one.p50:.1f}, p99 {one.p99:.1f} ms"

    peers = [f"{name}: {shown(load) if load is not None else 'not installed'}" for name, load in others]
    best = max((load.each_second for _, load in others if load is not None), default=None)
    return Line(what, shown(mine), "; ".join(peers), None if best is None else mine.each_second / best, aim=aim)


# The screen ----------------------------------------------------------------------------------------------------------


def screen(_: bool) -> Iterator[Line]:
    """The first picture, beside the smallest Textual app and posting."""
    from meter import Meter

    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "bare Textual": [sys.executable, str(HERE / "bare.py")],
            "ours": [sys.executable, "-m", "ontos_tui", "--home", folder],
        }
        if posting := shutil.which("posting"):
            programs["posting"] = [posting]
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _round in range(ROUNDS):
            for name, program in programs.items():
                with Meter(program) as meter:
                    times[name].append(meter.first_paint_ms)
    first = {name: statistics.median(one) for name, one in times.items()}
    peers = [f"{name}: {value:.0f} ms" for name, value in first.items() if name != "ours"]
    peers += [] if "posting" in first else ["posting: not installed"]
    ratio = first["ours"] / first["bare Textual"]
    yield Line("first picture, 120x40", f"{first['ours']:.0f} ms", "; ".join(peers), ratio, aim="≤ 1.2 ×")


PARTS: Mapping[str, Callable[[bool], Iterator[Line]]] = {
    "commands": commands,
    "files": growing,
    "training": training,
    "serving": requests,
    "screen": screen,
}


if __name__ == "__main__":
    main()
