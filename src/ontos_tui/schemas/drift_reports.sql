-- Rendered from ontos_tui.domain.records.monitor.drift.DriftReport by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS drift_reports (
  id STRING NOT NULL,
  endpoint STRING NOT NULL,
  model_id STRING NOT NULL COMMENT 'the model version that the endpoint served',
  compared_at TIMESTAMP NOT NULL,
  compared_by STRING NOT NULL,
  source STRING NOT NULL COMMENT 'whose record of the requests was compared; here | team | monitor',
  reference STRING NOT NULL COMMENT 'training, baseline (of a monitor), or window for an earlier time',
  reference_since TIMESTAMP COMMENT 'start of the earlier traffic that was compared with',
  reference_until TIMESTAMP,
  recent_since TIMESTAMP NOT NULL,
  recent_until TIMESTAMP NOT NULL,
  reference_rows BIGINT NOT NULL COMMENT 'training pairs or earlier requests',
  recent_rows BIGINT NOT NULL COMMENT 'requests in the recent time',
  state STRING NOT NULL COMMENT 'no_data | not_enough | compared',
  severity STRING NOT NULL COMMENT 'critical | high | medium | low',
  score DOUBLE COMMENT 'the highest of a drifted signal, else the highest there is; 0 to 1',
  summary STRING NOT NULL COMMENT 'what was found, in one sentence',
  features STRING NOT NULL COMMENT 'the signals, the most drifted first; JSON',
  notes ARRAY<STRING> NOT NULL COMMENT 'what one should know about how it was made',
  CONSTRAINT drift_reports_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'An endpoint\'s recent traffic compared with its training or with an earlier time; stored, so never recomputed.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
