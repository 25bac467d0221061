"""The team's log as a Delta table: total order, repeated appends, another table under its name."""

from __future__ import annotations

import pytest

from builders.team import a_team
from emulator.databricks.server import serve
from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.sharing.entries import EntryId
from ontos_tui.platforms.databricks.team.delta_log import MOST_BYTES, TABLE, DeltaLog


def test_who_reads_gets_every_entry_in_the_order_of_the_commits() -> None:
    with serve() as served:
        ana, ben = DeltaLog(a_team(served)), DeltaLog(a_team(served))
        assert ana.prepare() == ["schema ontos", f"table {TABLE}"]
        assert ben.prepare() == [], "it is there"
        assert ana.identity() == ben.identity()
        assert list(ben.read(-1)) == []
        ana.append([(EntryId("a", 1), 1, "{}"), (EntryId("a", 2), 1, '{"x":"ä 🔬 \\u0000 \'"}')])
        ben.append([(EntryId("b", 1), 1, "{}")])
        ana.append([(EntryId("a", 2), 1, "{}")])
        rows = [row for page in ben.read(-1) for row in page]
        assert [(row.writer, row.seq) for row in rows] == [("a", 1), ("a", 2), ("b", 1), ("a", 2)]
        assert rows[1].body == '{"x":"ä 🔬 \\u0000 \'"}'
        assert rows[0].actor and rows[0].at.tzinfo is not None
        after = rows[1].version
        assert [(row.writer, row.seq) for page in ana.read(after) for row in page] == [("b", 1), ("a", 2)]
        assert list(ana.read(rows[-1].version)) == [], "nothing is new"
        big = "x" * (MOST_BYTES // 2 + 1)
        before = len(served.engine.statements)
        ana.append([(EntryId("a", number), 1, big) for number in range(3, 6)])
        assert len(served.engine.statements) - before == 3, "one entry of 400 kB a statement, and never half a one"
        ana.close()
        ben.close()


def test_another_table_under_its_name_is_not_the_log() -> None:
    with serve() as served:
        ana = DeltaLog(a_team(served))
        ana.prepare()
        ana.append([(EntryId("a", 1), 1, "{}")])
        name = f"team.ontos.{TABLE}"
        served.engine.run(f"DELETE FROM {name}")
        served.engine.run(
            f"INSERT INTO {name} (log, writer, seq, actor, format, body) VALUES ('other', 'w', 1, 'eve', 1, '{{}}')"
        )
        with pytest.raises(ConflictError, match="restored, replaced or changed by hand"):
            list(ana.read(2))
        ana.close()
