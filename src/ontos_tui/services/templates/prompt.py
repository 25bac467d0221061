"""GENERATE: rendering the prompt of a template for a row.

Templates may come from other people's files. They are rendered in Jinja2's immutable sandbox with three more fences:
only filters, methods and statements from a list; every loop step is counted; every value that gets a name, and the
rendered prompt, has a size limit. So a template can neither reach out, nor hang, nor fill the memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import InvalidTemplateError
from ontos_tui.domain.records.data import Row, identifier_from
from ontos_tui.domain.records.template import Message, Template
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.schema import Answer

if TYPE_CHECKING:
    import jinja2

MAX_SOURCE = 50_000
"""Characters of one prompt template."""

MAX_PROMPT = 200_000
"""Characters of one rendered prompt; more than any model can use."""

_as_json = json.JSONEncoder(ensure_ascii=False).encode
_ADVICE = "Correct the template; placeholders look like {{ column }}."


class Prompt:
    """A compiled template. Raises InvalidTemplateError when its Jinja2 is malformed or not allowed."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._system, in_system = _compiled("system prompt", template.system_prompt)
        self._user, in_user = _compiled("user prompt", template.user_prompt)
        self._placeholders = in_system | in_user
        self._last: tuple[tuple[str, ...], dict[str, str]] = ((), self.mapping(()))

    @property
    def placeholders(self) -> frozenset[str]:
        """The placeholders of both prompts."""
        return self._placeholders

    def mapping(self, columns: Iterable[str]) -> dict[str, str]:
        """Placeholder to column, for every placeholder that `columns` can fill.

        The template's own mapping comes first, then a column of that very name, then the one column whose
        identifier form it is: `air_temperature_k` for `Air temperature [K]`.
        """
        known = list(columns)
        forms: dict[str, list[str]] = {}
        for column in known:
            forms.setdefault(identifier_from(column), []).append(column)
        mapped = {}
        for placeholder in self._placeholders:
            column = self._template.columns.get(placeholder, placeholder)
            if column in known:
                mapped[placeholder] = column
            elif placeholder not in self._template.columns and len(forms.get(identifier_from(placeholder), ())) == 1:
                mapped[placeholder] = forms[identifier_from(placeholder)][0]
        return mapped

    def unmapped(self, columns: Iterable[str]) -> list[str]:
        """The placeholders that no column fills, by name."""
        return sorted(self._placeholders - self.mapping(columns).keys())

    def messages(self, fields: Row, answer: Answer | None = None) -> list[Message]:
        """The chat messages for one row; with an answer, the assistant's message holds it as JSON.

        An empty value renders as empty text. Raises InvalidTemplateError when the row lacks a placeholder's column or
        the template fails on this row's values.
        """
        columns = tuple(fields)
        if columns != self._last[0]:
            self._last = (columns, self.mapping(columns))
        values = {placeholder: fields[column] for placeholder, column in self._last[1].items()}
        system = _rendered("system prompt", self._system, values)
        messages = [Message("system", system)] if system.strip() else []
        messages.append(Message("user", _rendered("user prompt", self._user, values)))
        if answer is not None:
            messages.append(Message("assistant", _as_json(answer)))
        return messages


def check_mapping(template: Template, columns: Iterable[str]) -> None:
    """Raise InvalidTemplateError listing everything in the template that `columns` cannot fill."""
    known = list(columns)
    problems = [f"the placeholder {name!r} has no column" for name in Prompt(template).unmapped(known)]
    problems += [
        f"the answer field {field!r} needs the column {column!r}, which does not exist"
        for field, column in template.answer_columns.items()
        if column not in known
    ]
    problems += [
        f"the feature column {column!r} does not exist" for column in template.feature_columns if column not in known
    ]
    if template.group_column and template.group_column not in known:
        problems.append(f"the group column {template.group_column!r} does not exist")
    if template.order_column and template.order_column not in known:
        problems.append(f"the order column {template.order_column!r} does not exist")
    if problems:
        raise InvalidTemplateError(
            f"The template {template.name!r} does not fit the sheet: {'; '.join(problems)}.",
            f"Map them to columns of the sheet: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}.",
        )


