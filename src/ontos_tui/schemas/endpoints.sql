-- Rendered from ontos_tui.domain.records.serving.Endpoint by: python -m ontos_tui.store.delta
-- one row for each (name)
CREATE TABLE IF NOT EXISTS endpoints (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  model_id STRING NOT NULL,
  previous_model_id STRING COMMENT 'what it served before, for a roll-back',
  status STRING NOT NULL COMMENT 'ready | stopped',
  platform STRING NOT NULL COMMENT 'where it answers; local | databricks',
  CONSTRAINT endpoints_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A name under which a model version answers.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
