"""Old requests leave the log; what was counted of them stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from builders.models import served_model
from builders.traffic import log_ratings, log_requests
from ontos_tui.domain.records.base import now
from ontos_tui.services.monitor import retention
from ontos_tui.services.monitor.retention import LogRetention
from ontos_tui.store.counts import request_counts
from ontos_tui.store.rollups import traffic_by_version
from ontos_tui.workspace import Workspace


def test_old_requests_go_and_their_sums_stay(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    _, model = served_model(home)
    with Workspace(home) as workspace:
        at = now()
        old = log_requests(workspace.store, model, range(10), at - timedelta(days=91))
        new = log_requests(workspace.store, model, range(4), at - timedelta(days=89))
        log_ratings(workspace.store, old[:1], 2, at)

        def counted() -> tuple[object, object]:
            with workspace.store.read() as connection:
                return request_counts(connection), traffic_by_version(connection, "live")

        before = counted()
        assert LogRetention(workspace.store, 0).forget_old() == 0
        assert LogRetention(workspace.store, 90).forget_old(lambda: True) == 0
        assert workspace.settings.log_days == 90
        assert workspace.monitor.retention.forget_old() == 9
        assert counted() == before
        left = {view.record.request_id for view in workspace.monitor.traffic.requests(limit=100)}
        assert left == {one.request_id for one in [*old[:1], *new]}  # feedback may still become a pair
        # A request that is deleted for another reason is taken out of the sums.
        with workspace.store.write() as connection:
            connection.execute("DELETE FROM inference_log WHERE request_id = ?", (new[0].request_id,))
        assert counted()[0] == {"live": 13}
