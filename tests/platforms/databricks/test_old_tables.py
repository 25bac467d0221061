"""The tables that a team shared by before it had a log: read as the store would keep their rows."""

from __future__ import annotations

import pytest

from builders.severity import unlabeled_sheet
from builders.team import a_team
from emulator.databricks.server import serve
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.template import Template
from ontos_tui.platforms.databricks.team.old_tables import DeltaTables
from ontos_tui.store.delta import render
from ontos_tui.store.sharing.outgoing import publication
from ontos_tui.workspace import Workspace

BESIDE = "hub_version BIGINT, hub_origin STRING, hub_push STRING, hub_deleted BOOLEAN, hub_at TIMESTAMP"


def test_rows_come_as_the_store_keeps_them(workspace: Workspace) -> None:
    unlabeled_sheet(workspace.store, 3)
    names = list(QAPair.model_fields)
    with workspace.store.read() as connection:
        pairs = [row for _, row in sorted(publication.all_rows(connection, QAPair)) if row is not None]
    with serve() as served:
        team = a_team(served)
        run = served.engine.run
        run("CREATE SCHEMA IF NOT EXISTS team.ontos")
        run(
            render(QAPair, "team.ontos.qa_pairs")
            .rstrip()
            .rstrip(";")
            .replace("  CONSTRAINT", f"  {BESIDE},\n  CONSTRAINT")
        )
        run("ALTER TABLE team.ontos.qa_pairs DROP COLUMN certainty")
        run("CREATE TABLE team.ontos.templates (id STRING) USING DELTA")
        there = [name for name in names if name != "certainty"]
        for version, pair in ((1, pairs[0]), (2, pairs[1]), ("NULL", pairs[2])):
            texts = {name: pair[name] for name in there}
            values = ", ".join(
                f"from_json(:{name}, 'ARRAY<STRING>')" if name in ("allowed_uses", "prohibited_uses") else f":{name}"
                for name in there
            )
            run(
                f"INSERT INTO team.ontos.qa_pairs ({', '.join(there)}, hub_version, hub_deleted) "
                f"SELECT {values}, {version}, {'true' if version == 2 else 'false'}",
                texts,
            )
        old = DeltaTables(team)  # the third row has no version: it was written from the log
        first, second = [row for page in old.rows(QAPair) for row in page]
        assert (first.key, first.version, first.gone) == (pairs[0]["id"], 1, False)
        assert dict(first.values) == {name: pairs[0][name] for name in there}
        assert (second.version, second.gone) == (2, True)
        assert list(old.rows(Sheet)) == [], "there is no such table"
        assert list(old.rows(Template)) == [], "no workspace shared by that one"
        served.tokens.clear()
        with pytest.raises(PlatformError):
            list(old.rows(QAPair))
        team.close()
