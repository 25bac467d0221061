-- Rendered from ontos_tui.domain.records.serving.InferenceRecord by: python -m ontos_tui.store.delta
CREATE TABLE IF NOT EXISTS inference_log (
  request_id STRING NOT NULL,
  client_request_id STRING NOT NULL,
  endpoint STRING NOT NULL,
  model_id STRING NOT NULL,
  model_version BIGINT NOT NULL,
  requested_at TIMESTAMP NOT NULL,
  origin STRING NOT NULL COMMENT 'playground | http | cli',
  input STRING NOT NULL COMMENT 'the fields of one row, as they were sent; JSON',
  output STRING COMMENT 'JSON',
  confidence STRING NOT NULL COMMENT 'answer field to 0..1; JSON',
  latency_ms DOUBLE NOT NULL,
  status_code BIGINT NOT NULL,
  error STRING NOT NULL,
  certainty STRING NOT NULL COMMENT 'answer field to likely or unsure, where the model may state no confidence; JSON',
  intervals STRING NOT NULL COMMENT 'answer field to the 90 % interval of its number; JSON',
  outside STRING NOT NULL COMMENT 'values of the input that the model has not learned from, 20 at most; JSON',
  CONSTRAINT inference_log_pk PRIMARY KEY (request_id)
)
USING DELTA
CLUSTER BY (request_id)
COMMENT 'One request to an endpoint, and what came of it.'
TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true');
