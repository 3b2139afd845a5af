-- Payloads, once each. bytes is NULL where they lie in blobs/<hex of hash>.
CREATE TABLE blobs (
  hash  BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  size  INTEGER NOT NULL CHECK (size >= 0),
  bytes BLOB CHECK (bytes IS NULL OR length(bytes) = size)
) STRICT;

-- Model versions: published, or a job's candidate. file: a whole model file (docs/spec/files.md).
CREATE TABLE versions (
  id   BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  job  TEXT NOT NULL,
  file BLOB NOT NULL REFERENCES blobs (hash)
) STRICT;
CREATE INDEX versions_file ON versions (file);

CREATE TABLE jobs (
  job        TEXT NOT NULL PRIMARY KEY,
  state      BLOB NOT NULL,
  outbox     BLOB NOT NULL,
  checkpoint BLOB REFERENCES blobs (hash),
  candidate  BLOB REFERENCES versions (id)
) STRICT;
CREATE INDEX jobs_checkpoint ON jobs (checkpoint);
CREATE INDEX jobs_candidate ON jobs (candidate);

-- A version may be published again: going back to it.
CREATE TABLE published (
  job      TEXT NOT NULL REFERENCES jobs (job),
  position INTEGER NOT NULL CHECK (position >= 0),
  version  BLOB NOT NULL REFERENCES versions (id),
  PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_version ON published (version);

CREATE TABLE audit (
  job      TEXT NOT NULL REFERENCES jobs (job),
  position INTEGER NOT NULL CHECK (position >= 0),
  entry    TEXT NOT NULL,
  PRIMARY KEY (job, position)
) STRICT, WITHOUT ROWID;

-- Of a site: its sealed contributions, until their rounds' receipts. header: docs/spec/wire.md.
CREATE TABLE contributions (
  id     BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  job    TEXT NOT NULL,
  work   INTEGER NOT NULL CHECK (work IN (1, 2)),
  round  INTEGER NOT NULL CHECK (round >= 0),
  header BLOB NOT NULL,
  bulk   BLOB NOT NULL REFERENCES blobs (hash)
) STRICT;
CREATE INDEX contributions_round ON contributions (job, work, round);
CREATE INDEX contributions_bulk ON contributions (bulk);

CREATE TABLE private_states (
  job   TEXT NOT NULL PRIMARY KEY,
  state BLOB NOT NULL REFERENCES blobs (hash)
) STRICT;
CREATE INDEX private_states_state ON private_states (state);

CREATE TABLE records (
  kind  TEXT NOT NULL,
  key   TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
  kind     TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  bytes    BLOB NOT NULL,
  PRIMARY KEY (kind, position)
) STRICT, WITHOUT ROWID;

-- What was once said stays said.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
