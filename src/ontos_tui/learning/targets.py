"""Answers as things to learn: each value of a field as a class, a number or a text, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ontos_tui.domain.answer_columns import LEFT_OUT
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.learning.encoding.features import LARGEST, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_VALUE = ""
"""The class of answers that leave an optional field out."""

CLASS_KINDS = (FieldKind.ENUM, FieldKind.BOOLEAN)
NUMBER_KINDS = (FieldKind.NUMBER, FieldKind.INTEGER)


def class_of(value: object) -> str:
    """A value as the name of a class: its JSON, so that 1, true and "1" stay apart; 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def value_of(name: str) -> Any:
    """The value that a class name stands for."""
    value = _parsed(name)
    return deepcopy(value) if isinstance(value, (list, dict)) else value


@lru_cache(4_096)
def _parsed(name: str) -> Any:
    return json.loads(name)


def class_text(name: str) -> str:
    """A class as a person reads it."""
    if name == NO_VALUE:
        return "(no value)"
    value = value_of(name)
    # Scores are kept in records, and those hold no lone surrogates.
    return (value if isinstance(value, str) else name).encode("utf-8", "replace").decode()


def target(field: AnswerField, answer: Answer) -> str | float | None:
    """What an answer teaches about `field`: a class name, a number, a text; None when nothing that fits the field.

    An optional field that is left out is a class of its own, except for numbers.
    """
    value = answer.get(field.name)
    if field.kind is FieldKind.SPANS:  # where something stands in one text tells nothing about another
        return None
    if field.kind in CLASS_KINDS:
        allowed = [class_of(choice) for choice in field.choices] or ["false", "true"]
        if field.name in answer:
            try:
                name = class_of(value)
            except (TypeError, ValueError):  # nothing that JSON can hold, so no choice either
                return None
            if name in allowed:
                return name
        return NO_VALUE if value is None and not field.required else None
    if field.kind in NUMBER_KINDS:
        parsed = None if isinstance(value, str) else number(value)
        return None if parsed is None else min(max(parsed, -LARGEST), LARGEST)
    if isinstance(value, str):
        return class_of(value)
    return NO_VALUE if value is None and not field.required else None


def targets_of(field: AnswerField, answers: Sequence[Answer]) -> list[str | float | None]:
    """What each answer teaches about `field`; one that stands for several rows is looked at once."""
    known: dict[int, str | float | None] = {}
    targets = []
    for answer in answers:
        key = id(answer)  # they all live as long as this goes on
        if key not in known:
            known[key] = target(field, answer)
        targets.append(known[key])
    return targets


def class_codes(values: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """The classes there are, in order, and the place of each value among them."""
    names = sorted(set(values))
    places = {name: place for place, name in enumerate(names)}
    return names, np.fromiter(map(places.__getitem__, values), dtype=np.intp, count=len(values))


def in_range(field: AnswerField, value: float) -> int | float:
    """A number as the field may hold it: within minimum and maximum, whole for integers."""
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    if field.kind is FieldKind.INTEGER:
        low = math.ceil(low) if math.isfinite(low) else low
        high = math.floor(high) if math.isfinite(high) else high
        return int(min(max(round(value), low), high))
    return float(min(max(value, low), high))


def put(answer: Answer, field: AnswerField, value: str | float) -> None:
    """Write a class name or a number into `answer`; an absent value writes nothing."""
    if isinstance(value, str):
        if value != NO_VALUE:
            answer[field.name] = value_of(value)
    else:
        answer[field.name] = in_range(field, value)


def field_values(field: AnswerField, answers: Sequence[str | float]) -> list[Any]:
    """Class names or numbers as the values of a field; None where it is left out."""
    if answers and not isinstance(answers[0], str):
        return [in_range(field, float(one)) for one in answers]
    values = {name: LEFT_OUT if name == NO_VALUE else value_of(str(name)) for name in dict.fromkeys(answers)}
    if any(isinstance(value, (list, dict)) for value in values.values()):  # no two answers share one
        return [deepcopy(values[name]) for name in answers]
    return [values[name] for name in answers]
