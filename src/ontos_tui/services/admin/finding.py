"""The result of one of the doctor's checks, and how a failed check becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ontos_tui.domain.errors import OntosError


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """The result of one check. `todo` says what to do about a problem; `ok` is whether Ontos works with it."""

    name: str
    ok: bool
    message: str
    todo: str = ""
    state: State = State.OK

    @classmethod
    def of(cls, name: str, message: str, todo: str = "", state: State = State.OK) -> Finding:
        """A finding; a problem unless the state says otherwise."""
        return cls(name, state is not State.FAIL, message, todo, state)


def run_check(name: str, check: Callable[[], str]) -> Finding:
    """The message of `check`, or the error that it raises, as a finding."""
    try:
        return Finding.of(name, check())
    except OntosError as error:
        return Finding.of(name, error.what, error.todo, State.FAIL)
