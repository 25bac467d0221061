"""The first run with a stopwatch: `python tests/benchmarks/first_run.py [USE_CASE…] [--demo] [--more N]`.

Every use case goes through the wizard on an empty workspace, in a real pty: from its card to an answer of the deployed
model, with ten decisions as an expert would give them (from truth.csv, by the keys that a person has for it). The score
is the product's own, on pairs that were held out when the data was made, with its interval, beside the best constant
answer on the very same pairs. `--more N` goes round once more: the N pairs that the model is least sure of are decided,
a second version is trained, and both are compared on the pairs that neither has seen. `--demo` does the ten steps of
the README on the demo at 80x24. The seconds are the machine's; a person also reads.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import terminal as terminal_module
from ontos_tui.domain.evaluation import Evaluation
from ontos_tui.domain.records.pairs import QAPair, Verdict
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.model_verdict import verdict_line
from ontos_tui.domain.rules.states import JobStatus, PairStatus
from ontos_tui.domain.schema import Answer, FieldKind
from ontos_tui.services.data.sample_files import read_answers, read_manifest, synthetic_data
from ontos_tui.services.label.queue import QueueSort
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.stages.label.work import Work, work_of_sheet
from ontos_tui.workspace import Workspace
from terminal import Terminal, ontos

terminal_module.PATIENCE = 1_800.0
"""A busy machine trains for minutes; the stopwatch says so."""
LABELS, DEMO = 10, "defect_detection"
ENTER, ESCAPE, TAB, SAVE = "\r", "\x1b", "\t", "\x13"
CLEAR = "\x05\x15"
"""To the end of a field, and everything before it away: two keys."""


@dataclass
class Typist:
    """Presses keys and counts them, those of labeling apart."""

    terminal: Terminal
    keys: int = 0
    labeling: int = 0
    begun: float = field(default_factory=time.perf_counter)

    def press(self, keys: str, *sees: str, pasted: str = "", labels: bool = False) -> None:
        """Press keys, each a character, or paste something, and wait for what it brings."""
        if pasted:
            self.terminal.send(f"\x1b[200~{pasted}\x1b[201~")
        for key in keys:
            self.terminal.send(key)
        count = len(keys) + bool(pasted)
        self.labeling += count if labels else 0
        self.keys += 0 if labels else count
        self.terminal.sees(*sees)

    def escape(self, gone: str) -> None:
        """Leave something: a key behind it in the same packet would make another one of it."""
        self.press(ESCAPE)
        self.terminal.until(lambda: gone not in self.terminal.text(), f"{gone} is gone")

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.begun


class Expert:
    """Knows the answers, and the keys that give them."""

    def __init__(self, key: str, workspace: Workspace) -> None:
        self._workspace = workspace
        (view,) = workspace.label.queue.training_sheets()
        self.sheet = view.sheet
        self._work: Work = work_of_sheet(workspace, view.sheet)
        folder = synthetic_data() / key
        manifest = read_manifest(folder / "use_case.json")
        template = Template.model_validate(view.sheet.template_snapshot)
        self.truth = dict(read_answers(folder / manifest.truth, manifest.held_out.item_id_column, template))

    def decide(self, typist: Typist, number: int) -> None:
        """Decide about the item on the screen by keys."""
        terminal = typist.terminal
        terminal.until(lambda: self._shown(terminal) is not None, "an item to decide about")
        ref = self._shown(terminal)
        assert ref is not None
        pair = self._pair(ref)
        answer, proposal = self.truth[ref], dict(pair.proposal or {})
        wrong = [one for one in self._work.fields if proposal.get(one.name) != answer.get(one.name)]
        if all(one.is_choice for one in wrong):
            chosen = self._work.choice_fields
            last = max((chosen.index(one.name) for one in wrong), default=-1)
            keys = "".join(self._work.key_of(name, answer[name]) for name in chosen[: last + 1])
            typist.press(keys + "a", labels=True)
        else:
            self._fill(typist, answer, proposal)
        terminal.until(lambda: self._decided(pair.id), f"decision {number} is on the disk")

    def _fill(self, typist: Typist, answer: Answer, proposal: Mapping[str, Any]) -> None:
        """The form: every field that is wrong is filled in anew."""
        import json

        typist.press("e", "^s Approve", labels=True)
        for place, one in enumerate(self._work.fields):
            value = answer.get(one.name)
            if place:
                typist.press(TAB, labels=True)
            if value == proposal.get(one.name):
                continue
            if one.is_choice:
                choices = (True, False) if one.kind is FieldKind.BOOLEAN else one.choices
                typist.press(str(list(choices).index(value) + 1 + (not one.required)), labels=True)
            elif one.kind is FieldKind.SPANS:
                typist.press(CLEAR, labels=True)
                typist.press("", pasted=json.dumps(value), labels=True)
            else:
                typist.press(f"{CLEAR}{value}", labels=True)
        typist.press(SAVE, labels=True)

    def _shown(self, terminal: Terminal) -> str | None:
        text = terminal.text()
        return next((ref for ref in self.truth if f"{ref}  ○ unlabeled" in text), None)

    def _pair(self, ref: str) -> QAPair:
        queue = self._workspace.label.queue.open(self.sheet.id)
        place = queue.find_item(ref)
        assert place is not None
        return self._workspace.label.queue.pair(queue[place].id)

    def _decided(self, pair_id: str) -> bool:
        return self._workspace.label.queue.pair(pair_id).status is PairStatus.LABELED

    def least_sure(self, count: int) -> None:
        """Decide about the pairs that the model is least sure of, without keys."""
        queue = self._workspace.label.queue.open(self.sheet.id, sort=QueueSort.LEAST_SURE)
        rows = [row for row in queue if row.status is PairStatus.UNLABELED and row.item_ref in self.truth][:count]
        self._workspace.label.queue.decide(
            [Decision(row.id, Verdict.EDIT, answer=self.truth[row.item_ref]) for row in rows]
        )


def wizard(key: str, place: int, home: Path) -> tuple[Typist, Expert, Workspace]:
    """From the card of a use case to an answer of its model."""
    with Terminal(ontos("--home", str(home)), (120, 40)) as terminal:
        typist = Typist(terminal)
        terminal.sees("Your own data")
        typist.press(str(place), "Sample data", "items,")
        typist.press(ENTER, "system prompt")
        typist.press(ENTER, "preview 1 of 5")
        typist.press(ENTER, "▐5", "unlabeled")
        workspace = Workspace(home)
        expert = Expert(key, workspace)
        for number in range(LABELS):
            expert.decide(typist, number + 1)
        terminal.sees("labels are enough")
        typist.press(">", "learns from", "enter trains the model")
        typist.press(ENTER, "✓ trained")
        typist.press(">", "deploys it to an endpoint")
        typist.press(ENTER)
        terminal.until(lambda: "Try it out" in terminal.text() or "another row" in terminal.text(), "deployed")
        if "Try it out" in terminal.text():
            typist.press("t", "another row")
        typist.press(ENTER, "status 200")
    return typist, expert, workspace


def ten_steps(home: Path) -> tuple[Typist, Workspace]:
    """The README's ten steps on the demo, from its first screen to the second version."""
    subprocess.run(ontos("--home", str(home), "demo", "--seed-only"), check=True, stdout=subprocess.DEVNULL)
    workspace = Workspace(home)

    def jobs_done(count: int) -> bool:
        return sum(job.status is JobStatus.SUCCEEDED for job in workspace.jobs.jobs()) >= count

    with Terminal(ontos("--home", str(home)), (80, 24)) as terminal:
        terminal.sees("Crystal inspections")
        typist = Typist(terminal)
        typist.press("1", "INS-00001")  # 1, 2
        typist.press(ENTER)
        typist.press(ENTER, "esc Back")
        typist.escape("esc Back")
        typist.press("2", "proposed answer", "g Generate")
        typist.press("g")  # 3
        terminal.until(lambda: jobs_done(1), "pairs are generated")
        typist.press("3", "Crystal")
        typist.press(ENTER, "decided")
        expert = Expert(DEMO, workspace)
        for number in range(LABELS):  # 4
            expert.decide(typist, number + 1)
        typist.escape("▸")
        typist.press("4", "ready to train")
        typist.press("t")  # 5
        terminal.until(lambda: jobs_done(2), "the model is trained")
        typist.press("5", "Deploy")
        typist.press("d", "Endpoint")
        typist.press(SAVE)  # 6
        terminal.until(lambda: "does not pass" in terminal.text() or "● ready" in terminal.text(), "deployed")
        if "does not pass" in terminal.text():
            typist.press("t", "● ready")
        typist.press("p", "Playground ·")
        typist.press(ENTER, "status 200")
        typist.press("-", "Feedback")  # 7
        typist.press(f"{TAB}{TAB}7{SAVE}", "▼")
        typist.escape("Playground ·")
        typist.press("6", "newest answers")  # 8
        typist.press("7", "dent")
        typist.press("c", "converted")  # 9
        typist.press("3", "Crystal")
        typist.press(ENTER, "from feedback")
        typist.press("a")
        typist.escape("▸")
        typist.press("7", "1 new")
        typist.press("r")  # 10
        terminal.until(lambda: jobs_done(3), "the second version is trained")
        terminal.sees("v2 is trained")
    return typist, workspace


