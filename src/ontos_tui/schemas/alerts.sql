-- Rendered from ontos_tui.domain.records.monitor.alerts.Alert by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS alerts (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  rule_id STRING NOT NULL,
  endpoint STRING NOT NULL,
  metric STRING NOT NULL COMMENT 'latency | error_rate | rating | drift | traffic',
  severity STRING NOT NULL COMMENT 'critical | high | medium | low',
  status STRING NOT NULL COMMENT 'active | acknowledged | resolved',
  opened_at TIMESTAMP NOT NULL,
  threshold DOUBLE NOT NULL,
  value DOUBLE NOT NULL COMMENT 'the metric when it was opened',
  worst DOUBLE NOT NULL COMMENT 'the metric at its worst since then',
  message STRING NOT NULL,
  acknowledged_at TIMESTAMP,
  acknowledged_by STRING NOT NULL,
  resolved_at TIMESTAMP,
  resolved_by STRING NOT NULL COMMENT 'who resolved it; empty when the metric came back by itself',
  resolution STRING NOT NULL COMMENT 'why it is resolved, in words',
  outside STRING NOT NULL COMMENT 'what came of telling the outside world by the settings\' alert_command',
  CONSTRAINT alerts_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A rule that was broken: active, then perhaps acknowledged, then resolved by itself or by a person.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
