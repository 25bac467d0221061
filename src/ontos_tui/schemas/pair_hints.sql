-- Rendered from ontos_tui.domain.records.labeling.Hint by: python -m ontos_tui.store.delta
-- one row for each (pair_id, kind)
CREATE TABLE IF NOT EXISTS pair_hints (
  id STRING NOT NULL,
  training_sheet_id STRING NOT NULL,
  pair_id STRING NOT NULL,
  kind STRING NOT NULL COMMENT 'unsure | suspect | disagreed | duplicate',
  score DOUBLE NOT NULL COMMENT '0 to 1, the more the sooner',
  group_key STRING NOT NULL COMMENT 'near-duplicates have the same',
  reason STRING NOT NULL COMMENT 'why, in words for the screen',
  engine STRING NOT NULL COMMENT 'the model or method, called what it is',
  computed_at TIMESTAMP NOT NULL,
  CONSTRAINT pair_hints_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'What an engine noticed about a pair: how much, and why in words.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
