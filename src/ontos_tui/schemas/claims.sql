-- Rendered from ontos_tui.domain.records.labeling.Claim by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS claims (
  item_id STRING NOT NULL COMMENT 'a Q&A pair',
  container_id STRING NOT NULL COMMENT 'its training sheet',
  sequence_number BIGINT NOT NULL,
  actor STRING NOT NULL,
  session STRING NOT NULL COMMENT 'one of the person\'s terminals',
  until TIMESTAMP NOT NULL,
  CONSTRAINT claims_pk PRIMARY KEY (item_id)
)
USING DELTA
CLUSTER BY (item_id)
COMMENT 'Somebody is about to decide this item; others pass it over until the claim runs out.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
