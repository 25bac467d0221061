"""The limits around Jinja2: what a template may use, and how much it may compute.

Jinja2's sandbox keeps a template away from the program. It does not keep it from looping for ever, from growing a text
without end or from sorting a long one again and again. So the syntax tree is checked against a list, and whatever can
repeat, grow or work through a value is wrapped in what charges it to the rendering's budget: of steps, of work (the
characters and elements that are gone through) and, whatever these make of a slow machine, of CPU time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_STEPS = 20_000
"""Loop steps of one rendering, all loops together."""

MAX_WORK = 5_000_000
"""Characters and elements that filters, methods and counts of one rendering go through."""

MAX_SECONDS = 2.0
"""CPU time of one rendering: a prompt of ten thousand characters takes a hundredth of it."""

SORTING = 10
"""Work of an element that is sorted or compared with all others, beside one that is looked at once."""

MAX_VALUE = 200_000
"""Characters and elements of one value, counted through its nesting."""

MAX_NESTING = 40
"""How deep an expression may be nested."""

_BUDGET = " budget"
"""A name that no template can spell."""

_TEXT_FILTERS = frozenset({"capitalize", "lower", "string", "title", "trim", "upper"})
_FILTERS = _TEXT_FILTERS | {
    *("abs", "count", "default", "d", "dictsort", "first", "float", "int", "items", "last", "length", "list", "max"),
    *("min", "reverse", "round", "sort", "sum", "truncate", "unique", "wordcount"),
}
_METHODS = frozenset(
    {
        *("capitalize", "count", "endswith", "find", "get", "isalpha", "isdigit", "items", "keys", "lower", "lstrip"),
        *("rstrip", "split", "startswith", "strip", "title", "upper", "values"),
    }
)
_STATEMENTS = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict),
    *(nodes.Pair, nodes.Keyword, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Compare),
    *(nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.If, nodes.For, nodes.Assign, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.Call),
)


class _Budget:
    """What one rendering has left."""

    def __init__(self) -> None:
        self.steps = MAX_STEPS
        self._work = MAX_WORK
        self._until = time.thread_time() + MAX_SECONDS

    def step(self) -> None:
        """Count one step of a loop. Raises SecurityError when there are too many."""
        self.steps -= 1
        if self.steps < 0:
            raise SecurityError(f"the loops take more than {MAX_STEPS:,} steps")
        self.charge(1)

    def charge(self, work: int) -> None:
        """Count work. Raises SecurityError when there is too much of it, or when it took too long."""
        self._work -= work
        if self._work < 0:
            raise SecurityError(f"it goes through more than {MAX_WORK:,} characters and elements")
        if time.thread_time() > self._until:
            raise SecurityError(f"it takes more than {MAX_SECONDS:.0f} s of computing")

    def checked(self, value: Any) -> Any:
        """`value`, unless it holds more than MAX_VALUE characters and elements, counting what is shared each time."""
        left = MAX_VALUE
        waiting = [value]
        visited = 0
        while waiting:
            part = waiting.pop()
            visited += 1
            if isinstance(part, str):
                left -= len(part)
            elif isinstance(part, Mapping):
                waiting += [*part.keys(), *part.values()]
                left -= len(part)
            elif isinstance(part, (list, tuple)):
                waiting += part
                left -= len(part)
            left -= 1
            if left < 0:
                raise SecurityError("a value grows too large")
        self.charge(visited)
        return value


def fresh_budget() -> dict[str, Any]:
    """The variables that a rendering needs beside its own, to count its steps."""
    return {_BUDGET: _Budget()}


def environment() -> ImmutableSandboxedEnvironment:
    """A Jinja2 environment in which every template ends, small."""
    result = _Fenced(undefined=StrictUndefined, autoescape=False, finalize=_shown, keep_trailing_newline=False)
    plain = {name: result.filters[name] for name in _FILTERS}
    plain |= {name: _of_shown(result.filters[name]) for name in _TEXT_FILTERS}
    result.filters = {
        **{name: _charged(name, function) for name, function in plain.items()},
        "join": _join,
        "replace": _replace,
        "tojson": _to_json,
        "bounded step": _steps,
        "bounded value": _bounded,
        "bounded text": _concat,
    }
    result.globals = {"range": result.globals["range"]}
    return result


class _Fenced(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "%"})

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _check(tree, 0)
        _wrap(tree)
        tree.set_environment(self)
        return tree

    def is_safe_callable(self, obj: Any) -> bool:
        if obj is self.globals["range"] or getattr(obj, "__qualname__", "") == "LoopContext.cycle":
            return True
        owner = getattr(obj, "__self__", None)
        return isinstance(owner, (str, list, dict)) and getattr(obj, "__name__", "") in _METHODS

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator != "+" and not all(isinstance(side, (int, float)) for side in (left, right)):
            raise SecurityError(f"{operator} is for numbers only")
        if any(isinstance(side, int) and side.bit_length() > 1024 for side in (left, right)):
            raise SecurityError("a number grows too large")
        return _budget(context).checked(super().call_binop(context, operator, left, right))

    def call(self, context: Context, function: Any, *arguments: Any, **named: Any) -> Any:
        _budget(context).charge(_size(getattr(function, "__self__", None)) + sum(map(_size, arguments)))
        return super().call(context, function, *arguments, **named)


def _check(node: nodes.Node, depth: int) -> None:
    if type(node) not in _STATEMENTS:
        word = type(node).__name__.lower()
        raise TemplateSyntaxError(f"{word!r} is not allowed in a prompt", node.lineno)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateSyntaxError("a recursive loop is not allowed in a prompt", node.lineno)
    if isinstance(node, nodes.Call) and not _is_call_allowed(node.node):
        called = node.node.attr if isinstance(node.node, nodes.Getattr) else getattr(node.node, "name", "this")
        raise TemplateSyntaxError(f"{called}() is not allowed in a prompt", node.lineno)
    if depth > MAX_NESTING:
        raise TemplateSyntaxError(f"the prompt is nested more than {MAX_NESTING} deep", node.lineno)
    for child in node.iter_child_nodes():
        _check(child, depth + 1)


def _is_call_allowed(called: nodes.Node) -> bool:
    if isinstance(called, nodes.Getattr):
        return called.attr in _METHODS or called.attr == "cycle"
    return isinstance(called, nodes.Name) and called.name == "range"


def _wrap(node: nodes.Node) -> None:
    """Put the counting filters around everything that can repeat or grow."""
    for child in list(node.iter_child_nodes()):
        _wrap(child)
    if isinstance(node, nodes.For):
        node.iter = _filtered(node.iter, "bounded step")
    elif isinstance(node, nodes.Assign):
        node.node = _filtered(node.node, "bounded value")
    elif isinstance(node, nodes.Operand) and node.op in ("in", "notin"):
        node.expr = _filtered(node.expr, "bounded value")
    for field, value in node.iter_fields():
        if isinstance(value, nodes.Concat):
            setattr(node, field, _concatenation(value))
        elif isinstance(value, list):
            value[:] = [_concatenation(item) if isinstance(item, nodes.Concat) else item for item in value]


def _concatenation(node: nodes.Concat) -> nodes.Filter:
    return _filtered(nodes.List(node.nodes, lineno=node.lineno), "bounded text")


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _shown(value: Any) -> Any:
    return "" if value is None else value


def _of_shown(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value, *arguments: function(_shown(value), *arguments)


def _budget(context: Context) -> _Budget:
    budget: _Budget = context[_BUDGET]
    return budget


def _size(value: Any) -> int:
    """The work of going through a value once."""
    return len(value) + 1 if isinstance(value, (str, list, tuple, dict, range)) else 1


def _charged(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that counts what it goes through."""
    weight = SORTING if name in ("sort", "unique", "dictsort") else 1
    first = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    def filtered(context: Context, value: Any, *arguments: Any, **named: Any) -> Any:
        _budget(context).charge(_size(value) * weight)
        passed = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        leading = (passed[first],) if first else ()
        return function(*leading, value, *arguments, **named)

    return filtered


