CREATE TABLE data_tables (
	address TEXT NOT NULL, 
	path TEXT NOT NULL, 
	format TEXT NOT NULL, 
	bytes INTEGER NOT NULL, 
	column_names TEXT NOT NULL, 
	added_at TEXT NOT NULL, 
	added_by TEXT NOT NULL, 
	PRIMARY KEY (address)
);
CREATE TABLE sheets (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	source_table TEXT NOT NULL, 
	item_id_column TEXT, 
	columns TEXT NOT NULL, 
	image_columns TEXT NOT NULL, 
	filter_expression TEXT NOT NULL, 
	sampling TEXT NOT NULL, 
	sample_size INTEGER, 
	sample_by TEXT, 
	sample_seed INTEGER NOT NULL, 
	window_size INTEGER, 
	window_step INTEGER, 
	window_group TEXT, 
	window_order TEXT, 
	window_labels TEXT NOT NULL, 
	use_case TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	status TEXT NOT NULL, 
	item_count INTEGER NOT NULL, 
	source_fingerprint TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_sheets_name ON sheets (name);
CREATE TABLE templates (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	label_type TEXT NOT NULL, 
	system_prompt TEXT NOT NULL, 
	user_prompt TEXT NOT NULL, 
	output_schema TEXT NOT NULL, 
	columns TEXT NOT NULL, 
	answer_columns TEXT NOT NULL, 
	feature_columns TEXT NOT NULL, 
	group_column TEXT, 
	guidelines TEXT NOT NULL, 
	use_case TEXT NOT NULL, 
	version TEXT NOT NULL, 
	parent_id TEXT, 
	status TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
CREATE TABLE example_store (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	label_type TEXT NOT NULL, 
	input TEXT NOT NULL, 
	expected_output TEXT NOT NULL, 
	explanation TEXT NOT NULL, 
	use_case TEXT NOT NULL, 
	source TEXT NOT NULL, 
	is_verified BOOLEAN NOT NULL, 
	usage_count INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (label_type, name)
);
CREATE TABLE labelsets (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	label_type TEXT NOT NULL, 
	field TEXT NOT NULL, 
	classes TEXT NOT NULL, 
	response_schema TEXT NOT NULL, 
	guidelines TEXT NOT NULL, 
	use_case TEXT NOT NULL, 
	status TEXT NOT NULL, 
	version TEXT NOT NULL, 
	parent_id TEXT, 
	published_at TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
CREATE TABLE training_sheets (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	template_id TEXT NOT NULL, 
	template_version TEXT NOT NULL, 
	template_snapshot TEXT NOT NULL, 
	label_type TEXT NOT NULL, 
	use_case TEXT NOT NULL, 
	generation_mode TEXT NOT NULL, 
	model_used TEXT NOT NULL, 
	generation_params TEXT NOT NULL, 
	status TEXT NOT NULL, 
	generation_error TEXT NOT NULL, 
	blind_share FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (sheet_id, template_id)
);
CREATE TABLE qa_pairs (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	item_ref TEXT NOT NULL, 
	sequence_number INTEGER NOT NULL, 
	source_data TEXT NOT NULL, 
	proposal TEXT, 
	confidence FLOAT, 
	proposed_by TEXT NOT NULL, 
	generation_error TEXT NOT NULL, 
	answer TEXT, 
	status TEXT NOT NULL, 
	labeling_mode TEXT NOT NULL, 
	canonical_label_id TEXT, 
	was_auto_approved BOOLEAN NOT NULL, 
	was_blind BOOLEAN NOT NULL, 
	reject_reason TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	allowed_uses TEXT NOT NULL, 
	prohibited_uses TEXT NOT NULL, 
	usage_reason TEXT NOT NULL, 
	data_classification TEXT NOT NULL, 
	reviewed_by TEXT NOT NULL, 
	reviewed_at TEXT, 
	version INTEGER NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
	feedback_id TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (training_sheet_id, item_ref)
);
CREATE INDEX ix_qa_pairs_sheet_id_item_ref ON qa_pairs (sheet_id, item_ref);
CREATE INDEX ix_qa_pairs_training_sheet_id_updated_at ON qa_pairs (training_sheet_id, updated_at);
CREATE INDEX ix_qa_pairs_training_sheet_id_status_sequence_number ON qa_pairs (training_sheet_id, status, sequence_number);
CREATE INDEX ix_qa_pairs_training_sheet_id_sequence_number ON qa_pairs (training_sheet_id, sequence_number);
CREATE TABLE canonical_labels (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	item_ref TEXT NOT NULL, 
	label_type TEXT NOT NULL, 
	label_data TEXT NOT NULL, 
	confidence TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	source TEXT NOT NULL, 
	training_sheet_id TEXT, 
	allowed_uses TEXT NOT NULL, 
	prohibited_uses TEXT NOT NULL, 
	usage_reason TEXT NOT NULL, 
	data_classification TEXT NOT NULL, 
	reuse_count INTEGER NOT NULL, 
	last_reused_at TEXT, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (sheet_id, item_ref, label_type)
);
CREATE TABLE canonical_label_versions (
	id TEXT NOT NULL, 
	canonical_label_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	label_data TEXT NOT NULL, 
	confidence TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	source TEXT NOT NULL, 
	modified_by TEXT NOT NULL, 
	modified_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (canonical_label_id, version)
);
CREATE TABLE labeling_jobs (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	training_sheet_id TEXT, 
	labelset_id TEXT, 
	label_type TEXT NOT NULL, 
	response_schema TEXT NOT NULL, 
	instructions TEXT NOT NULL, 
	batch_size INTEGER NOT NULL, 
	overlap INTEGER NOT NULL, 
	needs_review BOOLEAN NOT NULL, 
	blind_share FLOAT NOT NULL, 
	gold_share FLOAT NOT NULL, 
	lease_minutes INTEGER NOT NULL, 
	is_personal BOOLEAN NOT NULL, 
	status TEXT NOT NULL, 
	total_items INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_labeling_jobs_status ON labeling_jobs (status);
CREATE INDEX ix_labeling_jobs_sheet_id ON labeling_jobs (sheet_id);
CREATE TABLE labeling_tasks (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	copy_number INTEGER NOT NULL, 
	item_count INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	assignee TEXT NOT NULL, 
	assigned_at TEXT, 
	lease_until TEXT, 
	priority TEXT NOT NULL, 
	due_date TEXT, 
	started_at TEXT, 
	submitted_at TEXT, 
	reviewer TEXT NOT NULL, 
	reviewed_at TEXT, 
	review_notes TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (job_id, number, copy_number)
);
CREATE INDEX ix_labeling_tasks_job_id_status ON labeling_tasks (job_id, status);
CREATE INDEX ix_labeling_tasks_assignee_status ON labeling_tasks (assignee, status);
CREATE TABLE labeling_items (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	item_ref TEXT NOT NULL, 
	sequence_number INTEGER NOT NULL, 
	source_data TEXT NOT NULL, 
	proposal TEXT, 
	confidence FLOAT, 
	proposed_by TEXT NOT NULL, 
	generation_error TEXT NOT NULL, 
	answer TEXT, 
	status TEXT NOT NULL, 
	labeling_mode TEXT NOT NULL, 
	canonical_label_id TEXT, 
	was_auto_approved BOOLEAN NOT NULL, 
	was_blind BOOLEAN NOT NULL, 
	reject_reason TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	allowed_uses TEXT NOT NULL, 
	prohibited_uses TEXT NOT NULL, 
	usage_reason TEXT NOT NULL, 
	data_classification TEXT NOT NULL, 
	reviewed_by TEXT NOT NULL, 
	reviewed_at TEXT, 
	version INTEGER NOT NULL, 
	task_id TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	gold_answer TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (task_id, item_ref)
);
CREATE INDEX ix_labeling_items_job_id_item_ref ON labeling_items (job_id, item_ref);
CREATE INDEX ix_labeling_items_task_id_status_sequence_number ON labeling_items (task_id, status, sequence_number);
CREATE INDEX ix_labeling_items_sheet_id_item_ref ON labeling_items (sheet_id, item_ref);
CREATE INDEX ix_labeling_items_task_id_sequence_number ON labeling_items (task_id, sequence_number);
CREATE TABLE claims (
	item_id TEXT NOT NULL, 
	container_id TEXT NOT NULL, 
	sequence_number INTEGER NOT NULL, 
	actor TEXT NOT NULL, 
	session TEXT NOT NULL, 
	until TEXT NOT NULL, 
	PRIMARY KEY (item_id)
);
CREATE INDEX ix_claims_container_id_until ON claims (container_id, until);
CREATE INDEX ix_claims_actor_session ON claims (actor, session);
CREATE TABLE pair_hints (
	id TEXT NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
	pair_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	score FLOAT NOT NULL, 
	group_key TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	made_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (pair_id, kind)
);
CREATE INDEX ix_pair_hints_training_sheet_id_kind_score ON pair_hints (training_sheet_id, kind, score);
CREATE INDEX ix_pair_hints_training_sheet_id_kind_group_key ON pair_hints (training_sheet_id, kind, group_key);
CREATE TABLE saved_views (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	wanted TEXT NOT NULL, 
	sort TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (training_sheet_id, name)
);
CREATE TABLE events (
	id TEXT NOT NULL, 
	entity_type TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	at TEXT NOT NULL, 
	"before" TEXT, 
	"after" TEXT, 
	reason TEXT NOT NULL, 
	batch_id TEXT NOT NULL, 
	undoes TEXT NOT NULL, 
	seconds FLOAT, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_events_entity_type_entity_id_at ON events (entity_type, entity_id, at);
CREATE INDEX ix_events_scope_id_actor_batch_id ON events (scope_id, actor, batch_id);
CREATE TABLE jobs (
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	title TEXT NOT NULL, 
	params TEXT NOT NULL, 
	status TEXT NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	message TEXT NOT NULL, 
	cancel_requested BOOLEAN NOT NULL, 
	pid INTEGER, 
	process_started FLOAT, 
	result TEXT NOT NULL, 
	error TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	started_at TEXT, 
	finished_at TEXT, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_jobs_status ON jobs (status);
CREATE INDEX ix_jobs_created_at ON jobs (created_at);
CREATE TABLE job_events (
	id TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	message TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_job_events_job_id_at ON job_events (job_id, at);
CREATE TABLE models (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
	template_id TEXT NOT NULL, 
	template_version TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	base_model TEXT NOT NULL, 
	engine TEXT NOT NULL, 
	params TEXT NOT NULL, 
	features TEXT NOT NULL, 
	template_snapshot TEXT NOT NULL, 
	evaluation TEXT NOT NULL, 
	train_count INTEGER NOT NULL, 
	held_out_count INTEGER NOT NULL, 
	artifact TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
CREATE TABLE model_pairs (
	id TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	pair_id TEXT NOT NULL, 
	role TEXT NOT NULL, 
	pair_version INTEGER NOT NULL, 
	answer_digest TEXT NOT NULL, 
	approved_by TEXT NOT NULL, 
	approved_at TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (model_id, pair_id)
);
CREATE TABLE endpoints (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	previous_model_id TEXT, 
	status TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE deployments (
	id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_deployments_endpoint_at ON deployments (endpoint, at);
CREATE TABLE inference_log (
	request_id TEXT NOT NULL, 
	client_request_id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	model_version INTEGER NOT NULL, 
	requested_at TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	input TEXT NOT NULL, 
	output TEXT, 
	confidence TEXT NOT NULL, 
	latency_ms FLOAT NOT NULL, 
	status_code INTEGER NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (request_id)
);
CREATE INDEX ix_inference_log_requested_at ON inference_log (requested_at);
CREATE INDEX ix_inference_log_endpoint_requested_at_status_code_latency_ms_model_id_model_version ON inference_log (endpoint, requested_at, status_code, latency_ms, model_id, model_version);
CREATE TABLE feedback_items (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	request_id TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	rating INTEGER NOT NULL, 
	comment TEXT NOT NULL, 
	correction TEXT, 
	input TEXT NOT NULL, 
	output TEXT, 
	flagged BOOLEAN NOT NULL, 
	status TEXT NOT NULL, 
	qa_pair_id TEXT, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_feedback_items_request_id ON feedback_items (request_id);
CREATE INDEX ix_feedback_items_endpoint_created_at ON feedback_items (endpoint, created_at);
CREATE TABLE identified_gaps (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	model_name TEXT NOT NULL, 
	template_id TEXT NOT NULL, 
	gap_type TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	description TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	affected_count INTEGER NOT NULL, 
	error_rate FLOAT, 
	suggested_action TEXT NOT NULL, 
	estimated_records_needed INTEGER NOT NULL, 
	estimate_basis TEXT NOT NULL, 
	seen_at TEXT, 
	status TEXT NOT NULL, 
	resolution_notes TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_identified_gaps_status ON identified_gaps (status);
CREATE TABLE gap_updates (
	id TEXT NOT NULL, 
	gap_id TEXT NOT NULL, 
	field TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	note TEXT NOT NULL, 
	by_analysis BOOLEAN NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_gap_updates_gap_id_at ON gap_updates (gap_id, at);
CREATE TABLE annotation_tasks (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	gap_id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT NOT NULL, 
	instructions TEXT NOT NULL, 
	priority TEXT NOT NULL, 
	status TEXT NOT NULL, 
	assignee TEXT NOT NULL, 
	target_record_count INTEGER NOT NULL, 
	due_date TEXT, 
	training_sheet_id TEXT, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_annotation_tasks_status ON annotation_tasks (status);
CREATE INDEX ix_annotation_tasks_gap_id ON annotation_tasks (gap_id);
CREATE TABLE annotation_task_items (
	id TEXT NOT NULL, 
	task_id TEXT NOT NULL, 
	pair_id TEXT NOT NULL, 
	was_open BOOLEAN NOT NULL, 
	added_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (task_id, pair_id)
);
CREATE INDEX ix_annotation_task_items_pair_id ON annotation_task_items (pair_id);
CREATE TABLE drift_reports (
	id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	made_at TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	source TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	reference_since TEXT, 
	reference_until TEXT, 
	recent_since TEXT NOT NULL, 
	recent_until TEXT NOT NULL, 
	reference_rows INTEGER NOT NULL, 
	recent_rows INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	score FLOAT, 
	summary TEXT NOT NULL, 
	features TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_drift_reports_endpoint_made_at ON drift_reports (endpoint, made_at);
CREATE TABLE alert_rules (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	metric TEXT NOT NULL, 
	comparison TEXT NOT NULL, 
	threshold FLOAT NOT NULL, 
	recover_threshold FLOAT, 
	window_minutes INTEGER NOT NULL, 
	minimum_sample INTEGER NOT NULL, 
	for_minutes INTEGER NOT NULL, 
	severity TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	broken_since TEXT, 
	armed BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_alert_rules_endpoint ON alert_rules (endpoint);
CREATE TABLE alerts (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	rule_id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	metric TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	status TEXT NOT NULL, 
	opened_at TEXT NOT NULL, 
	threshold FLOAT NOT NULL, 
	value FLOAT NOT NULL, 
	worst FLOAT NOT NULL, 
	message TEXT NOT NULL, 
	acknowledged_at TEXT, 
	acknowledged_by TEXT NOT NULL, 
	resolved_at TEXT, 
	resolved_by TEXT NOT NULL, 
	resolution TEXT NOT NULL, 
	outside TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_alerts_endpoint_opened_at ON alerts (endpoint, opened_at);
CREATE INDEX ix_alerts_status ON alerts (status);
CREATE INDEX ix_alerts_rule_id_status ON alerts (rule_id, status);
CREATE TABLE sync_conflicts (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	entity TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	their_id TEXT NOT NULL, 
	ours TEXT NOT NULL, 
	theirs TEXT NOT NULL, 
	theirs_by TEXT NOT NULL, 
	hub_version INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_sync_conflicts_state ON sync_conflicts (state);
CREATE INDEX ix_sync_conflicts_entity_entity_id ON sync_conflicts (entity, entity_id);
CREATE TABLE team_hours (
	id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	start TEXT NOT NULL, 
	served TEXT NOT NULL, 
	version TEXT NOT NULL, 
	requests INTEGER NOT NULL, 
	errors INTEGER NOT NULL, 
	latency_sum FLOAT NOT NULL, 
	bins TEXT NOT NULL, 
	last_at TEXT NOT NULL, 
	ratings INTEGER NOT NULL, 
	rating_sum INTEGER NOT NULL, 
	corrections INTEGER NOT NULL, 
	input_tokens INTEGER, 
	output_tokens INTEGER, 
	PRIMARY KEY (id), 
	UNIQUE (endpoint, start, served)
);
CREATE TABLE team_readings (
	endpoint TEXT NOT NULL, 
	read_at TEXT NOT NULL, 
	since TEXT NOT NULL, 
	until TEXT NOT NULL, 
	logged BOOLEAN NOT NULL, 
	missing TEXT NOT NULL, 
	PRIMARY KEY (endpoint)
);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER job_events_no_update BEFORE UPDATE ON job_events BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER job_events_no_delete BEFORE DELETE ON job_events BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER deployments_no_update BEFORE UPDATE ON deployments BEGIN SELECT RAISE(ABORT, 'deployments is append-only'); END;
CREATE TRIGGER deployments_no_delete BEFORE DELETE ON deployments BEGIN SELECT RAISE(ABORT, 'deployments is append-only'); END;
CREATE TRIGGER gap_updates_no_update BEFORE UPDATE ON gap_updates BEGIN SELECT RAISE(ABORT, 'gap_updates is append-only'); END;
CREATE TRIGGER gap_updates_no_delete BEFORE DELETE ON gap_updates BEGIN SELECT RAISE(ABORT, 'gap_updates is append-only'); END;
CREATE TRIGGER canonical_label_versions_no_update BEFORE UPDATE ON canonical_label_versions BEGIN SELECT RAISE(ABORT, 'canonical_label_versions is append-only'); END;
CREATE TRIGGER canonical_label_versions_no_delete BEFORE DELETE ON canonical_label_versions BEGIN SELECT RAISE(ABORT, 'canonical_label_versions is append-only'); END;
