"""What waits here, appended to the team's log in the order in which it was decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby

from ontos_tui.domain.sharing.entries import FORMAT, EntryId, EntryTooLargeError
from ontos_tui.services.team.log_port import TeamLog
from ontos_tui.store.engine import Store, new_writer_name
from ontos_tui.store.sharing.outgoing import held, pending

PAGE = 100
"""Entries that are read at once from what waits."""


def send(store: Store, log: TeamLog, *, try_held: bool) -> int:
    """Append what waits; returns how many entries with something in them.

    What the log can never take is set aside with what depends on it; with `try_held` that is tried again.
    """
    _hold_dependents(store)
    sent = last = 0
    while True:
        sending = _Sending(store, last)
        try:
            sending.append_all(log)
        except EntryTooLargeError as error:
            before, last = last, _hold(store, error)
            with store.read() as connection:
                sent += pending.count_between(connection, before, last)
        else:
            sent += sending.sent
            break
    if try_held:
        sending = _Sending(store, 0, held=True)
        with suppress(EntryTooLargeError):
            sending.append_all(log)
            sent += sending.sent
    return sent


def _hold_dependents(store: Store) -> None:
    """Set aside what depends on something that was before."""
    with store.read() as connection:
        if not held.is_any(connection):
            return
    with store.write() as connection:
        held.hold(connection, None, "", "")


def _hold(store: Store, error: EntryTooLargeError) -> int:
    """Set aside what the log cannot take, and what depends on it; after which number of what waits to go on."""
    with store.write() as connection:
        last = pending.number_of(connection, error.entry) - 1
        held.hold(connection, error.entry, str(error), new_writer_name())
    return last


class _Sending:
    """What waits behind a number, or what is `held` aside, and how much of it was sent."""

    def __init__(self, store: Store, after: int, *, held: bool = False) -> None:
        self.sent = 0
        self._store = store
        self._after = after
        self._held = held

    def append_all(self, log: TeamLog) -> None:
        """Append all of it."""
        for _, run in groupby(self._runs(), key=lambda one: one[0]):
            log.append(self._counted(run))

    def _counted(self, run: Iterator[tuple[int, EntryId, str]]) -> Iterator[tuple[EntryId, int, str]]:
        for _, id, body in run:
            yield id, FORMAT, body
            self.sent += pending.says_something(body)

    def _runs(self) -> Iterator[tuple[int, EntryId, str]]:
        """Entries, each with the number of the append that it belongs to.

        In one version of the log entries are ordered by writer and number; where they were decided in another order, as
        by two openings in turns, the next append begins.
        """
        after, number, last = self._after, 0, EntryId("", 0)
        while True:
            with self._store.read() as connection:
                page = pending.pending_texts(connection, after, PAGE, held=self._held)
            for after, id, body in page:  # noqa: B007  # it goes on after the last one
                number += id < last
                last = id
                yield number, id, body
            if len(page) < PAGE:
                return
