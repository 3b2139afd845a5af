#include "florin/api/chained_store.h"

#include <algorithm>

#include "florin/govern/audit_file.h"

namespace florin::api {
namespace {

// "2026-01-31T12:00:00.000000Z round.opening round 3: ..." as an event's name and its text.
struct Told {
  std::string event;
  std::string text;
};
Told Read(std::string_view entry) {
  const size_t name = std::min(entry.find(' '), entry.size() - 1) + 1;
  const size_t text = std::min(entry.find(' ', name), entry.size());
  Told told{std::string(entry.substr(name, text - name)),
            std::string(entry.substr(std::min(text + 1, entry.size())))};
  for (char& c : told.event) {
    if (c == '.' || c == '_') c = '-';
  }
  if (told.text.size() > govern::Entry::kValueMax) told.text.resize(govern::Entry::kValueMax);
  return told;
}

// The log holds entries alone, so its last line is the chain's end.
Result<govern::Chain> Resume(store::Transaction& change) {
  FLORIN_ASSIGN(const uint64_t size, change.LogSize(kRoundsLog));
  if (size == 0) return govern::Chain();
  FLORIN_ASSIGN(const std::vector<Bytes> lines, change.ReadLog(kRoundsLog, size - 1, 1));
  const std::string line(lines.front().begin(), lines.front().end());
  FLORIN_ASSIGN(const govern::AuditLine parsed, govern::ParseLine(line));
  const auto* entry = std::get_if<govern::Entry>(&parsed);
  if (entry != nullptr) return govern::Chain(*entry);
  return Status(Kind::kFailed, "AUDIT-FORM", "the log of rounds does not end with an entry.");
}

}  // namespace

Status ChainedStore::Save(const JobId& job, round::Commit commit) {
  const std::lock_guard guard(lock_);
  if (commit.audit.empty()) return store_.Save(job, std::move(commit));
  FLORIN_ASSIGN(const auto change, records_.Begin());
  FLORIN_ASSIGN(govern::Chain next, Link(*change, job, commit.audit));
  FLORIN_TRY(store_.Save(job, std::move(commit)));
  chain_.reset();  // whether a commit that fails was durable, only the disk knows
  FLORIN_TRY(change->Commit());
  chain_ = next;
  return {};
}

Result<govern::Chain> ChainedStore::Link(store::Transaction& change, const JobId& job,
                                         const std::vector<std::string>& entries) {
  if (!chain_) {
    FLORIN_ASSIGN(chain_, Resume(change));
  }
  govern::Chain next = *chain_;
  const Time now = clock_.Now();
  for (const std::string& told : entries) {
    Told parts = Read(told);
    FLORIN_ASSIGN(const govern::Entry entry,
                  next.Append(now, "coordinator", std::move(parts.event),
                              {{"job", job.text()}, {"text", std::move(parts.text)}}));
    FLORIN_TRY(change.Append(kRoundsLog, base::AsBytes(ToLine(entry))).status());
  }
  FLORIN_ASSIGN(const govern::Head head,
                next.SignHead(now, crypto::PublicKeyOf(seed_), [this](ByteView message) {
                  return crypto::SignEd25519(seed_, message);
                }));
  FLORIN_TRY(change.Put(kHeadKind, kRoundsLog, base::AsBytes(ToLine(head))));
  return next;
}

}  // namespace florin::api
