"""The card of a model version: what it is for, what it was made from, how good it is, and where its limits are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import Deployment
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
from ontos_tui.domain.rules.model_verdict import verdict_of, with_unit
from ontos_tui.domain.schema import Answer, AnswerField
from ontos_tui.domain.text.numbers import significant
from ontos_tui.services.train.column_facts import ColumnFacts
from ontos_tui.services.train.markdown import NOT_MEASURED, bullets, day, days, facts, heading, page, table
from ontos_tui.services.train.warehouse.trained_on import TRAINED_ON, trained_on
from ontos_tui.store.queries.cards import Approver
from ontos_tui.store.queries.models import LineageChanges


@dataclass(frozen=True)
class ModelFacts:
    """What is known about a version. `columns` and `answers` are of the pairs that it was trained on, as they are now;
    `changes` are the pairs that came, changed and went since; `cases` the must-pass cases of its template.
    """

    model: ModelVersion
    training_sheet: TrainingSheet
    sheet: Sheet | None
    approvers: Sequence[Approver]
    columns: Sequence[ColumnFacts]
    answers: Sequence[Answer]
    deployments: Sequence[Deployment]
    changes: LineageChanges
    cases: int

    @property
    def template(self) -> Template:
        """The template as it was at the training."""
        return Template.model_validate(self.model.template_snapshot)

    @property
    def evaluation(self) -> Evaluation:
        """What was measured."""
        return Evaluation.model_validate(self.model.evaluation)


def model_card(known: ModelFacts) -> str:
    """The card as Markdown."""
    lines = heading(f"Model card: {known.model.label()}", 1)
    for section in (_use, _data, _scores, _classes, _confidence, _limits, _candidates, _lineage, _gate):
        lines += section(known)
    return page(lines)


def _use(known: ModelFacts) -> list[str]:
    template = known.template
    return [
        verdict_of(known.model).text + ".",
        *heading("Intended use"),
        *facts(
            [
                ("decides", f"{template.label_type}: {', '.join(field.name for field in template.fields())}"),
                ("purpose", template.description or "not stated in the template"),
                ("use case", template.use_case or "not stated in the template"),
                ("how people decide", template.guidelines or "no guidelines in the template"),
                *([("note", known.model.note)] if known.model.note else []),
            ]
        ),
    ]


def _data(known: ModelFacts) -> list[str]:
    model, sheet, evaluation, there = known.model, known.sheet, known.evaluation, trained_on(known.model)
    moments = [at for one in known.approvers for at in (one.first, one.last) if at is not None]
    groups = next((score for score in evaluation.scores if score.groups is not None), None)
    return [
        *heading("Data, split and method"),
        *facts(
            [
                ("training sheet", f"{known.training_sheet.name} ({model.training_sheet_id[:8]})"),
                ("source", "" if sheet is None else sheet.source_table),
                *(
                    [("trained on", f"{model.train_count:,} pairs")]
                    if there is None
                    else [
                        ("trained on", f"{there.rows}, where they are"),
                        ("version of the table", there.version),
                        ("filter", there.filter),
                        ("the rows themselves", f"{there.sample}, drawn with seed {there.seed}"),
                    ]
                ),
                ("tested on", f"{evaluation.n:,} {'pairs' if there is None else 'rows'}: {evaluation.held_out_from}"),
                ("method", evaluation.method),
                ("groups", "none: rows are independent" if groups is None else f"{groups.groups} {groups.group_name}"),
                ("labels approved", days(min(moments), max(moments)) if moments else ""),
                ("changed since", f"{known.changes}"),
            ]
        ),
    ]


def _scores(known: ModelFacts) -> list[str]:
    scores = known.evaluation.scores
    headers = ("field", "measure", "score", "95 % interval", "pairs", "over", "baseline", "its constant answer", "")
    lines = [
        *heading("Scores on pairs that it had not seen"),
        *table(
            headers,
            [
                (
                    score.field,
                    score.metric,
                    with_unit(significant(score.value), score),
                    f"{significant(score.low)} to {significant(score.high)}",
                    score.n,
                    "rows" if score.groups is None else f"{score.groups} {score.group_name or 'groups'}",
                    with_unit(significant(score.baseline), score),
                    score.baseline_answer or NOT_MEASURED,
                    "rough" if score.rough else "",
                )
                for score in scores
            ],
        ),
    ]
    worst = [f"{score.field}: {segment}" for score in scores for segment in score.worst_segments]
    lines += [*heading("Where it does worst", 3), *bullets(worst, NOT_MEASURED)]
    points = known.evaluation.curve
    if points:
        curve = [
            (one.labels, significant(one.value), f"{significant(one.low)} to {significant(one.high)}") for one in points
        ]
        lines += [*heading("By number of labels", 3), *table(("labels", "score", "95 % interval"), curve)]
    return lines


def _classes(known: ModelFacts) -> list[str]:
    lines: list[str] = []
    for score in known.evaluation.scores:
        if score.classes:
            rows = [
                (name, f"{one.precision:.2f}", f"{one.recall:.2f}", f"{one.f1:.2f}", one.support)
                for name, one in score.classes.items()
            ]
            lines += [
                *heading(f"Classes of {score.field}"),
                *table(("class", "precision", "recall", "F1", "tested"), rows),
                *heading("Confusion matrix (rows: label, columns: what the model says)", 3),
                *_matrix(score),
            ]
    return lines


def _matrix(score: FieldScore) -> list[str]:
    said = list(dict.fromkeys([*score.confusion, *(name for row in score.confusion.values() for name in row)]))
    return table(("", *said), [(name, *(row.get(one, 0) for one in said)) for name, row in score.confusion.items()])


def _confidence(known: ModelFacts) -> list[str]:
    rows = []
    for score in known.evaluation.scores:
        calibration, coverage = score.calibration, score.coverage
        rows.append(
            (
                score.field,
                NOT_MEASURED if calibration is None else f"{calibration.error:.3f} on {calibration.n} answers",
                "yes" if calibration is not None and calibration.shown else "no",
                NOT_MEASURED
                if coverage is None
                else f"{100 * coverage.covered:.0f} % of a nominal {100 * coverage.nominal:.0f} %, "
                f"mean width {significant(coverage.width)}{', rough' if coverage.rough else ''}",
            )
        )
    headers = ("field", "calibration error", "states percentages", "intervals hold the true value")
    return [*heading("Calibration and intervals"), *table(headers, rows)]


def _limits(known: ModelFacts) -> list[str]:
    evaluation = known.evaluation
    notes = [
        *_unseen_classes(known),
        *(
            f"{score.field}: rough, only {score.n} pairs" + (f" of {score.groups} groups" if score.groups else "")
            for score in evaluation.scores
            if score.rough
        ),
        *evaluation.notes,
    ]
    there = trained_on(known.model)
    columns = known.columns if there is None else there.columns
    rows = [(column.name, column.kind, column.values, column.missing) for column in columns]
    return [
        *heading("Limits"),
        *bullets(notes, "No other limits are known."),
        "",
        "Values outside of these were never learned:",
        "",
        *table(("column", "type", "learned values", "missing"), rows),
    ]


def _unseen_classes(known: ModelFacts) -> Iterator[str]:
    """Which classes that the template allows no training pair had."""
    there = trained_on(known.model)
    for field in known.template.fields():
        if there is not None:
            missing = [str(choice) for choice in field.choices if str(choice) not in there.answers.get(field.name, {})]
        else:
            missing = [str(choice) for choice in field.choices if not _has(field, choice, known.answers)]
        if missing:
            yield f"{field.name}: never learned {', '.join(missing)}"


def _has(field: AnswerField, choice: Any, answers: Sequence[Answer]) -> bool:
    return any(answer.get(field.name) == choice for answer in answers)


def _candidates(known: ModelFacts) -> list[str]:
    rows = [
        (
            one.base_model,
            ", ".join(one.derived),
            f"{one.metric} {significant(one.value)}",
            f"{significant(one.low)} to {significant(one.high)}",
            one.fits,
            ", ".join(["chosen"] * one.chosen + [f"present model ({one.present})"] * bool(one.present)),
            one.why,
        )
        for one in known.evaluation.candidates
    ]
    headers = ("way to learn", "derived columns", "score", "95 % interval", "fits", "", "why")
    return [*heading("What was tried"), *table(headers, rows, "Nothing else was tried.")]


def _lineage(known: ModelFacts) -> list[str]:
    model = known.model
    params = ", ".join(f"{name}={value}" for name, value in model.params.items() if name != TRAINED_ON)
    people = [
        (one.name or "no person", one.trained, one.held_out, day(one.first), day(one.last)) for one in known.approvers
    ]
    return [
        *heading("Lineage"),
        *facts(
            [
                ("model", f"{model.id}, {day(model.created_at)} by {model.created_by or 'unknown'}"),
                ("job", model.job_id),
                ("template", f"{known.template.name} {model.template_version} ({model.template_id})"),
                ("engine", model.engine),
                ("base model", model.base_model),
                ("parameters", params or "defaults"),
                ("features", ", ".join(model.features)),
                ("file", f"sha256 {model.sha256}"),
            ]
        ),
        *heading("Who approved the labels", 3),
        *table(("person", "trained on", "tested", "first", "last"), people),
    ]


def _gate(known: ModelFacts) -> list[str]:
    lines = [*heading("Checks before deployment"), *facts([("must-pass cases of its template", known.cases)])]
    if not known.deployments:
        return [*lines, "", "It has not been deployed."]
    for one in known.deployments:
        lines += heading(f"{one.endpoint}, {day(one.at)} by {one.by or 'unknown'}", 3)
        if one.reason:
            lines += [*facts([("deployed although a check failed, because", one.reason)]), ""]
        rows = [(check.name, check.outcome.value, check.line) for check in one.checks]
        lines += table(("check", "outcome", ""), rows, "No check was due.")
    return lines
