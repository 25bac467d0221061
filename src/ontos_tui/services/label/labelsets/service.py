"""Labelsets: the classes that people may give, and how far a sheet is covered with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from rich.color import Color, ColorParseError

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import LabelClass, Labelset, Template
from ontos_tui.domain.rules.states import TEMPLATE_TRANSITIONS, TemplateStatus, check_transition
from ontos_tui.domain.schema import check_schema
from ontos_tui.services.templates.service import next_version, version_order
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import label_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data, label_schemas
from ontos_tui.store.queries.label import labelsets as queries

DESK_KEYS = frozenset("aerfsSunUNxXDdCmMvVFopgHkjhlGJqTWYiI?/:, ")
"""Keys that decide or move in the queue; a class cannot have them. Digits it can."""

FIELDS = ("name", "description", "label_type", "field", "classes", "response_schema", "guidelines", "use_case")
"""What of a labelset its makers may set."""


@dataclass(frozen=True)
class Coverage:
    """How many of a sheet's items have a canonical label of the labelset's type; requests to a model are no items.

    `per_class` counts them by class in the order of the labelset; `other` holds values that are no class of it.
    """

    sheet: Sheet
    items: int
    labeled: int
    per_class: Mapping[str, int] = field(default_factory=dict)
    other: int = 0

    @property
    def share(self) -> float | None:
        """Labeled items of all items; None while the sheet's items are not counted."""
        return self.labeled / self.items if self.items else None


@dataclass(frozen=True)
class Links:
    """What works with a labelset: by its label type, and labeling jobs that populate it."""

    templates: tuple[Template, ...]
    training_sheets: tuple[TrainingSheet, ...]
    jobs: tuple[LabelingJob, ...]
    labels: int

    @property
    def in_use(self) -> str:
        """What would be left without its labelset, in words; empty for nothing."""
        counts = {"canonical labels": self.labels, "labeling jobs": len(self.jobs)}
        return " and ".join(f"{count:,} {what}" for what, count in counts.items() if count)


