"""Twenty people who label for eight hours: statements, commits, warehouse hours and the price.

    python tests/benchmarks/team_day.py [--people N] [--hours H] [--seconds S] [--size SIZE] [--stop MINUTES]

Each person's app goes through the same rounds as the program's: it pushes two seconds after a decision, looks for
others' every 15 seconds, and rests five minutes after the last key. The estimate of `ontos sync --cost` from the same
decisions stands beside it. A person decides every S seconds on average, with a break of 15 minutes after two hours and
an hour at noon.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from ontos_tui.services.team.cost import (
    DBU_PER_HOUR,
    PRICE_SOURCE,
    USD_PER_DBU,
    WarehouseFacts,
    cost_of,
)
from ontos_tui.services.team.pace import (
    PULL_SECONDS,
    PULL_STATEMENTS,
    PUSH_SECONDS,
    PUSH_STATEMENTS,
    REST_SECONDS,
)

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)
BREAKS = ((2.0, 2.25), (4.0, 5.0), (7.0, 7.25))
"""Hours after the beginning in which nobody works."""


@dataclass
class Day:
    """What was sent in all, and when."""

    statements: int = 0
    commits: int = 0
    changes: int = 0


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--seconds", type=float, default=12.0, help="from decision to decision, on average")
    parser.add_argument("--size", choices=DBU_PER_HOUR, default="2X-Small")
    parser.add_argument("--stop", type=float, default=10.0, help="minutes until the warehouse stops")
    asked = parser.parse_args()
    chance = random.Random(7)
    day, sent, history = Day(), [], []
    for person in range(asked.people):
        keys = decisions(chance, asked.hours * 3600, asked.seconds)
        sent += app(keys, day)
        history += [(f"person {person:02}", BEGIN + timedelta(seconds=key)) for key in keys]
    hours = running_hours(sorted(sent), asked.stop * 60)
    dbu = hours * DBU_PER_HOUR[asked.size]
    told = cost_of(history, 1, WarehouseFacts(asked.size, asked.stop))
    print(f"{asked.people} people, {asked.hours:g} hours with breaks, a decision every {asked.seconds:g} s")
    print(f"{'':<18} {'simulated':>12} {'sync --cost':>12}")
    rows = (
        ("decisions", f"{day.changes:,}", f"{told.changes:,}"),
        ("statements", f"{day.statements:,}", f"{told.statements:,}"),
        ("commits", f"{day.commits:,}", f"{told.commits:,}"),
        ("warehouse hours", f"{hours:.2f}", f"{told.warehouse_hours:.2f}"),
        ("DBU", f"{dbu:.1f}", f"{told.dbu:.1f}"),
        ("USD", f"{dbu * USD_PER_DBU:.2f}", f"{told.usd:.2f}"),
    )
    for name, simulated, estimated in rows:
        print(f"{name:<18} {simulated:>12} {estimated:>12}")
    print(f"of a {asked.size} warehouse; USD {USD_PER_DBU} a DBU, {PRICE_SOURCE}")


def decisions(chance: random.Random, seconds: float, every: float) -> list[float]:
    """When one person decides, in seconds from the beginning."""
    times, at = [], chance.uniform(0, 600)
    while at < seconds:
        if not any(begin * 3600 <= at < end * 3600 for begin, end in BREAKS):
            times.append(at)
        at += chance.expovariate(1 / every)
    return times


def app(keys: list[float], day: Day) -> list[float]:
    """When one person's app sends something: the rounds of the program's own thread."""
    sent: list[float] = []
    quiet, place, at = 0.0, 0, keys[0] if keys else 0.0
    day.changes += len(keys)
    waiting = False
    last_key = at
    while place < len(keys) or waiting or at - last_key < REST_SECONDS:
        while place < len(keys) and keys[place] <= at:
            waiting, last_key = True, keys[place]
            place += 1
        if waiting:
            day.statements += PUSH_STATEMENTS
            day.commits += 1
        elif quiet >= PULL_SECONDS and at - last_key < REST_SECONDS:
            day.statements += PULL_STATEMENTS
        else:
            quiet += PUSH_SECONDS
            at += PUSH_SECONDS
            continue
        sent.append(at)
        waiting, quiet = False, PUSH_SECONDS
        at += PUSH_SECONDS
    return sent


def running_hours(sent: list[float], stop: float) -> float:
    """Hours in which the warehouse runs: from each statement until it has had none for so long."""
    total, until = 0.0, float("-inf")
    for at in sent:
        total += at + stop - max(at, until)
        until = at + stop
    return total / 3600


if __name__ == "__main__":
    main()
