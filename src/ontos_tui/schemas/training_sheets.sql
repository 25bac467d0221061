-- Rendered from ontos_tui.domain.records.pairs.TrainingSheet by: python -m ontos_tui.store.delta
-- one row for each (sheet_id, template_id)
CREATE TABLE IF NOT EXISTS training_sheets (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  sheet_id STRING NOT NULL,
  template_id STRING NOT NULL,
  template_version STRING NOT NULL,
  template_snapshot STRING NOT NULL COMMENT 'the template as it was when the pairs were made; JSON',
  label_type STRING NOT NULL,
  use_case STRING NOT NULL,
  generation_mode STRING NOT NULL COMMENT 'ai | manual | column',
  model_used STRING NOT NULL COMMENT 'what proposed the answers, called what it is',
  generation_params STRING NOT NULL COMMENT 'JSON',
  status STRING NOT NULL COMMENT 'generating | review | failed | archived',
  generation_error STRING NOT NULL,
  blind_share DOUBLE NOT NULL COMMENT 'share of the pairs whose proposal is hidden at labeling',
  source_fingerprint STRING NOT NULL COMMENT 'size and modification time of the source when pairs were made',
  CONSTRAINT training_sheets_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'The Q&A pairs that one template made from one sheet. Keeps the template exactly as it was used.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
