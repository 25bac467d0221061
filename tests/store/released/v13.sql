BEGIN TRANSACTION;
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
INSERT INTO "alert_rules" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','endpoint 1','error_rate','below',1.5,1.5,2,2,2,'high',1,'2026-03-01T00:00:00.123456Z',1);
INSERT INTO "alert_rules" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','endpoint 2','rating','above',2.5,2.5,3,3,3,'medium',0,'2026-03-01T00:00:01.123456Z',0);
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
INSERT INTO "alerts" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','rule_id 1','endpoint 1','error_rate','high','acknowledged','2026-03-01T00:00:00.123456Z',1.5,1.5,1.5,'message 1','2026-03-01T00:00:00.123456Z','acknowledged_by 1','2026-03-01T00:00:00.123456Z','resolved_by 1','resolution 1','outside 1');
INSERT INTO "alerts" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','rule_id 2','endpoint 2','rating','medium','resolved','2026-03-01T00:00:01.123456Z',2.5,2.5,2.5,'message 2','2026-03-01T00:00:01.123456Z','acknowledged_by 2','2026-03-01T00:00:01.123456Z','resolved_by 2','resolution 2','outside 2');
CREATE TABLE annotation_task_items (
	id TEXT NOT NULL, 
	task_id TEXT NOT NULL, 
	pair_id TEXT NOT NULL, 
	was_open BOOLEAN NOT NULL, 
	added_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (task_id, pair_id)
);
INSERT INTO "annotation_task_items" VALUES('id 1','task_id 1','pair_id 1',1,'2026-03-01T00:00:00.123456Z');
INSERT INTO "annotation_task_items" VALUES('id 2','task_id 2','pair_id 2',0,'2026-03-01T00:00:01.123456Z');
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
INSERT INTO "annotation_tasks" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','gap_id 1','title 1','description 1','instructions 1','normal','assigned','assignee 1',2,'2026-02-28','training_sheet_id 1');
INSERT INTO "annotation_tasks" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','gap_id 2','title 2','description 2','instructions 2','high','in_progress','assignee 2',3,'2026-02-28','training_sheet_id 2');
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
INSERT INTO "canonical_label_versions" VALUES('id 1','canonical_label_id 1',2,'{"torque":1.5,"défaut":"scratch","n":1}','confidence 1','notes 1','source 1','modified_by 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "canonical_label_versions" VALUES('id 2','canonical_label_id 2',3,'{"torque":2.5,"défaut":"scratch","n":2}','confidence 2','notes 2','source 2','modified_by 2','2026-03-01T00:00:01.123456Z');
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
CREATE TABLE claims (
	item_id TEXT NOT NULL, 
	container_id TEXT NOT NULL, 
	sequence_number INTEGER NOT NULL, 
	actor TEXT NOT NULL, 
	session TEXT NOT NULL, 
	until TEXT NOT NULL, 
	PRIMARY KEY (item_id)
);
INSERT INTO "claims" VALUES('item_id 1','container_id 1',2,'actor 1','session 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "claims" VALUES('item_id 2','container_id 2',3,'actor 2','session 2','2026-03-01T00:00:01.123456Z');
CREATE TABLE data_tables (
	address TEXT NOT NULL, 
	path TEXT NOT NULL, 
	format TEXT NOT NULL, 
	bytes INTEGER NOT NULL, 
	column_names TEXT NOT NULL, 
	columns TEXT NOT NULL, 
	row_count INTEGER NOT NULL, 
	fingerprint TEXT NOT NULL, 
	added_at TEXT NOT NULL, 
	added_by TEXT NOT NULL, reading_options TEXT NOT NULL DEFAULT '{}', reading TEXT, folder TEXT, joined TEXT, computed TEXT NOT NULL DEFAULT '[]', 
	PRIMARY KEY (address)
);
INSERT INTO "data_tables" VALUES('address 1','path 1','jsonl',2,'["training","évaluation"]','[]',0,'','2026-03-01T00:00:00.123456Z','added_by 1','{}',NULL,NULL,NULL,'[]');
INSERT INTO "data_tables" VALUES('address 2','path 2','parquet',3,'["training","évaluation"]','[]',0,'','2026-03-01T00:00:01.123456Z','added_by 2','{}',NULL,NULL,NULL,'[]');
CREATE TABLE deployment_floors (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	field TEXT NOT NULL, 
	class_name TEXT NOT NULL, 
	measure TEXT NOT NULL, 
	bound FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name, field, class_name, measure)
);
CREATE TABLE deployments (
	id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', checks TEXT NOT NULL DEFAULT '[]', 
	PRIMARY KEY (id)
);
INSERT INTO "deployments" VALUES('id 1','endpoint 1','model_id 1','action 1','2026-03-01T00:00:00.123456Z','by 1','','[]');
INSERT INTO "deployments" VALUES('id 2','endpoint 2','model_id 2','action 2','2026-03-01T00:00:01.123456Z','by 2','','[]');
CREATE TABLE drift_reports (
	id TEXT NOT NULL, 
	endpoint TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	compared_at TEXT NOT NULL, 
	compared_by TEXT NOT NULL, 
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
INSERT INTO "drift_reports" VALUES('id 1','endpoint 1','model_id 1','2026-03-01T00:00:00.123456Z','made_by 1','team','reference 1','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z',2,2,'not_enough','high',1.5,'summary 1','[{"name":"torque","signal":"input","state":"compared","reference_count":1,"recent_count":0,"test":"","statistic":null,"p_value":null,"p_adjusted":null,"psi":null,"score":null,"drifted":false,"severity":"low","direction":"","why":"few","new_values":[],"picture":[]}]','["training","évaluation"]');
INSERT INTO "drift_reports" VALUES('id 2','endpoint 2','model_id 2','2026-03-01T00:00:01.123456Z','made_by 2','monitor','reference 2','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z',3,3,'compared','medium',2.5,'summary 2','[{"name":"torque","signal":"input","state":"compared","reference_count":2,"recent_count":0,"test":"","statistic":null,"p_value":null,"p_adjusted":null,"psi":null,"score":null,"drifted":false,"severity":"low","direction":"","why":"few","new_values":[],"picture":[]}]','["training","évaluation"]');
CREATE TABLE endpoints (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	name TEXT NOT NULL, 
	model_id TEXT NOT NULL, 
	previous_model_id TEXT, 
	status TEXT NOT NULL, platform TEXT NOT NULL DEFAULT 'local', 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "endpoints" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','endpoint-1','model_id 1','previous_model_id 1','stopped','local');
INSERT INTO "endpoints" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','endpoint-2','model_id 2','previous_model_id 2','ready','local');
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
INSERT INTO "events" VALUES('id 1','entity_type 1','entity_id 1','scope_id 1','action 1','actor 1','2026-03-01T00:00:00.123456Z','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}','reason 1','batch_id 1','undoes 1',1.5);
INSERT INTO "events" VALUES('id 2','entity_type 2','entity_id 2','scope_id 2','action 2','actor 2','2026-03-01T00:00:01.123456Z','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}','reason 2','batch_id 2','undoes 2',2.5);
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
	note TEXT NOT NULL, 
	by_analysis BOOLEAN NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "gap_updates" VALUES('id 1','gap_id 1','field 1','before 1','after 1','note 1',1,'2026-03-01T00:00:00.123456Z','by 1');
INSERT INTO "gap_updates" VALUES('id 2','gap_id 2','field 2','before 2','after 2','note 2',0,'2026-03-01T00:00:01.123456Z','by 2');
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
INSERT INTO "identified_gaps" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','model_name 1','template_id 1','coverage','fingerprint 1','high','description 1','{"torque":1.5,"défaut":"scratch","n":1}',2,1.5,'suggested_action 1',2,'estimate_basis 1','2026-03-01T00:00:00.123456Z','task_created','resolution_notes 1');
INSERT INTO "identified_gaps" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','model_name 2','template_id 2','quality','fingerprint 2','medium','description 2','{"torque":2.5,"défaut":"scratch","n":2}',3,2.5,'suggested_action 2',3,'estimate_basis 2','2026-03-01T00:00:01.123456Z','in_progress','resolution_notes 2');
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
	error TEXT NOT NULL, certainty TEXT NOT NULL DEFAULT '{}', intervals TEXT NOT NULL DEFAULT '{}', outside TEXT NOT NULL DEFAULT '[]', 
	PRIMARY KEY (request_id)
);
INSERT INTO "inference_log" VALUES('request_id 1','client_request_id 1','endpoint 1','model_id 1',2,'2026-03-01T00:00:00.123456Z','http','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}','{"defect":0.25}',1.5,2,'error 1','{}','{}','[]');
INSERT INTO "inference_log" VALUES('request_id 2','client_request_id 2','endpoint 2','model_id 2',3,'2026-03-01T00:00:01.123456Z','cli','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}','{"defect":0.25}',2.5,3,'error 2','{}','{}','[]');
CREATE TABLE item_counts (task_id TEXT NOT NULL, status TEXT NOT NULL, auto_approved INTEGER NOT NULL, failed INTEGER NOT NULL, trainable INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (task_id, status, auto_approved, failed, trainable)) WITHOUT ROWID;
INSERT INTO "item_counts" VALUES('task_id 1','labeled',1,1,0,1);
INSERT INTO "item_counts" VALUES('task_id 2','rejected',0,1,0,1);
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
CREATE TABLE label_counts (label_type TEXT NOT NULL, sheet_id TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (label_type, sheet_id)) WITHOUT ROWID;
INSERT INTO "label_counts" VALUES('label_type 1','sheet_id 1',1);
INSERT INTO "label_counts" VALUES('label_type 2','sheet_id 2',1);
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
	gold_answer TEXT, certainty TEXT NOT NULL DEFAULT '', 
	PRIMARY KEY (id), 
	UNIQUE (task_id, item_ref)
);
INSERT INTO "labeling_items" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','sheet_id 1','item_ref 1',2,'{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}',1.5,'proposed_by 1','generation_error 1','{"torque":1.5,"défaut":"scratch","n":1}','labeled','manual','canonical_label_id 1',1,1,'reject_reason 1','notes 1','["training","évaluation"]','["training","évaluation"]','usage_reason 1','internal','reviewed_by 1','2026-03-01T00:00:00.123456Z',2,'task_id 1','job_id 1','{"torque":1.5,"défaut":"scratch","n":1}','');
INSERT INTO "labeling_items" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','sheet_id 2','item_ref 2',3,'{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}',2.5,'proposed_by 2','generation_error 2','{"torque":2.5,"défaut":"scratch","n":2}','rejected','existing_column','canonical_label_id 2',0,0,'reject_reason 2','notes 2','["training","évaluation"]','["training","évaluation"]','usage_reason 2','confidential','reviewed_by 2','2026-03-01T00:00:01.123456Z',3,'task_id 2','job_id 2','{"torque":2.5,"défaut":"scratch","n":2}','');
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
	total_items INTEGER NOT NULL, shows_proposals BOOLEAN NOT NULL DEFAULT 1, 
	PRIMARY KEY (id)
);
INSERT INTO "labeling_jobs" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','sheet_id 1','training_sheet_id 1','labelset_id 1','label_type 1','{"torque":1.5,"défaut":"scratch","n":1}','instructions 1',2,2,1,0.5,0.5,2,1,'active',2,1);
INSERT INTO "labeling_jobs" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','sheet_id 2','training_sheet_id 2','labelset_id 2','label_type 2','{"torque":2.5,"défaut":"scratch","n":2}','instructions 2',3,3,0,3.33333333333333314829e-01,3.33333333333333314829e-01,3,0,'paused',3,1);
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
INSERT INTO "labeling_tasks" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','job_id 1',2,2,2,'assigned','assignee 1','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z','low','2026-02-28','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z','reviewer 1','2026-03-01T00:00:00.123456Z','review_notes 1');
INSERT INTO "labeling_tasks" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','job_id 2',3,3,3,'in_progress','assignee 2','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z','low','2026-02-28','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z','reviewer 2','2026-03-01T00:00:01.123456Z','review_notes 2');
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
INSERT INTO "labelsets" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','label_type 1','field 1','[{"name":"class 1","display_name":"","description":"","color":"","hotkey":"1"}]','{"torque":1.5,"défaut":"scratch","n":1}','guidelines 1','use_case 1','published','version 1','parent_id 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "labelsets" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','label_type 2','field 2','[{"name":"class 2","display_name":"","description":"","color":"","hotkey":"1"}]','{"torque":2.5,"défaut":"scratch","n":2}','guidelines 2','use_case 2','archived','version 2','parent_id 2','2026-03-01T00:00:01.123456Z');
CREATE TABLE log_batch (yes INTEGER);
CREATE TABLE log_retention (forgotten_before TEXT NOT NULL);
INSERT INTO "log_retention" VALUES('');
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
	seconds FLOAT NOT NULL, registration TEXT NOT NULL DEFAULT '{}', note TEXT NOT NULL DEFAULT '', archived BOOLEAN NOT NULL DEFAULT 0, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
