-- Rendered from ontos_tui.domain.records.pairs.QAPair by: python -m ontos_tui.store.delta
-- one row for each (training_sheet_id, item_ref)
CREATE TABLE IF NOT EXISTS qa_pairs (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  sheet_id STRING NOT NULL,
  item_ref STRING NOT NULL,
  sequence_number BIGINT NOT NULL COMMENT 'order in what it belongs to, from 1',
  source_data STRING NOT NULL COMMENT 'the item\'s fields when this was made; JSON',
  proposal STRING COMMENT 'the answer as proposed; never changes after generation; JSON',
  confidence DOUBLE COMMENT '0 to 1, as stated by what proposed the answer',
  proposed_by STRING NOT NULL COMMENT 'what proposed it and why, in words',
  generation_error STRING NOT NULL COMMENT 'why no answer could be proposed for this item',
  answer STRING COMMENT 'the answer as decided; empty until then; JSON',
  status STRING NOT NULL COMMENT 'unlabeled | labeled | rejected | flagged',
  labeling_mode STRING NOT NULL COMMENT 'ai_generated | manual | existing_column | canonical | feedback',
  canonical_label_id STRING,
  was_auto_approved BOOLEAN NOT NULL,
  was_blind BOOLEAN NOT NULL COMMENT 'the proposal was hidden from who decided',
  reject_reason STRING NOT NULL,
  notes STRING NOT NULL,
  allowed_uses ARRAY<STRING> NOT NULL,
  prohibited_uses ARRAY<STRING> NOT NULL,
  usage_reason STRING NOT NULL,
  data_classification STRING NOT NULL COMMENT 'public | internal | confidential | restricted',
  reviewed_by STRING NOT NULL,
  reviewed_at TIMESTAMP,
  version BIGINT NOT NULL COMMENT 'counts the changes, for sync and for lineage',
  training_sheet_id STRING NOT NULL,
  feedback_id STRING COMMENT 'the feedback that this pair was made from',
  certainty STRING NOT NULL COMMENT 'stands for a confidence that is not calibrated, which then only orders: \'4 of 5 agree\', \'likely\', \'unsure\'',
  CONSTRAINT qa_pairs_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'One question made from one item, with the proposed answer and the decided one.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
