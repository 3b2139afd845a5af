-- What a list of versions says of each, so that no model is read for it; NULL in a row of before: its
-- file says it.
ALTER TABLE versions ADD COLUMN lineage BLOB;
