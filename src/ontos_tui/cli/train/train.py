"""TRAIN: models from the labeled pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import facts, number, table
from ontos_tui.cli.core.session import Session, Wait
from ontos_tui.cli.label.decide import TrainingSheetRef
from ontos_tui.domain.errors import NoTeamError
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job


def register(root: typer.Typer) -> None:
    """Add the commands."""
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
        bool, typer.Option("--estimate", help="only say what would be trained on, and how long")
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
    """What is trained where nothing is named. Raises NoTeamError where no workspace is set up."""
    if on == "local":
        return None
    if on != "databricks":
        raise typer.BadParameter("It is local or databricks.", param_hint="--on")
    models = session.workspace.train.models.elsewhere()
    if not models:
        raise NoTeamError
    return models[0].key


def trained_model(session: Session, job: Job) -> ModelVersion:
    """The model that a training job made."""
    return session.workspace.train.models.model(str(job.result["model_id"]))


def model_lines(model: ModelVersion) -> list[str]:
    """A model version and how well it does."""
    evaluation = Evaluation.model_validate(model.evaluation)
    return [
        *facts(
            [
                ("model", f"{model.label()} ({model.id[:8]})"),
                ("trained by", model.engine),
                ("trained on", f"{model.train_count:,} pairs in {model.seconds:.1f} s"),
                ("tested on", f"{evaluation.n:,} pairs: {evaluation.held_out_from}"),
            ]
        ),
        *score_lines(evaluation),
        *(safe_line(note) for note in evaluation.notes),
    ]


def score_lines(evaluation: Evaluation) -> list[str]:
    """One line for each field of the answer, and one for each class of the first."""
    headers = ("field", "measure", "model", "95 %", "baseline", "macro F1", "its baseline")
    rows = [
        (
            score.field,
            score.metric,
            f"{score.value:.3f}",
            f"{score.low:.3f}–{score.high:.3f}",
            f"{score.baseline:.3f}",
            "" if score.macro_f1 is None else f"{score.macro_f1:.3f}",
            "" if score.baseline_macro_f1 is None else f"{score.baseline_macro_f1:.3f}",
        )
        for score in evaluation.scores
    ]
    return ["", *table(headers, rows), *_class_lines(evaluation.headline())]


def _class_lines(score: FieldScore) -> list[str]:
    if not score.classes:
        return []
    rows = [
        (name, f"{one.precision:.2f}", f"{one.recall:.2f}", f"{one.f1:.2f}", one.support)
        for name, one in score.classes.items()
    ]
    return ["", *table((score.field, "precision", "recall", "F1", "tested"), rows)]


def _estimate(session: Session, training_sheet_id: str, base_model: str | None) -> None:
    ready = session.workspace.train.models.readiness(training_sheet_id)
    guess = session.workspace.train.models.estimate(training_sheet_id, base_model)
    cost = "nothing; it runs here" if guess.cost is None else number(guess.cost, 2, guess.currency)
    session.show(
        {"readiness": ready, "estimate": guess},
        lambda: [
            *facts(
                [
                    ("ready", "yes" if ready.ready else f"no, {ready.missing} labeled pairs are missing"),
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
