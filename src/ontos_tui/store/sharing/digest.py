"""What a workspace has as the log has it, as sums that can be compared: what waits here is left out.

A sum does not depend on the order of rows, so nothing is sorted and nothing is held: the rows may be a million.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import Thing
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.outgoing.pending import pending
from ontos_tui.store.sharing.rows import COLUMNS, RECORDS, as_in_log

ORIGINS, CONFLICTS, REFUSED, ALIASES = "origins of rows", "conflicts", "refused entries", "joined rows"
PARTS = (*(record.TABLE for record in SHARED), ORIGINS, CONFLICTS, REFUSED, ALIASES)
_BESIDE = {
    CONFLICTS: "SELECT id, status, body FROM shared_conflicts",
    REFUSED: "SELECT writer || ':' || seq || '/' || part, actor, reason, at FROM shared_refused",
    ALIASES: "SELECT key, of FROM shared_aliases",
}
_BITS = 128


@dataclass(frozen=True)
class Digest:
    """How many rows a part has, and their sum."""

    rows: int
    sum: int


def digest(connection: Connection) -> dict[str, Digest]:
    """Every part of what everybody has alike."""
    return {part: _summed(hashes(connection, part)) for part in PARTS}


def checksum(digests: dict[str, Digest]) -> str:
    """One short text for all parts."""
    text = json.dumps([(part, one.rows, one.sum) for part, one in sorted(digests.items())])
    return blake2b(text.encode(), digest_size=8).hexdigest()


def hashes(connection: Connection, part: str) -> Iterator[tuple[str, int]]:
    """The key and the hash of each row of a part."""
    rows = _beside(connection, part) if part not in RECORDS else _of_table(connection, part)
    for key, values in rows:
        plain = [value + 0.0 if isinstance(value, float) else value for value in values]  # -0.0 and 0.0 are one
        text = json.dumps([part, *plain], ensure_ascii=True, separators=(",", ":"))
        yield key, int.from_bytes(blake2b(text.encode(), digest_size=_BITS // 8).digest(), "big")


def _summed(parts: Iterator[tuple[str, int]]) -> Digest:
    rows = total = 0
    for _, number in parts:
        rows += 1
        total = (total + number) % (1 << _BITS)
    return Digest(rows, total)


def _of_table(connection: Connection, table: str) -> Iterator[tuple[str, list[Any]]]:
    names, key = COLUMNS[table], RECORDS[table].KEY
    at = names.index(key)
    waits = _waiting_history(connection, table) if table in HISTORY else set()
    sql = (
        f"SELECT {', '.join(f't.{name}' for name in names)} FROM {table} t WHERE NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM shared_base b WHERE b.entity = ? AND b.key = t.{key})"
    )
    for row in as_in_log(connection, table, connection.execute(sql, (table,))):
        if str(row[at]) not in waits:
            yield str(row[at]), list(row)
    shared = "SELECT key, row FROM shared_base WHERE entity = ? AND row IS NOT NULL"
    for name, text in connection.execute(shared, (table,)):
        for row in as_in_log(connection, table, [json.loads(text)]):
            yield str(name), list(row)


def _waiting_history(connection: Connection, table: str) -> set[str]:
    changes = (change for _, entry, _ in pending(connection) for group in entry.groups for change in group.changes)
    return {change.thing.key for change in changes if change.thing.table == table}


def _beside(connection: Connection, part: str) -> Iterator[tuple[str, list[Any]]]:
    if part != ORIGINS:
        for row in connection.execute(_BESIDE[part]):
            yield str(row[0]), list(row)
        return
    base = "(SELECT 1 FROM shared_base b WHERE b.entity = r.entity AND b.key = r.key)"
    sql = (
        "SELECT o.entity, o.key, w.writer, o.seq, o.at FROM ("  # noqa: S608
        f"SELECT entity, key, writer, seq, at FROM shared_rows r WHERE NOT EXISTS {base} UNION ALL "
        "SELECT entity, key, writer, seq, at FROM shared_base WHERE writer IS NOT NULL) o "
        "JOIN shared_writers w ON w.number = o.writer"
    )
    for row in connection.execute(sql):
        yield str(Thing(str(row[0]), str(row[1]))), list(row)
