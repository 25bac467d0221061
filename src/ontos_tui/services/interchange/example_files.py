"""The example store as a file of JSON lines: written whole or not at all, imported whole or not at all.

    {"name": "scratch 1", "label_type": "severity", "input": {"note": "…"}, "expected_output": {"severity": "minor"}}

A line may also have an `explanation`. Without a name an example is named by its input.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.template import Example
from ontos_tui.replacing import replacing
from ontos_tui.services.interchange.reading import json_entries
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import json_line
from ontos_tui.services.templates.examples import ExampleService, example_name
from ontos_tui.store.engine import Store

COLUMNS = ("name", "label_type", "input", "expected_output", "explanation", "use_case", "source", "is_verified")
"""What is written of an example; the first five are read."""


class ExampleFiles:
    """Writes and reads files of examples."""

    def __init__(self, store: Store, examples: ExampleService) -> None:
        self._store = store
        self._examples = examples

    def export_file(self, path: Path, label_type: str | None = None) -> int:
        """Write the examples, of one label type or of all; returns how many. Raises InvalidInputError."""
        with replacing(path) as (target,), target.open("w", encoding="utf-8", newline="") as file:
            examples = self._examples.find(label_type)
            for one in examples:
                file.write(json_line(one.model_dump(mode="json", include=set(COLUMNS))) + "\n")
        return len(examples)

    def import_file(self, path: Path, label_type: str | None = None, *, dry_run: bool = False) -> ImportReport:
        """Examples as `export_file` writes them; `label_type` is for lines that name none.

        An example of a known name is changed where it says something else. With a problem nothing is imported. Raises
        InvalidInputError for a file that cannot be read.
        """
        report = ImportReport(path, dry_run)
        examples: dict[tuple[str, str], tuple[int, Example]] = {}
        for number, line in json_entries(path, report):
            example = _example(line, label_type)
            problem = example if isinstance(example, str) else self._problem(example)
            if isinstance(example, str) or problem:
                report.problem(number, problem)
                continue
            before, _ = examples.setdefault((example.label_type, example.name), (number, example))
            if before != number:
                report.problem(number, f"{example.name[:80]!r} is in line {before:,} already")
        if not report.refused:
            counts = self._examples.put_all((one for _, one in examples.values()), dry_run=dry_run)
            report.created, report.updated, report.unchanged = counts.created, counts.changed, counts.unchanged
        return report

    def _problem(self, example: Example) -> str:
        try:
            with self._store.read() as connection:
                return self._examples.problem(connection, example)
        except OntosError as error:
            return error.what


def _example(line: Any, label_type: str | None) -> Example | str:
    """The example of a line, or what is wrong with it."""
    if not isinstance(line, Mapping):
        return "not a JSON object"
    of_type = line.get("label_type") or label_type
    if not isinstance(of_type, str):
        return "label_type is missing"
    fields, answer = line.get("input"), line.get("expected_output")
    for name, value in (("input", fields), ("expected_output", answer)):
        if not isinstance(value, dict):
            return f"{name} is {'missing' if value is None else 'not a JSON object'}"
    texts = {name: line.get(name) or "" for name in ("name", "explanation", "use_case")}
    wrong = next((name for name, value in texts.items() if not isinstance(value, str)), None)
    if wrong is not None:
        return f"{wrong} is not a text"
    assert isinstance(fields, dict)
    texts["name"] = texts["name"].strip() or example_name(fields)
    verified = line.get("is_verified") is not False
    source = line.get("source") if isinstance(line.get("source"), str) else "import"
    return Example(
        label_type=of_type, input=fields, expected_output=answer, source=source, is_verified=verified, **texts
    )
