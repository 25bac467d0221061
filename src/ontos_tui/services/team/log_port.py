"""The team's log as the services use it, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.sharing.entries import EntryId, LogRow


class TeamLog(Protocol):
    """The team's log. Appending never fails because of others; the same entry appended twice counts once."""

    def prepare(self) -> list[str]:
        """Create what is missing; returns what was created, in words."""
        ...

    def identity(self) -> str:
        """Which log this is; another one has another. Raises ConflictError where there is none."""
        ...

    def login(self) -> str:
        """Who the log says is logged in, and so writes."""
        ...

    def append(self, entries: Iterable[tuple[EntryId, int, str]]) -> None:
        """Put entries behind those that are there: id, format, body; by writer and number. Raises
        PlatformError, of it EntryTooLargeError for one that it can never take; all before that are in the log then."""
        ...

    def read(self, after: int) -> Iterator[list[LogRow]]:
        """What was appended after this version, in the log's order, page by page; a page may end within a version."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class NotTheLogError(ConflictError):
    """What is under the log's name is not what this workspace shared with; nothing was changed."""


class NewerLogError(NotReadyError):
    """The log has entries of a newer program; they are read after the update."""
