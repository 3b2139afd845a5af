-- Of a site: its parties of sealed protocols between two of their answers, until their rounds'
-- receipts. state: sealed, where the store has a key (docs/spec/files.md).
CREATE TABLE parties (
  job   TEXT NOT NULL,
  work  INTEGER NOT NULL CHECK (work IN (1, 2)),
  round INTEGER NOT NULL CHECK (round >= 0),
  step  INTEGER NOT NULL CHECK (step >= 0),
  state BLOB NOT NULL,
  PRIMARY KEY (job, work, round)
) STRICT;
