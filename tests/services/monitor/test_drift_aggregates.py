"""Drift over a whole log, from counts that the warehouse makes: no request is read here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders.payload import START
from emulator.databricks.scene import Scene
from emulator.databricks.serving_rest import PAYLOAD
from ontos_tui.domain.records.monitor.drift import DriftState, Severity, Signal
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.monitoring.inference_bins import RECENT, Binned, PayloadBins
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.services.monitor.drift.aggregates import aggregate_report

LOG = "team.ontos.live_payload"
RECENT_SPAN = START, START + timedelta(days=1)
BEFORE_SPAN = START - timedelta(days=7), START


@pytest.fixture
def binned(scene: Scene, databricks: Team) -> Binned:
    """2,000 requests before and 1,000 now: the voltage is 3 higher now, the line is as it was, more cracks are seen."""
    scene.engine.run("CREATE SCHEMA IF NOT EXISTS team.ontos")
    scene.engine.run(f"CREATE TABLE {LOG} ({PAYLOAD}) USING DELTA")
    for begin, rows, more, cracks in ((BEFORE_SPAN[0], 2_000, 0.0, 10), (RECENT_SPAN[0], 1_000, 3.0, 2)):
        scene.engine.direct(
            f"INSERT INTO {LOG} SELECT 'r' || i, CURRENT_DATE, 'c' || i, TIMESTAMP '{begin:%Y-%m-%d %H:%M:%S}' "
            "+ i * INTERVAL 1 MINUTE, CASE WHEN i % 50 = 0 THEN 500 ELSE 200 END, 1.0, 10 + i % 7, "
            '\'{"dataframe_records": [{"voltage": \' || ((i * 37 % 101) / 10.0 + ?)::DOUBLE || \', "line": \' || '
            "CASE WHEN i % 20 = 0 THEN 'null' WHEN i % 3 = 0 THEN '\"north\"' ELSE '\"south\"' END || '}]}', "
            "'{\"predictions\": [{\"defect\": \"' || CASE WHEN i % ? = 0 THEN 'crack' ELSE 'none' END || '\"}]}', "
            "'e1', NULL, 'ana@example.com' FROM range(?) AS t(i)",
            [more, cracks, rows],
        )
    return PayloadBins(databricks).compare("live", RECENT_SPAN, BEFORE_SPAN, ("voltage", "line"), ("defect",))


def test_every_request_counts_and_none_is_read(scene: Scene, databricks: Team, binned: Binned) -> None:
    assert PayloadBins(databricks).requests("live", BEFORE_SPAN[0], RECENT_SPAN[1]) == 3_000
    assert binned.requests == {"before": 2_000, "recent": 1_000}
    assert binned.errors == {"before": 40, "recent": 20}
    voltage, line = binned.inputs
    assert (voltage.is_number, line.is_number) == (True, False)
    assert voltage.means[RECENT] == pytest.approx(5.0 + 3.0, abs=0.1)
    assert sum(voltage.counts[RECENT].values()) == 1_000
    assert line.counts[RECENT]["(missing)"] == 50
    assert all(
        "LIMIT" in one.sql or "GROUP BY" in one.sql or "count(*)" in one.sql or "LIMIT 0" in one.sql
        for one in scene.engine.statements
        if "live_payload" in one.sql and one.sql.startswith("SELECT")
    )


def test_what_changed_is_named_with_its_means(binned: Binned) -> None:
    model = ModelVersion.model_construct(id="m1")
    report = aggregate_report("live", model, binned, RECENT_SPAN, BEFORE_SPAN, RECENT_SPAN[1], "ana")
    by_name = {(one.name, one.signal): one for one in report.features}
    voltage = by_name["voltage", Signal.INPUT]
    assert voltage.drifted
    assert "voltage is 3 higher than earlier" in voltage.why.replace("3.0 ", "3 ")
    assert voltage.severity in (Severity.HIGH, Severity.CRITICAL)
    assert not by_name["line", Signal.INPUT].drifted
    assert not by_name["line", Signal.MISSING].drifted
    answer = by_name["defect", Signal.PREDICTION]
    assert answer.drifted
    assert "of defect" in answer.why
    assert not by_name["errors", Signal.ERRORS].drifted
    assert report.state is DriftState.COMPARED
    assert (report.reference_rows, report.recent_rows) == (2_000, 1_000)
    assert "none was read here" in report.notes[0]
