-- file is NULL once a version's model is dropped; its lineage stays. A column cannot be told to take
-- NULL, so the table is made anew; what references it is looked at when this transaction ends.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE versions_before AS SELECT id, job, file, lineage FROM versions;
DROP TABLE versions;
CREATE TABLE versions (
  id      BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  job     TEXT NOT NULL,
  file    BLOB REFERENCES blobs (hash),
  lineage BLOB,
  CHECK (file IS NOT NULL OR lineage IS NOT NULL)
) STRICT;
INSERT INTO versions SELECT id, job, file, lineage FROM versions_before;
DROP TABLE versions_before;
CREATE INDEX versions_file ON versions (file);
CREATE INDEX versions_with_model ON versions (job) WHERE file IS NOT NULL;
