-- Rendered from ontos_tui.domain.records.training.JobEvent by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS job_events (
  id STRING NOT NULL,
  job_id STRING NOT NULL,
  kind STRING NOT NULL COMMENT 'status, info or error',
  message STRING NOT NULL,
  at TIMESTAMP NOT NULL,
  CONSTRAINT job_events_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'Something that happened to a job, for ever.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
