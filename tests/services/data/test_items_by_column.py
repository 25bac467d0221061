"""Items by the column and by their names: the same as one by one, of files, windows and the team's tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.tables import parts_file
from emulator.databricks.scene import READINGS, Scene
from ontos_tui.domain.errors import NoIdentityError
from ontos_tui.domain.records.data import Item, RowQuery, Sampling, TableAddress, Windows
from ontos_tui.platforms.ports import Catalog
from ontos_tui.workspace import Workspace

QUERIES = [
    RowQuery(),
    RowQuery(item_id_column="part", columns=("voltage", "line"), filter="line = 'north'", offset=3),
    RowQuery(sampling=Sampling.RANDOM, sample_size=9, columns=("part",)),
    RowQuery(windows=Windows(4, 2, "line", "part")),
]


def by_column(catalog: Catalog, address: TableAddress, query: RowQuery, size: int) -> list[Item]:
    items = []
    for block in catalog.blocks(address, query, size):
        assert 0 < len(block.refs) <= size
        values = [dict(zip(block.columns, one, strict=True)) for one in zip(*block.columns.values(), strict=True)]
        items += [Item(ref, fields) for ref, fields in zip(block.refs, values, strict=True)]
    return items


@pytest.fixture
def address(workspace: Workspace, tmp_path: Path) -> TableAddress:
    file = parts_file(tmp_path / "parts.csv", range(25), tags="[1, null]")
    return TableAddress.parse(workspace.data.files.add_file(file).address)


@pytest.mark.parametrize("query", QUERIES)
def test_blocks_hold_the_items_in_their_order(workspace: Workspace, address: TableAddress, query: RowQuery) -> None:
    catalog = workspace.engines.catalog
    items = list(catalog.items(address, query))
    assert items
    for size in (4, 1_000):
        assert by_column(catalog, address, query, size) == items


@pytest.mark.parametrize("query", QUERIES)
def test_items_are_found_by_their_names(workspace: Workspace, address: TableAddress, query: RowQuery) -> None:
    catalog = workspace.engines.catalog
    items = list(catalog.items(address, query))
    for item in items:
        assert catalog.items_named(address, query, item.ref, 5, exact=True) == [item]
    part = items[-1].ref[-2:].upper()
    expected = [item for item in items if part.lower() in item.ref.lower()][:3]
    assert catalog.items_named(address, query, part, 3, exact=False) == expected
    for text in ("'; DROP TABLE x; --", "%", "_", "P00\0"):
        assert catalog.items_named(address, query, text, 3, exact=True) == []


def test_a_row_without_a_name_is_an_error_here_too(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("id,x\na,1\n,2\n")
    odd = TableAddress.parse(workspace.data.files.add_file(tmp_path / "odd.csv").address)
    with pytest.raises(NoIdentityError):
        list(workspace.engines.catalog.blocks(odd, RowQuery(item_id_column="id"), 10))


def test_the_teams_tables_are_read_by_the_column_as_well(scene: Scene, workspace: Workspace) -> None:
    catalog, address, query = workspace.engines.catalog, TableAddress.parse(READINGS), RowQuery(item_id_column="id")
    items = list(catalog.items(address, query))
    assert by_column(catalog, address, query, 2) == items
    assert catalog.items_named(address, query, items[1].ref, 5, exact=True) == [items[1]]
    assert catalog.items_named(address, query, items[0].ref[:1].upper(), 2, exact=False) == items[:2]
