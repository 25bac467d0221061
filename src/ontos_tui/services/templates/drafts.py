"""GENERATE, for the user's own data: a template drafted from the columns, to be corrected by the user.

Everything here is a guess from rows of the whole sheet, shown with its reason; nothing is final before the user
publishes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.data import Sheet, identifier_from
from ontos_tui.domain.records.derived import ColumnRole
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.learning.groups.grouping import GroupCandidate, find_groups
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.column_facts import MOST_CLASSES, ColumnFacts, column_facts
from ontos_tui.services.data.quality.answer_columns import is_named_like_answer
from ontos_tui.services.data.sheets import SheetService
from ontos_tui.services.templates.prompt import hidden_group
from ontos_tui.services.templates.service import TemplateService

LEAK_ROWS = 5
"""Rows with one value, all with the same rare answer, that show that a column reveals the answer."""
_ROLES = {ColumnRole.ID: "the item's id", ColumnRole.GROUP: "the group of its rows"}
UNKNOWN = "answer"
"""The answer's field when no column holds it yet."""


@dataclass(frozen=True)
class Target:
    """A column that may hold the answer, and why; an empty name means that no column does."""

    column: str
    reason: str


class DraftingService:
    """Guesses the answer column of a sheet, and drafts a template."""

    def __init__(self, sheets: SheetService, catalog: Catalog, templates: TemplateService) -> None:
        self._sheets = sheets
        self._catalog = catalog
        self._templates = templates

    def targets(self, sheet_ref: str) -> list[Target]:
        """The columns that may hold the answer, the likeliest first; last, that none does and people give it."""
        sheet = self._sheets.sheet(sheet_ref)
        ranked = sorted(column_facts(self._catalog, sheet), key=_unlikeliness)
        ranked.sort(key=lambda one: one.name not in sheet.window_labels)
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
        sheet = self._sheets.sheet(sheet_ref)
        facts = column_facts(self._catalog, sheet)
        answer_column = next((one for one in facts if one.name == target), None)
        if target and answer_column is None:
            raise NotReadyError(f"The sheet {sheet.name!r} has no column {target!r}.", "Choose one of its columns.")
        group = _group(facts, sheet, target)
        left_out = dict(_left_out(facts, answer_column, sheet, group))
        inputs = [one for one in facts if one.name not in left_out and one is not answer_column]
        if not inputs:  # a folder of pictures has nothing else to judge by
            inputs = [one for one in facts if one.name in sheet.image_columns and one is not answer_column]
            left_out = {name: why for name, why in left_out.items() if name not in sheet.image_columns}
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
            user_prompt=_question([one for one in inputs if one.name not in sheet.image_columns], target),
            output_schema=_schema(field, answer_column),
            answer_columns={field: target} if target else {},
            feature_columns=[one.name for one in inputs],
            group_column=None if group is None else group.column,
            split_by=SplitBy.PROPOSED if group is None else group.by,
            guidelines=_guidelines(answer_column, target),
        )


def _unlikeliness(one: ColumnFacts) -> tuple[int, int, int]:
    """Sort key: names like an answer first; then classes, numbers, texts, documents; then fewer values first."""
    named = is_named_like_answer(one.name)
    kind = 0 if one.is_yes_or_no or one.is_classes else 1 if one.is_numeric else 3 if one.is_document else 2
    return (0 if named else 1), kind, len(one.counts)


def _reason(one: ColumnFacts) -> str:
    common = ", ".join(f"{value} {n / one.counts.total():.0%}" for value, n in one.counts.most_common(3))
    if one.is_yes_or_no:
        return f"yes or no: {common}"
    if one.is_classes:
        return f"{len(one.counts)} classes: {common}"
    if one.is_numeric:
        low, high = one.extremes
        return f"a number, {low:g} to {high:g}"
    return f"a text with {len(one.counts):,} different values"


def _group(facts: Sequence[ColumnFacts], sheet: Sheet, target: str) -> GroupCandidate | None:
    """What rows belong together by, where the columns show it plainly enough to propose it."""
    columns = {one.name: one.values for one in facts if not one.nested}
    hidden = [name for name in (target, sheet.item_id_column) if name]
    candidates = find_groups(columns, windows_of=sheet.window_group, leave_out=hidden)
    decided = {name for name, role in sheet.column_roles.items() if role is ColumnRole.GROUP}
    if chosen := next((one for one in candidates if one.column in decided), None):
        return chosen
    if chosen_name := next((one.name for one in facts if one.name in decided), None):
        counts = next(one.counts for one in facts if one.name == chosen_name)
        return GroupCandidate(chosen_name, SplitBy.VALUE, len(counts), f"by {chosen_name}, as decided", proposed=True)
    return next((one for one in candidates if one.proposed and one.column not in sheet.column_roles), None)


def _left_out(
    facts: Sequence[ColumnFacts],
    answer_column: ColumnFacts | None,
    sheet: Sheet,
    group: GroupCandidate | None = None,
) -> Iterator[tuple[str, str]]:
    """Columns that the question does not show, and why. What a column is for, where that is decided, comes first."""
    for one in facts:
        role = sheet.column_roles.get(one.name)
        if one is answer_column:
            continue
        if one.name in sheet.no_features:
            yield one.name, f"is {_ROLES.get(role or ColumnRole.NOTE, 'a note')}"
        elif role is not None:
            continue
        elif one.name == sheet.item_id_column or one.identifies:
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
    lines = lines or ["Look at the picture."]  # its path may name the class
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
