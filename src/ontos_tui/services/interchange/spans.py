"""Spans in the format of spaCy and Prodigy: one object with `text` and `spans` a line.

    {"text": "Acme moved", "spans": [{"start": 0, "end": 4, "label": "org"}], "meta": {"item_ref": "7"}}

Positions count characters, as ours do. An imported line names its item in `meta` (or beside the text), and its text
must be the item's. Prodigy's `answer` is used: reject rejects the pair, ignore skips the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import AnswerField, answer_fields
from ontos_tui.domain.spans import SpanRules, sort_spans
from ontos_tui.services.interchange.reading import Entry
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.selection import OutgoingPairs
from ontos_tui.services.interchange.tabular import LabelRow, json_line

ITEM = "item_ref"
SPAN_KEYS = ("start", "end", "label")


def span_lines(schema: Mapping[str, Any], pairs: OutgoingPairs) -> Iterator[tuple[str, str, Row]]:
    """Every pair as a line, with its item's reference and fields. What has no text or no answer is held back.

    Raises InvalidInputError when the answer holds no spans, or several fields of them.
    """
    field, rules = _span_field(schema)
    for pair in pairs:
        text = pair.fields.get(rules.text_field)
        if not isinstance(text, str):
            pairs.hold_back(f"it has no text in {rules.text_field!r}")
        elif pair.answer is None:
            pairs.hold_back("it has no answer")
        else:
            spans = [{key: one[key] for key in SPAN_KEYS} for one in pair.answer.get(field.name) or ()]
            line = {"text": text, "spans": spans, "meta": {ITEM: pair.item_ref}}
            yield json_line(line), pair.item_ref, pair.fields


class SpanReader:
    """Reads lines with spans by a schema. `item_key` is the key, of a line or its `meta`, of the item.

    Raises InvalidInputError when the answer holds no spans, or several fields of them.
    """

    def __init__(self, schema: Mapping[str, Any], item_key: str = ITEM) -> None:
        self._field, self._rules = _span_field(schema)
        self._item_key = item_key

    def read(self, entries: Iterable[Entry], report: ImportReport) -> Iterator[LabelRow]:
        """The label of each line; lines that cannot be used are reported."""
        for number, line in entries:
            row = self._read_line(number, line)
            if isinstance(row, str):
                report.problem(number, row)
            elif row is None:
                report.skipped += 1
            else:
                yield row

    def _read_line(self, number: int, line: Any) -> LabelRow | str | None:
        if not isinstance(line, dict) or not isinstance(line.get("text"), str):
            return "it is not an object with a text"
        meta = line.get("meta")
        ref = (meta if isinstance(meta, dict) else {}).get(self._item_key, line.get(self._item_key))
        if not isinstance(ref, str | int) or isinstance(ref, bool) or ref == "":
            return f"it does not name its item: {self._item_key!r} is missing, in meta or beside the text"
        text, verdict = line["text"], line.get("answer", "accept")
        if verdict == "ignore":
            return None
        if verdict == "reject":
            return LabelRow(number, str(ref), status=PairStatus.REJECTED, reason="rejected in the file")
        spans = line.get("spans", [])
        if not isinstance(spans, list) or not all(
            isinstance(one, dict) and set(SPAN_KEYS) <= one.keys() for one in spans
        ):
            return "spans: a list of objects with start, end and label is expected"
        return LabelRow(
            number, str(ref), {self._field.name: sort_spans([self._span(one, text) for one in spans])}, text=text
        )

    def _span(self, one: Mapping[str, Any], text: str) -> dict[str, Any]:
        span = {key: one[key] for key in SPAN_KEYS}
        if self._rules.with_text and all(isinstance(one[key], int) for key in SPAN_KEYS[:2]):
            span["text"] = text[max(0, one["start"]) : max(0, one["end"])]
        return span


def _span_field(schema: Mapping[str, Any]) -> tuple[AnswerField, SpanRules]:
    fields = [(field, field.spans) for field in answer_fields(schema) if field.spans is not None]
    if len(fields) != 1:
        raise InvalidInputError(
            f"The answer has {len(fields) or 'no'} fields with spans; this format needs exactly one.",
            "Choose CSV, Parquet or Label Studio.",
        )
    return fields[0]
