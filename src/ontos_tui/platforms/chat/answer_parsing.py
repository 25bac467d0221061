"""The JSON schema that a chat model should answer in, and reading such an answer from its reply."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

from ontos_tui.domain.schema import Answer, answer_fields, answer_problems

MOST_BRACES = 20
"""Places in a text where an answer may begin."""
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


class AnswerShape:
    """A JSON schema as it is put to a model, and the reading of what comes back."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._names = [field.name for field in answer_fields(schema)]

    def instruction(self) -> str:
        """The prompt for a model that cannot be given a schema."""
        schema = json.dumps(self._schema, ensure_ascii=False)
        return f"Answer with nothing but one JSON object that fits this JSON schema: {sendable(schema)}"

    def form(self) -> dict[str, Any]:
        """The `response_format` that asks for this shape."""
        shape = {"name": "answer", "schema": self._strict_schema(), "strict": self._is_strict()}
        return {"type": "json_schema", "json_schema": shape}

    def _strict_schema(self) -> dict[str, Any]:
        return {**self._schema, "additionalProperties": False}

    def _is_strict(self) -> bool:
        """Strict servers want every field required."""
        return set(self._names) <= set(self._schema.get("required", ()))

    def read(self, text: str) -> tuple[Answer | None, str]:
        """The answer in a text, or why there is none that fits. Fields that the schema does not have are dropped."""
        parsed = json_object(text)
        if parsed is None:
            return None, "it holds no JSON object" if text.strip() else "it is empty"
        answer = {name: parsed[name] for name in self._names if name in parsed}
        problems = answer_problems(self._schema, answer)
        if problems:
            return None, "; ".join(str(problem)[:200] for problem in problems[:5])
        try:
            json.dumps(answer, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except ValueError:
            return None, "it holds characters or numbers that cannot be stored"
        return answer, ""


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in a text, also where thoughts, a fence or words stand around it."""
    thought = _THOUGHT.match(text)
    text = text[thought.end() :] if thought else text
    for brace in islice(re.finditer("{", text), MOST_BRACES):
        try:
            value, _ = _DECODER.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        return dict(value)
    return None


def _no_constant(name: str) -> float:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def sendable(text: str) -> str:
    """Text without lone surrogates, which no server can read."""
    return text.encode("utf-8", "replace").decode()
