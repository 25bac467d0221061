"""What `all.py` measures, each in a process of its own: ours and a peer on the same data, at one size.

    python tests/benchmarks/measures.py NAME SIZE

prints {"ours": SECONDS, "peer": SECONDS, "mb": MEGABYTES, "peer_mb": MEGABYTES}: the processor's time and the most
memory of either side. A peer does the least that gives the same: it keeps no history, checks nothing and logs nothing.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from interchange import bare_in, bare_out, seed

from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import GenerationMode, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.decisions import Decision
from ontos_tui.workspace import Workspace

Measured = dict[str, float]
Work = Callable[[], Any]


def both(ours: Work, peer: Work) -> Measured:
    """The processor's seconds of both, the peer first, so that it does not profit from what is warm."""
    seconds = []
    for work in (peer, ours):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return {"ours": seconds[1], "peer": seconds[0]}


def exported(folder: Path, size: int) -> Measured:
    """All pairs as chat lines; the peer writes fields and answer as JSON lines."""
    with Workspace(folder / "home") as workspace:
        _, made = seed(workspace, size, status=PairStatus.LABELED, reviewed_by="ana", reviewed_at=now())

        def ours() -> None:
            workspace.label.files.export(made.id, folder / "ours.jsonl", Format.CHAT)

        return both(ours, bare_out(workspace.store.path, folder / "bare.jsonl"))


def imported(folder: Path, size: int) -> Measured:
    """A CSV file of labels into a sheet; the peer parses as many lines and inserts them with the same indexes."""
    with Workspace(folder / "home") as workspace:
        sheet, made = seed(workspace, size, status=PairStatus.LABELED, reviewed_by="ana", reviewed_at=now())
        lines, labels = folder / "labels.jsonl", folder / "labels.csv"
        bare_out(workspace.store.path, lines)()
        workspace.label.files.export(made.id, labels, Format.CSV)

        def ours() -> None:
            report = workspace.label.files.import_labels(labels, Format.CSV, sheet.id, label_type="severity")
            assert report.created == size, report

        return both(ours, bare_in(lines, workspace.store.path, folder))


def decided(folder: Path, size: int) -> Measured:
    """Decisions about all pairs in one batch, with labels, history and undo; the peer updates status and answer."""
    with Workspace(folder / "home") as workspace:
        _, made = seed(workspace, size)
        with workspace.store.read() as connection:
            ids = connection.scalars("SELECT id FROM qa_pairs WHERE training_sheet_id = ?", (made.id,))
        answers = [{"severity": "minor", "depth": number * 0.5} for number in range(size)]

        def ours() -> None:
            decisions = [Decision(one, Verdict.EDIT, answer) for one, answer in zip(ids, answers, strict=True)]
            workspace.label.queue.decide(decisions)

        return both(ours, bare_updates(folder / "bare.db", ids, answers))


