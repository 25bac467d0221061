"""Several at once on the same things: deploy while others ask, delete and archive while pairs are made, undo of others.

Promised: each gets an answer of one whole version or a sentence; nothing is half made; counts are those of the rows.
"""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from builders.models import served_model, train_next
from builders.severity import MAJOR, NONE, unlabeled_sheet
from faults.result import Result
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.pairs import GenerationMode, Verdict
from ontos_tui.domain.records.serving import Origin
from ontos_tui.services.label.decisions import Decision
from ontos_tui.store.queries.workspace.health import wrong_counts
from ontos_tui.workspace import Workspace

PROMISE = "who deletes, archives, deploys and undoes while others work at the same leaves nothing half made"
ROW = {"voltage": 0.2, "line": "north"}
ITEMS, QUERIES = 3_000, 60
Problems = list[str]


def run(seed: int, seconds: float) -> Result:
    """Do one thing after the other, each by several at once, until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, Problems()
    with tempfile.TemporaryDirectory() as folder:
        while not tried or time.monotonic() < until:
            act = ACTS[tried % len(ACTS)]
            home = Path(folder) / f"{tried}" / "home"
            home.mkdir(parents=True)
            problems += [f"{act.__name__.strip('_')}: {one}" for one in act(home, draw)]
            with Workspace(home) as workspace, workspace.store.read() as connection:
                if wrong := wrong_counts(connection):
                    problems.append(f"{act.__name__.strip('_')}: stored counts are wrong: {wrong}")
            tried += 1
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


@contextmanager
def _people(home: Path, *names: str) -> Iterator[list[Workspace]]:
    """The workspace as each of them has it open."""
    before = os.environ.get("ONTOS_ACTOR", "ana")
    with ExitStack() as stack:
        opened = []
        try:
            for name in names:
                os.environ["ONTOS_ACTOR"] = name
                opened.append(stack.enter_context(Workspace(home)))
        finally:
            os.environ["ONTOS_ACTOR"] = before
        yield opened


def _at_once(*acts: Callable[[], None]) -> Problems:
    """Do them in threads; what else than a sentence came of it."""
    problems: Problems = []

    def guarded(act: Callable[[], None]) -> None:
        try:
            act()
        except OntosError as error:
            if not error.todo:
                problems.append(f"no remedy: {error}")
        except Exception as error:  # noqa: BLE001  # that is what is being looked for
            problems.append(f"{type(error).__name__}: {error!s:.200}")

    threads = [threading.Thread(target=guarded, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def _deploy_while_others_ask(home: Path, draw: random.Random) -> Problems:
    sheet, first = served_model(home)
    with _people(home, "ana", "bea", "cleo") as (ana, bea, cleo):
        second = train_next(ana, sheet, "j2")
        versions = {first.version, second.version}
        seen: list[int] = []

        def ask(workspace: Workspace) -> None:
            for _ in range(QUERIES):
                (record,) = workspace.deploy.endpoints.query("live", [ROW], origin=Origin.HTTP)
                seen.append(record.model_version)
                if record.status_code != 200 or record.model_version not in versions:
                    raise AssertionError(f"{record.status_code} {record.error} by version {record.model_version}")

        def swap() -> None:
            for number in range(6):
                ana.deploy.endpoints.deploy((second, first)[number % 2].id, "live", despite="a test")

        problems = _at_once(lambda: ask(bea), lambda: ask(cleo), swap)
        if (counted := ana.monitor.traffic.summary("live").requests) != len(seen):
            problems.append(f"{counted} of {len(seen)} requests counted")
    return problems


def _while_pairs_are_made(end: Callable[[Workspace, str, str], object]) -> Callable[[Path, random.Random], Problems]:
    def act(home: Path, draw: random.Random) -> Problems:
        rows = home.parent / "rows.csv"
        rows.write_text("part,size\n" + "".join(f"p{number},{number % 7}\n" for number in range(ITEMS)))
        with _people(home, "ana", "bea") as (ana, bea):
            table = ana.data.files.add_file(rows, name="parts")
            sheet = ana.data.sheets.create_sheet("parts", table.address, item_id_column="part")
            schema = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}
            template = ana.generate.templates.create(
                name="good", label_type="good", user_prompt="{{ size }}", output_schema=schema
            )
            begun = threading.Event()

            class Watched:
                def update(self, done: int, total: int, message: str = "") -> None:
                    if done:
                        begun.set()

            def generate() -> None:
                try:
                    ana.generate.generation.generate(sheet.id, template.id, GenerationMode.MANUAL, progress=Watched())
                finally:
                    begun.set()

            def interrupt() -> None:
                begun.wait(60)
                end(bea, sheet.id, template.id)

            problems = _at_once(generate, interrupt)
            for one in ana.label.queue.training_sheets():
                counts = ana.label.queue.counts(one.sheet.id)
                if counts.total not in (0, ITEMS) and counts.total > ITEMS:
                    problems.append(f"{counts.total} pairs of {ITEMS} items")
                again = list(ana.label.queue.open(one.sheet.id)[:5])
                ana.label.queue.decide([Decision(again[0].id, Verdict.REJECT, reason="x")] if again else [])
        return problems

    act.__name__ = end.__name__
    return act


def _delete_the_sheet(workspace: Workspace, sheet: str, template: str) -> None:
    workspace.data.sheets.delete_sheet(sheet)


def _archive_the_template(workspace: Workspace, sheet: str, template: str) -> None:
    workspace.generate.templates.publish(template)
    workspace.generate.templates.archive(template)


def _delete_the_template(workspace: Workspace, sheet: str, template: str) -> None:
    workspace.generate.templates.delete(template)


def _archive_the_pairs(workspace: Workspace, sheet: str, template: str) -> None:
    for one in workspace.label.queue.training_sheets():
        workspace.label.queue.archive(one.sheet.id)


def _undo_of_others(home: Path, draw: random.Random) -> Problems:
    """Two people decide and undo at the same pairs at once; nobody's undo takes back what the other one said."""
    with _people(home, "ana", "bea") as people:
        sheet = unlabeled_sheet(people[0].store, 12)
        rows = [row.id for row in people[0].label.queue.open(sheet.id)]
        seeds = [draw.randrange(1 << 30) for _ in people]

        def work(workspace: Workspace, seed: int) -> None:
            own = random.Random(seed)
            for _ in range(60):
                try:
                    if own.random() < 0.4:
                        workspace.label.queue.undo(sheet.id)
                        continue
                    pair = workspace.label.queue.pair(own.choice(rows))
                    answer: dict[str, Any] = own.choice([MAJOR, NONE])  # type: ignore[arg-type]
                    decision = Decision(pair.id, Verdict.EDIT, answer=answer, version=pair.version)
                    workspace.label.queue.decide([decision])
                except OntosError as error:
                    if not error.todo:
                        raise

        problems = _at_once(*(partial(work, one, seed) for one, seed in zip(people, seeds, strict=True)))
        for pair in people[0].label.queue.pairs(rows):
            problems += _taken_back(pair.id, people[0])
    return problems


def _taken_back(pair_id: str, workspace: Workspace) -> Problems:
    """Undo events in the history of a pair that took back another person's decision."""
    problems, owner = Problems(), dict[str, str]()
    for event in workspace.label.queue.history(pair_id):
        if event.undoes and owner.get(event.undoes, event.actor) != event.actor:
            problems.append(f"{event.actor} took back what {owner[event.undoes]} decided")
        owner[event.batch_id] = event.actor
    return problems


ACTS: tuple[Callable[[Path, random.Random], Problems], ...] = (
    _deploy_while_others_ask,
    *map(_while_pairs_are_made, (_delete_the_sheet, _archive_the_template, _delete_the_template, _archive_the_pairs)),
    _undo_of_others,
)
