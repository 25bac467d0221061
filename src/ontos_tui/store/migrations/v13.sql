-- What a model said of its answer, in the log of requests.
ALTER TABLE inference_log ADD COLUMN certainty TEXT NOT NULL DEFAULT '{}';
ALTER TABLE inference_log ADD COLUMN intervals TEXT NOT NULL DEFAULT '{}';
ALTER TABLE inference_log ADD COLUMN outside TEXT NOT NULL DEFAULT '[]';
-- What must hold before a deployment, and with which deployments it was checked or passed over.
ALTER TABLE deployments ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN checks TEXT NOT NULL DEFAULT '[]';
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
-- What pairs are split by, for training and test.
ALTER TABLE templates ADD COLUMN split_by TEXT NOT NULL DEFAULT 'proposed';
ALTER TABLE templates ADD COLUMN order_column TEXT;
-- What stands for the confidence of a proposal where that is not calibrated.
ALTER TABLE qa_pairs ADD COLUMN certainty TEXT NOT NULL DEFAULT '';
ALTER TABLE labeling_items ADD COLUMN certainty TEXT NOT NULL DEFAULT '';
-- How a data file is read: what the user decided, and what was understood.
ALTER TABLE data_tables ADD COLUMN reading_options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE data_tables ADD COLUMN reading TEXT;
-- What names the items of a sheet: sheets of files without an id, and windows without an order, did it by position.
ALTER TABLE sheets ADD COLUMN identity TEXT NOT NULL DEFAULT 'content';
UPDATE sheets SET identity = 'id' WHERE item_id_column IS NOT NULL OR window_order IS NOT NULL;
UPDATE sheets SET identity = 'position' WHERE identity = 'content' AND source_table LIKE 'local.%';
-- With which source the pairs of a training sheet were made.
ALTER TABLE training_sheets ADD COLUMN source_fingerprint TEXT NOT NULL DEFAULT '';
-- Columns by what they hold.
ALTER TABLE pair_hints RENAME COLUMN made_by TO engine;
ALTER TABLE pair_hints RENAME COLUMN made_at TO computed_at;
ALTER TABLE saved_views RENAME COLUMN wanted TO filter;
ALTER TABLE drift_reports RENAME COLUMN made_by TO compared_by;
ALTER TABLE drift_reports RENAME COLUMN made_at TO compared_at;
DROP INDEX ix_drift_reports_endpoint_made_at;
CREATE INDEX ix_drift_reports_endpoint_compared_at ON drift_reports (endpoint, compared_at);
