"""Engines that are created at their first use: their libraries take seconds to import, and memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class _Lazy(Generic[T]):
    """Stands in for what `make` returns, which is called at the first access to an attribute."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make

    @cached_property
    def _value(self) -> T:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)


def lazy(make: Callable[[], T]) -> T:
    """What `make` returns, created at its first use; callers use it like the thing itself."""
    return cast(T, _Lazy(make))
