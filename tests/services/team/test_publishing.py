"""The tables for the team's dashboards: the state at a version of the log, whoever writes it, in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from builders.team import Member, a_team
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, QAPair, Verdict
from ontos_tui.platforms.databricks.team.team_tables import TeamTables
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team import publishing
from ontos_tui.services.team.publishing import Publication, PublishingService
from ontos_tui.store.sharing.outgoing import publication
from tiers import DEEP

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)


class Two:
    """Ana and Ben with a sheet of four items, and what either publishes."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.ana, self.ben = (Member(folder / name, name, scene.workspace) for name in ("ana", "ben"))
        self.sheet = unlabeled_sheet(self.ana.store, 4).id
        for member in (self.ana, self.ben):
            member.sharing.start()
            member.sharing.sync()
        self.now = BEGIN
        self.team = a_team(scene.workspace)
        self.tables = TeamTables(self.team)

    def close(self) -> None:
        self.team.close()
        self.ana.close()
        self.ben.close()

    def publishing(self, member: Member, minutes: int = 60) -> PublishingService:
        return PublishingService(member.store, member.log, self.tables, minutes, lambda: self.now)

    def publish(self, member: Member) -> Publication:
        member.sharing.sync()
        member.sharing.sync()
        done = self.publishing(member).publish()
        assert done is not None
        return done

    def decide(self, member: Member, answer: dict[str, object]) -> None:
        pair = next(iter(member.label.queue.open(self.sheet)))
        member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=answer)])
        member.sharing.sync()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.scene.engine.direct(sql)


@pytest.fixture
def two(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    if not DEEP:
        monkeypatch.setattr(publishing, "SHARED", (QAPair, CanonicalLabel, Event))
    both = Two(scene, tmp_path)
    yield both
    both.close()


def test_the_first_publication_brings_everything_and_later_ones_what_changed(two: Two) -> None:
    first = two.publish(two.ana)
    assert first.rows["qa_pairs"] == 4
    assert two.rows("SELECT count(*), max(log_version), bool_or(log_removed) FROM team.ontos.qa_pairs") == [
        (4, first.version, False)
    ]
    two.decide(two.ben, MAJOR)
    second = two.publish(two.ben)
    assert (second.rows["qa_pairs"], second.rows[CanonicalLabel.TABLE]) == (1, 1)
    assert second.version > first.version
    assert two.rows("SELECT status, count(*) FROM team.ontos.qa_pairs GROUP BY 1 ORDER BY 1") == [
        ("labeled", 1),
        ("unlabeled", 3),
    ]
    assert second.rows["events"] > 0
    sent = first.rows.get("events", 0) + second.rows["events"]
    assert two.rows("SELECT count(*) FROM team.ontos.events") == [(sent,)]
    assert two.publish(two.ana).rows == {}, "that is there"


def test_an_older_state_replaces_nothing(two: Two) -> None:
    two.publish(two.ana)
    two.decide(two.ana, MINOR)
    two.ana.sharing.sync()
    log = two.ana.log.identity()
    with two.ben.store.read() as connection:
        old = list(publication.all_rows(connection, QAPair))
    two.publish(two.ana)
    two.tables.write(QAPair, old, log, two.ben.sharing.version())
    assert two.rows("SELECT count(*) FROM team.ontos.qa_pairs WHERE status = 'labeled'") == [(1,)]


def test_a_row_that_is_gone_is_marked_and_stays_so(two: Two) -> None:
    two.publish(two.ana)
    pair = next(iter(two.ana.label.queue.open(two.sheet)))
    with two.ana.store.write() as connection:
        connection.execute("DELETE FROM qa_pairs WHERE id = ?", (pair.id,))
    two.publish(two.ana)
    assert two.rows("SELECT id FROM team.ontos.qa_pairs WHERE log_removed") == [(pair.id,)]


def test_what_waits_here_is_not_published(two: Two) -> None:
    pair = next(iter(two.ana.label.queue.open(two.sheet)))
    two.ana.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR)])
    assert two.publishing(two.ana).publish() is None


def test_it_is_due_once_in_so_many_minutes_and_then_costs_nothing(two: Two) -> None:
    two.ana.sharing.sync()
    service = two.publishing(two.ana)
    assert service.publish_if_due() is not None
    sent = len(two.scene.engine.statements)
    two.now += timedelta(minutes=59)
    assert service.publish_if_due() is None
    assert len(two.scene.engine.statements) == sent
    two.now += timedelta(minutes=2)
    assert service.publish_if_due() is not None
    assert two.publishing(two.ana, minutes=0).publish_if_due() is None


def test_a_table_of_an_earlier_version_is_left_alone(two: Two) -> None:
    two.scene.engine.run("CREATE TABLE team.ontos.qa_pairs (id STRING NOT NULL, hub_version BIGINT) USING DELTA")
    done = two.publish(two.ana)
    assert done.left_alone == ["qa_pairs"]
    assert two.rows("SELECT count(*) FROM team.ontos.qa_pairs") == [(0,)]


def test_where_it_fails_work_goes_on_and_it_is_tried_again_later(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> int:
        raise PlatformError("You may not create tables.", "Ask for CREATE TABLE.")

    with monkeypatch.context() as patch:
        patch.setattr(two.tables, "write", refuse)
        service = two.publishing(two.ana)
        assert service.publish_if_due() is None
    assert service.publish_if_due() is None, "not before the hour is over"
    two.now += timedelta(minutes=61)
    assert service.publish_if_due() is not None