def again(expert: Expert, workspace: Workspace, more: int) -> tuple[ModelVersion, str]:
    """Once more round the loop; the second version, and how it compares with the first one."""
    (first,) = workspace.train.models.models()
    workspace.label.hints.compute(expert.sheet.id)
    expert.least_sure(more)
    job = workspace.train.models.submit(expert.sheet.id)
    while workspace.jobs.job(job.id).status not in (JobStatus.SUCCEEDED, JobStatus.FAILED):
        time.sleep(0.2)
    second = workspace.train.models.models()[0]
    comparison = workspace.train.models.compare(first, second)
    return second, comparison.summary


def score(model: ModelVersion) -> tuple[str, str]:
    """The headline score with its interval, and the baseline."""
    one = Evaluation.model_validate(model.evaluation).headline()
    return f"{one.value:.3g} ({one.low:.3g} to {one.high:.3g})", f"{one.baseline:.3g}"


def show_demo() -> None:
    """The ten steps, and how good the first version is."""
    with tempfile.TemporaryDirectory() as folder:
        typist, workspace = ten_steps(Path(folder))
        with workspace:
            second, first = workspace.train.models.models()
            all_keys = typist.keys + typist.labeling
            print(
                f"ten steps: {all_keys} keys ({typist.labeling} of them for ten labels), {typist.seconds:.0f} seconds"
            )
            print(f"v1: {verdict_line(first)}\nv2: {verdict_line(second)}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Walk and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("use_case", nargs="*")
    parser.add_argument("--more", type=int, default=0, metavar="N", help="labels of a second round")
    parser.add_argument("--demo", action="store_true", help="the ten steps of the README instead")
    options = parser.parse_args(arguments)
    if options.demo:
        show_demo()
        return
    with tempfile.TemporaryDirectory() as home, Workspace(Path(home)) as workspace:
        cases = workspace.onboarding.use_cases()
    print("| use case | keys | keys of ten labels | seconds | supplied | score | always the same | verdict |")
    print("|---|---|---|---|---|---|---|---|")
    for place, case in enumerate(cases, 1):
        if options.use_case and case.key not in options.use_case:
            continue
        with tempfile.TemporaryDirectory() as folder:
            typist, expert, workspace = wizard(case.key, place, Path(folder))
            with workspace:
                (model,) = workspace.train.models.models()
                supplied = workspace.onboarding.seed(case.key).supplied
                cells = (case.title, typist.keys, typist.labeling, f"{typist.seconds:.0f}", supplied, *score(model))
                print("|", " | ".join(map(str, cells)), "|", verdict_line(model), "|", flush=True)
                if options.more:
                    second, difference = again(expert, workspace, options.more)
                    print(f"  {case.title}, {options.more} labels more: {score(second)[0]}; {difference}", flush=True)


if __name__ == "__main__":
    main()
