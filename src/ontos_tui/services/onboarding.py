"""Sample data for a first start: a use case becomes a data table, a sheet, a template, examples and held-out labels."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

import ontos_tui
from ontos_tui.domain.data import DataTable, Sheet, TableAddress
from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.governance import Use
from ontos_tui.domain.pairs import CanonicalLabel
from ontos_tui.domain.schema import Answer, FieldKind, answer_problems
from ontos_tui.domain.states import SheetStatus, TemplateStatus
from ontos_tui.domain.template import Example, LabelClass, Labelset, Template
from ontos_tui.store.rows import add, change, count, find, find_one, log
from ontos_tui.store.tables import table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ontos_tui.services.data import DataService
    from ontos_tui.services.templates import TemplateService
    from ontos_tui.store.engine import Store

SCHEMA = "samples"
"""The schema of the local catalog that holds sample data: local.samples.USE_CASE."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SheetPart(_Part):
    """The sheet over the data."""

    name: str
    description: str = ""
    item_id_column: str | None = None


class HeldOutPart(_Part):
    """The file of answers that are kept for testing, and why, in words."""

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
    """A use_case.json: what there is to load, with file names relative to its folder."""

    key: str
    title: str
    summary: str
    data: str
    sheet: SheetPart
    template: str
    examples: str
    held_out: HeldOutPart
    labelset: LabelsetPart


@dataclass(frozen=True)
class UseCase:
    """Something to start with. `seeded` says whether this workspace has it already."""

    key: str
    title: str
    summary: str
    seeded: bool


@dataclass(frozen=True)
class SeedReport:
    """What the workspace has of a use case now. `created` is False when all of it had been there."""

    use_case: UseCase
    sheet: Sheet
    template: Template
    labelset: Labelset
    examples: int
    canonical_labels: int
    created: bool


def synthetic_data() -> Path:
    """The folder of the sample data. Raises NotFoundError when there is none."""
    named = os.environ.get("ONTOS_SYNTHETIC_DATA")
    folder = Path(named).expanduser() if named else Path(ontos_tui.__file__).parents[2] / "synthetic_data"
    if not folder.is_dir():
        raise NotFoundError(
            f"The sample data is not at {folder}.",
            "Set ONTOS_SYNTHETIC_DATA to the synthetic_data folder of a checkout of Ontos.",
        )
    return folder.absolute()


class OnboardingService:
    """Finds the use cases that come with Ontos and puts them into the workspace."""

    def __init__(self, store: Store, data: DataService, templates: TemplateService, actor: str) -> None:
        self._store = store
        self._data = data
        self._templates = templates
        self._actor = actor

    def use_cases(self) -> list[UseCase]:
        """The use cases that can be seeded, by title. Raises NotFoundError without sample data."""
        manifests = [_manifest(path) for path in synthetic_data().glob("*/use_case.json")]
        with self._store.read() as connection:
            cases = [_use_case(manifest, _sheet(connection, manifest.key)) for manifest in manifests]
        return sorted(cases, key=lambda case: case.title)

    def seed(self, key: str) -> SeedReport:
        """Put a use case into the workspace. Whatever is there already stays as it is, so a second run changes nothing.

        Raises NotFoundError for an unknown key, InvalidInputError when a file of the use case is damaged.
        """
        folder = synthetic_data() / key
        if Path(key).name != key or not (folder / "use_case.json").is_file():
            known = ", ".join(case.key for case in self.use_cases()) or "none"
            raise NotFoundError(f"There is no use case {key!r}.", f"Choose one of: {known}.")
        manifest = _manifest(folder / "use_case.json")

        sheet, new_sheet = self._seed_sheet(manifest, folder)
        template, new_template = self._seed_template(folder / manifest.template)
        examples = _examples(folder / manifest.examples, template, self._actor)
        labels = _held_out(folder / manifest.held_out.file, manifest.held_out, sheet, template, self._actor)
        examples_here = table(Example).c.label_type == template.label_type
        labels_here = table(CanonicalLabel).c.sheet_id == sheet.id
        with self._store.write() as connection:
            labelset, new_labelset = self._seed_labelset(connection, manifest, template)
            new_examples = self._add_new(connection, examples, "name", examples_here)
            new_labels = self._add_new(connection, labels, "item_ref", labels_here)
            kept = count(connection, Example, examples_here), count(connection, CanonicalLabel, labels_here)
        created = any((new_sheet, new_template, new_labelset, new_examples, new_labels))
        return SeedReport(_use_case(manifest, sheet), sheet, template, labelset, *kept, created=created)

    def _seed_sheet(self, manifest: Manifest, folder: Path) -> tuple[Sheet, bool]:
        with self._store.read() as connection:
            known = _sheet(connection, manifest.key)
        self._seed_table(manifest.key, folder / manifest.data)
        if known:
            return known, False
        sheet = self._data.create_sheet(
            manifest.sheet.name,
            _address(manifest.key),
            description=manifest.sheet.description,
            item_id_column=manifest.sheet.item_id_column,
            use_case=manifest.key,
        )
        return sheet, True

    def _seed_table(self, key: str, path: Path) -> None:
        with self._store.write() as connection:
            known = find_one(connection, DataTable, table(DataTable).c.address == _address(key))
            if known and not Path(known.path).exists():  # the checkout that it came from was moved or removed
                change(connection, known, path=str(path))
                log(connection, known, "move_file", self._actor, before={"path": known.path}, after={"path": str(path)})
        if not known:
            self._data.add_file(path, key, SCHEMA)

    def _seed_template(self, path: Path) -> tuple[Template, bool]:
        name = _json(path).get("name")
        columns = table(Template).c
        with self._store.read() as connection:
            known = find_one(connection, Template, columns.name == name, columns.status == TemplateStatus.PUBLISHED)
        if known:
            return known, False
        template = self._templates.import_file(path)
        if template.status is TemplateStatus.DRAFT:
            template = self._templates.publish(template.id)
        return template, True

    def _seed_labelset(self, connection: Connection, manifest: Manifest, template: Template) -> tuple[Labelset, bool]:
        part = manifest.labelset
        known = find_one(connection, Labelset, table(Labelset).c.name == part.name)
        if known:
            return known, False
        labelset = Labelset(
            name=part.name,
            description=part.description,
            label_type=template.label_type,
            field=part.field,
            classes=part.classes,
            response_schema=template.output_schema,
            use_case=manifest.key,
            status=TemplateStatus.PUBLISHED,
            created_by=self._actor,
            updated_by=self._actor,
        )
        add(connection, labelset)
        log(connection, labelset, "seed", self._actor, after={"name": part.name, "classes": len(part.classes)})
        return labelset, True

    def _add_new(
        self, connection: Connection, records: Sequence[Example | CanonicalLabel], by: str, scope: ColumnElement[bool]
    ) -> int:
        """Add the records whose field `by` is not there yet within `scope`; returns how many those are."""
        kinds = {type(record) for record in records}
        known = {getattr(record, by) for kind in kinds for record in find(connection, kind, scope)}
        new = [record for record in records if getattr(record, by) not in known]
        for record in new:
            add(connection, record)
            log(connection, record, "seed", self._actor, after=record.model_dump(mode="json", include=_LOGGED))
        return len(new)


