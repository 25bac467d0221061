"""`ontos train`: a model from a training sheet's labeled pairs."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.output import facts, number
from ontos_tui.cli.core.session import Session, TrainingSheetRef, Wait
from ontos_tui.cli.train.models import model_lines, trained_model
from ontos_tui.domain.errors import NoTeamError


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("train")(train)


def train(
    context: typer.Context,
    training_sheet: TrainingSheetRef,
    base_model: Annotated[str | None, typer.Option("--base-model", help="what is trained")] = None,
    on: Annotated[
        str, typer.Option("--on", metavar="local|databricks", help="this machine, or a GPU of the team's workspace")
    ] = "local",
    name: Annotated[str | None, typer.Option("--name", help="the model's name")] = None,
    seed: Annotated[int, typer.Option("--seed", help="chooses the held-out pairs and the trees")] = 0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="only show what would be trained on, and how long it takes")
    ] = False,
    wait: Wait = False,
) -> None:
    """Train a model on a training sheet's labeled pairs, as a job."""
    session = Session.of(context)
    sheet = session.training_sheet(training_sheet)
    base_model = base_model or _recommended(session, on)
    if estimate:
        _estimate(session, sheet.id, base_model)
        return
    job = session.workspace.train.models.submit(sheet.id, base_model=base_model, name=name, seed=seed)
    if not wait:
        session.show_job(job)
        return
    model = trained_model(session, session.wait_for(job))
    session.show(model, lambda: model_lines(model))


def _recommended(session: Session, on: str) -> str | None:
    """The base model where none is named. Raises NoTeamError where no workspace is set up."""
    if on == "local":
        return None
    if on != "databricks":
        raise typer.BadParameter("Choose local or databricks.", param_hint="--on")
    models = session.workspace.train.models.fine_tunable()
    if not models:
        raise NoTeamError
    return models[0].key


def _estimate(session: Session, training_sheet_id: str, base_model: str | None) -> None:
    ready = session.workspace.train.models.readiness(training_sheet_id)
    guess = session.workspace.train.models.estimate(training_sheet_id, base_model)
    cost = "nothing; it runs here" if guess.cost is None else number(guess.cost, 2, guess.currency)
    session.show(
        {"readiness": ready, "estimate": guess},
        lambda: [
            *facts(
                [
                    ("ready", "yes" if ready.ready else f"no, {ready.missing} more labeled pairs needed"),
                    ("trains on", f"{ready.eligible:,} pairs"),
                    ("test", ready.split),
                    ("time", f"about {guess.seconds:.0f} s"),
                    ("basis", guess.basis),
                    ("cost", cost),
                ]
            ),
            *(f"  {amount:>6,}  {gate.value}" for gate, amount in ready.counts.items() if amount),
        ],
    )
