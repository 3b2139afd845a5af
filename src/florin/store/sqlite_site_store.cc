#include <utility>

#include "florin/base/codec.h"
#include "florin/job/exchange_codec.h"
#include "florin/store/failpoint.h"
#include "florin/store/sqlite_store.h"

namespace florin::store {
namespace {

// A contribution of our own is as long as it is; what bounds it is the layout of its model.
constexpr size_t kBulkMax = size_t{1} << 33;  // entries

Bytes Copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// The payload that a column names, before the row changes; empty: no row.
Result<Bytes> Named(Query query) {
  FLORIN_ASSIGN(const bool is_there, query.Step());
  return is_there ? Copy(query.Blob(0)) : Bytes();
}

Status PutPrivate(Unit& unit, const JobId& job, const model::PrivateState& own) {
  base::Writer writer;
  own.Save(writer);
  FLORIN_ASSIGN(const BlobHash state, unit.PutBlob(writer.view()));
  FLORIN_ASSIGN(const Bytes before,
                Named(unit.Ask("SELECT state FROM private_states WHERE job = ?", job.text())));
  FLORIN_TRY(unit.Ask("INSERT INTO private_states (job, state) VALUES (?, ?)"
                      " ON CONFLICT (job) DO UPDATE SET state = excluded.state",
                      job.text(), state)
                 .Run());
  return before.empty() ? Status() : unit.ReleaseBlob(before);
}

// A state of one round put in another's place does not open.
std::string PartyName(const JobId& job, RoundId round, job::Work work) {
  return "party/" + job.text() + "/" + std::to_string(static_cast<int>(work)) + "/" +
         std::to_string(round.number);
}

Status PutParty(Unit& unit, const job::Contribution& contribution, const site::SavedParty& party,
                const Vault* vault) {
  const std::string name = PartyName(contribution.job, contribution.round, contribution.work);
  const Bytes state = vault == nullptr ? party.bytes : vault->Seal(name, party.bytes);
  return unit
      .Ask(
          "INSERT INTO parties (job, work, round, step, state) VALUES (?, ?, ?, ?, ?)"
          " ON CONFLICT (job, work, round) DO UPDATE SET step = excluded.step,"
          " state = excluded.state",
          contribution.job.text(), static_cast<int>(contribution.work), contribution.round.number,
          party.step, state)
      .Run();
}

// Runs a DELETE ... RETURNING bulk, and releases what it names.
Status Forget(Unit& unit, Query query) {
  std::vector<Bytes> released;
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) break;
    released.push_back(Copy(query.Blob(0)));
  }
  for (const Bytes& bulk : released) FLORIN_TRY(unit.ReleaseBlob(bulk));
  return {};
}

}  // namespace

Result<std::optional<job::Contribution>> SqliteSiteStore::FindContribution(
    const ContributionId& id) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask("SELECT header, bulk FROM contributions WHERE id = ?", id.bytes);
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return std::optional<job::Contribution>();
  FLORIN_ASSIGN(Bytes bulk, unit.ReadBlob(query.Blob(1)));
  FLORIN_ASSIGN(job::Contribution contribution,
                job::RestoreContribution(query.Blob(0), std::move(bulk), kBulkMax));
  return std::optional(std::move(contribution));
}

Result<std::optional<site::SavedParty>> SqliteSiteStore::FindParty(const JobId& job, RoundId round,
                                                                   job::Work work) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  Query query = unit.Ask("SELECT step, state FROM parties WHERE job = ? AND work = ? AND round = ?",
                         job.text(), static_cast<int>(work), round.number);
  FLORIN_ASSIGN(const bool is_there, query.Step());
  if (!is_there) return std::optional<site::SavedParty>();
  Bytes state = Copy(query.Blob(1));
  if (vault_ != nullptr) {
    FLORIN_ASSIGN(state, vault_->Open(PartyName(job, round, work), state));
  }
  return std::optional(site::SavedParty{static_cast<uint32_t>(query.Int(0)), std::move(state)});
}

Status SqliteSiteStore::KeepContribution(const job::Contribution& contribution,
                                         const model::PrivateState* own,
                                         const site::SavedParty* party) {
  static_cast<void>(AtFailpoint("contribution.keep"));
  const auto parts = job::SaveContribution(contribution);
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_ASSIGN(const BlobHash bulk, unit.PutBlob(parts.bulk));
  FLORIN_ASSIGN(const Bytes before, Named(unit.Ask("SELECT bulk FROM contributions WHERE id = ?",
                                                   contribution.id.bytes)));
  FLORIN_TRY(unit.Ask("INSERT INTO contributions (id, job, work, round, header, bulk)"
                      " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                      " job = excluded.job, work = excluded.work, round = excluded.round,"
                      " header = excluded.header, bulk = excluded.bulk",
                      contribution.id.bytes, contribution.job.text(),
                      static_cast<int>(contribution.work), contribution.round.number, parts.head,
                      bulk)
                 .Run());
  if (!before.empty()) FLORIN_TRY(unit.ReleaseBlob(before));
  if (own != nullptr) FLORIN_TRY(PutPrivate(unit, contribution.job, *own));
  if (party != nullptr) FLORIN_TRY(PutParty(unit, contribution, *party, vault_));
  return unit.Commit();
}

Status SqliteSiteStore::ForgetContributions(const JobId& job, RoundId round, job::Work work) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_TRY(Forget(unit, unit.Ask("DELETE FROM contributions WHERE job = ? AND work = ?"
                                   " AND round = ? RETURNING bulk",
                                   job.text(), static_cast<int>(work), round.number)));
  FLORIN_TRY(unit.Ask("DELETE FROM parties WHERE job = ? AND work = ? AND round = ?", job.text(),
                      static_cast<int>(work), round.number)
                 .Run());
  return unit.Commit();
}

Status SqliteSiteStore::ForgetContributionsBefore(const JobId& job, RoundId round, job::Work work) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_TRY(Forget(unit, unit.Ask("DELETE FROM contributions WHERE job = ? AND work = ?"
                                   " AND round < ? RETURNING bulk",
                                   job.text(), static_cast<int>(work), round.number)));
  FLORIN_TRY(unit.Ask("DELETE FROM parties WHERE job = ? AND work = ? AND round < ?", job.text(),
                      static_cast<int>(work), round.number)
                 .Run());
  return unit.Commit();
}

Result<model::PrivateState> SqliteSiteStore::LoadPrivate(const JobId& job) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_ASSIGN(const Bytes state,
                Named(unit.Ask("SELECT state FROM private_states WHERE job = ?", job.text())));
  if (state.empty()) return model::PrivateState();
  FLORIN_ASSIGN(const Bytes bytes, unit.ReadBlob(state));
  base::Reader reader(bytes);
  FLORIN_ASSIGN(model::PrivateState own, model::PrivateState::Restore(reader));
  FLORIN_TRY(reader.Finish("private state"));
  return own;
}

Status SqliteSiteStore::SavePrivate(const JobId& job, const model::PrivateState& own) {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  FLORIN_TRY(PutPrivate(unit, job, own));
  return unit.Commit();
}

}  // namespace florin::store
