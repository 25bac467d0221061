"""The labeling queue with 1,000 and with 1,000,000 pairs, beside the smallest Textual app in the same run.

    python tests/benchmarks/labeling.py [--quick] [--pairs N] [--keep DIR]

(a) Keys in a real pty of 120x40, each pressed right after one of the bare app; (b) eight processes that label one
training sheet; (c) kill -9 at random moments; (d) from the key to the disk; (e) what another process decided, in sight.
Making a million pairs takes minutes: --keep DIR leaves the workspaces there for the next time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crowd import label_together
from disk import decided_elsewhere, key_to_disk
from kills import kill_apps, kill_services
from meter import Answer, Meter, median, quantile
from sheets import seeded

BARE = [sys.executable, str(Path(__file__).with_name("bare.py"))]
BURST = 45


@dataclass(frozen=True)
class Amount:
    """How much is measured: keys of each kind, decisions of each of the eight, rounds of killing."""

    keys: int
    decisions: int
    kills: int


FULL, QUICK = Amount(200, 200, 20), Amount(40, 40, 4)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of everything")
    parser.add_argument("--pairs", type=int, default=1_000_000, help="pairs of the large training sheet")
    parser.add_argument("--keep", type=Path, help="a folder where the workspaces are left for the next time")
    asked = parser.parse_args()
    amount = QUICK if asked.quick else FULL
    with tempfile.TemporaryDirectory() as folder:
        keep = asked.keep or Path(folder)
        _row("measured, 120x40", "value", "budget")
        for pairs in (1_000, asked.pairs):
            _keys(keep / str(pairs), pairs, amount)
        _row("several at once, and the disk", "", "")
        home = Path(folder) / "together"
        _disk(home, seeded(home, 1_000), amount)
        _together(Path(folder), amount)


def _keys(home: Path, pairs: int, amount: Amount) -> None:
    """What keys bring, each in turn with the bare app's."""
    seeded(home, pairs)
    with Meter(BARE) as bare, Meter([sys.executable, "-m", "ontos_tui", "--home", str(home)]) as meter:
        _row(f"with {pairs:,} pairs", "", "")
        meter.until("open the queue")
        before = len(meter.output)
        meter.press(b"\r")
        _row("  the queue opens", f"{meter.until('▸', before):.0f} ms to the first item", "")
        meter.idle(1.5)
        approve = _in_turn(bare, meter, "a", amount.keys)
        _told("  approve: key to next item", *approve, budget="p50 <= 5 ms, p99 <= 20 ms")
        _told("  choose by number: key to next item", *_in_turn(bare, meter, "1234567", amount.keys), budget="the same")
        _told("  skip", *_in_turn(bare, meter, "s", amount.keys // 2))
        _told("  j", *_in_turn(bare, meter, "j", amount.keys // 2))
        lag, size = meter.burst(b"a", BURST, 30)
        _row(f"  {BURST} keys at 30 Hz", f"{lag:.1f} ms after the last, {size / BURST:,.0f} B a key", "")
        meter.idle(2.0)
        _row("  idle for 3 s", f"{meter.idle(3.0)} B", "0 B")
        _row("  memory", f"{meter.rss_mb():.0f} MB (bare {bare.rss_mb():.0f} MB)", "1,000,000 pairs: + 5 MB")


def _in_turn(bare: Meter, meter: Meter, keys: str, count: int) -> tuple[list[Answer], list[Answer]]:
    """The answers of the bare app and of ours to as many keys."""
    floor, ours = [], []
    for at in range(count):
        floor.append(bare.key(b"j"))
        ours.append(meter.key(keys[at % len(keys)].encode()))
    return floor, ours


def _told(what: str, floor: Sequence[Answer], ours: Sequence[Answer], budget: str = "") -> None:
    first, last = [answer.first_ms for answer in ours], [answer.last_ms for answer in ours]
    bare = [answer.first_ms for answer in floor]
    ratio = f"{median(first) / median(bare):.2f} x bare ({median(bare):.1f})"
    _row(what, f"p50 {median(first):.1f}, p99 {quantile(first, 0.99):.1f} ms; {ratio}", budget)
    sizes, frames = [answer.size for answer in ours], [answer.frames for answer in ours]
    one = sum(count == 1 for count in frames) / len(frames)
    told = f"p50 {median(last):.1f}, p99 {quantile(last, 0.99):.1f} ms; {median(sizes):.0f} B; one frame {one:.0%}"
    _row("    last byte; bytes p50; frames", told, "<= 1,300 B, one frame" if budget else "")


def _disk(home: Path, sheet_id: str, amount: Amount) -> None:
    disk = key_to_disk(home, sheet_id, amount.keys // 2)
    told = f"p50 {median(disk):.1f}, p99 {quantile(disk, 0.99):.1f} ms"
    _row("key to fsynced on the disk", told, "<= 50 ms")
    seen = decided_elsewhere(home, sheet_id, max(4, amount.kills))
    _row("decided elsewhere, in sight here", f"p50 {median(seen):.2f}, max {max(seen):.2f} s", "<= 2 s")


def _together(folder: Path, amount: Amount) -> None:
    home = folder / "crowd"
    done = label_together(home, seeded(home, 10_000), people=8, each=amount.decisions)
    _row("8 processes label one training sheet", f"{done.count:,} decisions, {done.rate:.0f}/s", "")
    _row("  decided twice, errors, counts wrong", f"{done.twice}, {done.errors}, {done.miscounted}", "0, 0, 0")
    told = ", ".join(f"{name} {quantile(done.ms, share):.1f}" for name, share in _SHARES)
    _row("  decide", f"{told}, max {max(done.ms):.0f} ms", "")
    home = folder / "kills"
    sheet_id = seeded(home, 10_000)
    services = kill_services(home, sheet_id, amount.kills)
    _row(f"kill -9 of a service, {amount.kills} times", str(services), "0 lost")
    apps = kill_apps(home, sheet_id, amount.kills)
    _row(f"kill -9 of the app, {amount.kills} times", str(apps), "0 lost")


_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


def _row(what: str, value: str, budget: str) -> None:
    print(f"{what:<42} {value:<58} {budget}", flush=True)


if __name__ == "__main__":
    main()
