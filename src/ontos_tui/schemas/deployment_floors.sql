-- Rendered from ontos_tui.domain.records.gate.DeploymentFloor by: python -m ontos_tui.store.delta
-- one row for each (name, field, class_name, measure)
CREATE TABLE IF NOT EXISTS deployment_floors (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL COMMENT 'of an endpoint or of a model; it holds for both',
  field STRING NOT NULL COMMENT 'of the answer; empty for the first',
  class_name STRING NOT NULL COMMENT 'empty for the whole field',
  measure STRING NOT NULL COMMENT 'recall | precision | f1 | accuracy | macro_f1 | mae',
  bound DOUBLE NOT NULL,
  CONSTRAINT deployment_floors_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'The least score, or the greatest error, with which a model may be deployed: "recall of crack ≥ 0.9".'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
