-- Rendered from ontos_tui.domain.records.monitor.team_traffic.TeamHour by: python -m ontos_tui.store.delta
-- one row for each (endpoint, start, served)
CREATE TABLE IF NOT EXISTS team_hours (
  id STRING NOT NULL,
  endpoint STRING NOT NULL,
  start TIMESTAMP NOT NULL,
  served STRING NOT NULL COMMENT 'the workspace\'s id of the served model',
  version STRING NOT NULL COMMENT 'model and version; empty where the workspace does not tell it',
  requests BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  latency_sum DOUBLE NOT NULL COMMENT 'ms, of the answered ones',
  bins STRING NOT NULL COMMENT 'answered ones by latency, between EDGES; JSON',
  last_at TIMESTAMP NOT NULL,
  ratings BIGINT NOT NULL,
  rating_sum BIGINT NOT NULL,
  corrections BIGINT NOT NULL,
  input_tokens BIGINT,
  output_tokens BIGINT,
  CONSTRAINT team_hours_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'The requests of one hour (UTC) that one served model of an endpoint answered, and what was said about them. Feedback counts in the hour of its request. Tokens are None where the workspace does not provide them.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
