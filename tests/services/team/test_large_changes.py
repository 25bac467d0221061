"""Very many changes at once are shared in batches; what is about one item stays together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.severity import MAJOR, unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.records.pairs import QAPair, Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.sharing.outgoing import batches


@pytest.mark.parametrize("items", [1, 3, 100])
def test_a_first_sharing_in_batches_brings_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, items: int
) -> None:
    monkeypatch.setattr(batches, "MOST", 2)
    monkeypatch.setattr(batches, "ITEMS", items)
    monkeypatch.setattr(batches, "THINGS", 2)
    shared = SharedLog()
    ana, ben = (Member(tmp_path / name, name, shared) for name in ("ana", "ben"))
    sheet = unlabeled_sheet(ana.store, 7).id
    for pair in list(ana.label.queue.open(sheet))[:5]:
        ana.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR)])
    ana.sharing.start()
    ana.sharing.sync()
    ben.sharing.start()
    ben.sharing.pull()
    assert ben.state() == ana.state()
    assert len(ben.state()["events"]) >= 5
    groups = [group for row in shared.rows for group in json.loads(row.body).get("groups", [])]
    tables_of = [{change["t"] for change in group} for group in groups]
    labeled = [tables for tables in tables_of if "canonical_labels" in tables]
    assert len(labeled) == 5
    assert all({"qa_pairs", "canonical_labels", "events"} <= tables for tables in labeled)
    assert next(c["t"] for group in groups for c in group) == "sheets", "what items refer to comes first"
    for member in (ana, ben):
        member.close()


def test_members_have_numbers_of_their_own_for_the_same_fields(tmp_path: Path) -> None:
    """The log has the names of the fields in each pair, whatever a workspace stores."""
    shared = SharedLog()
    ana, ben = (Member(tmp_path / name, name, shared) for name in ("ana", "ben"))
    with ben.store.write() as connection:
        connection.fields.text({"something": "else"})
    sheet = unlabeled_sheet(ana.store, 2).id
    for member in (ana, ben):
        member.sharing.start()
    for member in (ana, ben, ana, ben):
        member.sharing.sync()
    for member, item in ((ana, 0), (ben, 1), (ben, 0)):
        pair = list(member.label.queue.open(sheet))[item]
        member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR)])
    for member in (ben, ana, ben, ana):
        member.sharing.sync()
    stored = []
    for member in (ana, ben):
        with member.store.read() as connection:
            stored.append(connection.scalars("SELECT source_data FROM qa_pairs ORDER BY sequence_number"))
            fields = [pair.source_data for pair in rows.find(connection, QAPair, order_by=("sequence_number",))]
        assert fields == [{"torque": 41, "note": "shift 1"}, {"torque": 42, "note": "shift 2"}]
    assert stored == [['[1,41,"shift 1"]', '[1,42,"shift 2"]'], ['[2,41,"shift 1"]', '[2,42,"shift 2"]']]
    assert ana.state() == ben.state()
    assert all(member.sharing.verify().is_equal for member in (ana, ben))
    bodies = "".join(row.body for row in shared.rows)
    assert bodies.count(json.dumps('{"torque":41,"note":"shift 1"}')) >= 1
    assert "[1,41" not in bodies
    assert "[2,41" not in bodies
    assert '"allowed_uses":""' not in bodies
    for member in (ana, ben):
        member.close()