_LOGGED = {"name", "label_type", "expected_output", "item_ref", "label_data", "allowed_uses", "usage_reason"}


def _use_case(manifest: Manifest, sheet: Sheet | None) -> UseCase:
    return UseCase(manifest.key, manifest.title, manifest.summary, seeded=sheet is not None)


def _address(key: str) -> str:
    return str(TableAddress("local", SCHEMA, key))


def _sheet(connection: Connection, key: str) -> Sheet | None:
    columns = table(Sheet).c
    return find_one(
        connection,
        Sheet,
        columns.use_case == key,
        columns.source_table == _address(key),
        columns.status != SheetStatus.DELETED,
    )


def _examples(path: Path, template: Template, actor: str) -> list[Example]:
    examples = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            fields = json.loads(line)
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


def _held_out(path: Path, part: HeldOutPart, sheet: Sheet, template: Template, actor: str) -> list[CanonicalLabel]:
    kinds = {field.name: field.kind for field in template.fields()}
    labels = []
    for number, row in enumerate(csv.DictReader(io.StringIO(_text(path))), start=2):
        where = f"{path}, line {number}"
        try:
            item_ref = row.pop(part.item_id_column)
            answer = {name: _typed(value, kinds[name]) for name, value in row.items() if value != ""}
        except (KeyError, ValueError, TypeError) as error:
            raise _damaged(where, f"unexpected {error}") from error
        _check(where, template, answer)
        labels.append(
            CanonicalLabel(
                sheet_id=sheet.id,
                item_ref=item_ref,
                label_type=template.label_type,
                label_data=answer,
                source="ground_truth",
                allowed_uses=[Use.EVALUATION.value, Use.TESTING.value],
                prohibited_uses=[Use.TRAINING.value, Use.FEW_SHOT.value],
                usage_reason=part.reason,
                created_by=actor,
                updated_by=actor,
            )
        )
    return labels


def _typed(text: str, kind: FieldKind) -> object:
    """A CSV cell as the field of an answer. Raises ValueError when it does not fit."""
    if kind is FieldKind.INTEGER:
        return int(text)
    if kind is FieldKind.NUMBER:
        return float(text)
    if kind is FieldKind.BOOLEAN:
        return {"true": True, "false": False}[text.lower()]
    return text


def _check(where: str, template: Template, answer: Answer) -> None:
    problems = answer_problems(template.output_schema, answer)
    if problems:
        raise _damaged(where, "; ".join(map(str, problems)))


def _manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate(_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise _damaged(str(path), f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(_text(path))
    except ValueError as error:
        raise _damaged(str(path), str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(str(path), "not a JSON object")
    return content


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(str(path), str(error)) from error


def _damaged(where: str, reason: str) -> InvalidInputError:
    return InvalidInputError(
        f"The sample data cannot be used: {where}: {reason}.",
        "Get synthetic_data again from the repository, or make it with `python -m synthetic_data.generate`.",
    )
