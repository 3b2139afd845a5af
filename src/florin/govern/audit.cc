#include "florin/govern/audit.h"

#include <algorithm>
#include <utility>

#include "florin/base/codec.h"
#include "florin/base/text.h"
#include "florin/crypto/sha256.h"

namespace florin::govern {
namespace {

// 0000-01-01 and 10000-01-01: a time between them has one text form of fixed width.
constexpr int64_t kTimeMin = -62'167'219'200'000'000;
constexpr int64_t kTimeEnd = 253'402'300'800'000'000;

bool IsName(std::string_view text, bool takes_underscores) {
  const auto is_fit = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           (takes_underscores && c == '_');
  };
  return !text.empty() && text.size() <= Entry::kNameMax && std::ranges::all_of(text, is_fit);
}

Status Malformed(uint64_t index, std::string_view subject, std::string_view expected) {
  return Status(Kind::kFailed, "AUDIT-FORM",
                "audit entry " + std::to_string(index) + ": " + std::string(subject) +
                    ": expected " + std::string(expected) + ".");
}

}  // namespace

AuditHash HashEntry(const Entry& entry) {
  base::Writer writer;
  writer.Text("florin audit entry 1").U64(entry.index).I64(entry.time.micros);
  writer.Text(entry.actor).Text(entry.event).Varint(entry.fields.size());
  for (const auto& [name, value] : entry.fields) writer.Text(name).Text(value);
  writer.Fixed(entry.previous.bytes);
  return crypto::HashAs<AuditHash>(writer.view());
}

Status CheckForm(const Entry& entry) {
  if (entry.time.micros < kTimeMin || entry.time.micros >= kTimeEnd) {
    return Malformed(entry.index, "time", "a year from 0000 to 9999");
  }
  if (entry.actor.empty() || entry.actor.size() > Entry::kActorMax || !base::IsUtf8(entry.actor)) {
    return Malformed(entry.index, "actor", "1 to 128 bytes of UTF-8");
  }
  if (!IsName(entry.event, /*takes_underscores=*/false)) {
    return Malformed(entry.index, "event", "a name of 1 to 64 of a-z, 0-9 and '-'");
  }
  if (entry.fields.size() > Entry::kFieldsMax) {
    return Malformed(entry.index, "fields", "at most 32");
  }
  for (const auto& [name, value] : entry.fields) {
    if (!IsName(name, /*takes_underscores=*/true)) {
      return Malformed(entry.index, "fields", "names of 1 to 64 of a-z, 0-9, '_' and '-'");
    }
    if (value.size() > Entry::kValueMax || !base::IsUtf8(value)) {
      return Malformed(entry.index, "field " + name, "at most 2048 bytes of UTF-8");
    }
  }
  return {};
}

Bytes HeadMessage(const Head& head) {
  base::Writer writer;
  writer.Text("florin audit head 1").U64(head.index).Fixed(head.hash.bytes);
  writer.I64(head.time.micros).Fixed(head.key);
  return std::move(writer).Take();
}

Result<Entry> Chain::Append(Time time, std::string actor, std::string event, AuditFields fields) {
  Entry entry{.index = index_ + 1,
              .time = time,
              .actor = std::move(actor),
              .event = std::move(event),
              .fields = std::move(fields),
              .previous = hash_,
              .hash = {}};
  FLORIN_TRY(CheckForm(entry));
  entry.hash = HashEntry(entry);
  index_ = entry.index;
  hash_ = entry.hash;
  return entry;
}

Result<Head> Chain::SignHead(Time time, const PublicKey& key, const Sign& sign) const {
  if (index_ == 0) {
    return Status(Kind::kConflict, "AUDIT-EMPTY",
                  "audit head: expected at least one entry to sign, found none.");
  }
  Head head{.index = index_, .hash = hash_, .time = time, .key = key, .signature = {}};
  head.signature = sign(HeadMessage(head));
  return head;
}

