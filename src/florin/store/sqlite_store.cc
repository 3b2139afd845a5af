#include "florin/store/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "florin/base/codec.h"
#include "florin/round/effect_codec.h"

namespace florin::store {
namespace {

Bytes Copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// What a job's row names before a commit; empty: none.
struct JobRow {
  Bytes checkpoint;
  Bytes candidate;
};

Result<JobRow> FindJob(Unit& unit, const JobId& job) {
  Query query = unit.Ask("SELECT checkpoint, candidate FROM jobs WHERE job = ?", job.text());
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return JobRow{};
  return JobRow{Copy(query.Blob(0)), Copy(query.Blob(1))};
}

Status CheckPublished(Unit& unit, const JobId& job, const round::Commit& commit,
                      const Bytes& candidate) {
  if (!commit.published) return {};
  if (std::ranges::equal(candidate, commit.published->bytes)) return {};
  FLORIN_ASSIGN(const bool was_published,
                unit.Ask("SELECT 1 FROM published JOIN versions ON id = version"
                         " WHERE version = ? AND file IS NOT NULL",
                         commit.published->bytes)
                    .Step());
  if (was_published) return {};
  return Status(Kind::kConflict, "STORE-VERSION",
                "job \"" + job.text() + "\": version " + commit.published->Short() +
                    " cannot be published, it is not in the store");
}

// A version made again has the same id, and may have another time in its file.
Status PutVersion(Unit& unit, const job::Version& version) {
  FLORIN_ASSIGN(const BlobHash file, unit.PutBlob(job::SaveVersion(version)));
  Bytes before;
  {
    Query query = unit.Ask("SELECT file FROM versions WHERE id = ?", version.id.bytes);
    FLORIN_ASSIGN(const bool is_there, query.Step());
    if (is_there) before = Copy(query.Blob(0));
  }
  FLORIN_TRY(unit.Ask("INSERT INTO versions (id, job, file, lineage) VALUES (?, ?, ?, ?)"
                      " ON CONFLICT (id) DO UPDATE SET file = excluded.file,"
                      " lineage = excluded.lineage",
                      version.id.bytes, version.job.text(), file, job::SaveLineage(version))
                 .Run());
  return before.empty() ? Status() : unit.ReleaseBlob(before);
}

// Forgets a candidate that was never published.
Status DropCandidate(Unit& unit, const Bytes& id) {
  Bytes file;
  {
    Query query = unit.Ask(
        "DELETE FROM versions WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM published WHERE version = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM jobs WHERE candidate = ?1) RETURNING file",
        id);
    FLORIN_ASSIGN(const bool is_gone, query.Step());
    if (!is_gone) return {};
    file = Copy(query.Blob(0));
  }
  return unit.ReleaseBlob(file);
}

// checkpoint, candidate: empty for none.
Status PutJob(Unit& unit, const JobId& job, const round::Commit& commit, const JobRow& row) {
  base::Writer state;
  commit.state.Save(state);
  return unit
      .Ask(
          "INSERT INTO jobs (job, state, outbox, checkpoint, candidate)"
          " VALUES (?, ?, ?, nullif(?, x''), nullif(?, x'')) ON CONFLICT (job) DO UPDATE SET"
          " state = excluded.state, outbox = excluded.outbox,"
          " checkpoint = excluded.checkpoint, candidate = excluded.candidate",
          job.text(), state.view(), round::SaveOutbox(commit.outbox), row.checkpoint, row.candidate)
      .Run();
}

Status Publish(Unit& unit, const JobId& job, const VersionId& version) {
  return unit
      .Ask(
          "INSERT INTO published (job, position, version)"
          " SELECT ?1, coalesce(max(position) + 1, 0), ?2 FROM published WHERE job = ?1",
          job.text(), version.bytes)
      .Run();
}

Result<job::Version> ReadVersion(Unit& unit, ByteView file) {
  FLORIN_ASSIGN(const Bytes bytes, unit.ReadBlob(file));
  return job::RestoreVersion(bytes);
}

// A published version whose model is to go.
struct Old {
  Bytes id;
  Bytes file;
  Bytes lineage;  // empty in a row of before: its file says it
};

// Those with a model that no place among the newest `kept` names. More than one where fewer are
// kept than before.
Result<std::vector<Old>> FindOld(Unit& unit, const JobId& job, uint32_t kept) {
  Query query = unit.Ask(
      "SELECT id, file, lineage FROM versions WHERE job = ?1 AND file IS NOT NULL"
      " AND NOT EXISTS (SELECT 1 FROM jobs WHERE candidate = id)"
      " AND NOT EXISTS (SELECT 1 FROM published AS p WHERE p.version = id AND p.position >"
      " (SELECT max(position) FROM published WHERE job = ?1) - ?2)",
      job.text(), kept);
  std::vector<Old> old;
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return old;
    old.push_back({Copy(query.Blob(0)), Copy(query.Blob(1)), Copy(query.Blob(2))});
  }
}

// Their lineages stay (ADR-0009).
Status DropModels(Unit& unit, const JobId& job, uint32_t kept) {
  FLORIN_ASSIGN(std::vector<Old> old, FindOld(unit, job, kept));
  for (Old& version : old) {
    if (version.lineage.empty()) {
      FLORIN_ASSIGN(const job::Version whole, ReadVersion(unit, version.file));
      version.lineage = job::SaveLineage(whole);
    }
    FLORIN_TRY(unit.Ask("UPDATE versions SET file = NULL, lineage = ? WHERE id = ?",
                        version.lineage, version.id)
                   .Run());
    FLORIN_TRY(unit.ReleaseBlob(version.file));
  }
  return {};
}

Status AppendAudit(Unit& unit, const JobId& job, const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    FLORIN_TRY(unit.Ask("INSERT INTO audit (job, position, entry)"
                        " SELECT ?1, coalesce(max(position) + 1, 0), ?2 FROM audit WHERE job = ?1",
                        job.text(), entry)
                   .Run());
  }
  return {};
}

}  // namespace

