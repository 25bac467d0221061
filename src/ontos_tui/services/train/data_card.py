"""The card of a training sheet: where its pairs come from, what is labeled by whom, and what the columns hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.text.numbers import significant
from ontos_tui.services.train.column_facts import column_facts
from ontos_tui.services.train.markdown import bullets, day, days, facts, heading, page, table
from ontos_tui.store.queries.cards import SheetPair

MOST_ANSWERS = 30
"""Different answers to one field that are counted one by one."""


@dataclass(frozen=True)
class DataFacts:
    """What is known about a training sheet, its pairs, its models and the must-pass cases of its template."""

    training_sheet: TrainingSheet
    sheet: Sheet | None
    pairs: Sequence[SheetPair]
    models: Sequence[ModelVersion]
    cases: int

    @property
    def template(self) -> Template:
        """The template as it was when the pairs were made."""
        return Template.model_validate(self.training_sheet.template_snapshot)

    @property
    def labeled(self) -> list[SheetPair]:
        """The pairs with a decided answer."""
        return [pair for pair in self.pairs if pair.status == PairStatus.LABELED]


def data_card(known: DataFacts) -> str:
    """The card as Markdown."""
    lines = heading(f"Data card: {known.training_sheet.name}", 1)
    for section in (_source, _labels, _people, _columns, _models):
        lines += section(known)
    return page(lines)


def _source(known: DataFacts) -> list[str]:
    ours, sheet, template = known.training_sheet, known.sheet, known.template
    group = template.group_column
    amount = len({str(pair.fields.get(group)) for pair in known.pairs}) if group else 0
    return [
        *heading("Source"),
        *facts(
            [
                ("training sheet", f"{ours.name} ({ours.id})"),
                ("sheet", "" if sheet is None else f"{sheet.name} ({sheet.source_table})"),
                ("filter", (sheet.filter_expression if sheet else "") or "none"),
                ("tags", ", ".join(sheet.tags) if sheet and sheet.tags else "none"),
                ("template", f"{template.name} {ours.template_version}, label type {ours.label_type}"),
                ("purpose", template.description or "not stated in the template"),
                ("answers first proposed by", ours.model_used or ours.generation_mode.value),
                ("groups", f"{amount:,} of {group}" if group else "none are named: rows are independent"),
                ("made", f"{day(ours.created_at)} by {ours.created_by or 'unknown'}"),
            ]
        ),
        *heading("Pairs by status", 3),
        *table(("status", "pairs"), Counter(pair.status for pair in known.pairs).most_common()),
        *heading("Pairs by where the answer comes from", 3),
        *table(("answer from", "pairs"), Counter(pair.labeling_mode for pair in known.labeled).most_common(), "none"),
        *heading("Pairs by classification", 3),
        *table(("classification", "pairs"), Counter(pair.classification for pair in known.pairs).most_common()),
    ]


def _labels(known: DataFacts) -> list[str]:
    lines = heading("Labels")
    for field in known.template.fields():
        lines += [*heading(field.name, 3), *_answers(field, known.labeled)]
    return lines


def _answers(field: AnswerField, labeled: Sequence[SheetPair]) -> list[str]:
    values = [pair.answer[field.name] for pair in labeled if pair.answer.get(field.name) is not None]
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        numbers = sorted(float(value) for value in values if isinstance(value, int | float))
        if not numbers:
            return ["none"]
        low, middle, high = (numbers[int(share * (len(numbers) - 1))] for share in (0.25, 0.5, 0.75))
        shown = (numbers[0], low, middle, high, numbers[-1])
        headers = ("labels", "least", "lower quartile", "median", "upper quartile", "greatest")
        return table(headers, [(len(numbers), *map(significant, shown))])
    counts = Counter(str(value) for value in values)
    if not field.is_choice and len(counts) > MOST_ANSWERS:
        return [f"{len(values):,} labels, {len(counts):,} of them different"]
    missing = [str(choice) for choice in field.choices if str(choice) not in counts]
    rows = [(name, n, f"{100 * n / len(values):.0f} %") for name, n in counts.most_common(MOST_ANSWERS)]
    return table(("answer", "labels", "share"), [*rows, *((name, 0, "0 %") for name in missing)], "none")


def _people(known: DataFacts) -> list[str]:
    by: dict[str, list[SheetPair]] = {}
    for pair in known.labeled:
        by.setdefault(pair.reviewed_by, []).append(pair)
    rows = []
    for name, pairs in sorted(by.items(), key=lambda one: -len(one[1])):
        moments = [pair.reviewed_at for pair in pairs if pair.reviewed_at is not None]
        rows.append((name or "no person", len(pairs), days(min(moments), max(moments)) if moments else ""))
    return [*heading("Who decided"), *table(("person", "labels", "when"), rows, "Nothing is decided yet.")]


def _columns(known: DataFacts) -> list[str]:
    rows = [
        (column.name, column.kind, column.values, column.missing)
        for column in column_facts(pair.fields for pair in known.pairs)
    ]
    return [*heading("Columns"), *table(("column", "type", "values", "missing"), rows, "There are no pairs.")]


def _models(known: DataFacts) -> list[str]:
    names = (f"{one.label()}, {day(one.created_at)}, {one.train_count:,} pairs" for one in known.models)
    return [
        *heading("Use"),
        *facts([("must-pass cases of its template", known.cases)]),
        *heading("Models that were trained on it", 3),
        *bullets(names, "none"),
    ]
