-- Rendered from ontos_tui.domain.records.improve.AnnotationTask by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS annotation_tasks (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  gap_id STRING NOT NULL,
  title STRING NOT NULL,
  description STRING NOT NULL,
  instructions STRING NOT NULL,
  priority STRING NOT NULL COMMENT 'low | normal | high | urgent',
  status STRING NOT NULL COMMENT 'pending | assigned | in_progress | review | completed | cancelled',
  assignee STRING NOT NULL,
  target_record_count BIGINT NOT NULL,
  due_date DATE,
  training_sheet_id STRING COMMENT 'where its pairs are',
  CONSTRAINT annotation_tasks_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'Work for labelers that closes a gap.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
