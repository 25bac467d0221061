"""Pictures of MONITOR with the same traffic, at the same moments, in UTC. Look at them before you update them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from builders.models import served_model, train_next
from ontos_tui.domain.records.improve import FeedbackItem, Severity
from ontos_tui.domain.records.monitor.alerts import Alert, AlertMetric
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import Deployment, InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.tui.app import OntosApp
from ontos_tui.workspace import Workspace
from picture_keys import SIZES, Words, walk_keys

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SPAN = ("d", Words("2026-11-22 12:00"), "tab", Words("2026-11-23 12:00"), "ctrl+s")


REASONS = {
    400: [
        "the input lacks 'voltage' (a number). Give every field, or null for an unknown value.",
        "the input lacks 'voltage' (a number), 'line' (one of: north, south). Give every field.",
        "the field 'voltage' holds 'hot'. A number is expected there, or null for an unknown value.",
    ],
    500: ["The model failed at this row (ValueError: no crystal)."],
}


def alert() -> Alert:
    """An alert that is open."""
    return Alert(
        rule_id="0" * 32,
        endpoint="live",
        metric=AlertMetric.ERROR_RATE,
        severity=Severity.HIGH,
        opened_at=NOON - timedelta(minutes=58),
        threshold=0.1,
        value=0.52,
        worst=0.61,
        message="live: error rate is 52 %; error rate above 10 % over 60 min",
    )


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC, so that a picture is the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _deployed(home: Path) -> tuple[TrainingSheet, ModelVersion]:
    sheet, first = served_model(home)
    with Workspace(home) as workspace:
        for quiet in ("crystal-defect-line-north", "crystal-defect-line-south"):
            workspace.deploy.endpoints.deploy(first.id, quiet)
    return sheet, first


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An endpoint that two versions answered in the 24 hours up to a fixed noon, with an alert, and two quiet ones."""
    home = tmp_path_factory.mktemp("snapshots") / "demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONTOS_ACTOR", "ana")
        then = partial(Deployment, at=NOON - timedelta(days=2))
        patch.setattr("ontos_tui.services.deploy.service.Deployment", then)
        sheet, first = _deployed(home)
    draw = random.Random(0)
    with Workspace(home) as workspace:
        second = train_next(workspace, sheet, "j2")
        records = []
        for number in range(400):
            good, model = draw.random() > 0.06, second if number > 250 else first
            records.append(
                InferenceRecord(
                    request_id=f"{number:032x}",
                    endpoint="live",
                    model_id=model.id,
                    model_version=model.version,
                    requested_at=NOON - timedelta(hours=24) * (1 - number / 400) ** 0.6 + timedelta(seconds=1),
                    origin=Origin.HTTP,
                    input={"voltage": round(draw.uniform(0, 20), 2), "line": draw.choice(["north", "south"])},
                    output={"defect": draw.choice(["crack", "scratch", "none"])} if good else None,
                    latency_ms=round(draw.lognormvariate(3, 0.6), 3),
                    status_code=200 if good else (status := draw.choice([400, 400, 400, 500])),
                    error="" if good else draw.choice(REASONS[status]),
                )
            )
        said = [
            FeedbackItem(
                endpoint="live",
                request_id=record.request_id,
                model_id=record.model_id,
                rating=draw.choice([1, 3, 4, 5, 5]),
                input=record.input,
                output=record.output,
                created_at=record.requested_at + timedelta(minutes=5),
            )
            for record in records[:350:5]
            if record.output
        ]
        with workspace.store.write() as connection:
            rows.add_many(connection, records[:-1])
            rows.add_many(connection, said)
            rows.add(connection, alert())
    return home


@pytest.mark.parametrize("size", [(60, 20), *SIZES, (200, 60)], ids=str)
@pytest.mark.parametrize("name", ["wall"])
@pytest.mark.usefixtures("utc")
def test_the_wall_at_every_size(snap_compare: Any, busy: Path, name: str, size: tuple[int, int]) -> None:
    (busy / "session.json").unlink(missing_ok=True)
    app = OntosApp(busy, watch=False)
    assert snap_compare(app, run_before=walk_keys("6", *["down"] * 2, *SPAN), terminal_size=size)


@pytest.mark.parametrize("size", [(60, 20), *SIZES, (200, 60)], ids=str)
@pytest.mark.parametrize(
    ("name", "keys"),
    [("deploy", ("5", "down", "down")), ("improve", ("7",)), ("playground", ("5", "down", "down", "p"))],
    ids=["deploy", "improve", "playground"],
)
@pytest.mark.usefixtures("utc")
def test_deploy_and_improve_at_every_size(
    snap_compare: Any, busy: Path, name: str, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    (busy / "session.json").unlink(missing_ok=True)
    app = OntosApp(busy, watch=False)
    assert snap_compare(app, run_before=walk_keys(*keys), terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("monitor", ("r",)), ("failed", ("e",)), ("chart", ("c",)), ("latency", ("c", "right", "right")),
        ("versions", ("v",)),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("utc")
def test_monitor(snap_compare: Any, busy: Path, name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    (busy / "session.json").unlink(missing_ok=True)
    app = OntosApp(busy, watch=False)
    assert snap_compare(app, run_before=walk_keys("6", *["down"] * 2, *SPAN, *keys), terminal_size=size)