class LabelsetService:
    """Labelsets, made and changed by `actor`. A published one never changes; a new version does."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    # Looking

    def all(self, search: str = "") -> list[Labelset]:
        """All labelsets by name, the newest version of each name first."""
        text = search.casefold()
        with self._store.read() as connection:
            labelsets = rows.find(connection, Labelset)
        fit = [one for one in labelsets if text in f"{one.name}\n{one.label_type}\n{one.use_case}".casefold()]
        fit.sort(key=lambda one: version_order(one.version), reverse=True)
        return sorted(fit, key=lambda one: one.name.casefold())

    def get(self, ref: str) -> Labelset:
        """The labelset that `ref` (id, name or the beginning of an id) means; of a name the newest version."""
        with self._store.read() as connection:
            return newest(connection, ref)

    def for_label_type(self, label_type: str) -> Labelset | None:
        """The newest published labelset for this label type, if there is one."""
        with self._store.read() as connection:
            labelsets = label_schemas.published_labelsets(connection, label_type)
        return max(
            labelsets, key=lambda one: (one.published_at or one.created_at, version_order(one.version)), default=None
        )

    def links(self, ref: str) -> Links:
        """Templates and training sheets of its label type, jobs that populate it, and how many labels it has."""
        with self._store.read() as connection:
            return _links(connection, newest(connection, ref))

    def item_count(self, ref: str) -> int:
        """How many canonical labels of its type there are."""
        with self._store.read() as connection:
            return sum(label_counts(connection, newest(connection, ref).label_type).values())

    def coverage(self, ref: str, sheet_ref: str | None = None) -> list[Coverage]:
        """How far each sheet that has labels of the type, or is worked on with it, is covered; or one sheet."""
        with self._store.read() as connection:
            labelset = newest(connection, ref)
            counts = queries.item_label_counts(connection, labelset.label_type)
            if sheet_ref is not None:
                sheets = [data.sheet(connection, sheet_ref)]
            else:
                used = {one.sheet_id for one in _links(connection, labelset).training_sheets} | set(counts)
                sheets = queries.sheets(connection, used)
            ids = [sheet.id for sheet in sheets]
            classes = queries.class_counts(connection, labelset.label_type, labelset.field, ids)
        return [_coverage(labelset, sheet, counts.get(sheet.id, 0), classes.get(sheet.id, {})) for sheet in sheets]

    # Changing

    def create(self, **fields: Any) -> Labelset:
        """A draft. Raises InvalidInputError for fields that do not fit, ConflictError for a name that is taken."""
        labelset = _valid({**fields, "created_by": self._actor, "updated_by": self._actor})
        with self._store.write() as connection:
            if queries.versions(connection, labelset.name):
                raise ConflictError(f"A labelset {labelset.name!r} exists already.", "Choose another name.")
            return self._add(connection, labelset, "create")

    def create_from_template(self, template_ref: str, field: str | None = None) -> Labelset:
        """A draft with the values of a template's field (its first with some) as classes, keys in their order."""
        with self._store.read() as connection:
            template = rows.resolve(connection, Template, template_ref)
        chosen = [one for one in template.fields() if one.classes and field in (None, one.name)]
        if not chosen:
            raise InvalidInputError(
                f"{template.name!r} has no field {field!r} with choices." if field else "No field has choices.",
                "Name a field whose schema is an enum, or one with spans.",
            )
        one = chosen[0]
        keys = [str(number) if number <= 9 else "" for number in range(1, len(one.classes) + 1)]
        classes = [LabelClass(name=str(name), hotkey=key) for name, key in zip(one.classes, keys, strict=True)]
        return self.create(
            name=f"{template.name} · {one.name}",
            label_type=template.label_type,
            field=one.name,
            classes=classes,
            response_schema=template.output_schema,
            guidelines=template.guidelines,
            use_case=template.use_case,
        )

    def edit(self, ref: str, **changes: Any) -> Labelset:
        """Change a draft. Raises ConflictError for any other, else as `create`."""
        with self._store.write() as connection:
            labelset = newest(connection, ref)
            if labelset.status is not TemplateStatus.DRAFT:
                raise ConflictError(
                    f"{labelset.name!r} {labelset.version} is {labelset.status} and cannot change.",
                    "Create a new version of it.",
                )
            edited = _valid({**labelset.model_dump(), **changes}, changes=changes)
            changed = {name: getattr(edited, name) for name in changes}
            return self._change(connection, labelset, "edit", changed)

    def publish(self, ref: str) -> Labelset:
        """Make a draft final. Raises InvalidInputError without a class."""
        with self._store.write() as connection:
            labelset = newest(connection, ref)
            self._check_move(labelset, TemplateStatus.PUBLISHED)
            if not labelset.classes:
                raise InvalidInputError(f"{labelset.name!r} has no classes yet.", "Add at least one.")
            return self._change(
                connection, labelset, "publish", {"status": TemplateStatus.PUBLISHED, "published_at": now()}
            )

    def archive(self, ref: str) -> Labelset:
        """Take a labelset out of use; labels stay."""
        with self._store.write() as connection:
            labelset = newest(connection, ref)
            self._check_move(labelset, TemplateStatus.ARCHIVED)
            return self._change(connection, labelset, "archive", {"status": TemplateStatus.ARCHIVED})

    def new_version(self, ref: str) -> Labelset:
        """A draft with the same content and the next minor version."""
        with self._store.write() as connection:
            parent = newest(connection, ref)
            known = queries.versions(connection, parent.name)
            draft = Labelset(
                **{name: getattr(parent, name) for name in FIELDS},
                version=next_version([one.version for one in known]),
                parent_id=parent.id,
                created_by=self._actor,
                updated_by=self._actor,
            )
            return self._add(connection, draft, "new_version")

    def delete(self, ref: str) -> Labelset:
        """Remove a labelset that nothing depends on. Raises ConflictError with the counts."""
        with self._store.write() as connection:
            labelset = newest(connection, ref)
            used = _links(connection, labelset).in_use
            if used:
                raise ConflictError(f"{labelset.name!r} is used by {used}.", "Archive it instead; labels stay.")
            rows.log(connection, labelset, "delete", self._actor, before=labelset.model_dump(mode="json"))
            queries.remove(connection, labelset.id)
            return labelset

    def _add(self, connection: Connection, labelset: Labelset, action: str) -> Labelset:
        rows.add(connection, labelset)
        rows.log(connection, labelset, action, self._actor, after=labelset.model_dump(mode="json"))
        return labelset

    def _change(self, connection: Connection, labelset: Labelset, action: str, changes: dict[str, Any]) -> Labelset:
        changed = rows.change(connection, labelset, **changes, updated_by=self._actor)
        before, after = (one.model_dump(mode="json", include=set(changes)) for one in (labelset, changed))
        rows.log(connection, labelset, action, self._actor, before=before, after=after)
        return changed

    @staticmethod
    def _check_move(labelset: Labelset, status: TemplateStatus) -> None:
        check_transition(TEMPLATE_TRANSITIONS, labelset.status, status, f"{labelset.name!r} {labelset.version}")