def feature_columns(
    template: Template,
    columns: Sequence[str],
    item_id_column: str | None,
    pictures: Iterable[str] = (),
    no_features: Iterable[str] = (),
) -> tuple[str, ...]:
    """The columns that a model learns from, in the order of `columns`.

    Those that the template lists; else those that its prompts name, and `pictures`; else all. What identifies an item
    or its group, what holds its answer, and the sheet's `no_features` are only learned from when the template lists
    them: a model that is shown the answer learns nothing, and one that knows the units by heart does not know new ones.
    """
    if template.feature_columns:
        return tuple(column for column in columns if column in template.feature_columns)
    hidden = {item_id_column, hidden_group(template.split_by, template.group_column), *no_features}
    hidden |= set(template.answer_columns.values())
    named = set(Prompt(template).mapping(columns).values()) - hidden
    if named:
        named |= set(pictures) - hidden
    return tuple(column for column in columns if (column in named if named else column not in hidden))


def hidden_group(by: SplitBy, group_column: str | None) -> str | None:
    """The group column where it only names the group; the text whose first line names it is learned from."""
    return None if by is SplitBy.FIRST_LINE else group_column


def check_syntax(template: Template) -> None:
    """Raise InvalidTemplateError when a prompt is malformed Jinja2 or uses what is not allowed."""
    Prompt(template)


class _Words:
    """A prompt of only text and placeholders: renders the same text as Jinja2, ten times as fast."""

    def __init__(self, parts: list[tuple[str, str]], jinja: jinja2.Template) -> None:
        self._parts = parts
        self._jinja = jinja

    def text(self, values: Row) -> str | None:
        """The whole text; None where Jinja2 has to say what is wrong, as with a missing value or a text too long."""
        try:
            text = "".join([words if name == "" else _word(values[name]) for words, name in self._parts])
        except (KeyError, ValueError, RecursionError):
            return None
        return text if len(text) <= MAX_PROMPT else None

    def generate(self, values: Row, **budget: Any) -> Iterable[str]:
        """The pieces of the text, as Jinja2's templates give them; Jinja2 says what is wrong when one is missing."""
        try:
            return [words if name == "" else _word(values[name]) for words, name in self._parts]
        except KeyError:
            return self._jinja.generate(values, **budget)

    @classmethod
    def of(cls, tree: jinja2.nodes.Template, jinja: jinja2.Template) -> jinja2.Template | _Words:
        """The prompt as words and placeholders if it is that, else as Jinja2 has it."""
        from jinja2 import nodes

        parts: list[tuple[str, str]] = []
        for output in tree.body:
            for node in output.nodes if isinstance(output, nodes.Output) else [output]:
                if isinstance(node, nodes.TemplateData):
                    parts.append((node.data, ""))
                elif isinstance(node, nodes.Name) and node.name not in jinja.environment.globals:
                    parts.append(("", node.name))
                else:
                    return jinja
        return cls(parts, jinja)


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _compiled(what: str, source: str) -> tuple[jinja2.Template | _Words, frozenset[str]]:
    import jinja2
    from jinja2 import meta

    if len(source) > MAX_SOURCE:
        raise InvalidTemplateError(f"The {what} is longer than {MAX_SOURCE} characters.", "Make it shorter.")
    environment = _environment()
    try:
        tree = environment.parse(source)
        names = meta.find_undeclared_variables(tree) - environment.globals.keys()
        return _Words.of(tree, environment.from_string(source)), frozenset(names)
    except jinja2.TemplateSyntaxError as error:
        raise InvalidTemplateError(
            f"The {what} cannot be used (line {error.lineno}): {_error_text(error)}.", _ADVICE
        ) from error
    except (jinja2.TemplateError, RecursionError, SyntaxError, ValueError, MemoryError) as error:
        raise InvalidTemplateError(f"The {what} cannot be used: {_error_text(error)}.", _ADVICE) from error


def _rendered(what: str, template: jinja2.Template | _Words, values: Row) -> str:
    if isinstance(template, _Words) and (text := template.text(values)) is not None:
        return text
    import jinja2

    from ontos_tui.services.templates.sandbox import fresh_budget

    try:
        size = 0
        parts = []
        for part in template.generate(values, **fresh_budget()):
            size += len(part)
            if size > MAX_PROMPT:
                raise InvalidTemplateError(
                    f"The {what} has more than {MAX_PROMPT:,} characters for this row.", "Use fewer or shorter columns."
                )
            parts.append(part)
        return "".join(parts)
    except jinja2.UndefinedError as error:
        raise InvalidTemplateError(
            f"The {what} cannot be filled: {_error_text(error)}.", "Map the placeholder to a column."
        ) from error
    except (
        jinja2.TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise InvalidTemplateError(f"The {what} fails on this row: {_error_text(error)}.", _ADVICE) from error


def _error_text(error: Exception) -> str:
    return str(getattr(error, "message", None) or error).rstrip(".")


@cache
def _environment() -> jinja2.Environment:
    from ontos_tui.services.templates.sandbox import environment

    return environment()
