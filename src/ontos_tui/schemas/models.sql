-- Rendered from ontos_tui.domain.records.training.ModelVersion by: python -m ontos_tui.store.delta
-- one row for each (name, version)
CREATE TABLE IF NOT EXISTS models (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  version BIGINT NOT NULL,
  training_sheet_id STRING NOT NULL,
  template_id STRING NOT NULL,
  template_version STRING NOT NULL,
  sheet_id STRING NOT NULL,
  job_id STRING NOT NULL,
  base_model STRING NOT NULL,
  engine STRING NOT NULL COMMENT 'what trained it, with its version',
  params STRING NOT NULL COMMENT 'JSON',
  features ARRAY<STRING> NOT NULL,
  template_snapshot STRING NOT NULL COMMENT 'the template as it was when the model was trained; JSON',
  evaluation STRING NOT NULL COMMENT 'an Evaluation; JSON',
  train_count BIGINT NOT NULL,
  held_out_count BIGINT NOT NULL,
  artifact STRING NOT NULL COMMENT 'folder of the model\'s files, relative to the workspace',
  sha256 STRING NOT NULL COMMENT 'of the model\'s file',
  seconds DOUBLE NOT NULL COMMENT 'time that the training took',
  registration STRING NOT NULL COMMENT 'where in Unity Catalog it is registered, and what a row of it holds there; JSON',
  note STRING NOT NULL COMMENT 'what people should know of it, in their own words',
  archived BOOLEAN NOT NULL COMMENT 'whether lists leave it out',
  CONSTRAINT models_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A trained model and everything that made it.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
