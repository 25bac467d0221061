"""GENERATE: templates and their versions. A published template never changes; a new version is a new record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ontos_tui.domain.errors import ConflictError, InvalidInputError, InvalidTemplateError, NotFoundError, OntosError
from ontos_tui.domain.records.base import Audited
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import TEMPLATE_TRANSITIONS, TemplateStatus, check_transition
from ontos_tui.domain.schema import check_schema
from ontos_tui.services.templates.comparison import TemplateComparison, compare
from ontos_tui.services.templates.prompt import check_syntax
from ontos_tui.services.templates.template_file import read_template
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import templates as template_queries

FIELDS = tuple(
    name for name in Template.model_fields if name not in {*Audited.model_fields, "version", "parent_id", "status"}
)
"""The fields that a user sets; the service sets the rest."""

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


class TemplateService:
    """Make, import, edit, publish and version templates. Every change is logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def create(self, **fields: Any) -> Template:
        """A new draft from the user's fields (see FIELDS), and `version` if it is not 1.0.0.

        Raises InvalidInputError for an unknown or malformed field, InvalidTemplateError for prompts or an output
        schema that cannot work, ConflictError when there is a template of that name.
        """
        version = fields.pop("version", "1.0.0")
        template = self._new_template(fields, version)
        with self._store.write() as connection:
            if _versions(connection, template.name):
                raise ConflictError(
                    f"A template {template.name!r} exists already.",
                    "Create a new version of it, or choose another name.",
                )
            return self._add(connection, template, "create")

    def import_file(self, path: Path) -> Template:
        """The template that a JSON or TOML file describes, as a draft.

        A version with exactly this content is returned as it is. Other content under a known name becomes that
        template's next version. Errors are those of `create`, with the file's name.
        """
        content = read_template(path)
        version = content.pop("version", None)
        try:
            incoming = self._new_template(content, version or "1.0.0")
            with self._store.write() as connection:
                known = _versions(connection, incoming.name)
                for template in known:
                    if _content(template) == _content(incoming) and version in (None, template.version):
                        return template
                if any(template.version == version for template in known):
                    raise ConflictError(
                        f"Version {version} of {incoming.name!r} exists with other content.", "Use a higher version."
                    )
                if known:
                    changes = {"version": version or _next(known), "parent_id": known[0].id}
                    incoming = incoming.model_copy(update=changes)
                return self._add(connection, incoming, "import")
        except OntosError as error:
            raise type(error)(f"{path.name}: {error.what}", error.todo) from error

    def edit(self, ref: str, **changes: Any) -> Template:
        """Change fields of a draft. Raises ConflictError for one that is published or has pairs, else as `create`."""
        with self._store.write() as connection:
            template = _newest(connection, ref)
            if template.status is not TemplateStatus.DRAFT:
                raise ConflictError(
                    f"{_label(template)} is {template.status} and cannot be changed.", "Create a new version of it."
                )
            if template_queries.has_pairs(connection, template.id):
                raise ConflictError(
                    f"{_label(template)} has pairs and cannot be changed.", "Create a new version of it."
                )
            return self._edit(connection, template, changes)

    def _edit(self, connection: Connection, template: Template, changes: Mapping[str, Any]) -> Template:
        edited = self.edited(template, changes)
        if edited.name != template.name and _versions(connection, edited.name):
            raise ConflictError(f"A template {edited.name!r} exists already.", "Choose another name.")
        before = {name: getattr(template, name) for name in changes if changes[name] != getattr(template, name)}
        return self._change(connection, template, "edit", before, {name: getattr(edited, name) for name in before})

    def edited(self, template: Template, changes: Mapping[str, Any]) -> Template:
        """The template with these changes, checked as `create` does; nothing is stored."""
        _check_names(changes)
        return _valid({**template.model_dump(), **changes})

    def save(self, ref: str, **changes: Any) -> Template:
        """Change a draft that has no pairs; of any other template make a new version, as a draft.

        Without a difference it stays as it is. Errors are those of `create`.
        """
        with self._store.write() as connection:
            template = _newest(connection, ref)
            if all(getattr(template, name, None) == value for name, value in changes.items()):
                return template
            if template.status is TemplateStatus.DRAFT and not template_queries.has_pairs(connection, template.id):
                return self._edit(connection, template, changes)
            if changes.get("name", template.name) != template.name:
                raise ConflictError(f"{_label(template)} is in use under its name.", "Create a template for another.")
            return self._new_version(connection, template, changes)

    def publish(self, ref: str) -> Template:
        """Publish a draft. Raises InvalidTemplateError when its prompts or schema cannot work."""
        return self._move(ref, TemplateStatus.PUBLISHED, "publish")

    def archive(self, ref: str) -> Template:
        """Take a template out of use; its training sheets stay."""
        return self._move(ref, TemplateStatus.ARCHIVED, "archive")

    def new_version(self, ref: str) -> Template:
        """A draft with the same content and the next minor version, the template as its parent."""
        with self._store.write() as connection:
            return self._new_version(connection, _newest(connection, ref), {})

    def _new_version(self, connection: Connection, parent: Template, changes: Mapping[str, Any]) -> Template:
        version = _next(_versions(connection, parent.name))
        draft = self._new_template({**_content(parent), **changes}, version)
        return self._add(connection, draft.model_copy(update={"parent_id": parent.id}), "new_version")

    def versions(self, ref: str) -> list[Template]:
        """Every version of the template's name, the newest first."""
        with self._store.read() as connection:
            return _versions(connection, _newest(connection, ref).name)

    def compare(self, before: Template, after: Template) -> TemplateComparison:
        """What two templates, or versions of one, have different."""
        return compare(before, after, FIELDS)

    def delete(self, ref: str) -> Template:
        """Remove a draft without training sheets; its content stays in the log. Raises ConflictError."""
        with self._store.write() as connection:
            template = _newest(connection, ref)
            if template.status is not TemplateStatus.DRAFT:
                raise ConflictError(f"{_label(template)} is {template.status}.", "Archive it instead.")
            used = template_queries.training_sheet_count(connection, template.id)
            if used:
                raise ConflictError(
                    f"{used} training sheet{'s' * (used != 1)} use{'s' * (used == 1)} {_label(template)}.",
                    "Archive it instead.",
                )
            rows.log(connection, template, "delete", self._actor, before=template.model_dump(mode="json"))
            template_queries.remove(connection, template.id)
            return template

    def list(self, search: str = "") -> list[Template]:
        """All templates by name, the newest version of each name first; `search` looks into names and use cases."""
        with self._store.read() as connection:
            templates = rows.find(connection, Template)
        needle = search.casefold()
        templates = [
            template
            for template in templates
            if any(needle in text.casefold() for text in (template.name, template.label_type, template.use_case))
        ]
        templates.sort(key=_order, reverse=True)
        return sorted(templates, key=lambda template: template.name.casefold())

    def get(self, ref: str, version: str | None = None) -> Template:
        """The template that `ref` (id, name or the beginning of an id) means; of a name the newest version that is
        not archived, or `version`. Raises NotFoundError or ConflictError."""
        with self._store.read() as connection:
            return _newest(connection, ref, version)

    def _new_template(self, fields: Mapping[str, Any], version: str) -> Template:
        _check_names(fields)
        return _valid({**fields, "version": version, "created_by": self._actor, "updated_by": self._actor})

    def _add(self, connection: Connection, template: Template, action: str) -> Template:
        rows.add(connection, template)
        rows.log(connection, template, action, self._actor, after=template.model_dump(mode="json"))
        return template

    def _move(self, ref: str, status: TemplateStatus, action: str) -> Template:
        with self._store.write() as connection:
            template = _newest(connection, ref)
            check_transition(TEMPLATE_TRANSITIONS, template.status, status, _label(template))
            if status is TemplateStatus.PUBLISHED:
                _check(template)
            return self._change(connection, template, action, {"status": template.status}, {"status": status})

    def _change(
        self, connection: Connection, template: Template, action: str, before: dict[str, Any], after: dict[str, Any]
    ) -> Template:
        if not after:
            return template
        changed = rows.change(connection, template, **after, updated_by=self._actor)
        rows.log(connection, template, action, self._actor, before=before, after=after)
        return changed


