-- Rendered from ontos_tui.domain.records.data.Sheet by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS sheets (
  id STRING NOT NULL COMMENT 'random, made by the client',
  created_at TIMESTAMP NOT NULL,
  created_by STRING NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  updated_by STRING NOT NULL,
  name STRING NOT NULL,
  description STRING NOT NULL,
  source_table STRING NOT NULL COMMENT 'catalog.schema.table',
  item_id_column STRING COMMENT 'identifies an item; without it, its content does',
  columns ARRAY<STRING> NOT NULL COMMENT 'columns that are used; empty means all',
  image_columns ARRAY<STRING> NOT NULL COMMENT 'columns that hold paths of images',
  filter_expression STRING NOT NULL COMMENT 'a predicate over the source\'s columns',
  sampling STRING NOT NULL COMMENT 'all | first | random | stratified',
  sample_size BIGINT COMMENT 'rows; None means all that pass the filter',
  sample_by STRING COMMENT 'column whose values are kept in proportion when stratified',
  sample_seed BIGINT NOT NULL,
  window_size BIGINT COMMENT 'rows of a window; None means that every row is an item',
  window_step BIGINT COMMENT 'rows from one window to the next; None means its size',
  window_group STRING COMMENT 'column that tells the streams apart',
  window_order STRING COMMENT 'column that orders a stream, such as its time',
  window_labels STRING NOT NULL COMMENT 'columns that hold a label, and how the window\'s is taken from its rows; JSON',
  use_case STRING NOT NULL,
  tags ARRAY<STRING> NOT NULL COMMENT 'what the data holds, such as PII; labels inherit it',
  status STRING NOT NULL COMMENT 'active | archived | deleted',
  item_count BIGINT NOT NULL COMMENT 'rows after filter and sample, counted when the sheet was last validated',
  source_fingerprint STRING NOT NULL COMMENT 'size and modification time of the source when last validated',
  identity STRING NOT NULL COMMENT 'what its pairs and labels are named by; id | content | position',
  window_max_gap DOUBLE COMMENT 'no window bridges a larger step of its order: seconds for times; None bridges all',
  column_roles STRING NOT NULL COMMENT 'what columns are for, where the user decided it; JSON',
  unique_by ARRAY<STRING> NOT NULL COMMENT 'of rows that are equal in all of these columns only the first is used',
  CONSTRAINT sheets_pk PRIMARY KEY (id)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'A named view of a source table: which rows, which columns, what identifies an item. With a window size, its items are windows of the source\'s rows and not the rows themselves.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