ChainCheck::ChainCheck(Options options)
    : options_(std::move(options)), index_(options_.index), hash_(options_.hash) {
  std::ranges::sort(options_.heads, {}, &Head::index);
  // Heads of what was verified before say nothing about what follows.
  while (next_head_ < options_.heads.size() && options_.heads[next_head_].index <= index_) {
    ++next_head_;
  }
}

Status ChainCheck::Take(const Entry& entry) {
  if (!fault_.ok()) return fault_;
  const uint64_t expected = index_ + 1;
  if (!CheckForm(entry).ok()) return Unreadable("it is not in the form of an entry");
  if (HashEntry(entry) != entry.hash) {
    return Fail(expected, "AUDIT-BYTE", "its bytes do not have its hash");
  }
  if (entry.index != expected) {
    return Fail(expected, "AUDIT-GAP",
                "found entry " + std::to_string(entry.index) + " in its place");
  }
  if (entry.previous != hash_) {
    // An entry that was written anew has a sound hash of its own; the link shows it.
    if (index_ == 0) return Fail(expected, "AUDIT-GAP", "entries before it are missing");
    return Fail(index_, "AUDIT-BYTE",
                "entry " + std::to_string(expected) + " was written after another one");
  }
  index_ = expected;
  hash_ = entry.hash;
  for (; next_head_ < options_.heads.size(); ++next_head_) {
    const Head& head = options_.heads[next_head_];
    if (head.index > index_) break;
    FLORIN_TRY(Take(head));
  }
  return {};
}

Status ChainCheck::Take(const Head& head) {
  if (!fault_.ok()) return fault_;
  FLORIN_TRY(CheckSignature(head));
  if (head.index > index_) {
    return Fail(index_ + 1, "AUDIT-TAIL",
                "a signed head says that the chain had " + std::to_string(head.index) + " entries");
  }
  if (head.index < index_) {
    return Fail(index_ + 1, "AUDIT-GAP",
                "the head of entry " + std::to_string(head.index) + " stands in its place");
  }
  if (head.hash == hash_) return {};
  return Fail(index_, "AUDIT-BYTE", "another one was signed under this number");
}

Status ChainCheck::Finish() {
  if (!fault_.ok()) return fault_;
  for (; next_head_ < options_.heads.size(); ++next_head_) {
    FLORIN_TRY(Take(options_.heads[next_head_]));
  }
  return {};
}

Status ChainCheck::Unreadable(std::string_view why) {
  return fault_.ok() ? Fail(index_ + 1, "AUDIT-BYTE", why) : fault_;
}

Status ChainCheck::Fail(uint64_t index, const char* code, std::string_view why) {
  index = std::max<uint64_t>(index, 1);
  bad_index_ = index;
  fault_ = Status(Kind::kFailed, code,
                  "audit entry " + std::to_string(index) + ": " + std::string(why) +
                      ". Keep the file as it is, and compare it with an older copy.");
  return fault_;
}

Status ChainCheck::CheckSignature(const Head& head) {
  if (std::ranges::find(options_.keys, head.key) == options_.keys.end()) {
    return Fail(head.index, "AUDIT-HEAD",
                "its head is signed with key " + base::Hex(ByteView(head.key)).substr(0, 12) +
                    ", which is not known");
  }
  if (options_.verify && options_.verify(head.key, HeadMessage(head), head.signature)) return {};
  return Fail(head.index, "AUDIT-HEAD", "the signature of its head does not hold");
}

ChainReport VerifyChain(Span<const Entry> entries, Span<const Head> heads,
                        Span<const PublicKey> keys, const Verify& verify) {
  ChainCheck check({.heads = {heads.begin(), heads.end()},
                    .keys = {keys.begin(), keys.end()},
                    .verify = verify,
                    .index = 0,
                    .hash = {}});
  Status status;
  for (const Entry& entry : entries) {
    status = check.Take(entry);
    if (!status.ok()) break;
  }
  if (status.ok()) status = check.Finish();
  return {check.index(), check.bad_index(), std::move(status)};
}

}  // namespace florin::govern
