-- Rendered from ontos_tui.domain.records.labeling.LabelingJob by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS labeling_jobs (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  description STRING NOT NULL,
  sheet_id STRING NOT NULL,
  training_sheet_id STRING COMMENT 'where the proposals come from and the labels go, if any',
  labelset_id STRING,
  label_type STRING NOT NULL,
  response_schema STRING NOT NULL COMMENT 'JSON schema of an answer, as it was when the job was made; JSON',
  instructions STRING NOT NULL,
  batch_size BIGINT NOT NULL COMMENT 'items of a task',
  overlap BIGINT NOT NULL COMMENT 'how many people label each item',
  needs_review BOOLEAN NOT NULL COMMENT 'a submitted task counts only when a reviewer has approved it',
  blind_share DOUBLE NOT NULL COMMENT 'share of the items whose proposal is hidden',
  gold_share DOUBLE NOT NULL COMMENT 'share of hidden items whose truth is known already',
  lease_minutes BIGINT NOT NULL COMMENT 'a claimed task in which nothing happens is free again after this',
  is_personal BOOLEAN NOT NULL COMMENT 'one person\'s own list; its labels are canonical at once',
  status STRING NOT NULL COMMENT 'draft | active | paused | completed | archived',
  total_items BIGINT NOT NULL,
  shows_proposals BOOLEAN NOT NULL COMMENT 'whether its items come with their proposals',
  CONSTRAINT labeling_jobs_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'Items of one sheet that people label, to populate a labelset.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