INSERT INTO "models" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1',2,'training_sheet_id 1','template_id 1','template_version 1','sheet_id 1','job_id 1','base_model 1','engine 1','{"torque":1.5,"défaut":"scratch","n":1}','["training","évaluation"]','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}',2,2,'artifact 1','sha256 1',1.5,'{}','',0);
INSERT INTO "models" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2',3,'training_sheet_id 2','template_id 2','template_version 2','sheet_id 2','job_id 2','base_model 2','engine 2','{"torque":2.5,"défaut":"scratch","n":2}','["training","évaluation"]','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}',3,3,'artifact 2','sha256 2',2.5,'{}','',0);
CREATE TABLE must_pass_cases (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	template_name TEXT NOT NULL, 
	label_type TEXT NOT NULL, 
	sheet_id TEXT NOT NULL, 
	item_ref TEXT NOT NULL, 
	pair_id TEXT NOT NULL, 
	source_data TEXT NOT NULL, 
	expected TEXT NOT NULL, 
	within TEXT NOT NULL, 
	note TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (template_name, label_type, sheet_id, item_ref)
);
CREATE TABLE pair_counts (training_sheet_id TEXT NOT NULL, status TEXT NOT NULL, auto_approved INTEGER NOT NULL, failed INTEGER NOT NULL, trainable INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (training_sheet_id, status, auto_approved, failed, trainable)) WITHOUT ROWID;
INSERT INTO "pair_counts" VALUES('training_sheet_id 1','labeled',1,1,0,1);
INSERT INTO "pair_counts" VALUES('training_sheet_id 2','rejected',0,1,0,1);
CREATE TABLE pair_hints (
	id TEXT NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
	pair_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	score FLOAT NOT NULL, 
	group_key TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	engine TEXT NOT NULL, 
	computed_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (pair_id, kind)
);
INSERT INTO "pair_hints" VALUES('id 1','training_sheet_id 1','pair_id 1','suspect',1.5,'group_key 1','reason 1','made_by 1','2026-03-01T00:00:00.123456Z');
INSERT INTO "pair_hints" VALUES('id 2','training_sheet_id 2','pair_id 2','disagreed',2.5,'group_key 2','reason 2','made_by 2','2026-03-01T00:00:01.123456Z');
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
	feedback_id TEXT, certainty TEXT NOT NULL DEFAULT '', 
	PRIMARY KEY (id), 
	UNIQUE (training_sheet_id, item_ref)
);
INSERT INTO "qa_pairs" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','sheet_id 1','item_ref 1',2,'{"torque":1.5,"défaut":"scratch","n":1}','{"torque":1.5,"défaut":"scratch","n":1}',1.5,'proposed_by 1','generation_error 1','{"torque":1.5,"défaut":"scratch","n":1}','labeled','manual','canonical_label_id 1',1,1,'reject_reason 1','notes 1','["training","évaluation"]','["training","évaluation"]','usage_reason 1','internal','reviewed_by 1','2026-03-01T00:00:00.123456Z',2,'training_sheet_id 1','feedback_id 1','');
INSERT INTO "qa_pairs" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','sheet_id 2','item_ref 2',3,'{"torque":2.5,"défaut":"scratch","n":2}','{"torque":2.5,"défaut":"scratch","n":2}',2.5,'proposed_by 2','generation_error 2','{"torque":2.5,"défaut":"scratch","n":2}','rejected','existing_column','canonical_label_id 2',0,0,'reject_reason 2','notes 2','["training","évaluation"]','["training","évaluation"]','usage_reason 2','confidential','reviewed_by 2','2026-03-01T00:00:01.123456Z',3,'training_sheet_id 2','feedback_id 2','');
CREATE TABLE rating_rollups (endpoint TEXT NOT NULL, width TEXT NOT NULL, start TEXT NOT NULL, model_id TEXT NOT NULL, ratings INTEGER NOT NULL, rating_sum INTEGER NOT NULL, corrections INTEGER NOT NULL, last_at TEXT NOT NULL, PRIMARY KEY (endpoint, width, start, model_id)) WITHOUT ROWID;
INSERT INTO "rating_rollups" VALUES('endpoint 1','day','2026-03-01','model_id 1',1,2,1,'2026-03-01T00:00:00.123456Z');
INSERT INTO "rating_rollups" VALUES('endpoint 1','hour','2026-03-01T00','model_id 1',1,2,1,'2026-03-01T00:00:00.123456Z');
INSERT INTO "rating_rollups" VALUES('endpoint 1','minute','2026-03-01T00:00','model_id 1',1,2,1,'2026-03-01T00:00:00.123456Z');
INSERT INTO "rating_rollups" VALUES('endpoint 2','day','2026-03-01','model_id 2',1,3,1,'2026-03-01T00:00:01.123456Z');
INSERT INTO "rating_rollups" VALUES('endpoint 2','hour','2026-03-01T00','model_id 2',1,3,1,'2026-03-01T00:00:01.123456Z');
INSERT INTO "rating_rollups" VALUES('endpoint 2','minute','2026-03-01T00:00','model_id 2',1,3,1,'2026-03-01T00:00:01.123456Z');
CREATE TABLE request_counts (endpoint TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "request_counts" VALUES('endpoint 1',1);
INSERT INTO "request_counts" VALUES('endpoint 2',1);
CREATE TABLE request_rollups (endpoint TEXT NOT NULL, width TEXT NOT NULL, start TEXT NOT NULL, model_id TEXT NOT NULL, model_version INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL, latency_sum REAL NOT NULL, bin0 INTEGER NOT NULL, bin1 INTEGER NOT NULL, bin2 INTEGER NOT NULL, bin3 INTEGER NOT NULL, bin4 INTEGER NOT NULL, bin5 INTEGER NOT NULL, bin6 INTEGER NOT NULL, bin7 INTEGER NOT NULL, bin8 INTEGER NOT NULL, bin9 INTEGER NOT NULL, bin10 INTEGER NOT NULL, bin11 INTEGER NOT NULL, bin12 INTEGER NOT NULL, bin13 INTEGER NOT NULL, bin14 INTEGER NOT NULL, bin15 INTEGER NOT NULL, bin16 INTEGER NOT NULL, bin17 INTEGER NOT NULL, bin18 INTEGER NOT NULL, bin19 INTEGER NOT NULL, bin20 INTEGER NOT NULL, bin21 INTEGER NOT NULL, bin22 INTEGER NOT NULL, bin23 INTEGER NOT NULL, bin24 INTEGER NOT NULL, bin25 INTEGER NOT NULL, bin26 INTEGER NOT NULL, bin27 INTEGER NOT NULL, bin28 INTEGER NOT NULL, bin29 INTEGER NOT NULL, bin30 INTEGER NOT NULL, bin31 INTEGER NOT NULL, bin32 INTEGER NOT NULL, bin33 INTEGER NOT NULL, bin34 INTEGER NOT NULL, bin35 INTEGER NOT NULL, bin36 INTEGER NOT NULL, bin37 INTEGER NOT NULL, bin38 INTEGER NOT NULL, bin39 INTEGER NOT NULL, bin40 INTEGER NOT NULL, bin41 INTEGER NOT NULL, bin42 INTEGER NOT NULL, bin43 INTEGER NOT NULL, bin44 INTEGER NOT NULL, bin45 INTEGER NOT NULL, bin46 INTEGER NOT NULL, bin47 INTEGER NOT NULL, bin48 INTEGER NOT NULL, bin49 INTEGER NOT NULL, bin50 INTEGER NOT NULL, bin51 INTEGER NOT NULL, bin52 INTEGER NOT NULL, bin53 INTEGER NOT NULL, bin54 INTEGER NOT NULL, bin55 INTEGER NOT NULL, bin56 INTEGER NOT NULL, bin57 INTEGER NOT NULL, bin58 INTEGER NOT NULL, bin59 INTEGER NOT NULL, bin60 INTEGER NOT NULL, bin61 INTEGER NOT NULL, last_at TEXT NOT NULL, PRIMARY KEY (endpoint, width, start, model_id, model_version)) WITHOUT ROWID;
INSERT INTO "request_rollups" VALUES('endpoint 1','day','2026-03-01','model_id 1',2,1,0,1.5,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'2026-03-01T00:00:00.123456Z');
INSERT INTO "request_rollups" VALUES('endpoint 1','hour','2026-03-01T00','model_id 1',2,1,0,1.5,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'2026-03-01T00:00:00.123456Z');
INSERT INTO "request_rollups" VALUES('endpoint 1','minute','2026-03-01T00:00','model_id 1',2,1,0,1.5,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'2026-03-01T00:00:00.123456Z');
INSERT INTO "request_rollups" VALUES('endpoint 2','day','2026-03-01','model_id 2',3,1,0,2.5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'2026-03-01T00:00:01.123456Z');
INSERT INTO "request_rollups" VALUES('endpoint 2','hour','2026-03-01T00','model_id 2',3,1,0,2.5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'2026-03-01T00:00:01.123456Z');
INSERT INTO "request_rollups" VALUES('endpoint 2','minute','2026-03-01T00:00','model_id 2',3,1,0,2.5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'2026-03-01T00:00:01.123456Z');
CREATE TABLE saved_views (
	id TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	updated_by TEXT NOT NULL, 
	training_sheet_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	filter TEXT NOT NULL, 
	sort TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (training_sheet_id, name)
);
INSERT INTO "saved_views" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','training_sheet_id 1','name 1','{"torque":1.5,"défaut":"scratch","n":1}','sort 1');
INSERT INTO "saved_views" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','training_sheet_id 2','name 2','{"torque":2.5,"défaut":"scratch","n":2}','sort 2');
CREATE TABLE shared_aliases (key TEXT PRIMARY KEY, of TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shared_base (entity TEXT NOT NULL, key TEXT NOT NULL, row TEXT, writer INTEGER, seq INTEGER, at TEXT, PRIMARY KEY (entity, key)) WITHOUT ROWID;
CREATE TABLE shared_changes (entity TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID;
CREATE TABLE shared_conflict_things (entity TEXT NOT NULL, key TEXT NOT NULL, conflict TEXT NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID;
CREATE TABLE shared_conflicts (id TEXT PRIMARY KEY, status TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shared_log_rows (number INTEGER PRIMARY KEY, version INTEGER NOT NULL, at TEXT NOT NULL, writer TEXT NOT NULL, seq INTEGER NOT NULL, actor TEXT NOT NULL, format INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE shared_moved (entity TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, writer TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (entity, key)) WITHOUT ROWID;
CREATE TABLE shared_moving (entity TEXT NOT NULL, key TEXT NOT NULL, part INTEGER NOT NULL, row TEXT, follows INTEGER NOT NULL, version INTEGER, PRIMARY KEY (entity, key, part)) WITHOUT ROWID;
CREATE TABLE shared_old_rows (entity TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, version INTEGER, gone INTEGER NOT NULL, take INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (entity, key)) WITHOUT ROWID;
CREATE TABLE shared_pending (number INTEGER PRIMARY KEY, writer TEXT NOT NULL, seq INTEGER NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL, clean INTEGER NOT NULL DEFAULT 1, UNIQUE (writer, seq));
CREATE TABLE shared_refused (writer TEXT NOT NULL, seq INTEGER NOT NULL, part INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, at TEXT, dismissed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (writer, seq, part)) WITHOUT ROWID;
CREATE TABLE shared_rows (entity TEXT NOT NULL, key TEXT NOT NULL, writer INTEGER NOT NULL, seq INTEGER NOT NULL, at TEXT, PRIMARY KEY (entity, key)) WITHOUT ROWID;
CREATE TABLE shared_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shared_writers (number INTEGER PRIMARY KEY, writer TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, own INTEGER NOT NULL DEFAULT 0, actor TEXT NOT NULL DEFAULT '', version INTEGER, at TEXT, read INTEGER);
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
	source_fingerprint TEXT NOT NULL, identity TEXT NOT NULL DEFAULT 'content', window_max_gap FLOAT, column_roles TEXT NOT NULL DEFAULT '{}', unique_by TEXT NOT NULL DEFAULT '[]', 
	PRIMARY KEY (id)
);
INSERT INTO "sheets" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','source_table 1','item_id_column 1','["training","évaluation"]','["training","évaluation"]','filter_expression 1','first',2,'sample_by 1',2,2,2,'window_group 1','window_order 1','{"defect":"last"}','use_case 1','["training","évaluation"]','archived',2,'source_fingerprint 1','id',NULL,'{}','[]');
INSERT INTO "sheets" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','source_table 2','item_id_column 2','["training","évaluation"]','["training","évaluation"]','filter_expression 2','random',3,'sample_by 2',3,3,3,'window_group 2','window_order 2','{"defect":"last"}','use_case 2','["training","évaluation"]','deleted',3,'source_fingerprint 2','id',NULL,'{}','[]');
CREATE TABLE sync_applying (yes INTEGER);
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
INSERT INTO "team_hours" VALUES('id 1','endpoint 1','2026-03-01T00:00:00.123456Z','served 1','version 1',2,2,1.5,'[1,0]','2026-03-01T00:00:00.123456Z',2,2,2,2,2);
INSERT INTO "team_hours" VALUES('id 2','endpoint 2','2026-03-01T00:00:01.123456Z','served 2','version 2',3,3,2.5,'[2,0]','2026-03-01T00:00:01.123456Z',3,3,3,3,3);
CREATE TABLE team_readings (
	endpoint TEXT NOT NULL, 
	read_at TEXT NOT NULL, 
	since TEXT NOT NULL, 
	until TEXT NOT NULL, 
	logged BOOLEAN NOT NULL, 
	missing TEXT NOT NULL, 
	PRIMARY KEY (endpoint)
);
INSERT INTO "team_readings" VALUES('endpoint 1','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z','2026-03-01T00:00:00.123456Z',1,'["training","évaluation"]');
INSERT INTO "team_readings" VALUES('endpoint 2','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z','2026-03-01T00:00:01.123456Z',0,'["training","évaluation"]');
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
	status TEXT NOT NULL, split_by TEXT NOT NULL DEFAULT 'proposed', order_column TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (name, version)
);
INSERT INTO "templates" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','description 1','label_type 1','system_prompt 1','user_prompt 1','{"torque":1.5,"défaut":"scratch","n":1}','{"torque":"Nm"}','{"torque":"Nm"}','["training","évaluation"]','group_column 1','guidelines 1','use_case 1','version 1','parent_id 1','published','proposed',NULL);
INSERT INTO "templates" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','description 2','label_type 2','system_prompt 2','user_prompt 2','{"torque":2.5,"défaut":"scratch","n":2}','{"torque":"Nm"}','{"torque":"Nm"}','["training","évaluation"]','group_column 2','guidelines 2','use_case 2','version 2','parent_id 2','archived','proposed',NULL);
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
	blind_share FLOAT NOT NULL, source_fingerprint TEXT NOT NULL DEFAULT '', 
	PRIMARY KEY (id), 
	UNIQUE (sheet_id, template_id)
);
INSERT INTO "training_sheets" VALUES('id 1','2026-03-01T00:00:00.123456Z','created_by 1','2026-03-01T00:00:00.123456Z','updated_by 1','name 1','sheet_id 1','template_id 1','template_version 1','{"torque":1.5,"défaut":"scratch","n":1}','label_type 1','use_case 1','manual','model_used 1','{"torque":1.5,"défaut":"scratch","n":1}','review','generation_error 1',0.5,'');
INSERT INTO "training_sheets" VALUES('id 2','2026-03-01T00:00:01.123456Z','created_by 2','2026-03-01T00:00:01.123456Z','updated_by 2','name 2','sheet_id 2','template_id 2','template_version 2','{"torque":2.5,"défaut":"scratch","n":2}','label_type 2','use_case 2','column','model_used 2','{"torque":2.5,"défaut":"scratch","n":2}','failed','generation_error 2',3.33333333333333314829e-01,'');
CREATE INDEX ix_sheets_name ON sheets (name);
CREATE INDEX ix_qa_pairs_sheet_id_item_ref ON qa_pairs (sheet_id, item_ref);
CREATE INDEX ix_qa_pairs_training_sheet_id_status_sequence_number ON qa_pairs (training_sheet_id, status, sequence_number);
CREATE INDEX ix_qa_pairs_training_sheet_id_sequence_number ON qa_pairs (training_sheet_id, sequence_number);
CREATE INDEX ix_qa_pairs_training_sheet_id_updated_at ON qa_pairs (training_sheet_id, updated_at);
CREATE INDEX ix_labeling_jobs_sheet_id ON labeling_jobs (sheet_id);
CREATE INDEX ix_labeling_jobs_status ON labeling_jobs (status);
CREATE INDEX ix_labeling_tasks_assignee_status ON labeling_tasks (assignee, status);
CREATE INDEX ix_labeling_tasks_job_id_status ON labeling_tasks (job_id, status);
CREATE INDEX ix_labeling_items_task_id_sequence_number ON labeling_items (task_id, sequence_number);
CREATE INDEX ix_labeling_items_sheet_id_item_ref ON labeling_items (sheet_id, item_ref);
CREATE INDEX ix_labeling_items_task_id_status_sequence_number ON labeling_items (task_id, status, sequence_number);
CREATE INDEX ix_labeling_items_job_id_item_ref ON labeling_items (job_id, item_ref);
CREATE INDEX ix_claims_actor_session ON claims (actor, session);
CREATE INDEX ix_claims_container_id_until ON claims (container_id, until);
CREATE INDEX ix_events_scope_id_actor_batch_id ON events (scope_id, actor, batch_id);
CREATE INDEX ix_events_entity_type_entity_id_at ON events (entity_type, entity_id, at);
CREATE INDEX ix_jobs_status ON jobs (status);
CREATE INDEX ix_jobs_created_at ON jobs (created_at);
CREATE INDEX ix_job_events_job_id_at ON job_events (job_id, at);
CREATE INDEX ix_deployments_endpoint_at ON deployments (endpoint, at);
CREATE INDEX ix_inference_log_endpoint_requested_at_status_code_latency_ms_model_id_model_version ON inference_log (endpoint, requested_at, status_code, latency_ms, model_id, model_version);
CREATE INDEX ix_inference_log_requested_at ON inference_log (requested_at);
CREATE INDEX ix_feedback_items_request_id ON feedback_items (request_id);
CREATE INDEX ix_feedback_items_endpoint_created_at ON feedback_items (endpoint, created_at);
CREATE INDEX ix_identified_gaps_status ON identified_gaps (status);
CREATE INDEX ix_gap_updates_gap_id_at ON gap_updates (gap_id, at);
CREATE INDEX ix_annotation_tasks_gap_id ON annotation_tasks (gap_id);
CREATE INDEX ix_annotation_tasks_status ON annotation_tasks (status);
CREATE INDEX ix_annotation_task_items_pair_id ON annotation_task_items (pair_id);
CREATE INDEX ix_alert_rules_endpoint ON alert_rules (endpoint);
CREATE INDEX ix_alerts_rule_id_status ON alerts (rule_id, status);
CREATE INDEX ix_alerts_endpoint_opened_at ON alerts (endpoint, opened_at);
CREATE INDEX ix_alerts_status ON alerts (status);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;
CREATE TRIGGER job_events_no_update BEFORE UPDATE ON job_events BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER job_events_no_delete BEFORE DELETE ON job_events BEGIN SELECT RAISE(ABORT, 'job_events is append-only'); END;
CREATE TRIGGER deployments_no_update BEFORE UPDATE ON deployments BEGIN SELECT RAISE(ABORT, 'deployments is append-only'); END;
CREATE TRIGGER deployments_no_delete BEFORE DELETE ON deployments BEGIN SELECT RAISE(ABORT, 'deployments is append-only'); END;
CREATE TRIGGER gap_updates_no_update BEFORE UPDATE ON gap_updates BEGIN SELECT RAISE(ABORT, 'gap_updates is append-only'); END;
CREATE TRIGGER gap_updates_no_delete BEFORE DELETE ON gap_updates BEGIN SELECT RAISE(ABORT, 'gap_updates is append-only'); END;
CREATE TRIGGER qa_pairs_counted AFTER INSERT ON qa_pairs BEGIN INSERT INTO pair_counts VALUES (new.training_sheet_id, new.status, new.was_auto_approved, new.generation_error <> '', instr(new.allowed_uses, '"training"') > 0 AND instr(new.prohibited_uses, '"training"') = 0, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER qa_pairs_uncounted AFTER DELETE ON qa_pairs BEGIN INSERT INTO pair_counts VALUES (old.training_sheet_id, old.status, old.was_auto_approved, old.generation_error <> '', instr(old.allowed_uses, '"training"') > 0 AND instr(old.prohibited_uses, '"training"') = 0, -1) ON CONFLICT DO UPDATE SET n = n + -1; END;
CREATE TRIGGER qa_pairs_recounted AFTER UPDATE OF status, was_auto_approved, generation_error, allowed_uses, prohibited_uses ON qa_pairs BEGIN INSERT INTO pair_counts VALUES (old.training_sheet_id, old.status, old.was_auto_approved, old.generation_error <> '', instr(old.allowed_uses, '"training"') > 0 AND instr(old.prohibited_uses, '"training"') = 0, -1) ON CONFLICT DO UPDATE SET n = n + -1; INSERT INTO pair_counts VALUES (new.training_sheet_id, new.status, new.was_auto_approved, new.generation_error <> '', instr(new.allowed_uses, '"training"') > 0 AND instr(new.prohibited_uses, '"training"') = 0, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER inference_log_counted AFTER INSERT ON inference_log BEGIN INSERT INTO request_counts VALUES (new.endpoint, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER labeling_items_counted AFTER INSERT ON labeling_items BEGIN INSERT INTO item_counts VALUES (new.task_id, new.status, new.was_auto_approved, new.generation_error <> '', instr(new.allowed_uses, '"training"') > 0 AND instr(new.prohibited_uses, '"training"') = 0, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER labeling_items_uncounted AFTER DELETE ON labeling_items BEGIN INSERT INTO item_counts VALUES (old.task_id, old.status, old.was_auto_approved, old.generation_error <> '', instr(old.allowed_uses, '"training"') > 0 AND instr(old.prohibited_uses, '"training"') = 0, -1) ON CONFLICT DO UPDATE SET n = n + -1; END;
CREATE TRIGGER labeling_items_recounted AFTER UPDATE OF status, was_auto_approved, generation_error, allowed_uses, prohibited_uses ON labeling_items BEGIN INSERT INTO item_counts VALUES (old.task_id, old.status, old.was_auto_approved, old.generation_error <> '', instr(old.allowed_uses, '"training"') > 0 AND instr(old.prohibited_uses, '"training"') = 0, -1) ON CONFLICT DO UPDATE SET n = n + -1; INSERT INTO item_counts VALUES (new.task_id, new.status, new.was_auto_approved, new.generation_error <> '', instr(new.allowed_uses, '"training"') > 0 AND instr(new.prohibited_uses, '"training"') = 0, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER canonical_labels_counted AFTER INSERT ON canonical_labels BEGIN INSERT INTO label_counts VALUES (new.label_type, new.sheet_id, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER canonical_labels_uncounted AFTER DELETE ON canonical_labels BEGIN INSERT INTO label_counts VALUES (old.label_type, old.sheet_id, -1) ON CONFLICT DO UPDATE SET n = n + -1; END;
CREATE INDEX ix_pair_hints_training_sheet_id_kind_score ON pair_hints (training_sheet_id, kind, score);
CREATE INDEX ix_pair_hints_training_sheet_id_kind_group_key ON pair_hints (training_sheet_id, kind, group_key);
CREATE INDEX ix_drift_reports_endpoint_compared_at ON drift_reports (endpoint, compared_at);
CREATE TRIGGER canonical_label_versions_no_update BEFORE UPDATE ON canonical_label_versions WHEN NOT EXISTS (SELECT 1 FROM sync_applying) BEGIN SELECT RAISE(ABORT, 'canonical_label_versions is append-only'); END;
CREATE TRIGGER canonical_label_versions_no_delete BEFORE DELETE ON canonical_label_versions WHEN NOT EXISTS (SELECT 1 FROM sync_applying) BEGIN SELECT RAISE(ABORT, 'canonical_label_versions is append-only'); END;
CREATE TRIGGER inference_log_uncounted AFTER DELETE ON inference_log WHEN old.requested_at >= (SELECT forgotten_before FROM log_retention) BEGIN INSERT INTO request_counts VALUES (old.endpoint, -1) ON CONFLICT DO UPDATE SET n = n + -1; END;
COMMIT;
PRAGMA user_version = 13;
