-- Rendered from ontos_tui.domain.records.sync.SyncConflict by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS sync_conflicts (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  entity STRING NOT NULL COMMENT 'the table of the row',
  entity_id STRING NOT NULL COMMENT 'the row here',
  their_id STRING NOT NULL COMMENT 'the row at the hub; another one where both made a row about the same thing',
  ours STRING NOT NULL COMMENT 'the columns that differ, as they are here; JSON',
  theirs STRING NOT NULL COMMENT 'the whole row at the hub, as the store would keep it; JSON',
  theirs_by STRING NOT NULL,
  hub_version BIGINT NOT NULL COMMENT 'which write of the hub\'s row theirs is',
  state STRING NOT NULL COMMENT 'open | ours | theirs',
  CONSTRAINT sync_conflicts_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A row that was changed here and by another person: both stay until a person chooses one.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
