-- A table is copied, not renamed: SQLite would read every trigger again, which takes longer than all other steps.
CREATE TABLE data_tables_before AS SELECT * FROM data_tables;
DROP TABLE data_tables;
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
	added_by TEXT NOT NULL, 
	PRIMARY KEY (address)
);
INSERT INTO data_tables SELECT address, path, format, bytes, column_names, '[]', 0, '', added_at, added_by FROM data_tables_before;
DROP TABLE data_tables_before;
