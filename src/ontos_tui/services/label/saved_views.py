"""Saved views: what the queue lists and in which order, under a name that everybody who labels here can open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.labeling import SavedView
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.services.label.queue import QueueFilter, QueueSort
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label import saved_views as queries

_FILTER = TypeAdapter(QueueFilter)


@dataclass(frozen=True)
class View:
    """A saved view, ready to be opened."""

    name: str
    filter: QueueFilter
    sort: QueueSort
    created_by: str


class ViewService:
    """Views of training sheets, saved and taken away by `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    def all(self, ts_ref: str) -> list[View]:
        """The views of a training sheet by name."""
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
            saved = queries.views(connection, sheet.id)
        return [_view(one) for one in sorted(saved, key=lambda one: one.name.casefold())]

    def get(self, ts_ref: str, name: str) -> View:
        """The view of that name. Raises NotFoundError."""
        with self._store.read() as connection:
            return _view(_saved(connection, rows.resolve(connection, TrainingSheet, ts_ref), name))

    def save(self, ts_ref: str, name: str, filter: QueueFilter, sort: QueueSort) -> View:
        """Keep a filter and an order under a name; a view that is called so already becomes this one.

        Raises InvalidInputError for a name that is empty or longer than 60 characters, or an order without its item.
        """
        if sort is QueueSort.SIMILAR and not filter.like:
            raise InvalidInputError("No item to compare with.", "Name the item that the others are compared with.")
        criteria = {
            key: value for key, value in _FILTER.dump_python(filter, mode="json").items() if value not in (None, "")
        }
        with self._store.write() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
            known = queries.view(connection, sheet.id, name.strip())
            changed = {"filter": criteria, "sort": sort.value, "updated_by": self._actor}
            if known is not None:
                saved = rows.change(connection, known, **changed)
            else:
                saved = _new_view(name.strip(), sheet, self._actor, changed)
                rows.add(connection, saved)
            before = None if known is None else {"filter": known.filter, "sort": known.sort}
            after = {"name": saved.name, "filter": criteria, "sort": sort.value}
            rows.log(connection, saved, "save", self._actor, before=before, after=after, scope_id=sheet.id)
        return _view(saved)

    def delete(self, ts_ref: str, name: str) -> None:
        """Take a view away; the pairs stay as they are. Raises NotFoundError."""
        with self._store.write() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ts_ref)
            saved = _saved(connection, sheet, name)
            queries.remove(connection, saved.id)
            before = {"name": saved.name, "filter": saved.filter, "sort": saved.sort}
            rows.log(connection, saved, "delete", self._actor, before=before, scope_id=sheet.id)


def _saved(connection: Connection, sheet: TrainingSheet, name: str) -> SavedView:
    view = queries.view(connection, sheet.id, name.strip())
    if view is None:
        raise NotFoundError(
            f"{sheet.name!r} has no saved view {name!r}.", f"List saved views: ontos label views {sheet.id[:8]}"
        )
    return view


def _new_view(name: str, sheet: TrainingSheet, actor: str, changed: dict[str, Any]) -> SavedView:
    try:
        return SavedView(name=name, training_sheet_id=sheet.id, created_by=actor, **changed)
    except ValidationError as error:
        raise InvalidInputError("This is not a valid name for a view.", "Use 1 to 60 characters.") from error


def _view(saved: SavedView) -> View:
    try:
        return View(saved.name, _FILTER.validate_python(saved.filter), QueueSort(saved.sort), saved.created_by)
    except (ValidationError, ValueError) as error:
        raise InvalidInputError(
            f"The view {saved.name!r} was saved by another version of Ontos.", "Delete it, and save it again."
        ) from error
