"""The files of a use case in synthetic_data: its manifest, its examples, and its known answers."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

import ontos_tui
from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.template import Example, LabelClass, Template
from ontos_tui.domain.schema import Answer, FieldKind, answer_problems


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SheetPart(_Part):
    """The sheet over the data: every row is an item, or with a window size every window of a stream."""

    name: str
    description: str = ""
    item_id_column: str | None = None
    image_columns: list[str] = []
    window_size: int | None = None
    window_step: int | None = None
    window_group: str | None = None
    window_order: str | None = None


class HeldOutPart(_Part):
    """The file of answers that are kept back for testing, and the reason in words."""

    file: str
    item_id_column: str
    reason: str


class LabelsetPart(_Part):
    """The classes of one answer field."""

    name: str
    description: str = ""
    field: str
    classes: list[LabelClass]


class Manifest(_Part):
    """A use_case.json: the files of a use case, with names relative to its folder.

    `order` is its place in the list of use cases. `truth` holds the answers of what is not held out, as the use case's
    people wrote them down, now and then wrongly. So many of them are `supplied` to begin with.
    """

    key: str
    title: str
    summary: str
    order: int = 1
    data: str
    sheet: SheetPart
    template: str
    examples: str
    held_out: HeldOutPart
    truth: str = "truth.csv"
    supplied: int = 0
    labelset: LabelsetPart


def synthetic_data() -> Path:
    """The folder of the sample data. Raises NotFoundError when there is none."""
    named = os.environ.get("ONTOS_SYNTHETIC_DATA")
    folder = Path(named).expanduser() if named else Path(ontos_tui.__file__).parent / "synthetic_data"
    if not folder.is_dir():
        raise NotFoundError(
            f"The sample data is not at {folder}.",
            "Install Ontos again, or set ONTOS_SYNTHETIC_DATA to a folder of sample data.",
        )
    return folder.absolute()


def read_manifest(path: Path) -> Manifest:
    """A use_case.json. Raises InvalidInputError when it is damaged."""
    try:
        return Manifest.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise _damaged(str(path), f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def read_json(path: Path) -> dict[str, object]:
    """A file with one JSON object. Raises InvalidInputError when it is damaged."""
    with _reading(path):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise _damaged(str(path), str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(str(path), "not a JSON object")
    return content


def read_examples(path: Path, template: Template, actor: str) -> list[Example]:
    """The example store of a use case. Raises InvalidInputError that names the line that is damaged."""
    examples = []
    for where, fields in _json_lines(path):
        try:
            example = Example(
                **fields,
                label_type=template.label_type,
                use_case=template.use_case,
                source="synthetic",
                is_verified=True,
                created_by=actor,
                updated_by=actor,
            )
        except (ValueError, TypeError) as error:
            raise _damaged(where, str(error)) from error
        _check(where, template, example.expected_output)
        examples.append(example)
    return examples


def read_answers(path: Path, identity: str, template: Template) -> Iterator[tuple[str, Answer]]:
    """Item and answer of every line of a CSV or JSONL file, where the item stands under `identity`.

    Raises InvalidInputError that names the line that is damaged.
    """
    kinds = {field.name: field.kind for field in template.fields()}
    lines = _json_lines(path) if path.suffix == ".jsonl" else _csv_lines(path)
    for where, row in lines:
        try:
            ref = str(row.pop(identity))
            answer = {name: _typed(value, kinds[name]) for name, value in row.items() if value not in ("", None)}
        except (KeyError, ValueError, TypeError) as error:
            raise _damaged(where, f"unexpected {error}") from error
        _check(where, template, answer)
        yield ref, answer


def _csv_lines(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    with _reading(path), path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            yield f"{path}, line {number}", dict(row)


def _json_lines(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    with _reading(path), path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            try:
                fields = json.loads(line)
            except ValueError as error:
                raise _damaged(where, str(error)) from error
            if not isinstance(fields, dict):
                raise _damaged(where, "not a JSON object")
            yield where, fields


def _typed(value: object, kind: FieldKind) -> object:
    """A CSV cell as the field of an answer; what is typed already stays. Raises ValueError when it does not fit."""
    if not isinstance(value, str):
        return value
    if kind is FieldKind.INTEGER:
        return int(value)
    if kind is FieldKind.NUMBER:
        return float(value)
    if kind is FieldKind.BOOLEAN:
        return {"true": True, "false": False}[value.lower()]
    return value


def _check(where: str, template: Template, answer: Answer) -> None:
    problems = answer_problems(template.output_schema, answer)
    if problems:
        raise _damaged(where, "; ".join(map(str, problems)))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(str(path), str(error)) from error


def _damaged(where: str, reason: str) -> InvalidInputError:
    return InvalidInputError(
        f"The sample data cannot be used: {where}: {reason}.",
        "Install Ontos again, or create it with `python -m ontos_tui.synthetic_data.generate --out DIR`.",
    )
