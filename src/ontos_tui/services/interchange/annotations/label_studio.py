"""Label Studio's files back: the full JSON export and JSON-MIN, of projects of ours and of others.

A task is identified by the `item_ref` in its data, else by its text. An annotation of ours comes back unchanged. Of
others choices, ratings, numbers, text areas and spans of texts are read; anything else is refused with its type and
name. A skipped annotation decides nothing. Of several annotations of a task the ground truth counts; without one they
must agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ontos_tui.domain.records.pairs import answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import FieldKind
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.interchange.annotations.annotated import ITEM, Annotated, MarkedSpan, item_of
from ontos_tui.services.interchange.label_studio import TAKEN, Control, controls
from ontos_tui.services.interchange.reading import moment
from ontos_tui.services.records.answers import AnswerReader

_NATIVE = {"choices": "choices", "rating": "rating", "number": "number", "textarea": "text"}
"""Types of another project's results, and where each has its value."""

_VALUES = (*_NATIVE.values(), "labels")


class TaskReader:
    """Reads tasks with annotations by a schema. `item_key` is the key of the data that names the item."""

    def __init__(self, schema: Mapping[str, Any], item_key: str = ITEM, left_out: frozenset[str] = frozenset()) -> None:
        self._item_key = item_key
        self._left_out = left_out
        self._controls = {control.name: control for control in controls(schema)}
        # A project that was set up by hand names its controls like the fields.
        by_field = {control.field.name: control for control in self._controls.values()}
        self._controls |= {name: control for name, control in by_field.items() if name not in TAKEN}
        self._values = AnswerReader(schema)

    def parse(self, number: int, task: Any) -> Annotated | str | None:
        """What a task says."""
        if not isinstance(task, dict):
            return "not a JSON object"
        full = isinstance(task.get("data"), dict)
        data = task["data"] if full else task
        ref = item_of(self._item_key, data)
        if ref is None:
            return f"the item is not named: {self._item_key} is not a text"
        one = Annotated(number, ref, None if ref else _only_text(data))
        if not ref and one.text is None:
            return f"the item is not named: {self._item_key} is missing in its data"
        if not full:
            return self._from_min(one, task)
        annotations = task.get("annotations") or task.get("completions") or []
        if not isinstance(annotations, list) or not all(isinstance(each, dict) for each in annotations):
            return "annotations: a list of objects is expected"
        done = [each for each in annotations if not each.get("was_cancelled")]
        if not done:
            return _from_meta(one, task.get("meta"))
        return self._from_annotations(one, done, task.get("meta"))

    def _from_annotations(self, one: Annotated, done: Sequence[dict[str, Any]], meta: object) -> Annotated | str | None:
        truths = [each for each in done if each.get("ground_truth")] or done
        said = [self._said(each.get("result")) for each in truths]
        wrong = next((each for each in said if isinstance(each, str)), None)
        if wrong is not None:
            return wrong
        if len({answer_digest(_comparable(each)) for each in said if isinstance(each, Annotated)}) > 1:
            return f"its {len(truths)} annotations differ; mark one of them as ground truth, or adjudicate them first"
        last = said[-1]
        assert isinstance(last, Annotated)
        if last.says_nothing:
            return None
        one.answer, one.values, one.spans, one.typed = last.answer, last.values, last.spans, last.typed
        by = ", ".join(dict.fromkeys(_annotator(each.get("completed_by")) for each in truths))
        one.reason = f"Label Studio, completed by {by}"
        times = (moment(each.get("updated_at") or each.get("created_at")) for each in truths)
        one.at = max(filter(None, times), default=None) or _reviewed_at(meta)
        ours = _ours(meta)
        one.notes = ours["notes"] if isinstance(ours.get("notes"), str) else None
        return one

    def _said(self, result: object) -> Annotated | str:
        if not isinstance(result, list):
            return "annotations.result: a list is expected"
        said, spans = Annotated(0), list[MarkedSpan]()
        for region in result:
            if not isinstance(region, dict):
                return "annotations.result: a list of objects is expected"
            name, kind = str(region.get("from_name")), str(region.get("type"))
            if name in self._left_out or kind in self._left_out:
                continue
            control = self._controls.get(name)
            problem = (
                self._take_ours(said, control, region.get("value"))
                if control is not None and kind != "labels"
                else _take_native(said, spans, name, kind, region)
            )
            if problem:
                return problem
        if spans:
            said.spans = tuple(spans)
        return said

    def _take_ours(self, said: Annotated, control: Control, value: Any) -> str:
        name = control.field.name
        if name in said.answer:
            return f"{name}: answered twice in one annotation"
        said.answer |= self._read(control, value)
        return ""

    def _read(self, control: Control, wrapped: Any) -> dict[str, Any]:
        """The field with this value; a text stays as it was typed, even if empty."""
        name, value = control.field.name, _unwrap(wrapped)
        if value is None or value == []:
            return {}
        if control.field.kind is FieldKind.TEXT or not isinstance(value, str):
            return {name: value}
        if value in control.choices:
            return {name: control.choices[value]}
        return self._values.read({name: value})

    def _from_min(self, one: Annotated, task: Mapping[str, Any]) -> Annotated | str | None:
        spans: list[MarkedSpan] = []
        for name, value in task.items():
            regions = value if isinstance(value, list) else []
            if name in self._left_out:
                continue
            if regions and all(isinstance(part, dict) and "labels" in part and "start" in part for part in regions):
                for region in regions:
                    if problem := _take_span(spans, name, region):
                        return problem
            elif (control := self._controls.get(name)) is not None:
                one.answer |= self._read(control, value)
        if spans:
            one.spans = tuple(spans)
        one.values = {name: _unwrap(value) for name, value in task.items() if name not in self._controls}
        one.named_only = True
        one.at = moment(task.get("updated_at") or task.get("created_at"))
        one.reason = f"Label Studio, completed by {_annotator(task.get('annotator'))}"
        return one


