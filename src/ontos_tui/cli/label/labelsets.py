"""`ontos labelset`: the classes that people may give, and how far a sheet is labeled with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, plain, table
from ontos_tui.cli.core.session import Session, read_object
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.template import LabelClass, Labelset
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.label.labelsets.service import Coverage

labelsets = noun_group("Labelsets: the classes that people may give, with keys and colors; and coverage.")

LabelsetRef = Annotated[str, typer.Argument(metavar="LABELSET", help="name or id; of a name the newest version")]
Classes = Annotated[
    list[str] | None, typer.Option("--class", metavar="NAME[:KEY[:COLOR]]", help="one class, may be repeated")
]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(labelsets, name="labelset")


@labelsets.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="name of the labelset")],
    label_type: Annotated[str, typer.Option("--label-type", help="what kind of label it is for")],
    field: Annotated[str, typer.Option("--field", help="the answer's field that holds the class")],
    classes: Classes = None,
    schema: Annotated[
        str | None, typer.Option("--schema", help="JSON schema of a whole answer, if it has more fields: JSON or @FILE")
    ] = None,
    description: Annotated[str, typer.Option("--description", help="what it is for")] = "",
    guidelines: Annotated[str, typer.Option("--guidelines", help="how to decide")] = "",
) -> None:
    """Create a draft. People can use it when it is published."""
    session = Session.of(context)
    labelset = session.workspace.label.labelsets.create(
        name=name,
        label_type=label_type,
        field=field,
        classes=[_class(text) for text in classes or ()],
        response_schema={} if schema is None else read_object(schema, "The schema"),
        description=description,
        guidelines=guidelines,
    )
    _show(session, labelset)


@labelsets.command("from-template")
def from_template(
    context: typer.Context,
    template: Annotated[str, typer.Argument(help="name or id")],
    field: Annotated[str | None, typer.Option("--field", help="otherwise its first field with choices")] = None,
) -> None:
    """Create a draft with the values of a template's field as classes."""
    session = Session.of(context)
    _show(session, session.workspace.label.labelsets.create_from_template(template, field))


@labelsets.command("add-class")
def add_class(
    context: typer.Context,
    labelset: LabelsetRef,
    name: Annotated[str, typer.Argument(help="the value in an answer")],
    key: Annotated[str, typer.Option("--key", help="its key in the label desk")] = "",
    color: Annotated[str, typer.Option("--color", help="a name such as red, or #rrggbb")] = "",
    display_name: Annotated[str, typer.Option("--display-name", help="its name on the screen")] = "",
    description: Annotated[str, typer.Option("--description", help="what it means")] = "",
) -> None:
    """Add a class to a draft."""
    session = Session.of(context)
    service = session.workspace.label.labelsets
    known = service.get(labelset)
    added = LabelClass(name=name, hotkey=key, color=color, display_name=display_name, description=description)
    _show(session, service.edit(known.id, classes=[*known.classes, added]))


@labelsets.command("publish")
def publish(context: typer.Context, labelset: LabelsetRef) -> None:
    """Publish a draft: it can be used, and cannot be changed any more."""
    session = Session.of(context)
    _show(session, session.workspace.label.labelsets.publish(labelset))


@labelsets.command("archive")
def archive(context: typer.Context, labelset: LabelsetRef) -> None:
    """Archive a labelset; its labels stay."""
    session = Session.of(context)
    _show(session, session.workspace.label.labelsets.archive(labelset))


@labelsets.command("new-version")
def new_version(context: typer.Context, labelset: LabelsetRef) -> None:
    """Create a draft with the same content, to change what is published."""
    session = Session.of(context)
    _show(session, session.workspace.label.labelsets.new_version(labelset))


