"""SQL on the workspace's database stands in store/ only, so that renaming a column touches domain/ and store/."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import ontos_tui
from ontos_tui.domain.records.tables import RECORDS

PACKAGE = Path(ontos_tui.__file__).parent
TABLES = "|".join(record.TABLE for record in RECORDS)
STATEMENT = re.compile(rf"\b(FROM|INTO|UPDATE|JOIN)\s+({TABLES})\b")
ROOMS = ("domain", "jobs", "services", "workspace", "cli", "tui")


@pytest.mark.parametrize("room", ROOMS)
def test_no_sql_above_the_store(room: str) -> None:
    statements = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in (PACKAGE / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.search(node.value)
    ]
    assert not statements
