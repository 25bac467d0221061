-- Rendered from ontos_tui.domain.records.training.Job by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS jobs (
  id STRING NOT NULL,
  kind STRING NOT NULL COMMENT 'generate | train | serve | hints | watch | watch_folder | deploy | predict',
  title STRING NOT NULL,
  params STRING NOT NULL COMMENT 'JSON',
  status STRING NOT NULL COMMENT 'pending | running | succeeded | failed | cancelled',
  done BIGINT NOT NULL COMMENT 'units of work that are finished',
  total BIGINT NOT NULL COMMENT 'units of work in all; 0 while not known',
  message STRING NOT NULL COMMENT 'what it does right now, in words',
  cancel_requested BOOLEAN NOT NULL,
  pid BIGINT,
  process_started DOUBLE COMMENT 'start time of the process, to tell it from a later pid',
  result STRING NOT NULL COMMENT 'JSON',
  error STRING NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  CONSTRAINT jobs_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'Long work in a process of its own.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
