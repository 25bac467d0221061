-- A workspace of version 1, as that release made it
BEGIN TRANSACTION;
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
	PRIMARY KEY (id)
);
INSERT INTO "annotation_tasks" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','gap_id 1','title 1','description 1','instructions 1','low','assigned','assignee 1',2,'2026-02-28');
INSERT INTO "annotation_tasks" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','gap_id 2','title 2','description 2','instructions 2','low','in_progress','assignee 2',3,'2026-02-28');
CREATE TABLE canonical_label_versions (
	id TEXT NOT NULL, 
	canonical_label_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	label_data TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	modified_by TEXT NOT NULL, 
	modified_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (canonical_label_id, version)
);
INSERT INTO "canonical_label_versions" VALUES('id 1','canonical_label_id 1',2,'{"torque":1.5,"défaut":"scratch","n":1}','notes 1','modified_by 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "canonical_label_versions" VALUES('id 2','canonical_label_id 2',3,'{"torque":2.5,"défaut":"scratch","n":2}','notes 2','modified_by 2','2026-03-01T00:00:01.123456Z');
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
INSERT INTO "canonical_labels" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','sheet_id 1','item_ref 1','label_type 1','{"torque":1.5,"défaut":"scratch","n":1}','confidence 1','notes 1','source 1','training_sheet_id 1','["training","évaluation"]','["training","évaluation"]','usage_reason 1','internal',2,'2026-03-01T00:00:00.123456Z',2);
INSERT INTO "canonical_labels" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','sheet_id 2','item_ref 2','label_type 2','{"torque":2.5,"défaut":"scratch","n":2}','confidence 2','notes 2','source 2','training_sheet_id 2','["training","évaluation"]','["training","évaluation"]','usage_reason 2','confidential',3,'2026-03-01T00:00:01.123456Z',3);
CREATE TABLE data_tables (
	address TEXT NOT NULL, 
	path TEXT NOT NULL, 
	format TEXT NOT NULL, 
	bytes INTEGER NOT NULL, 
	added_at TEXT NOT NULL, 
	added_by TEXT NOT NULL, 
	PRIMARY KEY (address)
);
INSERT INTO "data_tables" VALUES('address 1','path 1','jsonl',2,'2026-03-01T00:00:00.123456Z','added_by 1');
INSERT INTO "data_tables" VALUES('address 2','path 2','parquet',3,'2026-03-01T00:00:01.123456Z','added_by 2');
CREATE TABLE deployments (
	id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "deployments" VALUES('id 1','endpoint 1','model_id 1','action 1','2026-03-01T00:00:00.123456Z','by 1');
INSERT INTO "deployments" VALUES('id 2','endpoint 2','model_id 2','action 2','2026-03-01T00:00:01.123456Z','by 2');
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
INSERT INTO "endpoints" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','endpoint-1','model_id 1','previous_model_id 1','stopped');
INSERT INTO "endpoints" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','endpoint-2','model_id 2','previous_model_id 2','ready');
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
	PRIMARY KEY (id)
);
INSERT INTO "events" VALUES('id 1','entity_type 1','entity_id 1','scope_id 1','action 1','actor 1','2026-03-01T00:00:00.123456Z','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}','reason 1','batch_id 1','undoes 1');
INSERT INTO "events" VALUES('id 2','entity_type 2','entity_id 2','scope_id 2','action 2','actor 2','2026-03-01T00:00:01.123456Z','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}','reason 2','batch_id 2','undoes 2');
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
INSERT INTO "example_store" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','label_type 1','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}','explanation 1','use_case 1','source 1',1,2);
INSERT INTO "example_store" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','label_type 2','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}','explanation 2','use_case 2','source 2',0,3);
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
INSERT INTO "feedback_items" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','endpoint 1','request_id 1','model_id 1',2,'comment 1','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}',1,'converted','qa_pair_id 1');
INSERT INTO "feedback_items" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','endpoint 2','request_id 2','model_id 2',3,'comment 2','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}',0,'dismissed','qa_pair_id 2');
CREATE TABLE gap_updates (
	id TEXT NOT NULL, 
	gap_id TEXT NOT NULL, 
	field TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "gap_updates" VALUES('id 1','gap_id 1','field 1','before 1','after 1','2026-03-01T00:00:00.123456Z','by 1');
INSERT INTO "gap_updates" VALUES('id 2','gap_id 2','field 2','before 2','after 2','2026-03-01T00:00:01.123456Z','by 2');
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
	status TEXT NOT NULL, 
	resolution_notes TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "identified_gaps" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','model_name 1','template_id 1','capability','fingerprint 1','high','description 1','{"torque":1.5,"défaut":"scratch","n":1}',2,1.5,'suggested_action 1',2,'task_created','resolution_notes 1');
INSERT INTO "identified_gaps" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','model_name 2','template_id 2','capability','fingerprint 2','medium','description 2','{"torque":2.5,"défaut":"scratch","n":2}',3,2.5,'suggested_action 2',3,'in_progress','resolution_notes 2');
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
INSERT INTO "inference_log" VALUES('request_id 1','client_request_id 1','endpoint 1','model_id 1',2,'2026-03-01T00:00:00.123456Z','http','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}','{"defect":0.25}',1.5,2,'error 1');
INSERT INTO "inference_log" VALUES('request_id 2','client_request_id 2','endpoint 2','model_id 2',3,'2026-03-01T00:00:01.123456Z','cli','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}','{"defect":0.25}',2.5,3,'error 2');
CREATE TABLE job_events (
	id TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	message TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "job_events" VALUES('id 1','job_id 1','kind 1','message 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "job_events" VALUES('id 2','job_id 2','kind 2','message 2','2026-03-01T00:00:01.123456Z');
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
INSERT INTO "jobs" VALUES('id 1','train','title 1','{"torque":1.5,"défaut":"scratch","n":1}','running',2,2,'message 1',1,2,1.5,'{"torque":1.5,"défaut":"scratch","n":1}','error 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z');
INSERT INTO "jobs" VALUES('id 2','serve','title 2','{"torque":2.5,"défaut":"scratch","n":2}','succeeded',3,3,'message 2',0,3,2.5,'{"torque":2.5,"défaut":"scratch","n":2}','error 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z');
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
	use_case TEXT NOT NULL, 
	status TEXT NOT NULL, 
	version TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
INSERT INTO "labelsets" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','label_type 1','field 1','[{"name":"class 1","display_name":"","description":"","color":"","hotkey":"1"}]','use_case 1','published','version 1');
INSERT INTO "labelsets" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','label_type 2','field 2','[{"name":"class 2","display_name":"","description":"","color":"","hotkey":"1"}]','use_case 2','archived','version 2');
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
INSERT INTO "model_pairs" VALUES('id 1','model_id 1','pair_id 1','held_out',2,'answer_digest 1','approved_by 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "model_pairs" VALUES('id 2','model_id 2','pair_id 2','train',3,'answer_digest 2','approved_by 2','2026-03-01T00:00:01.123456Z');
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
INSERT INTO "models" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1',2,'training_sheet_id 1','template_id 1','template_version 1','sheet_id 1','job_id 1','base_model 1','engine 1','{"torque":1.5,"défaut":"scratch","n":1}','["training","évaluation"]','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}',2,2,'artifact 1','sha256 1',1.5);
INSERT INTO "models" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2',3,'training_sheet_id 2','template_id 2','template_version 2','sheet_id 2','job_id 2','base_model 2','engine 2','{"torque":2.5,"défaut":"scratch","n":2}','["training","évaluation"]','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}',3,3,'artifact 2','sha256 2',2.5);
CREATE TABLE qa_pairs (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
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
	reject_reason TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	allowed_uses TEXT NOT NULL, 
	prohibited_uses TEXT NOT NULL, 
	usage_reason TEXT NOT NULL, 
	data_classification TEXT NOT NULL, 
	reviewed_by TEXT NOT NULL, 
	reviewed_at TEXT, 
	feedback_id TEXT, 
	version INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (training_sheet_id, item_ref)
);
INSERT INTO "qa_pairs" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','training_sheet_id 1','sheet_id 1','item_ref 1',2,'{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}',1.5,'proposed_by 1','generation_error 1','{"torque":1.5,"défaut":"scratch","n":1}','labeled','manual','canonical_label_id 1',1,'reject_reason 1','notes 1','["training","évaluation"]','["training","évaluation"]','usage_reason 1','internal','reviewed_by 1','2026-03-01T00:00:00.123456Z','feedback_id 1',2);
INSERT INTO "qa_pairs" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','training_sheet_id 2','sheet_id 2','item_ref 2',3,'{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}',2.5,'proposed_by 2','generation_error 2','{"torque":2.5,"défaut":"scratch","n":2}','rejected','existing_column','canonical_label_id 2',0,'reject_reason 2','notes 2','["training","évaluation"]','["training","évaluation"]','usage_reason 2','confidential','reviewed_by 2','2026-03-01T00:00:01.123456Z','feedback_id 2',3);
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
	use_case TEXT NOT NULL, 
	status TEXT NOT NULL, 
	item_count INTEGER NOT NULL, 
	source_fingerprint TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "sheets" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','source_table 1','item_id_column 1','["training","évaluation"]','["training","évaluation"]','filter_expression 1','first',2,'sample_by 1',2,'use_case 1','archived',2,'source_fingerprint 1');
INSERT INTO "sheets" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','source_table 2','item_id_column 2','["training","évaluation"]','["training","évaluation"]','filter_expression 2','random',3,'sample_by 2',3,'use_case 2','deleted',3,'source_fingerprint 2');
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
INSERT INTO "templates" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','label_type 1','system_prompt 1','user_prompt 1','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":"Nm"}','{"torque":"Nm"}','["training","évaluation"]','group_column 1','guidelines 1','use_case 1','version 1','parent_id 1','published');
INSERT INTO "templates" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','label_type 2','system_prompt 2','user_prompt 2','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":"Nm"}','{"torque":"Nm"}','["training","évaluation"]','group_column 2','guidelines 2','use_case 2','version 2','parent_id 2','archived');
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
	PRIMARY KEY (id), 
	UNIQUE (sheet_id, template_id)
);
INSERT INTO "training_sheets" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','sheet_id 1','template_id 1','template_version 1','{"torque":1.5,"défaut":"scratch","n":1}','label_type 1','use_case 1','manual','model_used 1','{"torque":1.5,"défaut":"scratch","n":1}','review','generation_error 1');
INSERT INTO "training_sheets" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','sheet_id 2','template_id 2','template_version 2','{"torque":2.5,"défaut":"scratch","n":2}','label_type 2','use_case 2','column','model_used 2','{"torque":2.5,"défaut":"scratch","n":2}','failed','generation_error 2');
CREATE INDEX ix_sheets_name ON sheets (name);
CREATE INDEX ix_qa_pairs_sheet_id_item_ref ON qa_pairs (sheet_id, item_ref);
CREATE INDEX ix_qa_pairs_training_sheet_id_status_sequence_number ON qa_pairs (training_sheet_id, status, sequence_number);
CREATE INDEX ix_qa_pairs_training_sheet_id_sequence_number ON qa_pairs (training_sheet_id, sequence_number);
CREATE INDEX ix_events_scope_id_actor_at ON events (scope_id, actor, at);
CREATE INDEX ix_events_entity_type_entity_id_at ON events (entity_type, entity_id, at);
CREATE INDEX ix_jobs_created_at ON jobs (created_at);
CREATE INDEX ix_jobs_status ON jobs (status);
CREATE INDEX ix_job_events_job_id_at ON job_events (job_id, at);
CREATE INDEX ix_deployments_endpoint_at ON deployments (endpoint, at);
CREATE INDEX ix_inference_log_endpoint_requested_at ON inference_log (endpoint, requested_at);
CREATE INDEX ix_feedback_items_endpoint_created_at ON feedback_items (endpoint, created_at);
CREATE INDEX ix_feedback_items_request_id ON feedback_items (request_id);
CREATE INDEX ix_identified_gaps_status ON identified_gaps (status);
CREATE INDEX ix_gap_updates_gap_id_at ON gap_updates (gap_id, at);
CREATE INDEX ix_annotation_tasks_status ON annotation_tasks (status);
CREATE INDEX ix_annotation_tasks_gap_id ON annotation_tasks (gap_id);
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
COMMIT;
PRAGMA user_version = 1;
