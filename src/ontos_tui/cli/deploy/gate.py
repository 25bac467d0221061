"""`ontos cases` and `ontos floors`: what must hold before a model version may be deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import table
from ontos_tui.cli.core.session import Session, TrainingSheetRef
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.gate import DeploymentFloor, Measure, MustPassCase
from ontos_tui.domain.text.numbers import parse_number
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.rules.deployment_gate import GateReport

cases = noun_group("Must-pass cases: items that every new model version must answer as expected.")
floors = noun_group("Floors: the least scores, and the greatest errors, with which a model may be deployed.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="an endpoint or a model")]
MeasureOf = Annotated[Measure, typer.Argument(help="what is measured")]
Field = Annotated[str, typer.Option("--field", help="of the answer; without it, the first")]
Class = Annotated[str, typer.Option("--class", help="for recall, precision and f1: of this class")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(cases, name="cases")
    root.add_typer(floors, name="floors")


def gate_lines(report: GateReport) -> list[str]:
    """What was checked before a deployment, a line each."""
    marks = {"passed": "✓", "failed": "✗", "not measured": "○"}
    rows = [(marks[check.outcome.value], check.name, check.line) for check in report.checks]
    width = max(len(name) for _, name, _ in rows)
    return [safe_line(f"{mark} {name:<{width}}  {line}") for mark, name, line in rows]


# Cases -------------------------------------------------------------------------------------------------------------


@cases.command("list")
def list_cases(
    context: typer.Context,
    training_sheet: Annotated[
        str | None, typer.Option("--training-sheet", metavar="TRAINING_SHEET", help="only those of its template")
    ] = None,
) -> None:
    """The must-pass cases, in the order in which they were made."""
    session = Session.of(context)
    sheet = None if training_sheet is None else session.training_sheet(training_sheet).id
    listed = session.workspace.deploy.cases.cases(sheet)
    rows = [(one.id[:8], one.template_name, one.item_ref, _answer(one), one.note, one.created_by) for one in listed]
    headers = ("case", "template", "item", "expected", "note", "made by")
    empty = "No must-pass cases. Make one: `ontos cases add TRAINING_SHEET ITEM`"
    session.show(listed, lambda: table(headers, rows, empty))


@cases.command("add")
def add_case(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="the item of a labeled pair")],
    field: Annotated[list[str] | None, typer.Option("--field", help="check only this field; may be repeated")] = None,
    within: Annotated[
        list[str] | None,
        typer.Option("--within", metavar="FIELD=NUMBER", help="how far off a number may be; may be repeated"),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="why it must be right")] = "",
) -> None:
    """Make a labeled pair a must-pass case: its answer as it is now is expected of every new version."""
    session = Session.of(context)
    service = session.workspace.deploy.cases
    pair = service.pair_of(session.training_sheet(training_sheet).id, item)
    distances = dict(_distance(text) for text in within or ())
    case = service.add(pair.id, fields=field or (), within=distances, note=note)
    session.show(case, lambda: [safe_line(f"{case.item_ref} must be answered with {_answer(case)} ({case.id[:8]})")])


@cases.command("remove")
def remove_case(
    context: typer.Context, case: Annotated[str, typer.Argument(metavar="CASE", help="the case's id, or its beginning")]
) -> None:
    """Remove a must-pass case; the pair stays as it is."""
    session = Session.of(context)
    removed = session.workspace.deploy.cases.remove(case)
    session.show(removed, lambda: [safe_line(f"{removed.item_ref} is no must-pass case any more")])


def _distance(text: str) -> tuple[str, float]:
    field, _, value = text.partition("=")
    number = parse_number(value)
    if number is None:
        raise InvalidInputError(f"{text!r} is not FIELD=NUMBER.", "Write it as in --within depth=0.5")
    return field, float(number)


def _answer(case: MustPassCase) -> str:
    parts = []
    for name, value in case.expected.items():
        near = f" ± {case.within[name]:g}" if name in case.within else ""
        parts.append(f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}{near}")
    return ", ".join(parts)


# Floors ------------------------------------------------------------------------------------------------------------


@floors.command("list")
def list_floors(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="only those of this endpoint or model")] = None,
) -> None:
    """The floors of all endpoints and models."""
    session = Session.of(context)
    listed = session.workspace.deploy.floors.floors(*([name] if name else []))
    rows = [(one.name, one.text(), one.field, one.updated_by) for one in listed]
    empty = "No floors. Set one: `ontos floors set MODEL recall 0.9 --class CLASS`"
    session.show(listed, lambda: table(("for", "floor", "field", "set by"), rows, empty))


@floors.command("set")
def set_floor(
    context: typer.Context,
    name: Name,
    measure: MeasureOf,
    bound: Annotated[float, typer.Argument(metavar="BOUND", help="the least score; for mae, the greatest error")],
    field: Field = "",
    class_name: Class = "",
) -> None:
    """Set a floor, such as `ontos floors set defects recall 0.9 --class crack` or `ontos floors set wear mae 3`."""
    session = Session.of(context)
    floor = session.workspace.deploy.floors.set(name, measure, bound, field=field, class_name=class_name)
    session.show(floor, lambda: [_floor_line(floor)])


@floors.command("remove")
def remove_floor(
    context: typer.Context, name: Name, measure: MeasureOf, field: Field = "", class_name: Class = ""
) -> None:
    """Remove a floor."""
    session = Session.of(context)
    floor = session.workspace.deploy.floors.remove(name, measure, field=field, class_name=class_name)
    session.show(floor, lambda: [safe_line(f"{floor.name}: no floor under {floor.measure.words} any more")])


def _floor_line(floor: DeploymentFloor) -> str:
    return safe_line(f"{floor.name}: a new version needs {floor.text()}")