@pass_context
def _bounded(context: Context, value: Any) -> Any:
    return _budget(context).checked(value)


@pass_context
def _steps(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    budget = _budget(context)
    if isinstance(values, Undefined):
        str(values)  # raises, and names what is missing
    for value in values:
        budget.step()
        yield budget.checked(value)


@pass_context
def _concat(context: Context, parts: list[Any]) -> str:
    text = "".join(str(_shown(part)) for part in parts)
    _budget(context).charge(len(text))
    return str(_budget(context).checked(text))


@pass_context
def _join(context: Context, values: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    budget = _budget(context)
    parts = [value if attribute is None else value[attribute] for value in values]
    texts = [str(_shown(budget.checked(part))) for part in parts]
    size = len(texts) * len(separator) + sum(map(len, texts))
    if size > MAX_VALUE:
        raise SecurityError("a value grows too large")
    budget.charge(size)
    return separator.join(texts)


@pass_context
def _replace(context: Context, value: Any, old: str, new: str) -> str:
    text = str(_shown(value))
    _budget(context).charge(2 * _size(text))
    if len(text) + text.count(old) * len(new) > MAX_VALUE:
        raise SecurityError("a value grows too large")
    return text.replace(old, new)


@pass_context
def _to_json(context: Context, value: Any, indent: int | None = None) -> str:
    if isinstance(value, Undefined):
        raise TemplateError(str(value))
    text = json.dumps(
        _budget(context).checked(value), ensure_ascii=False, indent=None if indent is None else min(indent, 8)
    )
    _budget(context).charge(len(text))
    return text
