"""Keys and seconds from a file of one's own to the first label: `python tests/benchmarks/first_label.py`.

Starts the real app in a pty on an empty workspace and goes through the wizard by keys alone: the file, what was
understood of it, its quality, the column that holds the answer, the template, the pairs. Where a column holds the
answers, the first label is there when the pairs are; else a person gives it. A path counts as typed once, apart from
the keys, and so does each word that goes into a form. The seconds are the machine's; a person also reads.

Streams are walked twice: row by row, and as windows, which stage 1 makes. There the engines also get the column that
is to be predicted, the cycles that remain until their last one.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from real_data import real_data
from terminal import Terminal, settling

NONE = "None of them"
HEADING = "Which column holds the answer?"
SIZE = (120, 40)
MOST_KEYS = 200
SAVE = "\x13"


@dataclass(frozen=True)
class Stream:
    """How a stream is cut: rows of a window, the columns of its group and order, the `cap` of what remains."""

    size: str
    order: str
    group: str = ""
    cap: str = ""


@dataclass
class Way:
    """One walk: what was pressed, and how long it took."""

    terminal: Terminal
    answer: str
    keys: int = 0
    labels: str = ""
    steps: list[str] = field(default_factory=list)

    def press(self, key: str, what: str = "") -> None:
        """Press a key and wait until the app is done with it."""
        self.terminal.send(key)
        self.keys += 1
        if what:
            self.steps.append(what)
        self.terminal.settle()

    def type(self, text: str) -> None:
        """Paste a text into the field that has the focus."""
        self.terminal.send(f"\x1b[200~{text}\x1b[201~")
        self.terminal.settle()

    def text(self) -> str:
        """What the screen shows."""
        text: str = self.terminal.text()
        return text

    def choose(self, name: str) -> None:
        """Move to a line of the list in front and choose it."""
        if name == NONE:
            self.press("\x1b[F")
        else:
            lines = [line.strip(" │▌") for line in self.text().splitlines()]
            first = next(place for place, line in enumerate(lines) if line.startswith(HEADING)) + 2
            place = next((place for place, line in enumerate(lines[first:]) if line.startswith(f"{name} ")), None)
            assert place is not None, f"no line {name!r}\n{self.text()}"
            for _ in range(place):
                self.press("\x1b[B")
        self.press("\r", f"answer: {name}")


def walk(way: Way, path: Path) -> None:
    """From the card to the first label."""
    way.press("7", "own data")
    way.press("f", "file")
    way.type(str(path))
    way.press("\x1bOQ" if path.is_dir() else "\r", "this folder" if path.is_dir() else "open")
    _until_labeled(way)


def _until_labeled(way: Way) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and way.keys < MOST_KEYS:
        text = way.text()
        if way.labels:
            return
        _next(way, text)
        way.terminal.settle()
    raise AssertionError(f"no label after {way.keys} keys: {way.steps}\n{way.text()}")


def walk_windows(way: Way, path: Path, stream: Stream) -> None:
    """From the stages to the first label: the file, what remains, windows, and on with the wizard."""
    way.press("\x1b", "stages")
    way.press("1")
    way.press("a", "file")
    way.type(str(path))
    way.press(SAVE, "open")
    _wait(way, "What is understood of")
    way.press("\r", "accept")
    _wait(way, "A sheet over")
    way.press(SAVE, "sheet")
    _wait(way, " items.")
    if stream.cap:
        way.press("C", "computed column")
        _wait(way, "Remaining until the end")
        way.press("\x1b[B")
        way.press("\r", "remaining until the end")
        _wait(way, "At most")
        _fill(way, ("", "", stream.order, stream.cap))  # its name and the unit are proposed
        way.press(SAVE, "add it")
        _wait(way, "At most", gone=True)
    way.press("e", "windows")
    _wait(way, "Window labels")
    _fill(way, ("", "", "", "", "", "", "", stream.size, "", stream.group, stream.order))
    way.press(SAVE, "save")
    _wait(way, "windows of")
    way.press("W", "wizard")
    way.press("7", "own data")
    _wait(way, "Use it")
    way.press("\r", "this sheet")
    _until_labeled(way)


def _fill(way: Way, texts: Sequence[str]) -> None:
    """Fill in the fields of a form, the first of which has the focus; an empty text leaves a field as it is."""
    for place, text in enumerate(texts):
        if place:
            way.press("\t")
        if text:
            way.type(text)


def _wait(way: Way, text: str, *, gone: bool = False) -> None:
    """Until the screen shows a text, or no longer shows it."""
    deadline = time.monotonic() + 120
    while (text in way.text()) is gone:
        assert time.monotonic() < deadline, f"no {text!r}\n{way.text()}"
        time.sleep(0.05)
        way.terminal.settle()


def _next(way: Way, text: str) -> None:
    """The key that this screen asks for."""
    if HEADING in text:
        way.choose(way.answer)
    elif " enter Choose" in text:
        way.press("\r", "a question")
    elif "What is understood of" in text:
        way.press("\r", "accept")
    elif "Look again" in text:
        way.press(">", "quality")
    elif "▐3" in text and "✎ draft" in text:
        way.press("\r", "template")
    elif "▐4" in text and "enter generates" in text:
        way.press("\r", "generate")
    elif "▐5" in text:
        _label(way, text)
    else:
        time.sleep(0.2)  # a job works


def _label(way: Way, text: str) -> None:
    """The first label: given by a column already, or by a person now, with the first of the choices."""
    if re.search(r"✓ [0-9,]+ labels", text):
        way.labels = "a column's"
    elif re.search(r" 1/[0-9,]+ decided", text):
        way.labels = "a person's"
    elif "▸" in text and "not decided" in text:
        way.press("1", "label")
    elif "unlabeled" in text:
        way.press("a", "label")
    else:
        time.sleep(0.2)


def tiles(folder: Path) -> Path:
    """The pictures of magnetic tiles in a folder for each class."""
    source = real_data("defect_detection/magnetic_tile.csv")
    with source.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            target = folder / "tiles" / row["defect"]
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source.parent / row["image"], target / Path(row["image"]).name)
    return folder / "tiles"


def receipts(folder: Path) -> Path:
    """The receipts as a folder of text documents."""
    (folder / "receipts").mkdir()
    with real_data("document_extraction/sroie_receipts.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            (folder / "receipts" / f"{row['id']}.txt").write_text(row["text"], encoding="utf-8")
    return folder / "receipts"


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "AI4I 2020": (lambda folder: real_data("predictive_maintenance/ai4i2020.csv"), "Machine_failure"),
    "steel plates": (lambda folder: real_data("defect_detection/steel_plates_faults.csv"), "fault"),
    "SROIE receipts, a folder of documents": (receipts, NONE),
    "magnetic tile, folders of pictures": (tiles, "class"),
    "NAB machine temperature": (
        lambda folder: real_data("anomaly_detection/nab_machine_temperature_system_failure.csv"),
        NONE,
    ),
    "C-MAPSS FD001": (lambda folder: real_data("remaining_useful_life/cmapss_train_FD001.txt"), NONE),
    "NAB, windows of 48 rows": (
        lambda folder: real_data("anomaly_detection/nab_machine_temperature_system_failure.csv"),
        NONE,
    ),
    "C-MAPSS, windows of 30 and what remains": (
        lambda folder: real_data("remaining_useful_life/cmapss_train_FD001.txt"),
        "remaining",
    ),
}
"""What is walked: the data, and the column that holds the answer."""
STREAMS = {
    "NAB, windows of 48 rows": Stream("48", "timestamp"),
    "C-MAPSS, windows of 30 and what remains": Stream("30", "c2", group="c1", cap="125"),
}
"""Of these names of CASES, how the rows are cut into windows."""


def measured(name: str) -> tuple[Way, float]:
    """One walk, and the seconds from the first key on."""
    make, answer = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder))
        with Terminal(settling("--home", f"{folder}/home"), SIZE) as terminal:
            terminal.sees("Your own data")
            way, began = Way(terminal, answer), time.perf_counter()
            if name in STREAMS:
                walk_windows(way, path, STREAMS[name])
            else:
                walk(way, path)
            return way, time.perf_counter() - began


def main() -> None:
    """Walk and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CASES)}")
    parser.add_argument("--steps", action="store_true", help="also print what each key did")
    arguments = parser.parse_args()
    print(f"{'data':<40}{'keys':>5}{'seconds':>9}  first label")
    for name in [one for one in CASES if not arguments.names or any(word in one for word in arguments.names)]:
        way, seconds = measured(name)
        print(f"{name:<40}{way.keys:>5}{seconds:>9.1f}  {way.labels}", flush=True)
        if arguments.steps:
            print(f"  {', '.join(way.steps)}")


if __name__ == "__main__":
    main()
