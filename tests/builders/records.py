"""Records made from their own classes, so that a new field is tested without a thought."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ontos_tui.domain.records.base import Record
from ontos_tui.store.tables import storage_type

R = TypeVar("R", bound=Record)

ODD_TEXT = 'it\'s "q" \0 \x1b[2J \u202e 🔬 é\n\t\\ %s :x ; --'
ODD_JSON: dict[str, Any] = {
    "nul": "a\0b",
    "surrogate": "\ud800 and \udfff",
    "emoji 🔬": ["👩‍🔬", None, True, 1.5, -(2**63), 10**30, 1e-300],
    "": {"deep": [[], {}, [[{"x": None}]]]},
    "é": "\u202e\x1b]52;c;AAAA\x07",
}

_LEGAL = {"name": "endpoint-{n}", "color": "red"}


def odd_record(record: type[R], n: int, *, minimal: bool = False) -> R:
    """A record whose every field is filled with something odd; `minimal` leaves out what has a default."""
    values: dict[str, Any] = {}
    for name, field in record.model_fields.items():
        if minimal and not field.is_required():
            continue
        values[name] = _value(name, field.annotation, field.metadata, n)
    return record.model_validate(values)


def _value(name: str, annotation: Any, limits: list[Any], n: int) -> Any:
    python, _ = storage_type(annotation)
    if issubclass(python, Enum):
        return list(python)[n % len(list(python))]
    if issubclass(python, BaseModel):
        return _nested(python, n)
    if any(getattr(limit, "pattern", None) for limit in limits):
        return f"endpoint-{n}"
    if python is str:
        return f"{name} {n} {ODD_TEXT}"
    if python is bool:
        return n % 2 == 1
    if python is int:
        return 1 + n % 5
    if python is float:
        most = next((limit.le for limit in limits if hasattr(limit, "le")), None)
        return 0.1 + n if most is None else most / (n + 2)
    if python is datetime:
        return datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC) + timedelta(seconds=n)
    if python is date:
        return date(2026, 2, 28)
    return _structure(annotation, n)


def _nested(model: type[BaseModel], n: int) -> dict[str, Any]:
    return {name: _value(name, field.annotation, [], n) for name, field in model.model_fields.items()}


def _structure(annotation: Any, n: int) -> Any:
    told = str(annotation)
    if "LabelClass" in told:
        return [{"name": f"{ODD_TEXT}{n}", "hotkey": "1"}]
    if "FeatureDrift" in told:
        return [{"name": ODD_TEXT, "signal": "input", "reference_count": n, "recent_count": 0, "why": ODD_TEXT}]
    if ".data.Column" in told:
        return [{"name": ODD_TEXT, "type": f"ENUM('{n}')"}]
    if "Interval" in told:
        return {ODD_TEXT: {"low": -0.5, "high": 0.25 + n, "rough": n % 2 == 1}}
    if "Outside" in told:
        return [{"column": ODD_TEXT, "value": ODD_TEXT}, {"column": "n", "value": 0.5, "low": -1.5, "high": 0.25}]
    if "deployment_gate.Check" in told:
        return [{"name": ODD_TEXT, "outcome": "failed", "line": ODD_TEXT, "demanded": n % 2 == 1}]
    inner = get_args(annotation)
    if get_origin(annotation) is list and isinstance(inner[0], type) and issubclass(inner[0], BaseModel):
        return [_nested(inner[0], n)]
    if get_origin(annotation) is list and get_origin(inner[0]) is tuple:
        return [[_value("part", part, [], n) for part in get_args(inner[0])]]
    if get_origin(annotation) is dict and inner[1] in (int, str, float):
        return {ODD_TEXT: _value("value", inner[1], [], n)}
    if told == "list[int]":
        return [n, 0]
    if told.startswith("list"):
        return [ODD_TEXT, "", str(n)]
    if "dict[str, str]" in told and "dict[str, dict" not in told:
        return {ODD_TEXT: "x", str(n): ODD_TEXT}
    if "WindowLabel" in told:
        return {ODD_TEXT: "last", str(n): "most"}
    if "ColumnRole" in told:
        return {ODD_TEXT: "note", str(n): "id"}
    if "dict[str, tuple[float" in told:
        return {ODD_TEXT: [0.25, 0.25 + n]}
    if "dict[str, list[str]]" in told:
        return {ODD_TEXT: [ODD_TEXT, ""]}
    if "dict[str, dict[str, str]]" in told:
        return {ODD_TEXT: {ODD_TEXT: "x"}}
    if "dict[str, float]" in told:
        return {ODD_TEXT: 0.25, str(n): 1.0}
    return {**ODD_JSON, "n": n}


def has_default(record: type[Record], name: str) -> bool:
    """Whether the field may be left out."""
    field = record.model_fields[name]
    return field.default is not PydanticUndefined or field.default_factory is not None