@labelsets.command("list")
def list_labelsets(
    context: typer.Context, search: Annotated[str, typer.Option("--search", help="in names, types, use cases")] = ""
) -> None:
    """All labelsets, the newest version of each name first."""
    session = Session.of(context)
    service = session.workspace.label.labelsets
    listed = service.all(search)
    counts = {one.id: service.item_count(one.id) for one in listed}
    rows = [
        (one.id[:8], one.name, one.version, one.status, one.label_type, one.field, len(one.classes), counts[one.id])
        for one in listed
    ]
    headers = ("id", "labelset", "version", "status", "label type", "field", "classes", "labels")
    empty = "No labelsets. Create one: `ontos labelset from-template TEMPLATE`"
    value = [{**plain(one), "item_count": counts[one.id]} for one in listed]
    session.show(value, lambda: table(headers, rows, empty))


@labelsets.command("show")
def show(context: typer.Context, labelset: LabelsetRef) -> None:
    """A labelset with its classes, and what works with it."""
    session = Session.of(context)
    service = session.workspace.label.labelsets
    record = service.get(labelset)
    links = service.links(record.id)
    lines = [
        *_lines(record),
        "",
        *facts(
            [
                ("labels", links.labels),
                ("templates", ", ".join(f"{one.name} {one.version}" for one in links.templates)),
                ("training sheets", ", ".join(one.name for one in links.training_sheets)),
                ("labeling jobs", ", ".join(one.name for one in links.jobs)),
                ("guidelines", record.guidelines),
            ]
        ),
    ]
    session.show({**plain(record), "links": links}, lambda: lines)


@labelsets.command("coverage")
def coverage(
    context: typer.Context,
    labelset: LabelsetRef,
    sheet: Annotated[str | None, typer.Option("--sheet", help="only this one")] = None,
) -> None:
    """How many items of each sheet have a label of this type, and how often each class was given."""
    session = Session.of(context)
    covered = session.workspace.label.labelsets.coverage(labelset, sheet)
    value = [{**plain(one), "share": one.share} for one in covered]
    session.show(value, lambda: _coverage_lines(covered))


@labelsets.command("delete")
def delete(context: typer.Context, labelset: LabelsetRef) -> None:
    """Delete a labelset that nothing depends on."""
    session = Session.of(context)
    deleted = session.workspace.label.labelsets.delete(labelset)
    session.show(deleted, lambda: [safe_line(f"{deleted.name} {deleted.version} is deleted.")])


def _class(text: str) -> LabelClass:
    name, _, rest = text.partition(":")
    key, _, color = rest.partition(":")
    if not name.strip():
        raise InvalidInputError(f"{text!r} is not a class.", "Write NAME, NAME:KEY or NAME:KEY:COLOR.")
    return LabelClass(name=name.strip(), hotkey=key.strip(), color=color.strip())


def _show(session: Session, labelset: Labelset) -> None:
    session.show(labelset, lambda: _lines(labelset))


def _lines(labelset: Labelset) -> list[str]:
    header = [
        ("labelset", f"{labelset.name} {labelset.version} ({labelset.id[:8]})"),
        ("status", labelset.status.value),
        ("label type", f"{labelset.label_type}, field {labelset.field}"),
        ("description", labelset.description),
    ]
    headers = ("class", "key", "color", "display name", "description")
    rows = [(one.name, one.hotkey, one.color, one.display_name, one.description) for one in labelset.classes]
    empty = "No classes. Add one: `ontos labelset add-class LABELSET NAME`"
    return [*facts(header), "", *table(headers, rows, empty)]


def _coverage_lines(covered: list[Coverage]) -> list[str]:
    rows = [
        (
            one.sheet.name,
            one.items,
            one.labeled,
            "no data yet" if one.share is None else f"{one.share:.0%}",
            _classes(one),
        )
        for one in covered
    ]
    return table(("sheet", "items", "labeled", "share", "classes"), rows, "No sheet has labels of this type.")


def _classes(one: Coverage) -> str:
    other = [f"other {one.other:,}"] if one.other else []
    return ", ".join([*(f"{name} {n:,}" for name, n in one.per_class.items()), *other])
