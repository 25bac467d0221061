"""`ontos models`: the model versions, and how well each does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, plain, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
from ontos_tui.domain.rules.model_verdict import short_verdict, tested_units, verdict_line, verdict_of
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job

models = noun_group("Models: what was trained, on which pairs, and how well it does.")

ModelRef = Annotated[str, typer.Argument(metavar="MODEL", help="name (its newest version), name:VERSION or id")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(models, name="models")


@models.command("list")
def list_models(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="only the versions of this model")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="archived ones too")] = False,
) -> None:
    """The model versions, newest first."""
    session = Session.of(context)
    versions = [one for one in session.workspace.train.models.models(name) if archived or not one.archived]
    serving: dict[str, list[str]] = {}
    for view in session.workspace.deploy.endpoints.endpoints():
        serving.setdefault(view.model.id, []).append(view.endpoint.name)
    rows = [
        (
            f"{model.name}:{model.version}",
            model.id[:8],
            model.train_count,
            short_verdict(model),
            ", ".join(serving.get(model.id, [])),
            model.created_at,
        )
        for model in versions
    ]
    empty = "No models. Train one: `ontos train TRAINING_SHEET`"
    headers = ("model", "id", "pairs", "score", "endpoints", "trained at")
    value = [{**with_verdict(model), "endpoints": serving.get(model.id, [])} for model in versions]
    session.show(value, lambda: table(headers, rows, empty))


@models.command("note")
def note(
    context: typer.Context,
    model: ModelRef,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="what to know of it; an empty text removes it")],
) -> None:
    """Write a note on a model version; also in Unity Catalog, where it is registered there."""
    session = Session.of(context)
    version = session.workspace.deploy.notes.note(model, text)
    session.show(version, lambda: facts([("model", version.label()), ("note", safe_line(version.note, 2_000))]))


@models.command("archive")
def archive(context: typer.Context, model: ModelRef) -> None:
    """Leave a model version out of the lists; its files and lineage stay."""
    session = Session.of(context)
    version = session.workspace.deploy.notes.archive(model)
    back = f"ontos models unarchive {version.name}:{version.version}"
    session.show(version, lambda: [f"{version.label()} is archived. Bring it back: {back}"])


@models.command("unarchive")
def unarchive(context: typer.Context, model: ModelRef) -> None:
    """Bring an archived model version back to the lists."""
    session = Session.of(context)
    version = session.workspace.deploy.notes.archive(model, False)
    session.show(version, lambda: [f"{version.label()} is listed again."])


@models.command("show")
def show(context: typer.Context, model: ModelRef) -> None:
    """A model version: how well it does, what it was trained on, and what has changed since."""
    session = Session.of(context)
    service = session.workspace.train.models
    version = service.model(model)
    changes = service.changes_since(version)
    sheet = session.workspace.label.queue.training_sheet(version.training_sheet_id)
    session.show(
        {"model": version, "verdict": verdict_of(version), "training_sheet": sheet, "changes": changes},
        lambda: [
            *model_lines(version),
            "",
            *facts([("training sheet", f"{sheet.name} ({sheet.id[:8]})"), ("since then", f"{changes}")]),
            f"Deploy it: ontos deploy {version.name}:{version.version}",
        ],
    )


def with_verdict(model: ModelVersion) -> dict[str, Any]:
    """A model version as JSON has it, with what its score means."""
    return {**plain(model), "verdict": verdict_of(model)}


def trained_model(session: Session, job: Job) -> ModelVersion:
    """The model that a training job has produced."""
    return session.workspace.train.models.model(str(job.result["model_id"]))


def model_lines(model: ModelVersion) -> list[str]:
    """A model version and how well it does."""
    evaluation = Evaluation.model_validate(model.evaluation)
    return [
        *facts(
            [
                ("model", f"{model.label()} ({model.id[:8]})"),
                ("note", safe_line(model.note, 2_000)),
                ("archived", "yes" if model.archived else ""),
                ("verdict", verdict_line(model)),
                ("trained by", model.engine),
                ("trained on", f"{model.train_count:,} pairs in {model.seconds:.1f} s"),
                ("method", evaluation.method),
                ("tested on", f"{evaluation.n:,} pairs: {evaluation.held_out_from}"),
            ]
        ),
        *score_lines(evaluation),
        *_candidate_lines(evaluation),
        *(safe_line(note) for note in evaluation.notes),
    ]


def score_lines(evaluation: Evaluation) -> list[str]:
    """One line for each field of the answer, and one for each class of the first."""
    headers = ("field", "measure", "model", "95 %", "over", "baseline", "always", "macro F1", "its baseline")
    rows = [
        (
            score.field,
            score.metric,
            f"{score.value:.3f}",
            f"{score.low:.3f}–{score.high:.3f}",
            f"{tested_units(score)}{', rough' if score.rough else ''}",
            f"{score.baseline:.3f}",
            score.baseline_answer,
            "" if score.macro_f1 is None else f"{score.macro_f1:.3f}",
            "" if score.baseline_macro_f1 is None else f"{score.baseline_macro_f1:.3f}",
        )
        for score in evaluation.scores
    ]
    return ["", *table(headers, rows), *_class_lines(evaluation.headline())]


def _candidate_lines(evaluation: Evaluation) -> list[str]:
    """The ways to learn that were tried by the same folds; the chosen one, and that of the present model, are named."""
    headers = ("tried", "parameters", "derived columns", "measure", "score", "95 %", "")
    rows = [
        (
            one.base_model,
            " ".join(f"{name}={value}" for name, value in one.params.items()),
            len(one.derived) or "",
            one.metric,
            f"{one.value:.3f}",
            f"{one.low:.3f}–{one.high:.3f}",
            ", ".join(["chosen"] * one.chosen + [f"present model ({one.present})"] * bool(one.present)),
        )
        for one in evaluation.candidates
    ]
    chosen = [f"chosen: {one.base_model}, {one.why}" for one in evaluation.candidates if one.why]
    return ["", *table(headers, rows), *chosen] if len(rows) > 1 else []


def _class_lines(score: FieldScore) -> list[str]:
    if not score.classes:
        return []
    rows = [
        (name, f"{one.precision:.2f}", f"{one.recall:.2f}", f"{one.f1:.2f}", one.support)
        for name, one in score.classes.items()
    ]
    return ["", *table((score.field, "precision", "recall", "F1", "tested"), rows)]
