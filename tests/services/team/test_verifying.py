"""A workspace against the log: equal, or what differs, and made equal without losing what waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR
from builders.sharing import Two
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.services.team.settling import Keep, settlings
from ontos_tui.services.team.verifying import PartDifference
from ontos_tui.store import rows


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    both = Two(tmp_path)
    yield both
    both.close()


def test_who_has_read_the_log_has_what_it_says_whatever_waits(two: Two) -> None:
    two.decide(two.ana, 0, MAJOR)
    two.decide(two.ben, 0, MINOR)
    two.meet()
    chosen = settlings(two.ben.sharing.conflicts(), Keep.PERSON, {"ben"}, "ana")
    two.ben.sharing.settle([one.choice for one in chosen])
    two.meet()
    first = two.ana.sharing.verify()
    two.decide(two.ben, 1, MAJOR)
    two.ben.log.hold = True
    second = two.ben.sharing.verify()
    assert two.ben.sharing.status().waiting == 1
    assert first.is_equal and second.is_equal
    assert first.rows > 10
    assert (first.version, first.rows, first.checksum) == (second.version, second.rows, second.checksum)


def test_what_differs_is_counted_by_table_and_repaired(two: Two) -> None:
    two.decide(two.ana, 0, MAJOR)
    two.meet()
    two.decide(two.ben, 2, MINOR)
    two.ben.log.hold = True
    with two.ben.store.write() as connection:
        connection.execute("INSERT INTO sync_applying VALUES (1)")
        connection.execute("UPDATE qa_pairs SET answer = '{}' WHERE status = 'labeled'")
        connection.execute("DELETE FROM canonical_labels")
        (pair,) = rows.find(connection, QAPair, limit=1)
        rows.add(connection, pair.model_copy(update={"id": "x" * 32, "item_ref": "item-9"}))
        connection.execute("UPDATE shared_rows SET seq = 99 WHERE entity = 'sheets'")
        connection.execute("DELETE FROM sync_applying")
    report = two.ben.sharing.verify(repair=True)
    assert report.differences == (
        PartDifference("qa_pairs", 0, 1, 1),
        PartDifference("canonical_labels", 1, 0, 0),
        PartDifference("origins of rows", 0, 0, 1),
    )
    assert report.copy is not None and report.copy.is_file()
    again = two.ben.sharing.verify()
    assert again.is_equal
    assert two.ben.sharing.status().waiting == 1
    assert two.answers(two.ben)[2] == MINOR, "what waits stays on top"
    two.ben.log.hold = False
    two.meet()
    assert two.answers(two.ana) == [MAJOR, None, MINOR]
