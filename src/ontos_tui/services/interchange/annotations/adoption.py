"""Labels from what the lines of annotation tools say: which item is meant, which text, and what positions count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ontos_tui.domain.file_formats import Offsets
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.reading import Question, UndecidedError
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.annotations.annotated import Annotated, MarkedSpan
from ontos_tui.services.interchange.annotations.answer_maker import AnswerMaker
from ontos_tui.services.interchange.annotations.conll import placed_words, squeezed
from ontos_tui.services.interchange.annotations.items import Items
from ontos_tui.services.interchange.annotations.offsets import unit_of
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.tabular import LabelRow


class Adoption:
    """Makes labels of lines; what cannot be used is reported."""

    def __init__(
        self,
        schema: Mapping[str, Any],
        items: Items,
        report: ImportReport,
        mapping: Mapping[str, str],
        offsets: Offsets | None = None,
    ) -> None:
        self._maker = AnswerMaker(schema, mapping)
        self._items = items
        self._report = report
        self._offsets = offsets

    def labels(self, given: Iterable[Annotated]) -> Iterator[LabelRow]:
        """The label of each line. Raises UndecidedError when it is not clear what positions count."""
        placed = list(self._with_texts(list(self._with_items(list(given)))))
        unit = self._offsets or self._unit(placed)
        for one, text in placed:
            answer = self._maker.answer(one, text, unit) if one.status is PairStatus.LABELED else None
            if isinstance(answer, str):
                self._report.problem(one.line, answer)
            elif answer == {} and one.named_only:
                self._report.skipped += 1
            else:
                yield LabelRow(
                    one.line,
                    one.item_ref,
                    answer,
                    one.status,
                    reason=one.reason,
                    notes=one.notes,
                    text=one.text,
                    at=one.at,
                )

    def _with_items(self, lines: list[Annotated]) -> Iterator[Annotated]:
        """The lines with their items; one that names none is of the item that has its text."""
        unnamed = [one for one in lines if not one.item_ref]
        by_text: dict[str, list[str]] = {}
        for words in {bool(one.tokens) for one in unnamed}:
            texts = {_key(one) for one in unnamed if bool(one.tokens) is words}
            by_text |= self._items.by_text(texts, words_only=words)
        for one in lines:
            if not one.item_ref:
                refs = by_text.get(_key(one), [])
                if len(refs) != 1:
                    self._report.problem(one.line, not_one(refs))
                    continue
                one.item_ref = refs[0]
            yield one

    def _with_texts(self, lines: list[Annotated]) -> Iterator[tuple[Annotated, str | None]]:
        """The lines with the texts that their spans are in: their own, or the item's."""
        needing = {one.item_ref for one in lines if one.tokens or (one.text is None and _has_spans(one))}
        fields = self._items.fields(needing) if needing else {}
        for one in lines:
            text = one.text
            if one.item_ref in needing and text is None:
                text = self._text_of(fields, one)
                if text is None:
                    continue
            if one.tokens:
                assert text is not None
                places = placed_words(one.tokens, text)
                if places is None:
                    self._report.problem(one.line, "its words are not the words of the item's text")
                    continue
                one.spans = tuple(
                    MarkedSpan(places[begin][0], places[end - 1][1], label) for begin, end, label in one.token_spans
                )
            yield one, text

    def _text_of(self, fields: Mapping[str, Row] | None, one: Annotated) -> str | None:
        """The text of the item that spans are in; None, reported, when there is none."""
        name = self._maker.text_field
        if fields is None:
            problem = "the items cannot be read, so that spans cannot be checked"
        elif one.item_ref not in fields:
            problem = f"{one.item_ref[:80]!r} is not an item here"
        elif name is None:
            problem = "it has spans, but the answer has no field for them"
        else:
            text = fields[one.item_ref].get(name)
            if isinstance(text, str):
                return text
            problem = f"the item has no text in {name!r}"
        self._report.problem(one.line, problem)
        return None

    def _unit(self, placed: Iterable[tuple[Annotated, str | None]]) -> Offsets:
        unit, others = unit_of(
            (text, one.spans) for one, text in placed if text is not None and one.spans and not one.tokens
        )
        if others:
            options = tuple(dict.fromkeys((unit, *others)))
            raise UndecidedError(_question(options), self._report.path.name)
        if unit is not Offsets.CHARACTERS:
            self._report.notes.append(f"positions count {unit} units, as the texts show; they count characters here")
        return unit


def _key(one: Annotated) -> str:
    return squeezed("".join(one.tokens)) if one.tokens else one.text or ""


def _has_spans(one: Annotated) -> bool:
    lists = (value for value in one.values.values() if isinstance(value, list))
    return bool(one.spans) or any(isinstance(value[0], dict) and "start" in value[0] for value in lists if value)


def _question(units: Sequence[Offsets]) -> Question:
    text = f"The positions of its spans fit as {' and as '.join(units)}, and nothing in it shows which is meant."
    return Question(option="--offsets", field="offsets", text=text, choices=list(units))


def not_one(refs: Sequence[str]) -> str:
    """Why a line that names no item cannot be used, by the items that have its text."""
    if not refs:
        return "it does not name its item (item_ref), and no item has its text"
    names = ", ".join(ref[:40] for ref in refs[:3])
    return f"it does not name its item (item_ref), and {len(refs)} items have its text: {names}"
