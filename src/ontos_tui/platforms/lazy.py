"""Engines that are made when they are first asked: their libraries take seconds to import, and memory to keep."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class _Later(Generic[T]):
    """Everything of what `make` gives; nothing is made before something of it is asked for."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> T:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


def later(make: Callable[[], T]) -> T:
    """What `make` gives, made on first use; whoever is given it need not know."""
    return cast(T, _Later(make))
