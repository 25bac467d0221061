-- Rendered from ontos_tui.domain.records.pairs.CanonicalLabelVersion by: python -m ontos_tui.store.delta
-- one row for each (canonical_label_id, version)
CREATE TABLE IF NOT EXISTS canonical_label_versions (
  id STRING NOT NULL,
  canonical_label_id STRING NOT NULL,
  version BIGINT NOT NULL,
  label_data STRING NOT NULL COMMENT 'JSON',
  confidence STRING NOT NULL,
  notes STRING NOT NULL,
  source STRING NOT NULL,
  modified_by STRING NOT NULL,
  modified_at TIMESTAMP NOT NULL,
  CONSTRAINT canonical_label_versions_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'What a canonical label said before it was changed.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
