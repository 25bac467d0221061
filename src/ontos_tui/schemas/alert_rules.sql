-- Rendered from ontos_tui.domain.records.monitor.alerts.AlertRule by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS alert_rules (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  endpoint STRING NOT NULL,
  metric STRING NOT NULL COMMENT 'latency | error_rate | rating | drift | traffic',
  comparison STRING NOT NULL COMMENT 'above | below',
  threshold DOUBLE NOT NULL,
  recover_threshold DOUBLE COMMENT 'where it counts as whole again; empty: the threshold',
  window_minutes BIGINT NOT NULL COMMENT 'the time that the metric is made from',
  minimum_sample BIGINT NOT NULL COMMENT 'requests (ratings) below which nothing is said; not for traffic',
  for_minutes BIGINT NOT NULL COMMENT 'how long it must be broken before there is an alert',
  severity STRING NOT NULL COMMENT 'critical | high | medium | low',
  enabled BOOLEAN NOT NULL,
  broken_since TIMESTAMP COMMENT 'since when the metric has been beyond the threshold',
  armed BOOLEAN NOT NULL COMMENT 'no alert was opened since the metric was well; one is opened only then',
  CONSTRAINT alert_rules_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'When an endpoint raises an alert. It is broken when its metric over the last `window_minutes` lies beyond `threshold` for `for_minutes`, and whole again when the metric has come back to `recover_threshold`; in between nothing changes, so it does not flap.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
