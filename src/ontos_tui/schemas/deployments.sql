-- Rendered from ontos_tui.domain.records.serving.Deployment by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS deployments (
  id STRING NOT NULL,
  endpoint STRING NOT NULL,
  model_id STRING NOT NULL,
  action STRING NOT NULL COMMENT 'deploy, roll_back, stop or start',
  at TIMESTAMP NOT NULL,
  by STRING NOT NULL,
  reason STRING NOT NULL COMMENT 'why it was deployed although a check had failed',
  checks STRING NOT NULL COMMENT 'what was checked before; empty if none was due; JSON',
  CONSTRAINT deployments_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'One change of what an endpoint serves, for ever.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
