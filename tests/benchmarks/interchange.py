"""Files in and out, beside bare json and sqlite3 moving the same rows in the same run.

    python tests/benchmarks/interchange.py [ROWS]

The peers neither ask what a pair may be used for, nor render prompts, nor check answers, nor log anything: they read
the columns and write them, or parse the lines and insert them. Seconds are of the wall; the ratio is to the peer.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ontos_tui.domain.file_formats import SUFFIXES, WRITTEN, Format
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, GenerationMode, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import PairStatus, TrainingSheetStatus
from ontos_tui.services.records.training_sheets import create_training_sheet
from ontos_tui.store import rows
from ontos_tui.store.bulk import RowMaker, new_ids
from ontos_tui.workspace import Workspace

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"severity": {"enum": ["none", "minor", "major"]}, "depth": {"type": "number", "minimum": 0}},
    "required": ["severity"],
    "additionalProperties": False,
}
TEXT = "Vibration at the drive end rose during the night shift; oil pressure steady, bearing warm, no smell. " * 2
OUT_BUDGET, IN_BUDGET = 2.0, 1.0
"""Seconds for 100,000, from the facts about labeling tools."""


def seed(workspace: Workspace, count: int, name: str = "machines", **pair: Any) -> tuple[Sheet, TrainingSheet]:
    """A training sheet with so many pairs of six fields and a text of 200 characters; `pair` is more of each."""
    draw = random.Random(0)
    sheet = Sheet(name=name, source_table="local.files.machines")
    template = Template(
        name=f"severity of {name}",
        label_type="severity",
        system_prompt="You judge machines.",
        user_prompt="{{ note }} torque {{ torque }}, wear {{ wear }}",
        output_schema=SCHEMA,
    )
    with workspace.store.write() as connection:
        rows.add(connection, sheet)
        rows.add(connection, template)
        made = create_training_sheet(
            connection, sheet, template, GenerationMode.AI, "bench", status=TrainingSheetStatus.REVIEW
        )
        like = QAPair(
            training_sheet_id=made.id,
            sheet_id=sheet.id,
            item_ref="",
            sequence_number=0,
            source_data={},
            **pair,
        )
        maker = RowMaker(like)
        made_rows = []
        for number, pair_id in enumerate(new_ids(count), 1):
            fields = {
                "id": f"m{number}",
                "note": TEXT,
                "torque": draw.gauss(40, 9),
                "wear": draw.randint(0, 250),
                "line": draw.choice("NSEW"),
                "on": number % 2 == 0,
            }
            answer = json.dumps({"severity": draw.choice(["none", "minor", "major"]), "depth": round(draw.random(), 3)})
            row = {
                "source_data": connection.fields.text(fields),
                "proposal": answer,
                "answer": answer if pair else None,
            }
            text = connection.fields.text(fields)
            made_rows.append(
                maker.row(id=pair_id, item_ref=f"m{number}", sequence_number=number, source_data=text, **row)
            )
        maker.insert(connection, made_rows)
    return sheet, made


def measured(what: str, work: Callable[[], Any], peer: float = 0.0, budget: float = 0.0) -> float:
    """Do it, tell how long it took, and return the seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told = f"{what:<52} {wall:6.2f} s wall  {cpu:6.2f} s CPU"
    told += f"   {wall / peer:5.1f} x bare" if peer else ""
    print(told + (f"   budget {budget:.1f} s: {wall / budget:.1f} of it" if budget else ""), flush=True)
    return wall


def bare_out(database: Path, target: Path) -> Callable[[], None]:
    """The pairs as JSON lines of fields and answer, as they are stored."""

    def work() -> None:
        connection = sqlite3.connect(database)
        lists = {number: json.loads(names) for number, names in connection.execute("SELECT * FROM field_lists")}
        with target.open("w", encoding="utf-8") as file:
            for text, answer in connection.execute("SELECT source_data, answer FROM qa_pairs ORDER BY sequence_number"):
                number, *values = json.loads(text)
                fields = dict(zip(lists[number], values, strict=True))
                file.write(json.dumps({"fields": fields, "answer": json.loads(answer)}) + "\n")

    return work


def bare_in(lines: Path, database: Path, folder: Path) -> Callable[[], None]:
    """The lines as labels in a table with the same columns and indexes, without events, in one transaction."""
    source = sqlite3.connect(database)
    shapes = source.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'canonical_labels' AND sql IS NOT NULL AND type <> 'trigger' "
        "ORDER BY type DESC"
    ).fetchall()
    target = sqlite3.connect(folder / "floor.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        target.execute(f"PRAGMA {pragma}")
    for (shape,) in shapes:
        target.execute(shape)
    names = list(CanonicalLabel.model_fields)
    maker = RowMaker(CanonicalLabel(sheet_id="s", item_ref="", label_type="severity", label_data={}))
    insert = f"INSERT INTO canonical_labels ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"

    def work() -> None:
        made = []
        with lines.open(encoding="utf-8") as file:
            for number, line in enumerate(file):
                answer = json.dumps(json.loads(line)["answer"])
                made.append(maker.row(id=f"{number:032x}", item_ref=f"m{number}", label_data=answer))
        target.execute("BEGIN IMMEDIATE")
        target.executemany(insert, made)
        target.execute("COMMIT")

    return work


def main(count: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Workspace(folder / "home") as workspace:
            sheet, made = seed(workspace, count, status=PairStatus.LABELED, reviewed_by="ana", reviewed_at=now())
            service = workspace.label.files
            budget = count / 100_000
            floor = measured(
                f"bare: {count:,} pairs out as JSON", bare_out(workspace.store.path, folder / "bare.jsonl")
            )
            files = {format: folder / f"out{SUFFIXES[format]}" for format in WRITTEN if format is not Format.SPANS}
            for format, path in files.items():
                measured(
                    f"export {format}",
                    lambda path=path, format=format: service.export(made.id, path, format),  # type: ignore[misc]
                    floor,
                    OUT_BUDGET * budget,
                )
            floor = measured(
                f"bare: {count:,} labels in from JSON", bare_in(folder / "bare.jsonl", workspace.store.path, folder)
            )
            for format in (Format.CSV, Format.PARQUET, Format.LABEL_STUDIO):
                other = f"severity {format}"
                template = Template(name=other, label_type=other, user_prompt="x", output_schema=SCHEMA)
                with workspace.store.write() as connection:
                    rows.add(connection, template)

                def take(format: Format = format, label_type: str = other, dry_run: bool = False) -> None:
                    report = service.import_labels(
                        files[format], format, sheet.id, label_type=label_type, dry_run=dry_run
                    )
                    assert not report.problems
                    assert report.created + report.unchanged == count

                measured(f"import {format} as labels, dry run", lambda take=take: take(dry_run=True), floor)  # type: ignore[misc]
                measured(f"import {format} as labels", take, floor, IN_BUDGET * budget)
                measured(f"import {format} as labels again: nothing new", take, floor)
            other_sheet = Sheet(name="chats", source_table="local.files.chats")
            with workspace.store.write() as connection:
                rows.add(connection, other_sheet)
            measured("import chat as pairs", lambda: service.import_chat(files[Format.CHAT], other_sheet.id), floor)
            _, undecided = seed(workspace, count, "undecided")
            csv_file = files[Format.CSV]
            for told in ("import csv as decisions, one batch", "import csv as decisions again: nothing new"):
                measured(told, lambda: service.import_pairs(csv_file, Format.CSV, undecided.id), floor)
            history = folder / "history.jsonl"
            measured("history of these decisions", lambda: service.write_history(undecided.id, history))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of the whole run: {peak:,.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