def newest(connection: Connection, ref: str) -> Labelset:
    """The labelset that `ref` means; of a name the newest version that is not archived, if there is one."""
    known = queries.versions(connection, ref)
    if not known:
        return rows.resolve(connection, Labelset, ref)
    known.sort(key=lambda one: version_order(one.version), reverse=True)
    return next((one for one in known if one.status is not TemplateStatus.ARCHIVED), known[0])


def _links(connection: Connection, labelset: Labelset) -> Links:
    templates = queries.templates(connection, labelset.label_type)
    sheets = queries.training_sheets(connection, labelset.label_type)
    jobs = queries.labeling_jobs(connection, labelset.id)
    with_field = tuple(one for one in templates if labelset.field in {field.name for field in one.fields()})
    return Links(with_field, tuple(sheets), tuple(jobs), sum(label_counts(connection, labelset.label_type).values()))


def _coverage(labelset: Labelset, sheet: Sheet, labeled: int, counts: Mapping[Any, int]) -> Coverage:
    per_class = {one.name: counts.get(one.name, 0) for one in labelset.classes}
    return Coverage(sheet, sheet.item_count, labeled, per_class, labeled - sum(per_class.values()))


def _valid(values: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> Labelset:
    unknown = [name for name in values if name not in Labelset.model_fields] + [
        name for name in changes or () if name not in FIELDS
    ]
    if unknown:
        raise InvalidInputError(f"A labelset has no field {unknown[0]!r}.", f"Its fields are {', '.join(FIELDS)}.")
    try:
        labelset = Labelset.model_validate(dict(values))
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise InvalidInputError(f"The labelset is not complete: {reasons}.", "Correct these fields.") from error
    _check_classes(labelset.classes)
    if labelset.response_schema:
        check_schema(labelset.response_schema)
        if labelset.field not in labelset.response_schema["properties"]:
            raise InvalidInputError(
                f"The response schema has no field {labelset.field!r}.",
                f"Its fields are {', '.join(labelset.response_schema['properties'])}.",
            )
    return labelset


def _check_classes(classes: Sequence[LabelClass]) -> None:
    """Raise InvalidInputError unless names and keys are each one's own, keys are free, and colors are colors."""
    names: set[str] = set()
    keys: dict[str, str] = {}
    for one in classes:
        if not one.name.strip() or one.name in names:
            raise InvalidInputError(f"The class {one.name!r} appears twice or has no name.", "Give each its own name.")
        names.add(one.name)
        if one.hotkey:
            if len(one.hotkey) != 1 or not one.hotkey.isprintable() or one.hotkey in DESK_KEYS:
                raise InvalidInputError(
                    f"The key {one.hotkey!r} of {one.name!r} has another meaning in the queue.",
                    "Use a digit, or a letter such as b, c, t, w, y, z.",
                )
            if one.hotkey in keys:
                raise InvalidInputError(
                    f"{keys[one.hotkey]!r} and {one.name!r} have the same key {one.hotkey!r}.",
                    "Give each class its own key.",
                )
            keys[one.hotkey] = one.name
        if one.color:
            try:
                Color.parse(one.color)
            except ColorParseError as error:
                raise InvalidInputError(
                    f"{one.color!r} of {one.name!r} is not a valid color.", "Write a name such as red, or #rrggbb."
                ) from error
