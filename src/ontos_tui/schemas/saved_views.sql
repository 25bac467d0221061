-- Rendered from ontos_tui.domain.records.labeling.SavedView by: python -m ontos_tui.store.delta
-- one row for each (training_sheet_id, name)
CREATE TABLE IF NOT EXISTS saved_views (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  training_sheet_id STRING NOT NULL,
  name STRING NOT NULL,
  filter STRING NOT NULL COMMENT 'the conditions of the filter; an absent one filters nothing; JSON',
  sort STRING NOT NULL COMMENT 'the order, as services/label/queue.py calls it',
  CONSTRAINT saved_views_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A filter and an order of a training sheet\'s queue under a name, to be labeled like any session.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
