-- Rendered from ontos_tui.domain.records.pairs.Event by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS events (
  id STRING NOT NULL COMMENT 'random, made by the client',
  entity_type STRING NOT NULL COMMENT 'the table of what changed',
  entity_id STRING NOT NULL,
  scope_id STRING NOT NULL COMMENT 'the training sheet or other thing that contains what changed',
  action STRING NOT NULL,
  actor STRING NOT NULL,
  at TIMESTAMP NOT NULL,
  before STRING COMMENT 'the changed columns as they were; JSON',
  after STRING COMMENT 'the changed columns as they are; JSON',
  reason STRING NOT NULL,
  batch_id STRING NOT NULL COMMENT 'decisions that were made, and are undone, together',
  undoes STRING NOT NULL COMMENT 'the batch that this event takes back, or brings back',
  seconds DOUBLE COMMENT 'from the item in sight to the decision, where it was measured',
  CONSTRAINT events_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'One change, for ever: who, when, before, after. Nothing updates or deletes an event.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
