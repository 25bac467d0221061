"""Several processes that label one training sheet through the services, as fast as they can."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.records.pairs import Event, QAPair, Verdict
from ontos_tui.services.label.decisions import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Together:
    """What came of it: decisions, decisions a second, milliseconds of each, pairs decided twice, and what went wrong.

    `miscounted` is by how many the kept counts differ from what was decided.
    """

    count: int
    rate: float
    ms: list[float]
    twice: int
    errors: int
    miscounted: int


def label_together(home: Path, sheet_id: str, people: int, each: int) -> Together:
    """So many processes make so many decisions each."""
    with Workspace(home) as workspace:
        before = workspace.label.queue.counts(sheet_id)
    command = [sys.executable, __file__, str(home), sheet_id, str(each)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(people)
    ]
    for process in processes:
        assert process.stdout is not None, "asked for"
        process.stdout.readline()  # it is ready
    begun = time.perf_counter()
    for process in processes:
        assert process.stdin is not None, "asked for"
        process.stdin.close()
    told = []
    for process in processes:
        assert process.stdout is not None, "asked for"
        told.append(json.loads(process.stdout.read()))
        process.wait()
    seconds = time.perf_counter() - begun
    ids = [pair_id for one in told for pair_id in one["ids"]]
    with Workspace(home) as workspace:
        after = workspace.label.queue.counts(sheet_id)
        with workspace.store.read() as connection:
            decided = Counter(
                event.entity_id
                for event in rows.find(connection, Event, equal(scope_id=sheet_id, entity_type=QAPair.TABLE))
            )
    twice = sum(times - 1 for times in decided.values() if times > 1)
    return Together(
        len(ids),
        len(ids) / seconds,
        [ms for one in told for ms in one["ms"]],
        max(twice, len(ids) - len(set(ids))),
        sum(one["errors"] for one in told),
        abs(after.labeled - before.labeled - len(ids)) + abs(before.unlabeled - after.unlabeled - len(ids)),
    )


def _label(home: Path, sheet_id: str, each: int) -> None:
    """One of them: claim the next, approve it."""
    ids: list[str] = []
    ms: list[float] = []
    errors = 0
    with Workspace(home) as workspace:
        session = new_id()
        label, claims = workspace.label.queue, workspace.label.claims
        label.counts(sheet_id)
        print("ready", flush=True)
        sys.stdin.read()
        while len(ids) < each and errors < each:
            try:
                (pair,) = claims.next(sheet_id, session)
                begun = time.perf_counter()
                label.decide([Decision(pair.id, Verdict.APPROVE, version=pair.version)])
            except OntosError as error:
                errors += 1
                print(error, file=sys.stderr)
                continue
            ms.append((time.perf_counter() - begun) * 1000)
            ids.append(pair.id)
    print(json.dumps({"ids": ids, "ms": ms, "errors": errors}))


if __name__ == "__main__":
    _label(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
