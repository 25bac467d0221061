"""Pictures of MONITOR with the same traffic, at the same moments, in UTC. Look at them before you update them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.models import served_model, train_next
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.store import rows
from ontos_tui.tui.app import OntosApp
from ontos_tui.workspace import Workspace
from picture_keys import SIZES, walk_keys

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FROM = ("ctrl+u", *"2026-11-22", "space", *"12", "colon", *"00")
UNTIL = ("tab", "ctrl+u", *"2026-11-23", "space", *"12", "colon", *"00")
SPAN = ("d", FROM, UNTIL, "ctrl+s")


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC, so that a picture is the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An endpoint that two versions answered in the 24 hours up to a fixed noon."""
    home = tmp_path_factory.mktemp("snapshots") / "demo"
    sheet, first = served_model(home)
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
                    status_code=200 if good else 500,
                    error="" if good else "The model failed.",
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
    return home


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "keys"),
    [("monitor", ()), ("chart", ("c",)), ("latency", ("c", "right", "right")), ("versions", ("v",))],
)
@pytest.mark.usefixtures("utc")
def test_monitor(snap_compare: Any, busy: Path, name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    (busy / "session.json").unlink(missing_ok=True)
    app = OntosApp(busy, watch=False)
    assert snap_compare(app, run_before=walk_keys("6", *SPAN, *keys), terminal_size=size)
