"""The life of an alert, in any order of events, against a model of it that fits on one page."""

from __future__ import annotations

import dataclasses
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from builders.traffic import NOON
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.rules.states import ALERT_TRANSITIONS, AlertStatus
from ontos_tui.services.monitor.alerts.service import AlertService
from ontos_tui.services.monitor.service import EndpointSummary, MonitorService
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace
from tiers import examples

THRESHOLD, RECOVERY, LASTING, SAMPLE = 0.5, 0.2, 5, 10


class Figures(MonitorService):
    """A monitor that says what it was told to say."""

    requests, errors = 0, 0

    def summary(self, endpoint: str, since: datetime | None = None, until: datetime | None = None) -> EndpointSummary:
        share = self.errors / self.requests if self.requests else None
        return dataclasses.replace(
            super().summary(endpoint, since, until), requests=self.requests, errors=self.errors, error_rate=share
        )


class Life(RuleBasedStateMachine):
    """A rule on the error rate: above 50 % for 5 minutes opens, 20 % or less ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.workspace = Workspace(Path(self.folder.name))
        self.at = NOON
        self.figures = Figures(self.workspace.store)
        self.alerts = AlertService(
            self.workspace.store,
            self.figures,
            self.workspace.monitor.drift,
            self.workspace.jobs,
            lambda: self.workspace.settings,
            "ana",
        )
        # The model: is there an open alert and in which state, may one be opened, and since when is it bad.
        self.open: AlertStatus | None = None
        self.armed = True
        self.since: datetime | None = None
        self.opened = 0
        self.seen: dict[str, AlertStatus] = {}

    def teardown(self) -> None:
        self.workspace.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        with self.workspace.store.write() as connection:
            rows.add(connection, Endpoint(name="live", model_id="m"))
        self.rule = self.alerts.add_rule(
            endpoint="live",
            metric="error_rate",
            comparison="above",
            threshold=THRESHOLD,
            recover_threshold=RECOVERY,
            for_minutes=LASTING,
            minimum_sample=SAMPLE,
        )

    @rule(minutes=st.integers(0, 6), requests=st.integers(0, 30), share=st.floats(0, 1))
    def look(self, minutes: int, requests: int, share: float) -> None:
        self.at += timedelta(minutes=minutes)
        self.figures.requests, self.figures.errors = requests, round(share * requests)
        changes = [change.kind.value for change in self.alerts.evaluate(self.at)]
        assert changes == self._expected(requests)
        assert self.alerts.evaluate(self.at) == [], "to look again at the same figures changes nothing"

    def _expected(self, requests: int) -> list[str]:
        if requests < SAMPLE:
            self.since = None
            return []
        share = self.figures.errors / requests
        if share <= RECOVERY:
            was, self.open, self.armed, self.since = self.open, None, True, None
            return ["resolved"] if was is not None else []
        if self.open is not None:
            return []
        if share <= THRESHOLD or not self.armed:
            self.since = None
            return []
        self.since = self.since or self.at
        if self.at - self.since < timedelta(minutes=LASTING):
            return []
        self.open, self.armed = AlertStatus.ACTIVE, False
        self.opened += 1
        return ["opened"]

    @precondition(lambda self: self.open is AlertStatus.ACTIVE)
    @rule()
    def acknowledge(self) -> None:
        (alert,) = self.alerts.open_alerts()
        self.alerts.acknowledge(alert.id, self.at)
        self.open = AlertStatus.ACKNOWLEDGED

    @precondition(lambda self: self.open is not None)
    @rule()
    def resolve(self) -> None:
        (alert,) = self.alerts.open_alerts()
        self.alerts.resolve(alert.id, now=self.at)
        self.open = None

    @rule(changes=st.sampled_from([{"enabled": False}, {"minimum_sample": SAMPLE + 1}]))
    def edit_and_back(self, changes: dict[str, Any]) -> None:
        self.alerts.edit_rule(self.rule.id, **changes)
        self.alerts.edit_rule(self.rule.id, enabled=True, minimum_sample=SAMPLE)
        if "enabled" in changes:
            self.open = None
        self.since, self.armed = None, self.open is None

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        open_ones = self.alerts.open_alerts()
        assert [alert.status for alert in open_ones] == ([] if self.open is None else [self.open])
        history = self.alerts.history()
        assert len(history) == self.opened
        for alert in history:
            before = self.seen.get(alert.id, AlertStatus.ACTIVE)
            reachable = {before} | ALERT_TRANSITIONS[before]
            assert alert.status in reachable | {after for one in reachable for after in ALERT_TRANSITIONS[one]}
            assert (alert.resolved_at is not None) == (alert.status is AlertStatus.RESOLVED)
            assert alert.worst >= alert.value > THRESHOLD
            self.seen[alert.id] = alert.status


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=examples(4, 60), stateful_step_count=25)