def _versions(connection: Connection, name: str) -> list[Template]:
    """All versions of a name, the newest first."""
    return sorted(template_queries.versions(connection, name), key=_order, reverse=True)


def _newest(connection: Connection, ref: str, version: str | None = None) -> Template:
    known = _versions(connection, ref)
    if not known:
        match = rows.resolve(connection, Template, ref)
        known = _versions(connection, match.name) if version else [match]
    if version is None:
        return next((item for item in known if item.status is not TemplateStatus.ARCHIVED), known[0])
    for template in known:
        if template.version == version:
            return template
    there = ", ".join(template.version for template in known)
    raise NotFoundError(f"{known[0].name!r} has no version {version}.", f"Its versions are {there}.")


def version_order(version: str) -> tuple[int, ...]:
    """A version's numbers, to sort by."""
    match = _VERSION.fullmatch(version)
    return tuple(map(int, match.groups())) if match else (0, 0, 0)


def next_version(versions: Iterable[str]) -> str:
    """The next minor version after all of these."""
    major, minor, _ = max(map(version_order, versions))
    return f"{major}.{minor + 1}.0"


def _order(template: Template) -> tuple[int, ...]:
    return version_order(template.version)


def _next(versions: list[Template]) -> str:
    return next_version(template.version for template in versions)


def _label(template: Template) -> str:
    return f"{template.name!r} {template.version}"


def _content(template: Template) -> dict[str, Any]:
    return {name: getattr(template, name) for name in FIELDS}


def _check_names(fields: Mapping[str, Any]) -> None:
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise InvalidInputError(
            f"A template has no field {', '.join(map(repr, unknown))}.",
            f"The fields are {', '.join(FIELDS)}, version.",
        )


def _valid(values: Mapping[str, Any]) -> Template:
    try:
        template = Template.model_validate(dict(values))
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise InvalidInputError(f"The template is not complete: {reasons}.", "Correct these fields.") from error
    if not _VERSION.fullmatch(template.version):
        raise InvalidInputError(f"{template.version!r} is not a valid version.", "Write three numbers, such as 1.0.0.")
    _check(template)
    return template


def _check(template: Template) -> None:
    """Raise InvalidTemplateError unless the prompts and the output schema work together."""
    check_schema(template.output_schema)
    check_syntax(template)
    fields = [field.name for field in template.fields()]
    unknown = [name for name in template.answer_columns if name not in fields]
    if unknown:
        raise InvalidTemplateError(
            f"answer_columns names {', '.join(map(repr, unknown))}, which the output schema does not have.",
            f"Its fields are {', '.join(fields)}.",
        )
