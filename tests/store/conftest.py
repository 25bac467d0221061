"""A record of every kind, with values that are odd but allowed."""

from __future__ import annotations

from typing import Any

import pytest

from builders.records import odd_record
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import RECORDS


@pytest.fixture
def one_of_each() -> dict[type[Record], Record]:
    """Every record type with one record of it."""
    created: dict[type[Record], Any] = {record: odd_record(record, 1) for record in RECORDS}
    return created
