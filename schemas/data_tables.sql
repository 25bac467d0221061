-- Rendered from ontos_tui.domain.data.DataTable by: python -m ontos_tui.store.delta schemas
CREATE TABLE IF NOT EXISTS data_tables (
  address STRING NOT NULL COMMENT 'catalog.schema.table',
  path STRING NOT NULL COMMENT 'absolute path of the file',
  format STRING NOT NULL COMMENT 'csv | jsonl | parquet',
  bytes BIGINT NOT NULL COMMENT 'size when it was added, bytes',
  added_at TIMESTAMP NOT NULL,
  added_by STRING NOT NULL,
  CONSTRAINT data_tables_pk PRIMARY KEY (address)
)
USING DELTA
CLUSTER BY (address)
COMMENT 'A data file on this machine, offered by the local catalog under an address.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
