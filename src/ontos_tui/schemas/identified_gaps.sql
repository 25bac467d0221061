-- Rendered from ontos_tui.domain.records.improve.Gap by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS identified_gaps (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  model_name STRING NOT NULL,
  template_id STRING NOT NULL,
  gap_type STRING NOT NULL COMMENT 'capability | coverage | quality | distribution | edge_case',
  fingerprint STRING NOT NULL COMMENT 'what the gap is about, so that a second run finds it again',
  severity STRING NOT NULL COMMENT 'critical | high | medium | low',
  description STRING NOT NULL,
  evidence STRING NOT NULL COMMENT 'JSON',
  affected_count BIGINT NOT NULL COMMENT 'rows of the evidence that it concerns',
  error_rate DOUBLE COMMENT 'share of wrong answers, where answers can be wrong',
  suggested_action STRING NOT NULL,
  estimated_records_needed BIGINT NOT NULL,
  estimate_basis STRING NOT NULL COMMENT 'how the number of records was estimated, in words',
  seen_at TIMESTAMP COMMENT 'when an analysis last found it',
  status STRING NOT NULL COMMENT 'identified | task_created | in_progress | resolved | wont_fix',
  resolution_notes STRING NOT NULL,
  CONSTRAINT identified_gaps_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'Something that the model does not know well enough, with the evidence.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
