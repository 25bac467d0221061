"""DEPLOY: a model answers every row of a table, into a file or a table; what a stopped run has finished stays done."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.learning import NoProgress, Progress
from ontos_tui.domain.records.data import LOCAL, Block, TableAddress, identifier_from
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.domain.schema import answer_fields
from ontos_tui.jobs.process import cores
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.platforms.ports import Catalog, Serving
from ontos_tui.services.data.files import FileService
from ontos_tui.services.data.service import CatalogService
from ontos_tui.services.data.sheets import SheetService
from ontos_tui.services.deploy.scoring.layout import Layout, csv_text, json_lines
from ontos_tui.services.deploy.scoring.part_file import Note, PartFile, part_file, unfinished_rows
from ontos_tui.services.deploy.scoring.source import Source, find_source
from ontos_tui.services.records.cells import plain_cell
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints as queries
from ontos_tui.tabular.workbooks.writer import check_row_count

BLOCK = 8_192
"""Rows that are scored at once: what a kill can cost."""
FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx"}
SCORED = "scored"
"""The schema of tables that are named without one, and the folder of their files."""
_VERSION = 1
"""Of the lines: another one begins a file anew."""
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Target:
    """Where the answers go: a file, and the table that it becomes if one was named."""

    path: Path
    format: str
    table: TableAddress | None = None


@dataclass(frozen=True)
class ScoringPlan:
    """A scoring that can begin: everything about it was checked. `finished` rows are done by an earlier run."""

    model: ModelVersion
    endpoint: str
    source: Source
    target: Target
    with_columns: bool
    excel_safe: bool
    key: str
    finished: int


@dataclass(frozen=True)
class ScoringReport:
    """What a scoring did. Of `rows` in the file, `resumed` were there from an earlier run.

    `failed` rows have an error in place of an answer; `outside` rows hold values that the model has not learned from.
    """

    model: str
    source: str
    out: str
    table: str
    rows: int
    resumed: int
    failed: int
    outside: int
    seconds: float


class ScoringService:
    """Scores tables with models, at once or as jobs."""

    def __init__(
        self,
        store: Store,
        serving: Serving,
        catalog: Catalog,
        files: FileService,
        sheets: SheetService,
        jobs: JobQueue,
        home: Path,
    ) -> None:
        self._store = store
        self._serving = serving
        self._catalog = catalog
        self._files = files
        self._sheets = sheets
        self._tables = CatalogService(store, catalog)
        self._jobs = jobs
        self._home = home

    def plan(
        self, model: str, source: str, out: str, *, with_columns: bool = False, excel_safe: bool = False
    ) -> ScoringPlan:
        """Check everything before the first row. `model` is a model's name, NAME:VERSION, an id or an endpoint.

        Raises NotFoundError, and InvalidInputError when the source lacks columns or the file cannot be the target.
        """
        version, endpoint = self._model(model)
        whole = find_source(self._files, self._sheets, self._catalog, source)
        narrow = whole.with_columns(version.features)
        target = self._target(out)
        self._check_target(target, whole)
        options = [version.id, version.sha256, str(whole.address), str(whole.query), whole.fingerprint]
        marks = [*options, target.format, with_columns, excel_safe, _VERSION]
        key = hashlib.sha256(json.dumps(marks).encode()).hexdigest()
        finished = unfinished_rows(target.path, key)
        chosen = whole if with_columns else narrow
        return ScoringPlan(version, endpoint, chosen, target, with_columns, excel_safe, key, finished)

    def submit(self, plan: ScoringPlan) -> Job:
        """Score in a process of its own."""
        params = {
            "model": plan.model.id,
            "source": plan.source.ref,
            "out": str(plan.target.table or plan.target.path),
            "with_columns": plan.with_columns,
            "excel_safe": plan.excel_safe,
        }
        return self._jobs.submit(JobKind.PREDICT, f"Score {plan.source.name} by {plan.model.label()}", params)

    def run(self, plan: ScoringPlan, progress: Progress | None = None) -> ScoringReport:
        """Score what an earlier run has not finished, then put the file in its place.

        Raises ConflictError while another process writes it, PlatformError when the source changes meanwhile, and
        JobCancelledError; what was finished until then stays done.
        """
        began = time.monotonic()
        target = plan.target
        target.path.parent.mkdir(parents=True, exist_ok=True)
        with part_file(target.path, plan.key) as part:
            resumed = part.note.rows
            self._score(plan, part, progress or NoProgress())
            note = part.note
            part.finish(_maker(target.format, note))
        table = "" if target.table is None else str(target.table)
        if target.table is not None:
            self._files.add_file(target.path, target.table.table, target.table.schema)
        failed, outside = note.counts.get("failed", 0), note.counts.get("outside", 0)
        seconds = time.monotonic() - began
        return ScoringReport(
            plan.model.label(), plan.source.name, str(target.path), table, note.rows, resumed, failed, outside, seconds
        )

    def _score(self, plan: ScoringPlan, part: PartFile, progress: Progress) -> None:
        source, features = plan.source, plan.model.features
        pace = _Pace(part.note.rows, source.total)
        progress.update(part.note.rows, source.total, pace.message(part.note.rows))

        def answered(block: Block) -> tuple[Block, AnswerColumns]:
            columns = {name: block.columns[name] for name in features}
            return block, self._serving.score(plan.endpoint, plan.model, columns, len(block.refs))

        rest = replace(source.query, offset=source.query.offset + part.note.rows)
        blocks = self._catalog.blocks(source.address, rest, BLOCK) if part.note.rows < source.total else iter(())
        for block, answers in _in_order(answered, blocks, cores()):
            layout = self._layout(plan, part, answers)
            values = layout.values(block, answers)
            as_csv = plan.target.format == "csv"
            text = csv_text(values, excel_safe=plan.excel_safe) if as_csv else json_lines(list(layout.columns), values)
            outside = sum(line not in answers.errors for line in answers.outside)
            part.add(text, answers.count, failed=len(answers.errors), outside=outside)
            progress.update(part.note.rows, source.total, pace.message(part.note.rows))
        if part.note.layout is None:  # there was no row
            self._layout(plan, part)

    def _layout(self, plan: ScoringPlan, part: PartFile, *answers: AnswerColumns) -> Layout:
        """The columns of the file; they are settled by the first block."""
        if part.note.layout is not None:
            return Layout.from_json(part.note.layout)
        nothing = dict.fromkeys(plan.model.features, (None,))  # what is said of a row without any value, too
        probe = self._serving.score(plan.endpoint, plan.model, nothing, 1)
        taken = plan.source.columns if plan.with_columns else ()
        layout = Layout.of(taken, answer_fields(plan.model.template_snapshot["output_schema"]), (probe, *answers))
        part.note.layout = layout.to_json()
        head = (
            csv_text([[name] for name in layout.columns], excel_safe=plan.excel_safe)
            if plan.target.format == "csv"
            else b""
        )
        part.add(head)
        return layout

    def _model(self, ref: str) -> tuple[ModelVersion, str]:
        """A model version, and an endpoint that answers with it; empty where none does."""
        with self._store.read() as connection:
            endpoint = queries.endpoint(connection, ref)
            try:
                model = find_model(connection, ref)
            except NotFoundError as error:
                if endpoint is None:
                    raise NotFoundError(
                        f"No model and no endpoint {ref!r}.", "List them: `ontos models`, `ontos endpoints`."
                    ) from error
                model = find_model(connection, endpoint.model_id)
            serving = [one for one in queries.endpoints(connection) if one.model_id == model.id]
        return model, serving[0].name if serving else ""

    def _target(self, out: str) -> Target:
        path = Path(out).expanduser()
        if path.suffix.lower() in FORMATS:
            return Target(path.absolute(), FORMATS[path.suffix.lower()])
        if "/" not in out and out.count(".") in (0, 2):
            address = TableAddress.parse(out if "." in out else f"{LOCAL}.{SCORED}.{identifier_from(out)}")
            if address.catalog == LOCAL:
                schema, table = identifier_from(address.schema), identifier_from(address.table)
                path = self._home / SCORED / schema / f"{table}.parquet"
                return Target(path, "parquet", TableAddress(LOCAL, schema, table))
        raise InvalidInputError(
            f"{out!r} is neither a file nor a table that answers can be written to.",
            f"Name a file that ends in {', '.join(FORMATS)}, or a table such as {LOCAL}.{SCORED}.answers.",
        )

    def _check_target(self, target: Target, source: Source) -> None:
        if target.path.is_dir():
            raise InvalidInputError(f"{target.path} is a folder.", "Name a file in that folder.")
        if target.format == "xlsx":
            check_row_count(source.total)
        if target.table is None and not target.path.parent.is_dir():
            raise InvalidInputError(f"There is no folder {target.path.parent}.", "Make it, or choose another one.")
        for table in self._tables.tables():
            same = table.path and Path(table.path) == target.path
            if same and table.address == source.address:
                raise InvalidInputError("The answers would replace the rows they come from.", "Name another file.")
            if target.table == table.address and not same:
                raise ConflictError(f"The table {table.address} is another file: {table.path}.", "Choose another name.")


class _Pace:
    """How fast this run is, from its own rows and not those that were done before."""

    def __init__(self, done: int, total: int) -> None:
        self._first = done
        self._total = total
        self._began = time.monotonic()

    def message(self, done: int) -> str:
        """`12,000 of 50,000 rows, 24,100 rows/s`."""
        text = f"{done:,} of {self._total:,} rows"
        seconds = time.monotonic() - self._began
        return f"{text}, {(done - self._first) / seconds:,.0f} rows/s" if done > self._first and seconds > 0 else text


def _in_order(work: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """`work` on each item, several at once, in the order of the items; few of them wait at any time."""
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _maker(format: str, note: Note) -> Callable[[Path, Path], None] | None:
    """What turns the lines of a finished file into Parquet or a workbook, in bounded memory; None for other files."""
    if format not in ("parquet", "xlsx"):
        return None
    assert note.layout is not None
    columns = Layout.from_json(note.layout).columns

    def convert(lines: Path, path: Path) -> None:
        if format == "parquet":
            from ontos_tui.tabular.parquet_writer import write_parquet

            write_parquet(lines, columns, path)
            return
        from ontos_tui.tabular.workbooks.writer import sheet_writer

        with sheet_writer(path, list(columns), name="Answers", cut=True) as write, lines.open("rb") as file:
            for line in file:
                row = json.loads(line)
                write([plain_cell(value) if isinstance(value, (dict, list)) else value for value in row.values()])

    return convert
