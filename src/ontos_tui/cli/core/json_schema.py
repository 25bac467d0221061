"""The JSON schema of what a command prints with --json, from the types of what it prints.

It mirrors `output.plain`: what that writes as text, an object or a list has here the schema of text, an object or a
list. Every field of a record or dataclass is always there, and no other.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
"""ISO 8601 in UTC, to the microsecond."""

_SIMPLE: Mapping[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time", "pattern": TIME},
    date: {"type": "string", "format": "date"},
    Any: {},
    object: {},
}


@dataclasses.dataclass(frozen=True)
class Object:
    """An object that a command puts together: these `fields`, and those of the type `of` except some."""

    fields: Mapping[str, Any]
    of: Any = None
    without: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Many:
    """A list of one kind of thing."""

    item: Any


@dataclasses.dataclass(frozen=True)
class OneOf:
    """What a command prints depends on its options: one of these."""

    kinds: tuple[Any, ...]


def json_schema(document: Any, title: str) -> Schema:
    """The schema of a document: a type, or one of the three above around types."""
    maker = SchemaMaker()
    body = maker.schema(document)
    definitions = {"$defs": dict(sorted(maker.definitions.items()))} if maker.definitions else {}
    return {"$schema": DIALECT, "title": title, **body, **definitions}


class SchemaMaker:
    """One schema under way; records and dataclasses become definitions that are referred to."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def schema(self, kind: Any) -> Schema:
        """The schema of one type."""
        if isinstance(kind, Many):
            return {"type": "array", "items": self.schema(kind.item)}
        if isinstance(kind, OneOf):
            return {"anyOf": [self.schema(one) for one in kind.kinds]}
        if isinstance(kind, Object):
            return self._object(kind)
        if kind in _SIMPLE:
            return dict(_SIMPLE[kind])
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            return {"anyOf": [self.schema(one) for one in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        cls = origin or kind
        if not isinstance(cls, type):
            raise TypeError(f"no JSON schema for {kind!r}")
        return self._class_schema(kind, cls, arguments)

    def _class_schema(self, kind: Any, cls: type, arguments: tuple[Any, ...]) -> Schema:
        if issubclass(cls, Enum):
            return {"enum": [member.value for member in cls]}
        # A path is text, and so is a named tuple: an address, say, which reads as what it names.
        if issubclass(cls, (str, Path)) or (issubclass(cls, tuple) and hasattr(cls, "_fields")):
            return {"type": "string"}
        if issubclass(cls, BaseModel) or dataclasses.is_dataclass(cls):
            return self._reference(kind, cls)
        if issubclass(cls, Mapping):
            return self._mapping(*(arguments or (str, Any)))
        if cls is tuple and arguments and arguments[-1] is not Ellipsis:
            return {"type": "array", "prefixItems": [self.schema(one) for one in arguments], "items": False}
        if issubclass(cls, Iterable):
            return {"type": "array", "items": self.schema(arguments[0]) if arguments else {}}
        raise TypeError(f"no JSON schema for {kind!r}")

    def _mapping(self, key: Any, value: Any) -> Schema:
        schema: Schema = {"type": "object", "additionalProperties": self.schema(value)}
        if isinstance(key, type) and issubclass(key, Enum):
            schema["propertyNames"] = self.schema(key)
        return schema

    def _object(self, document: Object) -> Schema:
        properties = {} if document.of is None else self._properties(document.of)
        properties |= {name: self.schema(kind) for name, kind in document.fields.items()}
        return _closed({name: one for name, one in properties.items() if name not in document.without})

    def _reference(self, kind: Any, cls: type) -> Schema:
        if kind not in self._names:
            name = cls.__name__ + "".join(getattr(one, "__name__", "") for one in get_args(kind))
            if name in self.definitions:
                name = f"{name}_{cls.__module__.rpartition('.')[2]}"
            self._names[kind] = name
            self.definitions[name] = {}  # a type that refers to itself ends here
            self.definitions[name] = {**_description(inspect.getdoc(cls)), **_closed(self._properties(kind))}
        return {"$ref": f"#/$defs/{self._names[kind]}"}

    def _properties(self, kind: Any) -> dict[str, Schema]:
        cls = get_origin(kind) or kind
        given = dict(zip(getattr(cls, "__parameters__", ()), get_args(kind), strict=False))
        hints = get_type_hints(cls)
        if issubclass(cls, BaseModel):
            described = {name: field.description for name, field in cls.model_fields.items()}
        else:
            described = {field.name: None for field in dataclasses.fields(cls)}
        return {
            name: {**_description(text), **self.schema(_substituted(hints[name], given))}
            for name, text in described.items()
        }


def _substituted(kind: Any, given: Mapping[Any, Any]) -> Any:
    """A hint of a generic class with its type variables replaced."""
    if isinstance(kind, TypeVar):
        return given.get(kind, Any)
    if given and get_args(kind) and get_origin(kind) is not ClassVar:
        arguments = tuple(_substituted(one, given) for one in get_args(kind))
        return kind.copy_with(arguments) if hasattr(kind, "copy_with") else get_origin(kind)[arguments]
    return kind


def _closed(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _description(text: str | None) -> Schema:
    return {"description": text.split("\n\n")[0].replace("\n", " ")} if text else {}
