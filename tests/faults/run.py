"""All kills, faults, fuzzing and hostile strings by one command: promised, tried, lost.

    .venv/bin/python tests/faults/run.py [--seed N] [--minutes M] [FAMILY …]

Each module beside this one that has a `run(seed, seconds)` is a family; they share the time. Ends with 1 if anything
was lost. The same seed draws the same faults; what a kill meets depends on the machine as well.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from builders.copies import SHARED  # noqa: E402
from faults.result import Result  # noqa: E402

MINUTES = 10.0


def families() -> list[str]:
    """The names of the families."""
    modules = Path(__file__).parent.glob("*.py")  # to import them all takes seconds
    return sorted(path.stem for path in modules if "\ndef run(seed: int," in path.read_text(encoding="utf-8"))


def run_all(names: Sequence[str], seed: int, seconds: float) -> dict[str, Result]:
    """The result of each family; one that ends by an error of its own has lost once."""
    results = {}
    for name in names:
        begun = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            results[name] = importlib.import_module(f"faults.{name}").run(seed, seconds / len(names))
        except Exception as error:  # noqa: BLE001  # the other families still have their turn
            traceback.print_exc()
            results[name] = Result("the family runs to its end", 1, 1, (f"{type(error).__name__}: {error}",))
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return results


def table(results: dict[str, Result]) -> list[str]:
    """Promised, tried and lost, as a table of Markdown; below it what was lost."""
    lines = ["| family | promised | tried | lost |", "|---|---|---:|---:|"]
    lines += [f"| {name} | {one.promise} | {one.tried:,} | {one.lost:,} |" for name, one in results.items()]
    lines += [f"{name}: {note}" for name, one in results.items() for note in one.notes]
    return lines


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description="Kills, faults, fuzzing and hostile strings: promised, tried, lost.")
    parser.add_argument("family", nargs="*", help=f"of {', '.join(families())}; all of them without a name")
    parser.add_argument("--seed", type=int, default=None, help="the same faults again; else a new one is drawn")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all families together")
    chosen = parser.parse_args()
    seed = random.randrange(1 << 30) if chosen.seed is None else chosen.seed
    unknown = set(chosen.family) - set(families())
    if unknown:
        parser.error(f"no family {', '.join(sorted(unknown))}")
    os.environ.setdefault("ONTOS_ACTOR", "ana")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault(SHARED, folder)  # workspaces and models that several families begin with
        results = run_all(chosen.family or families(), seed, 60 * chosen.minutes)
    print(f"seed {seed}, {chosen.minutes:g} minutes")
    print("\n".join(table(results)))
    return 1 if any(one.lost for one in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
