"""The log beside a living database is deleted or replaced: nothing that was saved is lost, and it is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ontos_tui.domain.errors import StoreError
from ontos_tui.store.engine import Store


def _remember(store: Store, name: str) -> None:
    with store.write() as connection:
        connection.execute("INSERT INTO shared_state VALUES (?, 'x')", (name,))


def _remembered(path: Path) -> set[str]:
    """What a process finds that opens the database after everybody else was killed."""
    killed = path.parent.with_name("after the kill")
    shutil.copytree(path.parent, killed)
    store = Store(killed / path.name)
    try:
        with store.read() as connection:
            return {str(name) for name in connection.scalars("SELECT name FROM shared_state")}
    finally:
        store.close()


def _delete(*suffixes: str) -> Callable[[Path], None]:
    def delete(path: Path) -> None:
        for suffix in suffixes:
            path.with_name(path.name + suffix).unlink()

    return delete


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"")
    other.replace(path.with_name(f"{path.name}-wal"))


WAYS = {
    "log": _delete("-wal"),
    "index": _delete("-shm"),
    "both": _delete("-wal", "-shm"),
    "replaced": _replace,
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_saved_is_lost_and_the_next_change_says_so(store: Store, way: str) -> None:
    _remember(store, "before")
    WAYS[way](store.path)
    with pytest.raises(StoreError, match=r"deleted or replaced while the workspace was open, so this was not saved"):
        _remember(store, "after")
    assert _remembered(store.path) == {"before"}
    with pytest.raises(StoreError, match="Quit and start again"):
        _remember(store, "again")


@pytest.mark.parametrize("way", WAYS)
def test_who_only_looks_saves_it_too(store: Store, way: str) -> None:
    _remember(store, "before")
    WAYS[way](store.path)
    store.change_counter()  # the app asks for it again and again
    assert _remembered(store.path) == {"before"}


def test_after_a_new_start_it_goes_on(store: Store) -> None:
    _remember(store, "before")
    _delete("-wal", "-shm")(store.path)
    with pytest.raises(StoreError):
        _remember(store, "after")
    store.close()
    again = Store(store.path)
    _remember(again, "again")
    again.close()
    assert _remembered(store.path) == {"before", "again"}
