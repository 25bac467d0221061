-- Rendered from ontos_tui.domain.records.gate.MustPassCase by: python -m ontos_tui.store.delta
-- one row for each (template_name, label_type, sheet_id, item_ref)
CREATE TABLE IF NOT EXISTS must_pass_cases (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  template_name STRING NOT NULL,
  label_type STRING NOT NULL,
  sheet_id STRING NOT NULL,
  item_ref STRING NOT NULL,
  pair_id STRING NOT NULL COMMENT 'the pair that it was made from',
  source_data STRING NOT NULL COMMENT 'the item\'s fields when this was made; JSON',
  expected STRING NOT NULL COMMENT 'the fields of the answer that are checked, with their values; JSON',
  within STRING NOT NULL COMMENT 'field to how far off a number may be; else the model\'s own interval decides; JSON',
  note STRING NOT NULL COMMENT 'why it must be right',
  CONSTRAINT must_pass_cases_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'An item with the answer that every new version must give to it. It belongs to the templates of one name and label type, so that it outlives trainings and new template versions.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
