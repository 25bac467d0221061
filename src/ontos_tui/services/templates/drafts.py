"""GENERATE, for the user's own data: a template drafted from the columns, to be corrected by the user.

Everything here is a guess from rows of the whole sheet, shown with its reason; nothing is final before the user
publishes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.data import Item, RowQuery, Sampling, Sheet, TableAddress, identifier_from
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.learning.groups.grouping import GroupCandidate, find_groups
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.service import DataService
from ontos_tui.services.templates.prompt import hidden_group
from ontos_tui.services.templates.service import TemplateService
from ontos_tui.store.values import to_json

FIRST_ROWS = 2_000
"""Rows that are read at once; a sheet that has no more is read no further."""
SAMPLE_ROWS = 20_000
"""Rows that a draft is based on; of a longer sheet a random sample of all, in its order."""
MOST_CLASSES = 20
"""Distinct values up to which a column can hold classes."""
LEAK_ROWS = 5
"""Rows with one value, all with the same rare answer, that show that a column reveals the answer."""
WORDS = (
    "label", "class", "target", "fault", "defect", "failure", "anomaly", "outcome", "result", "verdict", "diagnosis",
    "category", "grade", "quality", "status", "severity", "rul", "response", "answer",
)  # fmt: skip
"""Parts of names that answer columns often have."""
LONG_TEXT = 60
"""Characters from which a text says something, and does not only name the item."""
UNKNOWN = "answer"
"""The answer's field when no column holds it yet."""
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class ColumnFacts:
    """Facts about a column from rows of the whole sheet. `nested` says that it holds lists or objects."""

    name: str
    values: tuple[Any, ...]
    nested: bool = False

    @cached_property
    def present(self) -> list[Any]:
        """The values that are not empty."""
        return [value for value in self.values if value is not None and value != ""]

    @cached_property
    def counts(self) -> Counter[Any]:
        """How often each value occurs."""
        return Counter(self.present)

    @property
    def is_numeric(self) -> bool:
        """Whether all values are numbers."""
        return bool(self.present) and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.present
        )

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it has only values that mean yes and no."""
        return 0 < len(self.counts) <= 2 and all(value in (0, 1, True, False) for value in self.counts)

    @property
    def is_constant(self) -> bool:
        """Whether it always has the same value."""
        return len(self.counts) <= 1

    @property
    def identifies(self) -> bool:
        """Whether every row has a value of its own, like serial numbers; decimal numbers and documents do not count."""
        every = len(self.present) == len(self.values) == len(self.counts) > MOST_CLASSES
        return every and not self.is_document and not any(isinstance(value, float) for value in self.present)

    @cached_property
    def is_document(self) -> bool:
        """Whether most values are texts of several lines or many words."""
        long = sum(isinstance(value, str) and (len(value) > LONG_TEXT or "\n" in value) for value in self.present)
        return long > len(self.present) / 2

    @cached_property
    def is_date(self) -> bool:
        """Whether all values are days, written as YYYY-MM-DD."""
        return bool(self.present) and all(isinstance(one, str) and _ISO_DAY.fullmatch(one) for one in self.counts)

    @property
    def is_classes(self) -> bool:
        """Whether it has a few values, each of them several times."""
        return 2 <= len(self.counts) <= MOST_CLASSES and len(self.present) >= 3 * len(self.counts)


@dataclass(frozen=True)
class Target:
    """A column that may hold the answer, and why; an empty name means that no column does."""

    column: str
    reason: str


class DraftingService:
    """Guesses the answer column of a sheet, and drafts a template."""

    def __init__(self, data: DataService, catalog: Catalog, templates: TemplateService) -> None:
        self._data = data
        self._catalog = catalog
        self._templates = templates

    def targets(self, sheet_ref: str) -> list[Target]:
        """The columns that may hold the answer, the likeliest first; last, that none does and people give it."""
        sheet = self._data.sheet(sheet_ref)
        ranked = sorted(self._facts(sheet), key=_unlikeliness)
        possible = [one for one in ranked if not (one.is_constant or one.identifies or one.nested)]
        targets = [Target(one.name, _reason(one)) for one in possible]
        return [*targets, Target("", "the answer is not in the data yet: you label item by item")]

    def draft(self, sheet_ref: str, target: str = "") -> Template:
        """A draft that asks for the values of the column `target`; without one, for yes or no, to be edited.

        Columns that identify a row or its group, never change, or reveal the answer are left out of the question; the
        description names them. A column that tells which rows belong together becomes the group column. The same sheet
        and target again give the same draft while it is one. Raises NotReadyError for a sheet without rows,
        NotFoundError for an unknown column.
        """
        sheet = self._data.sheet(sheet_ref)
        facts = self._facts(sheet)
        answer_column = next((one for one in facts if one.name == target), None)
        if target and answer_column is None:
            raise NotReadyError(f"The sheet {sheet.name!r} has no column {target!r}.", "Choose one of its columns.")
        group = _group(facts, sheet, target)
        left_out = dict(_left_out(facts, answer_column, sheet.item_id_column, group))
        inputs = [one for one in facts if one.name not in left_out and one is not answer_column]
        if not inputs:
            raise NotReadyError("No column is left as input.", "Choose another answer column.")
        field = identifier_from(target) if target else UNKNOWN
        name = f"{sheet.name}: {target or 'your question'}"
        known = next(
            (one for one in self._templates.list() if one.name == name and one.status is TemplateStatus.DRAFT), None
        )
        if known is not None:
            return known
        taken = {one.name for one in self._templates.list()}
        names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
        return self._templates.create(
            name=next(one for one in names if one not in taken),
            description=_description(left_out, group),
            label_type=field if target else identifier_from(sheet.name),
            system_prompt=f"You judge one item of {sheet.name} from its values.",
            user_prompt=_question(inputs, target),
            output_schema=_schema(field, answer_column),
            answer_columns={field: target} if target else {},
            feature_columns=[one.name for one in inputs],
            group_column=None if group is None else group.column,
            split_by=SplitBy.PROPOSED if group is None else group.by,
            guidelines=_guidelines(answer_column, target),
        )

    def _facts(self, sheet: Sheet) -> list[ColumnFacts]:
        address = TableAddress.parse(sheet.source_table)
        page = self._catalog.page(address, RowQuery.of(sheet, FIRST_ROWS))
        if not page.items:
            raise NotReadyError(f"The sheet {sheet.name!r} has no rows.", "Check its file and its filter.")
        items: Sequence[Item] = page.items
        if page.total > len(items):
            query = RowQuery.of(sheet, SAMPLE_ROWS)
            if sheet.sampling is Sampling.ALL and page.total > SAMPLE_ROWS:
                query = replace(query, sampling=Sampling.RANDOM, sample_size=SAMPLE_ROWS)
            items = list(self._catalog.items(address, query))
        return [_facts_of(column.name, [item.fields.get(column.name) for item in items]) for column in page.columns]


def _facts_of(name: str, values: Sequence[Any]) -> ColumnFacts:
    nested = any(isinstance(value, list | dict) for value in values)
    return ColumnFacts(name, tuple(map(_plain, values)) if nested else tuple(values), nested)


def _plain(value: Any) -> Any:
    """A value that can be counted; lists and objects are, by their text."""
    return to_json(value) if isinstance(value, list | dict) else value


def _unlikeliness(one: ColumnFacts) -> tuple[int, int, int]:
    """Sort key: names like an answer first; then classes, numbers, texts, documents; then fewer values first."""
    words = identifier_from(one.name).lower().split("_")
    named = any(word in WORDS or word.rstrip("s") in WORDS for word in words)
    kind = 0 if one.is_yes_or_no or one.is_classes else 1 if one.is_numeric else 3 if one.is_document else 2
    return (0 if named else 1), kind, len(one.counts)


def _reason(one: ColumnFacts) -> str:
    common = ", ".join(f"{value} {n / len(one.present):.0%}" for value, n in one.counts.most_common(3))
    if one.is_yes_or_no:
        return f"yes or no: {common}"
    if one.is_classes:
        return f"{len(one.counts)} classes: {common}"
    if one.is_numeric:
        return f"a number, {min(one.present):g} to {max(one.present):g}"
    return f"a text with {len(one.counts):,} different values"


def _group(facts: Sequence[ColumnFacts], sheet: Sheet, target: str) -> GroupCandidate | None:
    """What rows belong together by, where the columns show it plainly enough to propose it."""
    columns = {one.name: one.values for one in facts if not one.nested}
    hidden = [name for name in (target, sheet.item_id_column) if name]
    candidates = find_groups(columns, windows_of=sheet.window_group, leave_out=hidden)
    return next((one for one in candidates if one.proposed), None)


def _left_out(
    facts: Sequence[ColumnFacts],
    answer_column: ColumnFacts | None,
    item_id: str | None,
    group: GroupCandidate | None = None,
) -> Iterator[tuple[str, str]]:
    """Columns that the question does not show, and why."""
    for one in facts:
        if one is answer_column:
            continue
        if one.name == item_id or one.identifies:
            yield one.name, "identifies the item"
        elif group is not None and one.name == hidden_group(group.by, group.column):
            yield one.name, "says which rows belong together"
        elif one.is_constant:
            yield one.name, "is always the same"
        elif one.nested:
            yield one.name, "holds lists, which no model reads"
        elif answer_column is not None and _gives_away(one, answer_column):
            yield one.name, f"reveals {answer_column.name}"


def _gives_away(one: ColumnFacts, answer_column: ColumnFacts) -> bool:
    """Whether a value of the column always comes with the same answer, which is not the most common one.

    Such a column is probably known only after the answer. Numbers are not checked: a limit is no leak.
    """
    measured = answer_column.is_numeric and not (answer_column.is_yes_or_no or answer_column.is_classes)
    if measured or len(one.counts) > MOST_CLASSES or (one.is_numeric and not one.is_yes_or_no):
        return False
    usual = answer_column.counts.most_common(1)[0][0]
    answers: dict[Any, Counter[Any]] = {}
    for value, answer in zip(one.values, answer_column.values, strict=True):
        if value is not None and answer is not None:
            answers.setdefault(value, Counter())[answer] += 1
    return any(len(seen) == 1 and next(iter(seen)) != usual and seen.total() >= LEAK_ROWS for seen in answers.values())


def _schema(field: str, answer_column: ColumnFacts | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": "boolean"}
    if answer_column is not None and not answer_column.is_yes_or_no:
        if answer_column.is_classes:
            spec = {"enum": sorted(answer_column.counts, key=str)}
        elif answer_column.is_numeric:
            whole = all(isinstance(value, int) for value in answer_column.present)
            spec = {"type": "integer" if whole else "number"}
        else:
            spec = {"type": "string", "format": "date"} if answer_column.is_date else {"type": "string"}
    if answer_column is not None:
        spec["title"] = answer_column.name
    return {"type": "object", "properties": {field: spec}, "required": [field], "additionalProperties": False}


def _question(inputs: Sequence[ColumnFacts], target: str) -> str:
    lines = [f"{one.name}: {{{{ {identifier_from(one.name)} }}}}" for one in inputs]
    return "\n".join([*lines, "", f"What is {target}?" if target else "Is this item as it should be?"])


def _guidelines(answer_column: ColumnFacts | None, target: str) -> str:
    if answer_column is None:
        return "Answer yes when the item is as it should be. Edit the question first if you need another answer."
    if answer_column.is_classes and not answer_column.is_yes_or_no:
        return f"{target} is one of: {', '.join(str(value) for value in sorted(answer_column.counts, key=str))}."
    return f"Give {target} as your data does."


def _description(left_out: dict[str, str], group: GroupCandidate | None) -> str:
    reasons = "; ".join(f"{name} {why}" for name, why in left_out.items())
    parts = ["Drafted from rows of the sheet."]
    parts += [f"Columns left out: {reasons}."] if reasons else []
    parts += [f"Tested by whole groups, {group.reason}."] if group is not None else []
    return " ".join(parts)
