-- Rendered from ontos_tui.domain.records.template.Template by: python -m ontos_tui.store.delta
-- one row for each (name, version)
CREATE TABLE IF NOT EXISTS templates (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  description STRING NOT NULL,
  label_type STRING NOT NULL COMMENT 'what is decided about an item; labels of one type serve every template of that type',
  system_prompt STRING NOT NULL COMMENT 'Jinja2',
  user_prompt STRING NOT NULL COMMENT 'Jinja2 over the row\'s columns',
  output_schema STRING NOT NULL COMMENT 'JSON schema of the answer, draft 2020-12; JSON',
  columns STRING NOT NULL COMMENT 'placeholder to source column, where they are not called the same; JSON',
  answer_columns STRING NOT NULL COMMENT 'answer field to the source column that already holds it; JSON',
  feature_columns ARRAY<STRING> NOT NULL COMMENT 'columns that a model learns from; empty means those that the prompts name, or all but the identifying and the answer columns when they name none',
  group_column STRING COMMENT 'rows of one group are never split between training and test',
  guidelines STRING NOT NULL COMMENT 'how to decide, for the people who label',
  use_case STRING NOT NULL,
  version STRING NOT NULL,
  parent_id STRING,
  status STRING NOT NULL COMMENT 'draft | published | archived',
  split_by STRING NOT NULL COMMENT 'what makes rows one group: values or days of the group column, nothing; proposed | value | day | first_line | none',
  order_column STRING COMMENT 'the time of a row: train on the past, test on the future',
  CONSTRAINT templates_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A versioned prompt with an output schema. Published versions never change; a new version is a new record.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