Status SqliteStore::Save(const JobId& job, round::Commit commit) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_ASSIGN(const JobRow before, FindJob(unit, job));
  JobRow row = before;
  if (commit.version) row.candidate = Copy(commit.version->id.bytes);
  FLORIN_TRY(CheckPublished(unit, job, commit, row.candidate));
  if (commit.checkpoint) {
    row.checkpoint.clear();
    if (!commit.checkpoint->empty()) {
      FLORIN_ASSIGN(const BlobHash hash, unit.PutBlob(*commit.checkpoint));
      row.checkpoint = Copy(hash);
    }
  }
  if (commit.version) FLORIN_TRY(PutVersion(unit, *commit.version));
  const Bytes candidate = row.candidate;
  if (commit.published && std::ranges::equal(candidate, commit.published->bytes)) {
    row.candidate.clear();
  }
  FLORIN_TRY(PutJob(unit, job, commit, row));
  if (commit.published) {
    FLORIN_TRY(Publish(unit, job, *commit.published));
    FLORIN_TRY(DropModels(unit, job, kept_versions_));
  }
  FLORIN_TRY(AppendAudit(unit, job, commit.audit));
  if (!before.checkpoint.empty()) FLORIN_TRY(unit.ReleaseBlob(before.checkpoint));
  if (!before.candidate.empty()) FLORIN_TRY(DropCandidate(unit, before.candidate));
  return unit.Commit();
}

Result<std::optional<round::RoundState>> SqliteStore::Load(const JobId& job) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask("SELECT state FROM jobs WHERE job = ?", job.text());
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return std::optional<round::RoundState>();
  base::Reader reader(query.Blob(0));
  FLORIN_ASSIGN(round::RoundState state, round::RoundState::Restore(reader));
  FLORIN_TRY(reader.Finish("saved round"));
  return std::optional(std::move(state));
}

Result<std::vector<round::Effect>> SqliteStore::Outbox(const JobId& job) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask("SELECT outbox FROM jobs WHERE job = ?", job.text());
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return std::vector<round::Effect>();
  return round::RestoreOutbox(query.Blob(0));
}

Result<Bytes> SqliteStore::LoadCheckpoint(const JobId& job) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_ASSIGN(const JobRow row, FindJob(unit, job));
  return row.checkpoint.empty() ? Bytes() : unit.ReadBlob(row.checkpoint);
}

Result<std::optional<job::Version>> SqliteStore::FindVersion(const VersionId& id) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask("SELECT file FROM versions WHERE id = ? AND file IS NOT NULL", id.bytes);
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return std::optional<job::Version>();
  FLORIN_ASSIGN(job::Version version, ReadVersion(unit, query.Blob(0)));
  return std::optional(std::move(version));
}

Result<std::vector<round::PublishedVersion>> SqliteStore::Versions(const JobId& job) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask(
      "SELECT lineage, file FROM published JOIN versions ON id = version"
      " WHERE published.job = ? ORDER BY position",
      job.text());
  std::vector<round::PublishedVersion> versions;
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return versions;
    job::Lineage lineage;
    if (query.Blob(0).empty()) {
      FLORIN_ASSIGN(lineage, ReadVersion(unit, query.Blob(1)));
    } else {
      FLORIN_ASSIGN(lineage, job::RestoreLineage(query.Blob(0)));
    }
    versions.push_back({std::move(lineage), !query.IsNull(1)});
  }
}

Result<std::vector<std::string>> SqliteStore::AuditTrail(const JobId& job) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask("SELECT entry FROM audit WHERE job = ? ORDER BY position", job.text());
  std::vector<std::string> entries;
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return entries;
    entries.push_back(query.Text(0));
  }
}

}  // namespace florin::store
