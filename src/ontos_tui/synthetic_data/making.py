"""What the generators share: seeded chance, counts, and the files of a use case, written line by line.

A generator draws `SampleItem`s. `write_case` spreads them over the data file (without the answers), truth and held_out,
and picks examples from another draw. Nothing is kept in memory, so a scale of 1,000 is only a matter of time.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO, Any

Row = dict[str, str]

HELD_OUT_EVERY = 5
"""Every fifth item of each class is held out for testing."""


@dataclass(frozen=True)
class SampleItem:
    """One made-up item.

    `row` is what the data file says, `label` what somebody wrote down as the answer (now and then wrongly), `truth`
    the answer, `kind` the class by which items are spread and examples chosen. `reason` is why; empty for a case that
    is too unclear to be an example.
    """

    row: Mapping[str, Any]
    label: Mapping[str, Any]
    truth: Mapping[str, Any]
    kind: str
    reason: str = ""
    name: str = ""


def seeded(seed: int) -> Random:
    """Chance that is the same every time."""
    return Random(seed)  # noqa: S311  # repeatable on purpose


def poisson(random: Random, mean: float) -> int:
    """A Poisson count; by the normal law where that is indistinguishable."""
    if mean > 200:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def typed(text: str) -> str | int | float | None:
    """A cell as a CSV reader would type it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def lose(random: Random, row: Row, chances: Mapping[str, float]) -> Row:
    """The row with some values missing."""
    return row | {name: "" for name, chance in chances.items() if random.random() < chance}


class Writer:
    """Rows of one file: CSV or JSON lines, as its name says."""

    def __init__(self, file: IO[str], columns: Sequence[str], *, lines: bool) -> None:
        self._file = file
        self._csv = None if lines else csv.DictWriter(file, columns, lineterminator="\n")
        if self._csv is not None:
            self._csv.writeheader()

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row."""
        if self._csv is not None:
            self._csv.writerow({name: _cell(value) for name, value in row.items()})
        else:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def opened(stack: ExitStack, path: Path, columns: Sequence[str]) -> Writer:
    """A writer for a new file, closed with the stack."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    return Writer(file, columns, lines=path.suffix == ".jsonl")


def write_case(
    folder: Path, data: str, identity: str, columns: Sequence[str], answer: Sequence[str], items: Iterable[SampleItem]
) -> list[Path]:
    """Write the data file, and truth and held_out beside it in the same format; returns their paths.

    The labels of truth are as somebody wrote them down; those of held_out are right.
    """
    suffix = Path(data).suffix
    paths = [folder / data, folder / f"truth{suffix}", folder / f"held_out{suffix}"]
    with ExitStack() as stack:
        rows = opened(stack, paths[0], columns)
        answers = [opened(stack, path, (identity, *answer)) for path in paths[1:]]
        seen: Counter[str] = Counter()
        for item in items:
            rows.write(item.row)
            held_out = seen[item.kind] % HELD_OUT_EVERY == HELD_OUT_EVERY // 2
            seen[item.kind] += 1
            answers[held_out].write({identity: item.row[identity], **(item.truth if held_out else item.label)})
    return paths


def write_examples(path: Path, examples: Iterable[Mapping[str, Any]]) -> Path:
    """Write an example store, one JSON object a line."""
    with ExitStack() as stack:
        lines = opened(stack, path, ())
        for example in examples:
            lines.write(example)
    return path


def choose_examples(
    items: Iterable[SampleItem], counts: Mapping[str, int], cell: Callable[[str], Any] = typed
) -> Iterator[dict[str, Any]]:
    """So many clear cases of each kind, in the order of `counts`, as an example store holds them.

    `items` is read until there are enough, so it may be endless.
    """
    chosen: dict[str, list[SampleItem]] = {kind: [] for kind in counts}
    missing = sum(counts.values())
    for item in items:
        if item.reason and len(chosen[item.kind]) < counts[item.kind]:
            chosen[item.kind].append(item)
            missing -= 1
            if not missing:
                break
    for kind, cases in chosen.items():
        for number, item in enumerate(cases, start=1):
            yield {
                "name": f"{kind} {number}" + (f" ({item.name})" if item.name else ""),
                "input": {name: cell(value) if isinstance(value, str) else value for name, value in item.row.items()},
                "expected_output": dict(item.truth),
                "explanation": item.reason,
            }


@dataclass(frozen=True)
class Stream:
    """The readings of one unit in order, and its windows: item, label as written down, truth, why ("" if unclear)."""

    rows: Sequence[Row]
    windows: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any], str]]


def write_streams(
    folder: Path, data: str, columns: Sequence[str], answer: Sequence[str], streams: Iterable[Stream]
) -> list[Path]:
    """Write all readings as one long table, the answers of windows to truth.csv and held_out.csv; returns the paths.

    Every fifth unit is held out as a whole: windows of one unit are alike.
    """
    paths = [folder / data, folder / "truth.csv", folder / "held_out.csv"]
    with ExitStack() as stack:
        readings = opened(stack, paths[0], columns)
        answers = [opened(stack, path, ("item", *answer)) for path in paths[1:]]
        for number, stream in enumerate(streams):
            for row in stream.rows:
                readings.write(row)
            held_out = number % HELD_OUT_EVERY == HELD_OUT_EVERY // 2
            for item, label, truth, _ in stream.windows:
                answers[held_out].write({"item": item, **(truth if held_out else label)})
    return paths


def window_fields(rows: Sequence[Row], group: str, order: str) -> dict[str, Any]:
    """A window of readings as a sheet makes an item of it: see `tabular/duckdb_windows.py`."""
    fields: dict[str, Any] = {
        group: typed(rows[0][group]),
        "window_start": rows[0][order].replace(" ", "T"),
        "window_end": rows[-1][order].replace(" ", "T"),
    }
    for name in rows[0]:
        if name in (group, order):
            continue
        values = [typed(row[name]) for row in rows]
        if any(isinstance(value, str) for value in values):
            fields[name] = next(value for value in reversed(values) if value is not None)
        else:
            fields |= {f"{name}_{key}": value for key, value in _figures(values).items()}
    return fields


def _figures(values: Sequence[Any]) -> dict[str, Any]:
    known = [(place, float(value)) for place, value in enumerate(values) if value is not None]
    count = len(known)
    mean = math.fsum(value for _, value in known) / count if count else None
    figures: dict[str, float | None] = dict.fromkeys(("mean", "std", "min", "max", "slope", "last"))
    if mean is not None:
        middle = math.fsum(place for place, _ in known) / count
        spread = math.fsum((place - middle) ** 2 for place, _ in known)
        squares = math.fsum((value - mean) ** 2 for _, value in known)
        along = math.fsum((place - middle) * (value - mean) for place, value in known)
        figures = {
            "mean": mean,
            "std": math.sqrt(squares / (count - 1)) if count > 1 else None,
            "min": min(value for _, value in known),
            "max": max(value for _, value in known),
            "slope": along / spread if spread else None,
            "last": known[-1][1],
        }
    rounded = {name: None if one is None else float(f"{one:.6g}") for name, one in figures.items()}
    return {**rounded, "series": [None if value is None else float(f"{value:.4g}") for value in values]}
