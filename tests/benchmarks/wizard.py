"""A stopwatch for the wizard: every use case by keys alone, as a person would: `python tests/benchmarks/wizard.py`.

Starts the real app in a pty on an empty workspace, goes from the card to an answer of the deployed model with ten
labels on the way, and prints the keys and the seconds. The goal: at most 60 keys outside labeling and five minutes in
all. A person also reads; the seconds here are the machine's, and `--think S` adds so many before every label.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ontos_tui.services.guide.onboarding import UseCase
from ontos_tui.workspace import Workspace
from terminal import Terminal, ontos

LABELS = 10


@dataclass
class Typist:
    """Presses keys and counts them, those of labeling apart."""

    terminal: Terminal
    keys: int = 0
    labeling: int = 0

    def press(self, key: str, *sees: str, labeling: bool = False) -> None:
        """Press a key and wait for what it brings."""
        self.terminal.send(key)
        if labeling:
            self.labeling += 1
        else:
            self.keys += 1
        self.terminal.sees(*sees)


def walk(use_case: UseCase, place: int, think: float) -> tuple[Typist, dict[str, float]]:
    """The whole way for one use case; returns the keys, and the seconds by step."""
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as home, Terminal(ontos("--home", home), (120, 40)) as terminal:
        typist, begun = Typist(terminal), time.perf_counter()

        def done(step: str) -> None:
            nonlocal begun
            now = time.perf_counter()
            seconds[step] = now - begun
            begun = now

        # On an empty workspace the wizard is what one sees first.
        terminal.sees("Your own data")
        typist.press(str(place), "Sample data", "items,")
        done("data")
        typist.press("\r", "system prompt")
        typist.press("\r", "preview 1 of 5")
        done("template")
        typist.press("\r", "▐5", "unlabeled")
        done("generate")
        for number in range(LABELS):
            time.sleep(think)
            typist.press(
                "a", f"{LABELS - number - 1} more" if number < LABELS - 1 else "labels are enough", labeling=True
            )
        done("label")
        typist.press(">", "learns from", "enter trains the model")
        typist.press("\r", "✓ trained")
        done("train")
        typist.press(">", "deploys it to an endpoint")
        typist.press("\r")
        # A model of ten labels that is not usable yet needs one key more, to be tried out.
        terminal.until(lambda: any(text in terminal.text() for text in ("Try it out", "another row")), "deployed")
        if "Try it out" in terminal.text():
            typist.press("t", "Playground", "another row")
        typist.press("\r", "status 200")
        done("deploy and ask")
    return typist, seconds


def main() -> None:
    """Walk and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--think", type=float, default=0.0, help="seconds before every label")
    think = parser.parse_args().think
    with tempfile.TemporaryDirectory() as home, Workspace(Path(home)) as workspace:
        cases = workspace.onboarding.use_cases()
    steps = ("data", "template", "generate", "label", "train", "deploy and ask")
    print(f"{'use case':<26}{'keys':>6}{'labels':>8}{'seconds':>9}   {'  '.join(steps)}")
    for place, case in enumerate(cases, 1):
        typist, seconds = walk(case, place, think)
        told = "  ".join(f"{seconds[step]:>{len(step)}.1f}" for step in steps)
        print(f"{case.title:<26}{typist.keys:>6}{typist.labeling:>8}{sum(seconds.values()):>9.1f}   {told}")
    print("goal: at most 60 keys outside labeling, 300 seconds")


if __name__ == "__main__":
    main()
