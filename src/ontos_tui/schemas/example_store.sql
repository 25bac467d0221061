-- Rendered from ontos_tui.domain.records.template.Example by: python -m ontos_tui.store.delta
-- one row for each (label_type, name)
CREATE TABLE IF NOT EXISTS example_store (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  label_type STRING NOT NULL,
  input STRING NOT NULL COMMENT 'fields of a row; JSON',
  expected_output STRING NOT NULL COMMENT 'JSON',
  explanation STRING NOT NULL,
  use_case STRING NOT NULL,
  source STRING NOT NULL,
  is_verified BOOLEAN NOT NULL,
  usage_count BIGINT NOT NULL,
  CONSTRAINT example_store_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A labeled example that is offered when answers are proposed.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
