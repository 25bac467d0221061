-- Rendered from ontos_tui.domain.records.data.DataTable by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS data_tables (
  address STRING NOT NULL COMMENT 'catalog.schema.table',
  path STRING NOT NULL COMMENT 'absolute path of the file, or of the folder and the pattern in it',
  format STRING NOT NULL COMMENT 'csv | jsonl | parquet | spaced | workbook | folder',
  bytes BIGINT NOT NULL COMMENT 'size when it was added, bytes',
  column_names ARRAY<STRING> NOT NULL COMMENT 'names of the columns of a file whose lines hold blanks between the values',
  columns STRING NOT NULL COMMENT 'name and type of each, when it was read last; JSON',
  row_count BIGINT NOT NULL COMMENT 'rows when it was read last',
  fingerprint STRING NOT NULL COMMENT 'size and modification time when it was read last; empty if never',
  added_at TIMESTAMP NOT NULL,
  added_by STRING NOT NULL,
  reading_options STRING NOT NULL COMMENT 'what the user decided about how the file is read; JSON',
  reading STRING COMMENT 'what was understood of the file when it was read last; JSON',
  folder STRING COMMENT 'of a folder: what is read of it, and what was read last; JSON',
  joined STRING COMMENT 'of which tables it comes; path and format are the first one\'s; JSON',
  computed STRING NOT NULL COMMENT 'columns beside those of the file; JSON',
  CONSTRAINT data_tables_pk PRIMARY KEY (address)
)
USING DELTA
CLUSTER BY (address)
COMMENT 'A data file on this machine, offered by the local catalog under an address.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
