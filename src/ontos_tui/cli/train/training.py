"""`ontos train`: a model from a training sheet's labeled pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import facts, number, table
from ontos_tui.cli.core.session import Session, TrainingSheetRef, Wait
from ontos_tui.cli.train.in_warehouse import WAREHOUSE, large_table_note, show_rows
from ontos_tui.cli.train.models import model_lines, trained_model, with_verdict
from ontos_tui.domain.errors import NoTeamError
from ontos_tui.domain.rules.split import groups_in_words

if TYPE_CHECKING:
    from ontos_tui.domain.learning import BaseModel
    from ontos_tui.services.train.splitting import SplitPlan

NONE = "none"
On = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="local|databricks|warehouse",
        help="this machine, a GPU of the team's workspace, or where the rows of the table are",
    ),
]


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("train")(train)


def train(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    base_model: Annotated[str | None, typer.Option("--base-model", help="what is trained")] = None,
    on: On = "local",
    name: Annotated[str | None, typer.Option("--name", help="the model's name")] = None,
    seed: Annotated[int, typer.Option("--seed", help="chooses the held-out pairs and the trees")] = 0,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="a parameter of the base model"),
    ] = None,
    show_parameters: Annotated[
        bool, typer.Option("--show-parameters", help="only list every parameter, its default and what it means")
    ] = False,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="COLUMN|none", help="keep pairs of one value on one side; kept for the sheet"),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option("--order", metavar="COLUMN|none", help="test on the latest by this time; kept for the sheet"),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="only show what would be trained on, and how long it takes")
    ] = False,
    wait: Wait = False,
) -> None:
    """Train a model on a training sheet's labeled pairs, as a job."""
    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    base_model = base_model or _recommended(session, on)
    if show_parameters:
        _show_parameters(session, base_model)
        return
    params = _params(param or [])
    if group is not None or order is not None:
        _decide_split(session, sheet.id, group, order)
    if estimate:
        look = show_rows if on == WAREHOUSE else _estimate
        look(session, sheet.id, base_model, seed)
        return
    models = session.workspace.train.warehouse if on == WAREHOUSE else session.workspace.train.models
    job = models.submit(sheet.id, base_model=base_model, name=name, seed=seed, params=params)
    if not wait:
        session.show_job(job)
        return
    model = trained_model(session, session.wait_for(job))
    session.show(with_verdict(model), lambda: model_lines(model))


def _recommended(session: Session, on: str) -> str | None:
    """The base model where none is named. Raises NoTeamError where no workspace is set up."""
    if on in ("local", WAREHOUSE):
        return None
    if on != "databricks":
        raise typer.BadParameter("Choose local, databricks or warehouse.", param_hint="--on")
    models = session.workspace.train.models.fine_tunable()
    if not models:
        raise NoTeamError
    return models[0].key


def _params(given: Iterable[str]) -> dict[str, str]:
    params = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"{one!r} is not NAME=VALUE, such as n_estimators=200.", param_hint="--param")
        params[name.strip()] = value.strip()
    return params


def _decide_split(session: Session, training_sheet_id: str, group: str | None, order: str | None) -> None:
    """Take over the groups and the time that were named; what was not named stays."""
    from ontos_tui.services.records.splits import named_group

    models = session.workspace.train.models
    choices = models.split_choices(training_sheet_id)
    by, column = (choices.split.by, choices.split.group_column) if group is None else named_group(choices, group)
    if order is None:
        order = choices.split.order_column
    elif order.casefold() == NONE and order not in choices.columns:
        order = None
    models.confirm_split(training_sheet_id, by, column, order)


def _show_parameters(session: Session, base_model: str | None) -> None:
    """The parameters of one base model, or of all."""
    known = session.workspace.train.models.base_models()
    shown = [one for one in known if base_model in (None, one.key)]
    if not shown:
        raise typer.BadParameter(f"Choose one of {', '.join(one.key for one in known)}.", param_hint="--base-model")
    session.show({"base_models": shown}, lambda: [line for one in shown for line in _parameter_lines(one)])


def _parameter_lines(model: BaseModel) -> Sequence[str]:
    from ontos_tui.learning.models.families import allowed_values, shown_default

    rows = [(one.name, shown_default(one), allowed_values(one), one.meaning) for one in model.parameters]
    return [
        f"{model.key}: {model.title}",
        *table(("parameter", "default", "may be", "what it does"), rows, "It has no parameters."),
        "",
    ]


def _estimate(session: Session, training_sheet_id: str, base_model: str | None, seed: int) -> None:
    models = session.workspace.train.models
    ready = models.readiness(training_sheet_id)
    guess = models.estimate(training_sheet_id, base_model, seed)
    plan = models.plan(training_sheet_id, seed) if ready.ready else None
    advice = models.recommendation(training_sheet_id)
    cost = "nothing; it runs here" if guess.cost is None else number(guess.cost, 2, guess.currency)
    session.show(
        {"readiness": ready, "estimate": guess, "plan": plan, "recommendation": advice},
        lambda: [
            *facts(
                [
                    ("ready", "yes" if ready.ready else f"no, {ready.missing} more labeled pairs needed"),
                    *(_plan_facts(plan) if plan is not None else [("test", ready.split)]),
                    ("base model", base_model or advice.key),
                    ("", "" if base_model else f"recommended: {advice.reason}"),
                    ("time", f"about {guess.seconds:.0f} s"),
                    ("basis", guess.basis),
                    ("cost", cost),
                    ("large", large_table_note(session, ready.training_sheet.sheet_id)),
                ]
            ),
            *(f"  {amount:>6,}  {gate.value}" for gate, amount in ready.counts.items() if amount),
        ],
    )


def _plan_facts(plan: SplitPlan) -> list[tuple[str, str]]:
    """What is learned from and tested, and why it is split like that."""
    learned = f" of {groups_in_words(plan.train_groups, plan.group_name)}" if plan.group_name else ""
    state = "kept in the template" if plan.confirmed else "proposed; --group and --order change it"
    return [
        ("trains on", f"{plan.train:,} pairs{learned}"),
        ("test", plan.basis),
        ("split", f"{plan.split} ({state})"),
        ("why", plan.reason),
        ("note", plan.note),
    ]
