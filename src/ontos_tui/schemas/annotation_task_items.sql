-- Rendered from ontos_tui.domain.records.improve.AnnotationItem by: python -m ontos_tui.store.delta
-- one row for each (task_id, pair_id)
CREATE TABLE IF NOT EXISTS annotation_task_items (
  id STRING NOT NULL,
  task_id STRING NOT NULL,
  pair_id STRING NOT NULL,
  was_open BOOLEAN NOT NULL COMMENT 'undecided when it was added; else its label is to be looked at again',
  added_at TIMESTAMP NOT NULL,
  CONSTRAINT annotation_task_items_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'One pair of an annotation task.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
