-- Rendered from ontos_tui.domain.records.improve.FeedbackItem by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS feedback_items (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  endpoint STRING NOT NULL,
  request_id STRING NOT NULL,
  model_id STRING NOT NULL,
  rating BIGINT NOT NULL COMMENT '5 is good, 1 is bad; thumbs are 5 and 1',
  comment STRING NOT NULL,
  correction STRING COMMENT 'the right answer, fitting the output schema; JSON',
  input STRING NOT NULL COMMENT 'JSON',
  output STRING COMMENT 'JSON',
  flagged BOOLEAN NOT NULL,
  status STRING NOT NULL COMMENT 'new | converted | dismissed',
  qa_pair_id STRING COMMENT 'the pair that it was converted to',
  CONSTRAINT feedback_items_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A person\'s rating of a prediction, and the right answer if they know it.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