def bare_updates(path: Path, ids: list[str], answers: list[dict[str, Any]]) -> Work:
    """Statuses and answers written in one transaction."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE pairs (id TEXT PRIMARY KEY, status TEXT, answer TEXT)")
    connection.executemany("INSERT INTO pairs VALUES (?, 'unlabeled', NULL)", ((one,) for one in ids))
    connection.commit()

    def work() -> None:
        rows = [(json.dumps(answer), one) for one, answer in zip(ids, answers, strict=True)]
        connection.executemany("UPDATE pairs SET status = 'labeled', answer = ? WHERE id = ?", rows)
        connection.commit()

    return work


COLUMNS, CLASSES = 20, 4


def table(path: Path, size: int) -> None:
    """A CSV file of 20 figures and a class that hangs on them."""
    from sklearn.datasets import make_classification

    values, classes = make_classification(size, COLUMNS, n_informative=8, n_classes=CLASSES, random_state=0)
    head = ",".join([*(f"m{number}" for number in range(COLUMNS)), "fault"])
    with path.open("w", encoding="utf-8") as file:
        file.write(head + "\n")
        for row, code in zip(values.tolist(), classes.tolist(), strict=True):
            file.write(",".join(f"{value:.6g}" for value in row) + f",c{code}\n")


def generated(folder: Path, size: int) -> Measured:
    """A labeled pair of each row of a CSV file; the peer reads the file and inserts the rows as JSON."""
    table(folder / "rows.csv", size)
    with Workspace(folder / "home") as workspace:
        sheet, template = sheet_of(workspace, folder / "rows.csv")

        def ours() -> None:
            workspace.generate.generation.generate(sheet, template, GenerationMode.COLUMN, column="fault")

        return both(ours, bare_rows(folder / "rows.csv", folder / "bare.db"))


def sheet_of(workspace: Workspace, file: Path) -> tuple[str, str]:
    """The ids of a sheet over the file, and of a template that asks for its class."""
    address = workspace.data.files.add_file(file, "rows").address
    sheet = workspace.data.sheets.create_sheet("Rows", address)
    classes = [f"c{number}" for number in range(CLASSES)]
    schema = {"type": "object", "properties": {"fault": {"enum": classes}}, "required": ["fault"]}
    names = [f"m{number}" for number in range(COLUMNS)]
    template = workspace.generate.templates.create(
        name="Fault", label_type="fault", user_prompt="{{ m0 }}", output_schema=schema, feature_columns=names
    )
    return sheet.id, template.id


def bare_rows(file: Path, database: Path) -> Work:
    """The rows of a file in a table, each as JSON, with a key."""

    def work() -> None:
        import csv

        connection = sqlite3.connect(database)
        connection.execute("CREATE TABLE pairs (id TEXT PRIMARY KEY, fields TEXT, answer TEXT)")
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [
                (f"{number:032x}", json.dumps({k: float(v) for k, v in row.items() if k != "fault"}), row["fault"])
                for number, row in enumerate(csv.DictReader(lines))
            ]
        connection.executemany("INSERT INTO pairs VALUES (?, ?, ?)", rows)
        connection.commit()

    return work


def trained(folder: Path, size: int) -> Measured:
    """Boosting from a CSV file to a saved, tested and registered model; the peer reads the file and fits once.

    Both are programs of their own, counted from their start with all that they import, on one thread of OpenMP: its
    threads wait for each other by working, so that a busy machine would be measured. The cross-validation that
    calibrates the confidence is a fit of its own, which belongs to the search and is `search` here.
    """
    file = folder / "rows.csv"
    table(file, size)
    return {**child("fit", file), **child("whole", file)}


def child(what: str, file: Path) -> Measured:
    """One side in a process of its own, for its memory."""
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, __file__, what, str(file)], stdout=subprocess.PIPE, check=True, env=alone)
    measured: Measured = json.loads(done.stdout)
    return measured


def whole(file: Path) -> Measured:
    """From the file to a registered model; `ours` leaves out what `search` took. The other keys are its phases."""
    from ontos_tui.platforms.local import training

    phases = _Phases()
    searched: Work = vars(training)["search"]

    def counted(*given: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return searched(*given, **named)
        finally:
            phases.searched += time.process_time() - began

    vars(training)["search"] = counted
    with Workspace(file.parent / "home") as workspace:
        phases.mark("start")
        sheet, template = sheet_of(workspace, file)
        phases.mark("file")
        report = workspace.generate.generation.generate(sheet, template, GenerationMode.COLUMN, column="fault")
        phases.mark("pairs")
        params = {"training_sheet_id": report.training_sheet.id, "base_model": "hist_gradient_boosting", "name": "m"}
        workspace.train.models.run(params, "j1", phases)
        phases.mark("register")
    return {
        "ours": time.process_time() - phases.searched,
        "search": phases.searched,
        "mb": most_memory(),
        **phases.seconds,
    }


class _Phases:
    """The processor's seconds between what a training says that it does."""

    NAMES: Mapping[str, str] = {"learning": "describe", "testing on": "fit", "writing": "test"}

    def __init__(self) -> None:
        self.seconds: Measured = {}
        self.searched = 0.0
        self._before, self._searched_before = 0.0, 0.0

    def mark(self, name: str) -> None:
        """What was since the last mark is called so."""
        now_, searched = time.process_time(), self.searched
        spent = now_ - self._before - (searched - self._searched_before)
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        self._before, self._searched_before = now_, searched

    def update(self, done: int, total: int, message: str = "") -> None:
        """The name of what ended is known by what begins."""
        if message.startswith("reading") and "labeled" not in message:
            self.mark("read and split")
        for begins, ended in self.NAMES.items():
            if message.startswith(begins):
                self.mark(ended)


def fit(file: Path) -> Measured:
    """One plain fit of scikit-learn, saved."""
    import joblib  # type: ignore[import-untyped]
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    text = np.genfromtxt(file, delimiter=",", skip_header=1, dtype=str)
    matrix, codes = text[:, :-1].astype(float), text[:, -1]
    model = HistGradientBoostingClassifier(max_iter=100, early_stopping=False).fit(matrix, codes)
    joblib.dump(model, file.with_suffix(".joblib"))
    return {"peer": time.process_time(), "peer_mb": most_memory()}


def most_memory() -> float:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


MEASURES: Mapping[str, Callable[[Path, int], Measured]] = {
    "exported": exported,
    "imported": imported,
    "decided": decided,
    "generated": generated,
    "trained": trained,
}


def main() -> None:
    """Measure one thing."""
    name, size = sys.argv[1:]
    if name in ("fit", "whole"):
        print(json.dumps((fit if name == "fit" else whole)(Path(size))))
        return
    with tempfile.TemporaryDirectory() as folder:
        measured = MEASURES[name](Path(folder), int(size))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
