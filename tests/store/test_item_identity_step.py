"""Step 13 marks the sheets of before by what named their items."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from builders.released import opened, restore
from ontos_tui.domain.records.data import ItemIdentity, Sheet
from ontos_tui.store import rows
from ontos_tui.store.engine import Store


def test_sheets_of_before_are_marked_by_what_named_their_items(tmp_path: Path) -> None:
    path = tmp_path / "ontos.db"
    restore(path, 12)
    sheets = {
        "by id": ("local.files.a", "part", None, None),
        "by position": ("local.files.a", None, None, None),
        "windows by order": ("local.files.a", None, 4, "time"),
        "windows by position": ("local.files.a", None, 4, None),
        "the team's": ("main.plant.a", None, None, None),
    }
    with opened(path) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(sheets)")]
        (model,) = database.execute(f"SELECT {', '.join(names)} FROM sheets LIMIT 1").fetchall()
        for name, (source, column, size, order) in sheets.items():
            given = {"id": name, "name": name, "source_table": source, "item_id_column": column}
            given |= {"window_size": size, "window_order": order, "status": "active"}
            row = {**dict(zip(names, model, strict=True)), **given}
            marks = ", ".join("?" * len(names))
            database.execute(f"INSERT INTO sheets ({', '.join(names)}) VALUES ({marks})", [row[one] for one in names])
        database.commit()
    with closing(Store(path)) as store, store.read() as connection:
        marked = {sheet.name: sheet.identity for sheet in rows.find(connection, Sheet) if sheet.name in sheets}
    assert marked == {
        "by id": ItemIdentity.ID,
        "by position": ItemIdentity.POSITION,
        "windows by order": ItemIdentity.ID,
        "windows by position": ItemIdentity.POSITION,
        "the team's": ItemIdentity.CONTENT,
    }