def _comparable(said: Annotated) -> dict[str, Any]:
    spans = [(span.start, span.end, span.label) for span in said.spans or ()]
    return {"answer": said.answer, "values": said.values, "spans": [list(span) for span in sorted(spans)]}


def _take_native(said: Annotated, spans: list[MarkedSpan], name: str, kind: str, region: Mapping[str, Any]) -> str:
    """Take a result of a project that is not ours; returns what is wrong with it."""
    value = region.get("value")
    unsupported = f"the result {name!r} of type {kind!r} is not supported; leave it out: --leave-out {name}"
    if kind == "relation":
        return f"a result of type {kind!r} is not supported; leave it out: --leave-out {kind}"
    if not isinstance(value, Mapping):
        return f"the result {name!r} of type {kind!r} has no value"
    if kind == "labels":
        return _take_span(spans, name, value) if isinstance(value.get("start"), int) else unsupported
    key = _NATIVE.get(kind)
    if key is None or key not in value or "start" in value:
        return unsupported
    if name in said.values:
        return f"{name}: answered twice in one annotation"
    said.values[name] = value[key]
    if kind == "textarea":
        said.typed.add(name)
    return ""


def _take_span(spans: list[MarkedSpan], name: str, value: Mapping[str, Any]) -> str:
    start, end, labels, text = (value.get(key) for key in ("start", "end", "labels", "text"))
    places = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not places or not isinstance(labels, list) or not labels or not all(isinstance(one, str) for one in labels):
        return f"the result {name!r} of type 'labels' has no start, end and labels"
    assert isinstance(start, int)
    assert isinstance(end, int)
    spans += [MarkedSpan(start, end, label, text if isinstance(text, str) else None) for label in labels]
    return ""


def _only_text(data: Mapping[str, Any]) -> str | None:
    """The text of a task's data, where it is clear which one it is."""
    if isinstance(data.get("text"), str):
        return str(data["text"])
    texts = [value for value in data.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else None


def _ours(meta: object) -> Mapping[str, Any]:
    ours = meta.get("ontos") if isinstance(meta, dict) else None
    return ours if isinstance(ours, dict) else {}


def _reviewed_at(meta: object) -> Any:
    return moment(_ours(meta).get("reviewed_at"))


def _from_meta(one: Annotated, meta: object) -> Annotated | None:
    """Without an annotation: that the pair was rejected or flagged when we wrote the task."""
    ours = _ours(meta)
    if ours.get("status") not in (PairStatus.REJECTED, PairStatus.FLAGGED):
        return None
    reason, notes = (ours.get(name) for name in ("reject_reason", "notes"))
    one.status = PairStatus(ours["status"])
    one.reason = reason if isinstance(reason, str) else ""
    one.notes = notes if isinstance(notes, str) else None
    one.at = _reviewed_at(meta)
    return one


def _unwrap(value: Any) -> Any:
    """The value of a region, or of a key of JSON-MIN, which unwraps single ones: 1.5, [1.5], [{"number": 1.5}]."""
    for _ in range(3):
        if isinstance(value, dict):
            inner = [value[key] for key in _VALUES if key in value]
            if len(inner) != 1:
                return value
            value = inner[0]
        elif isinstance(value, list) and len(value) == 1:
            value = value[0]
    return value


def _annotator(completed_by: object) -> str:
    """The annotator: an id, or an object with an address."""
    if isinstance(completed_by, dict):
        given = (completed_by.get(key) for key in ("email", "username", "id"))
        completed_by = next((one for one in given if one not in (None, "")), None)
    return "unknown" if completed_by in (None, "") else storable(str(completed_by))[:200]
