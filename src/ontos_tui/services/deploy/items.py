"""The items of a model's sheet, to be sent to an endpoint: any of them, and what each was to the model."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.errors import NotFoundError, OntosError
from ontos_tui.domain.records.data import Item, Row, RowQuery, Sheet, TableAddress
from ontos_tui.domain.records.training import ModelVersion, Role
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data
from ontos_tui.store.queries import endpoints as queries

REMARKS = {
    Role.TRAIN: "it learned from this item",
    Role.HELD_OUT: "held out: the model has not seen it",
    None: "the model has not seen it",
}


@dataclass(frozen=True)
class EndpointItem:
    """An item with the columns that an endpoint's model looks at. `role` is what it was to the model, if anything."""

    ref: str
    fields: Row
    role: Role | None

    @property
    def remark(self) -> str:
        """Whether the model has seen it, in words."""
        return REMARKS[self.role]


class EndpointItems:
    """Finds items of the sheets that endpoints' models were trained on."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def item(self, endpoint: str, ref: str) -> EndpointItem:
        """One item of the model's sheet, whether or not it was ever labeled. Raises NotFoundError.

        An item of the training sheet is what it was when its pair was made; all others are read from the sheet.
        """
        with self._store.read() as connection:
            model, sheet = _model(connection, endpoint)
            fields = queries.pair_item(connection, model, ref)
            role = queries.item_roles(connection, model, [ref]).get(ref)
        if fields is None:
            items = self._in_sheet(model, sheet, ref, 1, exact=True)
            if not items:
                raise NotFoundError(
                    f"The sheet of {model.label()} has no item {ref!r}.",
                    f"List its items: `ontos sheet show {model.sheet_id[:8]}`; or type the row by hand.",
                )
            fields = items[0].fields
        return EndpointItem(ref, {feature: fields.get(feature) for feature in model.features}, role)

    def sample(self, endpoint: str, skip: int = 0) -> EndpointItem:
        """An item of the training sheet; rows new to the model come first, held-out ones last.

        Feedback on a held-out one must not teach the model what it is tested on. Raises NotFoundError when `skip`
        leaves none.
        """
        with self._store.read() as connection:
            model, _ = _model(connection, endpoint)
            one = queries.sample_item(connection, model, skip)
            if one is None:
                raise NotFoundError(f"The training sheet of {model.label()} has no item.", "Type the row by hand.")
            ref, fields = one
            role = queries.item_roles(connection, model, [ref]).get(ref)
        return EndpointItem(ref, {feature: fields.get(feature) for feature in model.features}, role)

    def search(self, endpoint: str, text: str = "", limit: int = 200) -> list[EndpointItem]:
        """The first items of the model's sheet whose reference holds `text`, in the order of the sheet.

        Where the sheet cannot be read, those of the training sheet. Raises NotFoundError for an unknown endpoint.
        """
        with self._store.read() as connection:
            model, sheet = _model(connection, endpoint)
        try:
            named = [(item.ref, item.fields) for item in self._in_sheet(model, sheet, text, limit, exact=False)]
        except OntosError:
            named = []
        with self._store.read() as connection:
            named = named or queries.pair_items(connection, model, text, limit)
            roles = queries.item_roles(connection, model, [ref for ref, _ in named])
        return [
            EndpointItem(ref, {feature: fields.get(feature) for feature in model.features}, roles.get(ref))
            for ref, fields in named
        ]

    def _in_sheet(self, model: ModelVersion, sheet: Sheet | None, text: str, limit: int, *, exact: bool) -> list[Item]:
        """Items of the sheet; none where the sheet is gone. Raises NotFoundError when its table cannot be read."""
        if sheet is None:
            return []
        address = TableAddress.parse(sheet.source_table)
        try:
            return self._catalog.items_named(address, RowQuery.of(sheet), text, limit, exact=exact)
        except OntosError as error:
            raise NotFoundError(
                f"The training sheet of {model.label()} has no item {text!r}, and its sheet {sheet.name!r} cannot be "
                f"read: {error.what}",
                error.todo,
            ) from error


def _model(connection: Connection, endpoint: str) -> tuple[ModelVersion, Sheet | None]:
    """The model that an endpoint answers with, and its sheet."""
    there = queries.endpoint(connection, endpoint)
    if there is None:
        raise NotFoundError(f"No endpoint {endpoint!r}.", "List endpoints: ontos endpoints list")
    model = find_model(connection, there.model_id)
    return model, data.sheet_with_id(connection, model.sheet_id)
