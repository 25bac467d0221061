"""JSON schemas from people and files, checked so that they reach no file or network and end in bounded time.

A schema is data: a `$ref` outside of it is refused instead of fetched, and a `pattern` runs in RE2, whose time grows
with the text and not with the pattern's choices. Both hold when a schema comes in (`problems_of_schema`) and when an
answer is checked (`Validator`), because older workspaces hold schemas that nobody checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from ontos_tui.domain.errors import InvalidTemplateError

MOST_PARTS = 20_000
"""Keywords and values of a schema, all levels together."""
DEEPEST = 60
"""Levels of a schema."""
LONGEST_PATTERN = 1_000
"""Characters of a pattern."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_NAMED = ("properties", "$defs", "definitions", "dependentSchemas")
"""Keywords under which names are chosen freely, so that a name may look like a keyword."""
_DATA = ("enum", "const", "default", "examples")
"""Keywords that hold values and no schemas."""


def problems_of_schema(schema: Mapping[str, Any]) -> Iterator[str]:
    """Why a schema is not accepted, one sentence each: references out of it, patterns that RE2 does not know, size."""
    parts = 0
    waiting: list[tuple[Any, int, bool]] = [(schema, 0, False)]
    while waiting:
        part, depth, named = waiting.pop()
        parts += 1
        if depth > DEEPEST:
            yield f"it is nested more than {DEEPEST} levels deep"
            return
        if parts > MOST_PARTS:
            yield f"it has more than {MOST_PARTS:,} parts"
            return
        if isinstance(part, Mapping):
            if not named:
                yield from _problems_of_part(part, schema)
            inner = {name: value for name, value in part.items() if named or name not in _DATA}
            waiting += [(value, depth + 1, not named and name in _NAMED) for name, value in inner.items()]
        elif isinstance(part, (list, tuple)):
            waiting += [(value, depth + 1, False) for value in part]


def _problems_of_part(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    for word in _REFERENCES:
        reference = part.get(word)
        if isinstance(reference, str) and not reference.startswith("#"):
            yield f"{word} {reference[:80]!r} leads out of the schema; only references that begin with # are followed"
        elif isinstance(reference, str) and reference.startswith("#/") and not _leads_somewhere(reference, schema):
            yield f"{word} {reference[:80]!r} leads nowhere"
    if "patternProperties" in part:
        yield "patternProperties is not supported: name each field of the answer"
    pattern = part.get("pattern")
    if isinstance(pattern, str) and (reason := problem_of_pattern(pattern)):
        yield f"the pattern {pattern[:80]!r} {reason}"


def _leads_somewhere(reference: str, schema: Mapping[str, Any]) -> bool:
    place: Any = schema
    for step in unquote(reference[2:]).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping) and name in place:
            place = place[name]
        elif isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            return False
    return True


def problem_of_pattern(pattern: str) -> str:
    """Why a pattern is not accepted; empty when it is."""
    if len(pattern) > LONGEST_PATTERN:
        return f"is longer than {LONGEST_PATTERN:,} characters"
    try:
        _pattern(pattern)
    except ValueError as error:
        return f"cannot be used: {error}"
    return ""


@cache
def _pattern(pattern: str) -> Any:
    """The pattern, compiled by RE2. Raises ValueError with the reason."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"{text} (RE2 has no look-around and no back-references)") from error


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern occurs in a text, in time that grows with the text only. Raises ValueError if it is none."""
    # A lone surrogate is no character that a pattern could mean, and RE2 reads UTF-8 only.
    return _pattern(pattern).search(text.encode("utf-8", "replace").decode()) is not None


class Validator:
    """Checks answers against one schema. Raises InvalidTemplateError for a schema that is not accepted."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        from referencing import Registry

        if problems := [*problems_of_schema(schema)]:
            raise unaccepted(problems)
        self._validator = _validator_class()(dict(schema), registry=Registry())

    def problems(self, answer: object) -> list[tuple[str, str]]:
        """Everything that is wrong with `answer`, as path and reason; empty when it fits."""
        return [
            (".".join(str(part) for part in error.absolute_path), str(error.message)) for error in self._errors(answer)
        ]

    def is_valid(self, answer: object) -> bool:
        """Whether `answer` fits."""
        return next(self._errors(answer), None) is None

    def _errors(self, answer: object) -> Iterator[Any]:
        from jsonschema.exceptions import ValidationError
        from referencing.exceptions import Unresolvable

        try:
            yield from self._validator.iter_errors(answer)
        except RecursionError:
            yield ValidationError("the output schema refers to itself without end")
        except Unresolvable as error:
            yield ValidationError(f"the output schema refers to {str(error.ref)[:80]!r}, which it does not contain")


def unaccepted(problems: list[str]) -> InvalidTemplateError:
    """The error for a schema with these problems."""
    return InvalidTemplateError(
        f"The output schema cannot be used: {'; '.join(problems[:3])}.",
        "Change it: a schema stands alone, and its patterns are those of RE2.",
    )


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not matches(pattern, instance):
            yield ValidationError(f"{instance!r} does not match {pattern!r}")

    extended: Any = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return extended
