#include "florin/api/chain_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/random.h"
#include "florin/govern/audit_file.h"

namespace florin::api {
namespace {

constexpr std::string_view kHead = "audit-head";  // by chain
constexpr std::string_view kSecret = "secret";
constexpr std::string_view kSeed = "audit-seed";

Status Damaged(std::string_view what) {
  return {
      Kind::kFailed, "AUDIT-KEY",
      "the key of the audit chains " + std::string(what) + ": restore the store from a backup."};
}

Result<std::optional<crypto::Ed25519Seed>> FindSeed(store::Transaction& reading) {
  FLORIN_ASSIGN(const auto kept, reading.Get(kSecret, kSeed));
  if (!kept) return std::optional<crypto::Ed25519Seed>();
  crypto::Ed25519Seed seed{};
  if (kept->size() != seed.size()) return Damaged("is damaged");
  std::copy(kept->begin(), kept->end(), seed.begin());
  return std::optional(seed);
}

Result<crypto::Ed25519Seed> SeedOf(store::Transaction& change, const govern::Chain& chain) {
  FLORIN_ASSIGN(const auto kept, FindSeed(change));
  if (kept) return *kept;
  if (chain.index() > 0) return Damaged("is gone");
  const crypto::Ed25519Seed seed = crypto::NewSecretKey();
  FLORIN_TRY(change.Put(kSecret, kSeed, seed));
  return seed;
}

// Behind the last entry: the log holds entries alone.
Result<govern::Chain> Resume(store::Transaction& change, std::string_view chain) {
  FLORIN_ASSIGN(const uint64_t size, change.LogSize(chain));
  if (size == 0) return govern::Chain();
  FLORIN_ASSIGN(const std::vector<Bytes> lines, change.ReadLog(chain, size - 1, 1));
  const std::string line(lines.front().begin(), lines.front().end());
  FLORIN_ASSIGN(const govern::AuditLine parsed, govern::ParseLine(line));
  const auto* entry = std::get_if<govern::Entry>(&parsed);
  if (entry != nullptr) return govern::Chain(*entry);
  return Status(Kind::kFailed, "AUDIT-FORM",
                "the audit log \"" + std::string(chain) + "\" does not end with an entry.");
}

}  // namespace

Status AppendNews(store::Transaction& change, std::string_view chain, Time now,
                  std::vector<News> news) {
  FLORIN_CHECK(!news.empty());
  FLORIN_ASSIGN(govern::Chain links, Resume(change, chain));
  FLORIN_ASSIGN(const crypto::Ed25519Seed seed, SeedOf(change, links));
  for (News& one : news) {
    FLORIN_ASSIGN(
        const govern::Entry entry,
        links.Append(now, std::move(one.actor), std::move(one.event), std::move(one.fields)));
    FLORIN_TRY(change.Append(chain, base::AsBytes(govern::ToLine(entry))).status());
  }
  FLORIN_ASSIGN(const govern::Head head,
                links.SignHead(now, crypto::PublicKeyOf(seed), [&](ByteView message) {
                  return crypto::SignEd25519(seed, message);
                }));
  return change.Put(kHead, chain, base::AsBytes(govern::ToLine(head)));
}

Result<std::string> NewestHead(store::Transaction& reading, std::string_view chain) {
  FLORIN_ASSIGN(const auto head, reading.Get(kHead, chain));
  return head ? std::string(head->begin(), head->end()) : std::string();
}

Result<crypto::Ed25519PublicKey> AuditKey(store::Transaction& reading) {
  FLORIN_ASSIGN(const auto seed, FindSeed(reading));
  if (!seed) return Damaged("is not there yet");
  return crypto::PublicKeyOf(*seed);
}

}  // namespace florin::api
