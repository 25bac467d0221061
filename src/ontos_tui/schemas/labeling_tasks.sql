-- Rendered from ontos_tui.domain.records.labeling.LabelingTask by: python -m ontos_tui.store.delta
-- one row for each (job_id, number, copy_number)
CREATE TABLE IF NOT EXISTS labeling_tasks (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  job_id STRING NOT NULL,
  number BIGINT NOT NULL COMMENT 'which batch of the job, from 1',
  copy_number BIGINT NOT NULL COMMENT 'which of the batch\'s overlapping copies, from 1',
  item_count BIGINT NOT NULL,
  status STRING NOT NULL COMMENT 'pending | assigned | in_progress | submitted | rework | approved | rejected',
  assignee STRING NOT NULL,
  assigned_at TIMESTAMP,
  lease_until TIMESTAMP COMMENT 'free for others after this; empty when assigned for good',
  priority STRING NOT NULL COMMENT 'low, normal, high or urgent',
  due_date DATE,
  started_at TIMESTAMP,
  submitted_at TIMESTAMP,
  reviewer STRING NOT NULL,
  reviewed_at TIMESTAMP,
  review_notes STRING NOT NULL,
  CONSTRAINT labeling_tasks_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A batch of a job\'s items for one person.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
