DROP INDEX IF EXISTS ix_events_scope_id_actor_at;
DROP INDEX IF EXISTS ix_inference_log_endpoint_requested_at;
CREATE INDEX IF NOT EXISTS ix_events_scope_id_actor_batch_id ON events (scope_id, actor, batch_id);
CREATE INDEX IF NOT EXISTS ix_inference_log_requested_at ON inference_log (requested_at);
CREATE INDEX IF NOT EXISTS ix_inference_log_endpoint_requested_at_status_code_latency_ms_model_id_model_version ON inference_log (endpoint, requested_at, status_code, latency_ms, model_id, model_version);
CREATE INDEX IF NOT EXISTS ix_qa_pairs_training_sheet_id_updated_at ON qa_pairs (training_sheet_id, updated_at);
