-- Rendered from ontos_tui.domain.records.improve.GapUpdate by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS gap_updates (
  id STRING NOT NULL,
  gap_id STRING NOT NULL,
  field STRING NOT NULL COMMENT 'status, severity or suggested_action',
  before STRING NOT NULL,
  after STRING NOT NULL,
  note STRING NOT NULL,
  by_analysis BOOLEAN NOT NULL COMMENT 'changed by an analysis or by new labels, not by a person',
  at TIMESTAMP NOT NULL,
  by STRING NOT NULL,
  CONSTRAINT gap_updates_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'One change to a gap, for ever.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
