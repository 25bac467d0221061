-- Rendered from ontos_tui.domain.records.pairs.CanonicalLabel by: python -m ontos_tui.store.delta
-- one row for each (sheet_id, item_ref, label_type)
CREATE TABLE IF NOT EXISTS canonical_labels (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  sheet_id STRING NOT NULL,
  item_ref STRING NOT NULL,
  label_type STRING NOT NULL,
  label_data STRING NOT NULL COMMENT 'JSON',
  confidence STRING NOT NULL COMMENT 'high, medium or low, as the expert says',
  notes STRING NOT NULL,
  source STRING NOT NULL COMMENT 'review, labeling, adjudication, ground_truth or import',
  training_sheet_id STRING,
  allowed_uses ARRAY<STRING> NOT NULL,
  prohibited_uses ARRAY<STRING> NOT NULL,
  usage_reason STRING NOT NULL,
  data_classification STRING NOT NULL COMMENT 'public | internal | confidential | restricted',
  reuse_count BIGINT NOT NULL COMMENT 'pairs that were approved by this label without a review',
  last_reused_at TIMESTAMP,
  version BIGINT NOT NULL,
  CONSTRAINT canonical_labels_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'The truth about one item for one label type, apart from any prompt: label once, reuse everywhere.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
