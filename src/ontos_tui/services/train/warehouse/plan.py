"""Which rows of the warehouse a training sheet stands for, what they teach, and what is decided about them here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.records.data import LOCAL, RowQuery, Sampling, Sheet, TableAddress
from ontos_tui.domain.records.pairs import (
    FROM_CHAT,
    FROM_FEEDBACK,
    FROM_REQUEST,
    GenerationMode,
    LabelingMode,
    QAPair,
    TrainingSheet,
)
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.governance import Gate, Use, gate, inherited
from ontos_tui.domain.rules.split import Split
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.platforms.databricks.table_training.rows import GivenLabel
from ontos_tui.platforms.databricks.table_training.sample_sql import HELD_OUT, NEITHER, RowsToDivide
from ontos_tui.services.records.splits import Splits
from ontos_tui.services.templates.prompt import feature_columns, hidden_group
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store

Given = tuple[QAPair, GivenLabel]
"""A pair that people decided, and what of it is joined to the rows."""


@dataclass(frozen=True)
class RowsPlan:
    """A training on rows of the warehouse that can begin. `answers` says which column holds which field."""

    training_sheet: TrainingSheet
    source: Sheet
    template: Template
    address: TableAddress
    version: str
    features: tuple[str, ...]
    answers: Mapping[str, str]
    split: Split
    rows: RowsToDivide


def make_plan(store: Store, catalog: UnityCatalog, splits: Splits, ts_ref: str, seed: int) -> RowsPlan:
    """Find out what is read. Raises NotReadyError for a sheet that cannot be trained there, and why."""
    with store.read() as connection:
        sheet = rows.resolve(connection, TrainingSheet, ts_ref)
        source = rows.get(connection, Sheet, sheet.sheet_id)
    template = Template.model_validate(sheet.template_snapshot)
    _check(sheet, source)
    address = TableAddress.parse(source.source_table)
    whole = replace(RowQuery.of(source), sampling=Sampling.ALL, sample_size=None, columns=())
    known = [column.name for column in catalog.statements(address, whole).columns]
    answers = _answers(sheet, template, known)
    split = splits.split_of(sheet)
    features = _features(template, source, split, answers, known)
    for column in filter(None, (split.group_column, split.order_column)):
        if column not in known:
            raise InvalidInputError(f"There is no column {column!r} in {address}.", "Choose another: --group, --order.")
    read = dict.fromkeys([*features, *answers.values(), *filter(None, (split.group_column, split.order_column))])
    reading = catalog.statements(address, replace(whole, columns=tuple(read)))
    divided = RowsToDivide(reading, features, answers, "", split.by, split.group_column, split.order_column, seed)
    return RowsPlan(sheet, source, template, address, catalog.fingerprint(address), features, answers, split, divided)


def labels_given_here(store: Store, plan: RowsPlan) -> list[Given]:
    """What people decided about items of the sheet: answers that replace the column's, and what may not teach.

    Pairs whose answer is the column's own are left out, since the table has it.
    """
    with store.read() as connection:
        pairs = rows.find(connection, QAPair, equal(training_sheet_id=plan.training_sheet.id))
    given = []
    for pair in pairs:
        at = gate(pair)
        untouched = pair.status is PairStatus.UNLABELED or (
            pair.labeling_mode is LabelingMode.EXISTING_COLUMN and pair.answer == pair.proposal
        )
        if at is Gate.TRAINING and untouched:
            continue
        if at is Gate.UNLABELED:
            continue
        answer = None if pair.answer is None else json.dumps(pair.answer)
        role = {Gate.TRAINING: "", Gate.HELD_OUT: HELD_OUT}.get(at, NEITHER)
        given.append((pair, GivenLabel(pair.item_ref, answer, role)))
    return given


def is_added(pair: QAPair) -> bool:
    """Whether a pair is no row of the table: it came of feedback, a request or a chat."""
    return pair.item_ref.startswith((FROM_FEEDBACK, FROM_REQUEST, FROM_CHAT))


def _check(sheet: TrainingSheet, source: Sheet) -> None:
    if source.source_table.startswith(f"{LOCAL}."):
        raise NotReadyError(f"The rows of {sheet.name} are on this machine.", "Train here: leave --on warehouse out.")
    if sheet.generation_mode is not GenerationMode.COLUMN:
        raise NotReadyError(
            f"The answers of {sheet.name} stand in no column of its table, so that only its labeled pairs can teach.",
            "Train on them here, or make pairs from a column: ontos generate SHEET --template T --mode column",
        )
    if source.image_columns:
        raise NotReadyError("Pictures are not read in the warehouse.", "Train here: leave --on warehouse out.")
    limits = inherited(source.tags)
    if Use.TRAINING in limits.prohibited_uses:
        raise NotReadyError(f"No row may teach: {limits.usage_reason}.", "Ask who is responsible for the table's tags.")


def _answers(sheet: TrainingSheet, template: Template, known: Sequence[str]) -> dict[str, str]:
    """Which column holds which field of the answer."""
    answers = dict(template.answer_columns)
    if named := sheet.generation_params.get("column"):
        answers = {template.fields()[0].name: str(named)}
    missing = [column for column in answers.values() if column not in known]
    if not answers or missing:
        raise NotReadyError(
            f"{sheet.name}: no column {', '.join(map(repr, missing)) or 'with its answers'} in the table.",
            "Name the template's answer columns.",
        )
    return answers


def _features(
    template: Template, source: Sheet, split: Split, answers: Mapping[str, str], known: Sequence[str]
) -> tuple[str, ...]:
    """What is learned from: as in a training here, and never what holds the answer."""
    columns = [name for name in known if not source.columns or name in source.columns]
    named = feature_columns(
        template.model_copy(update={"answer_columns": {**template.answer_columns, **answers}}),
        columns,
        source.item_id_column,
        no_features=source.no_features,
    )
    own = {*answers.values(), hidden_group(split.by, split.group_column)}
    features = tuple(name for name in named if name not in own)
    if not features:
        raise NotReadyError("There is no feature column.", "Name feature columns of the sheet in the template.")
    return features
