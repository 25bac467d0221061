-- Rendered from ontos_tui.domain.records.template.Labelset by: python -m ontos_tui.store.delta
-- one row for each (name, version)
CREATE TABLE IF NOT EXISTS labelsets (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  description STRING NOT NULL,
  label_type STRING NOT NULL,
  field STRING NOT NULL COMMENT 'the answer field whose values these classes are',
  classes STRING NOT NULL COMMENT 'JSON',
  response_schema STRING NOT NULL COMMENT 'JSON schema of a whole answer; empty means the one field with these classes; JSON',
  guidelines STRING NOT NULL COMMENT 'how to decide, for the people who label',
  use_case STRING NOT NULL,
  status STRING NOT NULL COMMENT 'draft | published | archived',
  version STRING NOT NULL,
  parent_id STRING,
  published_at TIMESTAMP,
  CONSTRAINT labelsets_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'The classes that people may give, with their names, colors and keys.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
