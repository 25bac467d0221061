-- Rendered from ontos_tui.domain.records.training.ModelPair by: python -m ontos_tui.store.delta
-- one row for each (model_id, pair_id)
CREATE TABLE IF NOT EXISTS model_pairs (
  id STRING NOT NULL,
  model_id STRING NOT NULL,
  pair_id STRING NOT NULL,
  role STRING NOT NULL COMMENT 'train | held_out',
  pair_version BIGINT NOT NULL,
  answer_digest STRING NOT NULL,
  approved_by STRING NOT NULL,
  approved_at TIMESTAMP,
  CONSTRAINT model_pairs_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'Lineage: one pair that a model was trained or tested on, as it was then.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
