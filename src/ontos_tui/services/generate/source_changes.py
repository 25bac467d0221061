"""Whether a source still holds the items of which pairs were made, and what is other in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from ontos_tui.domain.records.data import Item, ItemIdentity, Row, RowQuery, Sampling, TableAddress
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.rules.source_changes import ChangedSource, SourceChangedError, SourceChanges
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.generate.plan import Plan
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import generate
from ontos_tui.store.queries.training.sheets import find_training_sheet

BATCH = 2_000


def check_source(store: Store, catalog: Catalog, plan: Plan, choice: ChangedSource) -> str:
    """The fingerprint of the source, after the check that it holds the items of which pairs were made.

    Raises SourceChangedError when it does not, unless the choice is to continue.
    """
    fingerprint = catalog.fingerprint(plan.address)
    with store.read() as connection:
        sheet = find_training_sheet(connection, plan.sheet.id, plan.template.id)
    if sheet is None or choice is ChangedSource.CONTINUE:
        return fingerprint
    # Of what was made before this was kept, the sheet knows with which source it was checked last.
    known = sheet.source_fingerprint or plan.sheet.source_fingerprint
    if fingerprint != known or plan.sheet.identity is ItemIdentity.POSITION:
        changes = changes_of(store, catalog, plan, sheet)
        if changes:
            raise SourceChangedError(plan.sheet.name, changes)
    return fingerprint


def changes_of(store: Store, catalog: Catalog, plan: Plan, sheet: TrainingSheet) -> SourceChanges:
    """How the items of the plan's sheet differ from the pairs of a training sheet; nothing for one without pairs."""
    changes = SourceChanges()
    with store.read() as connection:
        left = generate.source_refs(connection, sheet.id)
    if not left:
        return changes
    by_column = plan.sheet.item_id_column is not None or plan.sheet.windows is not None
    # Rows that the sheet leaves out are not gone, so all are looked at; only the sheet's own can be new.
    whole = replace(plan.query, limit=None, sampling=Sampling.ALL, sample_size=None, unique_by=())
    if plan.sheet.windows is None:
        whole = replace(whole, filter="")
    own = replace(plan.query, limit=None)
    for batch in _batches(catalog, plan.address, own if by_column else replace(own, columns=plan.columns[:1])):
        stored = _stored(store, sheet.id, batch) if by_column else {}
        for item in batch:
            if item.ref not in left:
                changes.new.add(item.ref)
            elif item.ref in stored and _differs(stored[item.ref], plan.visible_fields(item.fields)):
                changes.changed.add(item.ref)
        left.difference_update(item.ref for item in batch)
    if left and whole != own:
        for batch in _batches(catalog, plan.address, replace(whole, columns=plan.columns[:1])):
            left.difference_update(item.ref for item in batch)
    for ref in sorted(left):
        changes.gone.add(ref)
    return changes


def _batches(catalog: Catalog, address: TableAddress, query: RowQuery) -> Iterator[list[Item]]:
    items = catalog.items(address, query)
    while batch := list(islice(items, BATCH)):
        yield batch


def _stored(store: Store, training_sheet_id: str, batch: list[Item]) -> dict[str, Row]:
    with store.read() as connection:
        return generate.stored_fields(connection, training_sheet_id, [item.ref for item in batch])


def _differs(stored: Row, now: Row) -> bool:
    """Whether a cell differs; columns that only one of them has say nothing."""
    return any(stored[name] != now[name] for name in stored.keys() & now.keys())
