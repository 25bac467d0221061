"""Sample data for a first start: a use case becomes a data table, a sheet, a template, examples and held-out labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import Sheet, TableAddress
from ontos_tui.domain.records.pairs import CanonicalLabel, GenerationMode, TrainingSheet
from ontos_tui.domain.records.template import Example, Labelset, Template
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.services.data.sample_files import (
    Manifest,
    read_examples,
    read_json,
    read_manifest,
    synthetic_data,
)
from ontos_tui.services.guide.sample_labels import COLLEAGUES, SCHEMA, SampleLabels
from ontos_tui.store import rows
from ontos_tui.store.queries.data import table_at
from ontos_tui.store.queries.training.pairs import pair_count
from ontos_tui.store.queries.training.sheets import find_training_sheet
from ontos_tui.store.queries.workspace import sample_data as queries

if TYPE_CHECKING:
    from ontos_tui.services.data.files import FileService
    from ontos_tui.services.data.sheets import SheetService
    from ontos_tui.services.generate.service import GenerateService
    from ontos_tui.services.templates.service import TemplateService
    from ontos_tui.store.connection import Connection
    from ontos_tui.store.engine import Store

MOST_PAIRS = 1_000
"""Pairs that seeding creates at most; for more, generate them."""


@dataclass(frozen=True)
class UseCase:
    """A use case of the sample data. `seeded` says whether this workspace has it already."""

    key: str
    title: str
    summary: str
    seeded: bool


@dataclass(frozen=True)
class SeedReport:
    """What the workspace has of a use case now. `created` is False when all of it had been there.

    `training_sheet` is the one of the template, with its number of `pairs`; None when there is none. Of the
    `canonical_labels`, so many were `supplied`: given by colleagues, and a model may learn from them.
    """

    use_case: UseCase
    sheet: Sheet
    template: Template
    labelset: Labelset
    examples: int
    canonical_labels: int
    created: bool
    training_sheet: TrainingSheet | None = None
    pairs: int = 0
    supplied: int = 0


class OnboardingService:
    """Finds the use cases that come with Ontos and puts them into the workspace."""

    def __init__(
        self,
        store: Store,
        files: FileService,
        sheets: SheetService,
        templates: TemplateService,
        actor: str,
        generate: Callable[[], GenerateService],
    ) -> None:
        """`generate` returns the service that creates pairs; it is called only when pairs are requested."""
        self._store = store
        self._files = files
        self._sheets = sheets
        self._templates = templates
        self._actor = actor
        self._generate = generate

    def use_cases(self) -> list[UseCase]:
        """The use cases that can be seeded, in their order. Raises NotFoundError without sample data."""
        manifests = [read_manifest(path) for path in synthetic_data().glob("*/use_case.json")]
        manifests.sort(key=lambda manifest: (manifest.order, manifest.title))
        with self._store.read() as connection:
            return [_use_case(manifest, _sheet(connection, manifest.key)) for manifest in manifests]

    def has_supplied(self, sheet_id: str) -> bool:
        """Whether a sheet came with labels that colleagues gave."""
        with self._store.read() as connection:
            return queries.labels_by(connection, sheet_id, COLLEAGUES) > 0

    def seed(self, key: str, pairs: int = 0, *, part: str = "", supplied: bool = False) -> SeedReport:
        """Put a use case into the workspace. Existing records stay as they are, so a second run changes nothing.

        `supplied` also brings the labels that colleagues gave to a few items, where the sheet is new: with them a
        first model has seen every class, and ten decisions of one's own are enough to begin.

        With `pairs`, the first so many items get their known answers as canonical labels, and a training sheet is
        generated from them: something to train on at once. Those that are held out for testing stay so.

        `part` is a folder of the use case with data of its own, such as `pictures`.

        Raises NotFoundError for an unknown key or part, InvalidInputError when a file of the use case is damaged.
        """
        if not 0 <= pairs <= MOST_PAIRS:
            raise InvalidInputError(
                f"{pairs} pairs cannot be seeded.",
                f"Choose 1 to {MOST_PAIRS:,}. For more: ontos generate SHEET -t T --mode ai",
            )
        folder = self._folder(key, part)
        manifest = read_manifest(folder / "use_case.json")

        sheet, new_sheet = self._seed_sheet(manifest, folder)
        template, new_template = self._seed_template(folder / manifest.template)
        examples = read_examples(folder / manifest.examples, template, self._actor)
        source = SampleLabels(manifest, folder, sheet, template, self._actor)
        labels = source.held_out()
        if pairs:
            first = {item.ref for item in self._sheets.sheet_page(sheet.id, limit=pairs).items}
            labels += source.known(first)
        if supplied and new_sheet:
            labels += source.supplied({one.item_ref for one in labels})
        with self._store.write() as connection:
            labelset, new_labelset = self._seed_labelset(connection, manifest, template)
            example_names = set(queries.example_names(connection, template.label_type))
            new_examples = self._add(connection, [one for one in examples if one.name not in example_names])
            labeled = set(queries.labeled_items(connection, sheet.id))
            new_labels = self._add(connection, [one for one in labels if one.item_ref not in labeled])
        new_pairs, training_sheet = self._seed_pairs(sheet, template, pairs)
        with self._store.read() as connection:
            totals = queries.counts(connection, template.label_type, sheet.id)
            by_colleagues = queries.labels_by(connection, sheet.id, COLLEAGUES)
            of_sheet = 0 if training_sheet is None else pair_count(connection, training_sheet.id)
        created = any((new_sheet, new_template, new_labelset, new_examples, new_labels, new_pairs))
        case = _use_case(manifest, sheet)
        return SeedReport(
            case, sheet, template, labelset, *totals, created, training_sheet, of_sheet, supplied=by_colleagues
        )

    def _folder(self, key: str, part: str) -> Path:
        folder = synthetic_data() / key
        if Path(key).name != key or not (folder / "use_case.json").is_file():
            known = ", ".join(case.key for case in self.use_cases()) or "none"
            raise NotFoundError(f"No use case {key!r}.", f"Choose one of: {known}.")
        if part:
            folder /= part
            if Path(part).name != part or not (folder / "use_case.json").is_file():
                raise NotFoundError(f"The use case {key!r} has no {part}.", "defect_detection has pictures.")
        return folder

    def _seed_pairs(self, sheet: Sheet, template: Template, pairs: int) -> tuple[bool, TrainingSheet | None]:
        """Generate the requested pairs that are missing; returns whether there were any, and the training sheet."""
        with self._store.read() as connection:
            known = find_training_sheet(connection, sheet.id, template.id)
            there = 0 if known is None else pair_count(connection, known.id)
        if there >= min(pairs, sheet.item_count):
            return False, known
        report = self._generate().generate(sheet.id, template.id, GenerationMode.AI, limit=pairs)
        return True, report.training_sheet

    def _seed_sheet(self, manifest: Manifest, folder: Path) -> tuple[Sheet, bool]:
        with self._store.read() as connection:
            known = _sheet(connection, manifest.key)
        self._seed_table(manifest.key, folder / manifest.data)
        if known:
            return known, False
        part = manifest.sheet.model_dump()
        return self._sheets.create_sheet(part.pop("name"), _address(manifest.key), use_case=manifest.key, **part), True

    def _seed_table(self, key: str, path: Path) -> None:
        with self._store.write() as connection:
            known = table_at(connection, _address(key))
            if known and not Path(known.path).exists():  # the checkout that it came from was moved or removed
                rows.change(connection, known, path=str(path))
                before, after = {"path": known.path}, {"path": str(path)}
                rows.log(connection, known, "move_file", self._actor, before=before, after=after)
        if not known:
            self._files.add_file(path, key, SCHEMA)

    def _seed_template(self, path: Path) -> tuple[Template, bool]:
        name = read_json(path).get("name")
        with self._store.read() as connection:
            known = queries.published_template(connection, str(name))
        if known:
            return known, False
        template = self._templates.import_file(path)
        if template.status is TemplateStatus.DRAFT:
            template = self._templates.publish(template.id)
        return template, True

    def _seed_labelset(self, connection: Connection, manifest: Manifest, template: Template) -> tuple[Labelset, bool]:
        part = manifest.labelset
        known = queries.labelset(connection, part.name)
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
        rows.add(connection, labelset)
        rows.log(connection, labelset, "seed", self._actor, after={"name": part.name, "classes": len(part.classes)})
        return labelset, True

    def _add(self, connection: Connection, records: Sequence[Example | CanonicalLabel]) -> int:
        """Add new records with their events; returns how many those are."""
        for record in records:
            rows.add(connection, record)
            rows.log(connection, record, "seed", self._actor, after=record.model_dump(mode="json", include=_LOGGED))
        return len(records)


_LOGGED = {"name", "label_type", "expected_output", "item_ref", "label_data", "allowed_uses", "usage_reason"}


def _use_case(manifest: Manifest, sheet: Sheet | None) -> UseCase:
    return UseCase(manifest.key, manifest.title, manifest.summary, seeded=sheet is not None)


def _address(key: str) -> str:
    return str(TableAddress("local", SCHEMA, key))


def _sheet(connection: Connection, key: str) -> Sheet | None:
    return queries.sheet_of_use_case(connection, key, _address(key))
