"""Decisions from a file: JSON lines, or CSV with a header.

Every line names a pair by `pair` (its id) or by `item_ref`. It may say `verdict` (without one: edit when there is an
answer, else approve), `answer`, `reason` and `notes`. In CSV the answer is JSON in the column `answer`, or stands field
by field in columns that are called like the fields.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.domain.schema import Answer, answer_fields
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.records.answers import AnswerChecker, AnswerReader
from ontos_tui.services.records.file_reasons import csv_reason, not_json
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label.pairs import NamedPair, pairs_by_id, pairs_by_item

SHOWN = 20
"""Errors that are shown one by one; the others are counted."""

_KEYS = ("pair", "pair_id", "id")
_WORDS = {*_KEYS, "item_ref", "verdict", "answer", "reason", "notes"}


@dataclass(frozen=True)
class _Line:
    number: int
    values: Mapping[str, Any]


def read_decisions(store: Store, sheet: TrainingSheet, path: Path) -> list[Decision]:
    """The decisions of a file about pairs of this training sheet.

    Raises InvalidInputError with every line that cannot be used and why.
    """
    errors: list[tuple[int, str]] = []
    reader = _Reader(sheet)
    lines = list(_lines(path, errors))
    pairs = _pairs(store, sheet, lines)
    seen: dict[str, int] = {}
    decisions = []
    for line in lines:
        ref = _ref(line)
        pair = pairs.get(ref)
        if not ref:
            errors.append((line.number, "item_ref or pair is missing"))
        elif pair is None:
            errors.append((line.number, f"{ref[:80]!r} is not a pair of this training sheet"))
        elif pair.id in seen:
            errors.append((line.number, f"{pair.item_ref!r} is already decided in line {seen[pair.id]}"))
        else:
            seen[pair.id] = line.number
            decision, problem = reader.decision(line, pair)
            if decision is None:
                errors.append((line.number, problem))
            else:
                decisions.append(decision)
    if errors:
        raise _refused(path, errors)
    if not decisions:
        raise InvalidInputError(f"{path.name} contains no decisions.", "Write one decision on each line.")
    return decisions


class _Reader:
    """Makes decisions of lines, by the schema of one training sheet."""

    def __init__(self, sheet: TrainingSheet) -> None:
        schema = sheet.template_snapshot["output_schema"]
        self.fields = tuple(field.name for field in answer_fields(schema))
        self._checker = AnswerChecker(schema)
        self._values = AnswerReader(schema)

    def decision(self, line: _Line, pair: NamedPair) -> tuple[Decision | None, str]:
        """The decision that a line holds, or what is wrong with it."""
        values = line.values
        unknown = [name for name in values if name not in _WORDS and name not in self.fields]
        if unknown:
            return None, f"{unknown[0]!r} is neither a field of the answer nor one of {', '.join(sorted(_WORDS))}"
        answer = self._answer(values)
        if isinstance(answer, str):
            return None, answer
        word = values.get("verdict") or (Verdict.APPROVE if answer is None else Verdict.EDIT)
        try:
            verdict = Verdict(str(word).strip().lower())
        except ValueError:
            return None, f"{str(word)[:40]!r} is not a valid verdict. Valid verdicts: {', '.join(Verdict)}"
        if verdict is Verdict.APPROVE and answer is not None:
            verdict = Verdict.EDIT
        if verdict is Verdict.EDIT and answer is None:
            return None, "an edit needs an answer"
        if verdict is Verdict.APPROVE and not pair.has_answer:
            return None, f"there is no answer for {pair.item_ref!r} to approve"
        if verdict is Verdict.EDIT and (reason := self._checker.reason(answer)):
            return None, f"the answer does not fit: {reason}"
        if verdict is Verdict.UNFLAG and not pair.flagged:
            return None, f"{pair.item_ref!r} has no flag"
        texts = {name: values.get(name) for name in ("reason", "notes")}
        if wrong := [name for name, text in texts.items() if text is not None and not isinstance(text, str)]:
            return None, f"{wrong[0]} is not a text"
        return Decision(pair.id, verdict, answer, texts["reason"] or "", texts["notes"] or None), ""

    def _answer(self, values: Mapping[str, Any]) -> Answer | str | None:
        """The answer of a line; a text says what is wrong with it."""
        single = {
            name: values[name] for name in self.fields if name not in _WORDS and values.get(name) not in (None, "")
        }
        answer = values.get("answer")
        if answer in (None, ""):
            return self._values.read(single) if single else None
        if single:
            return "the answer is given twice, whole and field by field"
        if isinstance(answer, str):
            try:
                answer = json.loads(answer)
            except (ValueError, RecursionError) as error:
                return f"the answer is {not_json(error)}"
        return answer if isinstance(answer, dict) else "the answer is not a JSON object"


def _ref(line: _Line) -> str:
    values = line.values
    named = next((values[key] for key in _KEYS if values.get(key)), None) or values.get("item_ref")
    return "" if named is None else str(named).strip()


def _pairs(store: Store, sheet: TrainingSheet, lines: list[_Line]) -> dict[str, NamedPair]:
    """The pairs of the training sheet that the lines name, by id and by item reference."""
    refs = {_ref(line).encode("utf-8", "replace").decode() for line in lines}
    with store.read() as connection:
        return pairs_by_item(connection, sheet.id, refs) | pairs_by_id(connection, sheet.id, refs)


def _lines(path: Path, errors: list[tuple[int, str]]) -> Iterator[_Line]:
    try:
        if path.suffix.lower() in (".csv", ".tsv"):
            yield from _csv_lines(path, errors)
        else:
            yield from _json_lines(path, errors)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error.strerror}.", "Check the name and the folder."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path.name} is not UTF-8 text.", "Save it as UTF-8.") from error


def _json_lines(path: Path, errors: list[tuple[int, str]]) -> Iterator[_Line]:
    with path.open(encoding="utf-8-sig") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError) as error:
                errors.append((number, f"it is {not_json(error)}"))
                continue
            if isinstance(value, dict):
                yield _Line(number, value)
            else:
                errors.append((number, "it is not a JSON object in braces"))


def _csv_lines(path: Path, errors: list[tuple[int, str]]) -> Iterator[_Line]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        try:
            header = [name.strip() for name in next(rows, [])]
            twice = sorted({name for name in header if header.count(name) > 1})
            if twice:
                errors.append((1, f"two columns have the name {twice[0]!r}"))
                return
            for row in rows:
                if len(row) != len(header) and any(row):
                    errors.append((rows.line_num, f"{len(row)} values, but the header has {len(header)} columns"))
                elif any(row):
                    yield _Line(rows.line_num, dict(zip(header, row, strict=True)))
        except csv.Error as error:
            errors.append((rows.line_num, csv_reason(error)))


def _refused(path: Path, errors: list[tuple[int, str]]) -> InvalidInputError:
    errors.sort()
    reasons = "; ".join(f"line {number}: {reason}" for number, reason in errors[:SHOWN])
    more = f"; and {len(errors) - SHOWN:,} more lines" if len(errors) > SHOWN else ""
    return InvalidInputError(
        f"{path.name} was not applied: {reasons}{more}.", "Correct these lines and apply the file again."
    )
