-- Rendered from ontos_tui.domain.records.monitor.team_traffic.TeamReading by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS team_readings (
  endpoint STRING NOT NULL,
  read_at TIMESTAMP NOT NULL,
  since TIMESTAMP NOT NULL,
  until TIMESTAMP NOT NULL,
  logged BOOLEAN NOT NULL COMMENT 'whether the endpoint has an inference table',
  missing ARRAY<STRING> NOT NULL COMMENT 'what the workspace did not tell, and why',
  CONSTRAINT team_readings_pk PRIMARY KEY (endpoint)
)
USING DELTA
CLUSTER BY (endpoint)
COMMENT 'When some of an endpoint\'s hours were counted last, and the span without a gap that was counted by then.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
