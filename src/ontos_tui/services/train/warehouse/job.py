"""What runs there: our trainer learns from a sample of the table's rows, as many as help, and leaves the model's files.

It is the entry point of the wheel that is sent with the job: `train OPTIONS`, a JSON file (see `TrainingOptions`). Rows
are read by Spark on Databricks' own machines, else through the SQL warehouse. A volume takes files whole and in order
only, so that the model is written beside it first.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import ontos_tui
from ontos_tui.domain.evaluation import CandidateScore, FieldScore
from ontos_tui.domain.learning import LabeledExample, Trained, TrainingSet
from ontos_tui.domain.schema import answer_fields
from ontos_tui.platforms.databricks.cell_values import base_type, plain
from ontos_tui.platforms.databricks.table_training.run import MODEL, PROGRESS, RESULT
from ontos_tui.platforms.databricks.table_training.sample_sql import ANSWER, CONTENT, GROUP, HELD_OUT, PLACE, REF, ROLE
from ontos_tui.platforms.local.trainer import LocalTrainer
from ontos_tui.services.records.answers import AnswerChecker, AnswerReader
from ontos_tui.services.train.warehouse.enough import grow
from ontos_tui.tabular.window_fields import compact, rounded

ON_DATABRICKS = "DATABRICKS_RUNTIME_VERSION"
"""A variable of every process on Databricks' own machines: Spark there knows the team's tables, another does not."""
BY_ROLE = f"ORDER BY {ROLE}, {PLACE}"


@dataclass(frozen=True)
class TrainingOptions:
    """What the job is told. `types` are of the sample's columns, `windows` those that are figures of windows; `added`
    are labeled items that are no row of the table, as from feedback; `present` is how the present model, named by
    `present_model`, learns each field; `place` is the warehouse, where Spark is not.
    """

    table: str
    schema: Mapping[str, Any]
    features: Sequence[str]
    types: Mapping[str, str]
    answers: Mapping[str, str]
    group_name: str
    in_order: bool
    held_out_from: str
    base_model: str
    params: Mapping[str, Any]
    seed: int
    first: int
    least_gain: float
    windows: Sequence[str]
    added: Sequence[Mapping[str, Any]]
    present: Mapping[str, Mapping[str, Any]]
    present_model: str
    place: Mapping[str, str]
    output: str = ""


@dataclass(frozen=True)
class Sample:
    """The examples that teach and that test, those that teach in any case, the items that people decided, and how many
    rows had an answer that did not fit.
    """

    train: tuple[LabeledExample, ...]
    held_out: tuple[LabeledExample, ...]
    added: tuple[LabeledExample, ...]
    decided: frozenset[str]
    unfit: int


def main() -> None:
    """Train with the options of the file that is named."""
    options = TrainingOptions(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    train(options, read_rows(options))


def train(options: TrainingOptions, rows: Iterable[Mapping[str, Any]]) -> None:
    """Learn from as many rows as help, and leave the model and how it went in the folder of the options."""
    out = Path(options.output)
    sample = read_sample(options, rows)
    with tempfile.TemporaryDirectory(prefix="ontos-train-") as place:
        folders: dict[int, Path] = {}

        def train_on(count: int) -> Trained:
            folders[count] = Path(place) / f"{count}" / MODEL
            progress = _Written(out / PROGRESS, count, len(sample.train))
            return LocalTrainer().train(
                training_set(options, sample, count), options.base_model, folders[count], progress
            )

        def score_of(trained: Trained) -> FieldScore:
            return trained.evaluation.headline()

        grown = grow(train_on, score_of, len(sample.train), options.first, options.least_gain)
        (out / MODEL).mkdir(parents=True, exist_ok=True)
        files = sorted(file for file in folders[grown.rows].iterdir() if file.is_file())
        for file in files:
            shutil.copyfile(file, out / MODEL / file.name)
    learned = sample.train[: grown.rows]
    result = {
        "trained": {**asdict(grown.result), "evaluation": grown.result.evaluation.model_dump(mode="json")},
        "rows": grown.rows,
        "sampled": len(sample.train),
        "enough": grown.enough,
        "curve": [one.model_dump() for one in grown.curve],
        "tested": len(sample.held_out),
        "unfit": sample.unfit,
        "learned_items": [
            *(one.ref for one in sample.added),
            *(one.ref for one in learned if one.ref in sample.decided),
        ],
        "tested_items": [one.ref for one in sample.held_out if one.ref in sample.decided],
        "files": [file.name for file in files],
        "code": ontos_tui.__file__,
    }
    (out / RESULT).write_text(json.dumps(result), encoding="utf-8")


def read_rows(options: TrainingOptions) -> Iterator[Mapping[str, Any]]:
    """The rows of the sample, in their order."""
    statement = f"SELECT * FROM {options.table} {BY_ROLE}"  # noqa: S608
    if ON_DATABRICKS in os.environ:
        from pyspark.sql import SparkSession

        yield from SparkSession.builder.getOrCreate().sql(statement).toArrow().to_pylist()
        return
    from ontos_tui.platforms.databricks.workspace_client import Place, Team

    for page in Team(Place(**options.place)).pages(statement, size=10_000):
        yield from page


def read_sample(options: TrainingOptions, rows: Iterable[Mapping[str, Any]]) -> Sample:
    """The rows as examples; a row whose answer does not fit the template is left out and counted."""
    reader, checker = AnswerReader(options.schema), AnswerChecker(options.schema)
    parts: dict[bool, list[tuple[LabeledExample, str]]] = {True: [], False: []}
    decided, unfit = set(), 0
    for row in rows:
        values = {name: _value(options, name, kind, row[name]) for name, kind in options.types.items()}
        given = row[ANSWER]
        answer = (
            reader.read({field: values[column] for field, column in options.answers.items()})
            if given is None
            else json.loads(given)
        )
        if not answer or not checker.fits(answer):
            unfit += 1
            continue
        fields = {name: values[name] for name in options.features}
        example = LabeledExample(str(row[REF]), fields, answer, row[GROUP])
        parts[row[ROLE] == HELD_OUT].append((example, str(row[CONTENT])))
        if given is not None:
            decided.add(example.ref)
    train, held_out = (_grouped(parts[held]) for held in (False, True))
    added = tuple(LabeledExample(str(one["ref"]), dict(one["fields"]), dict(one["answer"])) for one in options.added)
    return Sample(train, held_out, added, frozenset(decided), unfit)


def _value(options: TrainingOptions, name: str, kind: str, value: Any) -> Any:
    """A value as the pairs here have it."""
    known = plain(value, kind)
    if name not in options.windows:
        return known
    return compact(known) if base_type(kind) == "array" else rounded(known)


def _grouped(part: Sequence[tuple[LabeledExample, str]]) -> tuple[LabeledExample, ...]:
    """The examples, of which those that are alike in all that is learned from are one group where no column says it."""
    doubled = {content for content, count in Counter(content for _, content in part).items() if count > 1}
    return tuple(
        replace(one, group=content) if one.group is None and content in doubled else one for one, content in part
    )


def training_set(options: TrainingOptions, sample: Sample, count: int) -> TrainingSet:
    """What a trainer is given of the first `count` rows."""
    return TrainingSet(
        fields=answer_fields(options.schema),
        features=tuple(options.features),
        train=(*sample.added, *sample.train[:count]),
        held_out=sample.held_out,
        held_out_from=options.held_out_from,
        seed=options.seed,
        group_name=options.group_name,
        in_order=options.in_order,
        params=options.params,
        present={name: CandidateScore.model_validate(way) for name, way in options.present.items()},
        present_model=options.present_model,
    )


class _Written:
    """Progress as a file beside the results, which whoever waits reads."""

    def __init__(self, path: Path, count: int, available: int) -> None:
        self._path = path
        self._of = f"{count:,} of {available:,} sampled rows"
        self._last = ""

    def update(self, done: int, total: int, message: str = "") -> None:
        """Write what happens now, once for each thing."""
        if message != self._last:
            self._last = message
            text = {"done": done, "total": total, "message": f"{self._of}: {message}"}
            self._path.write_text(json.dumps(text), encoding="utf-8")


if __name__ == "__main__":
    main()
