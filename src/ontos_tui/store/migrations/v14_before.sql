-- The names of fields, once for all pairs that have them: what is written here is never changed.
CREATE TABLE field_lists (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
-- The counters, which are made again once the pairs are rewritten: no allowed uses stand for the usual ones.
DROP TRIGGER qa_pairs_counted;
DROP TRIGGER qa_pairs_uncounted;
DROP TRIGGER qa_pairs_recounted;
DROP TRIGGER labeling_items_counted;
DROP TRIGGER labeling_items_uncounted;
DROP TRIGGER labeling_items_recounted;
-- Which training sheets have pairs of a sheet: with that, what is looked for by its item needs no index of its own.
CREATE TABLE pair_sheets (sheet_id TEXT NOT NULL, training_sheet_id TEXT NOT NULL, PRIMARY KEY (sheet_id, training_sheet_id)) WITHOUT ROWID;
INSERT INTO pair_sheets SELECT DISTINCT sheet_id, training_sheet_id FROM qa_pairs;
DROP INDEX IF EXISTS ix_qa_pairs_sheet_id_item_ref;
DROP INDEX IF EXISTS ix_qa_pairs_training_sheet_id_updated_at;
