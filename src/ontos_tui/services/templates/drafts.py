"""GENERATE, for data of one's own: a template drafted from the columns, to be corrected by who knows them.

Everything here is a guess from the first rows, told with its reason; nothing is final before the user says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.data import RowQuery, Sheet, TableAddress, identifier_from
from ontos_tui.domain.records.template import Template
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.service import DataService
from ontos_tui.services.templates.service import TemplateService
from ontos_tui.store.tables import to_json

LOOKED_AT = 2_000
"""Rows that a draft is made from."""
MOST_CLASSES = 20
"""Different values up to which a column is taken for classes."""
TELLING = 5
"""Rows with one value, all with the same rare answer, from which on a column is taken to give the answer away."""
WORDS = (
    "label", "class", "target", "fault", "defect", "failure", "anomaly", "outcome", "result", "verdict", "diagnosis",
    "category", "grade", "quality", "status", "severity", "rul", "response", "answer",
)  # fmt: skip
"""Parts of names that columns to be decided tend to have."""
UNKNOWN = "answer"
"""The answer's field where no column holds it yet."""


@dataclass(frozen=True)
class ColumnFacts:
    """What the first rows tell about a column."""

    name: str
    values: tuple[Any, ...]

    @property
    def present(self) -> list[Any]:
        """The values that are there."""
        return [value for value in self.values if value is not None and value != ""]

    @property
    def counts(self) -> Counter[Any]:
        """How often each value occurs."""
        return Counter(self.present)

    @property
    def is_numeric(self) -> bool:
        """Whether all of it is numbers."""
        return bool(self.present) and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.present
        )

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it holds just two values that mean yes and no."""
        return 0 < len(self.counts) <= 2 and all(value in (0, 1, True, False) for value in self.counts)

    @property
    def is_constant(self) -> bool:
        """Whether it always says the same."""
        return len(self.counts) <= 1

    @property
    def identifies(self) -> bool:
        """Whether every row has a value of its own, as serial numbers have; measurements may, so those are excepted."""
        every = len(self.present) == len(self.values) == len(self.counts) > MOST_CLASSES
        return every and not any(isinstance(value, float) for value in self.present)

    @property
    def is_classes(self) -> bool:
        """Whether it holds a few values, each of them several times."""
        return 2 <= len(self.counts) <= MOST_CLASSES and len(self.present) >= 3 * len(self.counts)


@dataclass(frozen=True)
class Target:
    """A column that may hold what is to be decided, and why; an empty name stands for none of them."""

    column: str
    reason: str


class DraftingService:
    """Guesses what is asked of a sheet, and drafts the template."""

    def __init__(self, data: DataService, catalog: Catalog, templates: TemplateService) -> None:
        self._data = data
        self._catalog = catalog
        self._templates = templates

    def targets(self, sheet_ref: str) -> list[Target]:
        """The columns that may hold the answer, the likeliest first; last, that none does and people shall give it."""
        sheet = self._data.sheet(sheet_ref)
        ranked = sorted(self._facts(sheet), key=_unlikeliness)
        found = [Target(one.name, _reason(one)) for one in ranked if not (one.is_constant or one.identifies)]
        return [*found, Target("", "the answer is not in the data yet: you give it, item by item")]

    def draft(self, sheet_ref: str, target: str = "") -> Template:
        """A draft that asks for the values of the column `target`; without one, for a yes or no that you may correct.

        Columns that identify a row, never change, or give the answer away are left out of the question; the
        description says which. The same sheet and target again give the same draft while it is one. Raises
        NotReadyError for a sheet without rows, NotFoundError for an unknown column.
        """
        sheet = self._data.sheet(sheet_ref)
        facts = self._facts(sheet)
        wanted = next((one for one in facts if one.name == target), None)
        if target and wanted is None:
            raise NotReadyError(f"The sheet {sheet.name!r} has no column {target!r}.", "Choose one of its columns.")
        left_out = dict(_left_out(facts, wanted, sheet.item_id_column))
        asked = [one for one in facts if one.name not in left_out and one is not wanted]
        if not asked:
            raise NotReadyError("No column is left to ask about.", "Choose another column to be decided.")
        field = identifier_from(target) if target else UNKNOWN
        name = f"{sheet.name}: {target or 'your question'}"
        known = next((one for one in self._templates.list() if one.name == name and one.status.value == "draft"), None)
        if known is not None:
            return known
        taken = {one.name for one in self._templates.list()}
        names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
        return self._templates.create(
            name=next(one for one in names if one not in taken),
            description=_described(left_out),
            label_type=field if target else identifier_from(sheet.name),
            system_prompt=f"You judge one item of {sheet.name} from its values.",
            user_prompt=_question(asked, target),
            output_schema=_schema(field, wanted),
            answer_columns={field: target} if target else {},
            feature_columns=[one.name for one in asked],
            guidelines=_guidelines(wanted, target),
        )

    def _facts(self, sheet: Sheet) -> list[ColumnFacts]:
        page = self._catalog.page(TableAddress.parse(sheet.source_table), RowQuery.of(sheet, LOOKED_AT))
        if not page.items:
            raise NotReadyError(f"The sheet {sheet.name!r} has no rows.", "Look at its file and its filter.")
        return [
            ColumnFacts(column.name, tuple(_plain(item.fields.get(column.name)) for item in page.items))
            for column in page.columns
        ]


def _plain(value: Any) -> Any:
    """A value that can be counted; lists and objects are, by their text."""
    return to_json(value) if isinstance(value, list | dict) else value


def _unlikeliness(one: ColumnFacts) -> tuple[int, int, int]:
    """Named like an answer first; then classes before numbers before texts; then the fewer values the better."""
    words = identifier_from(one.name).lower().split("_")
    named = any(word in WORDS or word.rstrip("s") in WORDS for word in words)
    kind = 0 if one.is_yes_or_no or one.is_classes else 1 if one.is_numeric else 2
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


def _left_out(
    facts: Sequence[ColumnFacts], wanted: ColumnFacts | None, item_id: str | None
) -> Iterator[tuple[str, str]]:
    """Columns that the question does not show, and why."""
    for one in facts:
        if one is wanted:
            continue
        if one.name == item_id or one.identifies:
            yield one.name, "identifies the item"
        elif one.is_constant:
            yield one.name, "is always the same"
        elif wanted is not None and _gives_away(one, wanted):
            yield one.name, f"gives {wanted.name} away"


def _gives_away(one: ColumnFacts, wanted: ColumnFacts) -> bool:
    """Whether a value of the column always comes with one and the same answer, which is not the common one.

    Such a column is likely known only once the answer is. Of numbers that cannot be said: a limit is no leak.
    """
    measured = wanted.is_numeric and not (wanted.is_yes_or_no or wanted.is_classes)
    if measured or len(one.counts) > MOST_CLASSES or (one.is_numeric and not one.is_yes_or_no):
        return False
    usual = wanted.counts.most_common(1)[0][0]
    answers: dict[Any, Counter[Any]] = {}
    for value, answer in zip(one.values, wanted.values, strict=True):
        if value is not None and answer is not None:
            answers.setdefault(value, Counter())[answer] += 1
    return any(len(seen) == 1 and next(iter(seen)) != usual and seen.total() >= TELLING for seen in answers.values())


def _schema(field: str, wanted: ColumnFacts | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": "boolean"}
    if wanted is not None and not wanted.is_yes_or_no:
        if wanted.is_classes:
            spec = {"enum": sorted(wanted.counts, key=str)}
        elif wanted.is_numeric:
            whole = all(isinstance(value, int) for value in wanted.present)
            spec = {"type": "integer" if whole else "number"}
        else:
            spec = {"type": "string"}
    if wanted is not None:
        spec["title"] = wanted.name
    return {"type": "object", "properties": {field: spec}, "required": [field], "additionalProperties": False}


def _question(asked: Sequence[ColumnFacts], target: str) -> str:
    lines = [f"{one.name}: {{{{ {identifier_from(one.name)} }}}}" for one in asked]
    return "\n".join([*lines, "", f"What is {target}?" if target else "Is this item as it should be?"])


def _guidelines(wanted: ColumnFacts | None, target: str) -> str:
    if wanted is None:
        return (
            "Say yes when the item is as it should be. Correct the question first if you want to know something else."
        )
    if wanted.is_classes and not wanted.is_yes_or_no:
        return f"{target} is one of: {', '.join(str(value) for value in sorted(wanted.counts, key=str))}."
    return f"Give {target} as your data does."


def _described(left_out: dict[str, str]) -> str:
    told = "; ".join(f"{name} {why}" for name, why in left_out.items())
    return f"Drafted from the first rows. Not asked about: {told}." if told else "Drafted from the first rows."
