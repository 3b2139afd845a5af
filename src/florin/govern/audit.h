// The audit chain: what happened, in an order nobody can change unseen.
//
// Each entry holds the hash of the one before it, so a changed, missing or moved entry breaks every
// later link. What a chain cannot show by itself is that its end was cut off, or that all of it was
// written anew: for that its owner signs a Head now and then and hands it to others. Whoever has
// the entries, the heads and the public key can verify a chain offline. docs/spec/files.md has the
// bytes. Keys stay with the caller: signing and verifying come in as functions that fit
// crypto::SignEd25519 and crypto::VerifyEd25519.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/crypto/ed25519.h"

namespace florin::govern {

using PublicKey = crypto::Ed25519PublicKey;
using Signature = crypto::Ed25519Signature;
using Sign = std::function<Signature(ByteView message)>;
using Verify = std::function<bool(const PublicKey&, ByteView message, const Signature&)>;

using AuditHash = base::Digest<struct AuditHashTag>;
using AuditFields = std::map<std::string, std::string>;

struct Entry {
  static constexpr size_t kActorMax = 128;  // bytes
  static constexpr size_t kNameMax = 64;    // of an event or a field
  static constexpr size_t kFieldsMax = 32;
  static constexpr size_t kValueMax = 2048;  // bytes of one field's text

  uint64_t index = 0;  // counted from 1
  Time time;
  std::string actor;   // who did it: "owner maria", "coordinator 9f31"
  std::string event;   // what: "offer-refused"; a-z, 0-9 and '-'
  AuditFields fields;  // a-z, 0-9, '_' and '-' -> UTF-8 text; never rows, never secrets
  AuditHash previous;  // of the entry before; zeros for the first
  AuditHash hash;      // of all the above

  bool operator==(const Entry&) const = default;
};

// The hash an entry must have: SHA-256 of its canonical bytes, without `hash` itself.
AuditHash HashEntry(const Entry& entry);
// Whether its texts keep the bounds above and its time has a year of four digits. [AUDIT-FORM]
Status CheckForm(const Entry& entry);

// A signed word on how far a chain had come.
struct Head {
  uint64_t index = 0;  // of the last entry
  AuditHash hash;      // of the last entry
  Time time;
  PublicKey key{};
  Signature signature{};  // of HeadMessage

  bool operator==(const Head&) const = default;
};

// What a head's signature is made over: a domain of its own, index, hash, time and key.
Bytes HeadMessage(const Head& head);

// Appends to a chain; holds its end alone, so it stays small however long the chain grows. One
// thread at a time. Keeping the entries, each before the next is made, is the caller's duty.
class Chain {
 public:
  Chain() = default;                                                           // a new chain
  explicit Chain(const Entry& last) : index_(last.index), hash_(last.hash) {}  // goes on after it

  uint64_t index() const { return index_; }  // of the last entry; 0 = none
  const AuditHash& hash() const { return hash_; }

  // The next entry, linked. [AUDIT-FORM] leaves the chain as it was.
  Result<Entry> Append(Time time, std::string actor, std::string event, AuditFields fields);
  // Signs where the chain stands. [AUDIT-EMPTY] there is nothing to sign yet.
  Result<Head> SignHead(Time time, const PublicKey& key, const Sign& sign) const;

 private:
  uint64_t index_ = 0;
  AuditHash hash_;
};

// Verifies a chain entry by entry, in memory that does not grow with it. After the first fault
// every call answers that fault. One thread at a time.
//
//   [AUDIT-BYTE] an entry is not what was written: its bytes do not have its hash, or what follows
//                it or was signed names another one
//   [AUDIT-GAP]  an entry is missing, twice there, or out of order
//   [AUDIT-TAIL] the chain ends before a signed head: its end was cut off
//   [AUDIT-HEAD] a head has a signature that does not hold, or a key that is not known
class ChainCheck {
 public:
  struct Options {
    std::vector<Head> heads;      // kept elsewhere; in any order
    std::vector<PublicKey> keys;  // whose heads count
    Verify verify;
    uint64_t index = 0;  // verified before: goes on behind this entry
    AuditHash hash;      // and its hash
  };
  explicit ChainCheck(Options options);

  Status Take(const Entry& entry);
  Status Take(const Head& head);  // right behind its entry, as in a file
  Status Finish();                // nothing follows

  uint64_t index() const { return index_; }          // of the last good entry
  uint64_t bad_index() const { return bad_index_; }  // where the first fault is; 0 = none
  // For what cannot even be read as the next entry. [AUDIT-BYTE]
  Status Unreadable(std::string_view why);

 private:
  Status Fail(uint64_t index, const char* code, std::string_view why);
  Status CheckSignature(const Head& head);

  Options options_;  // heads ascending by index
  size_t next_head_ = 0;
  uint64_t index_ = 0;
  AuditHash hash_;
  uint64_t bad_index_ = 0;
  Status fault_;
};

struct ChainReport {
  uint64_t entries = 0;    // good ones, up to the first fault
  uint64_t bad_index = 0;  // 0 = none
  Status status;
};

// A whole chain at once.
ChainReport VerifyChain(Span<const Entry> entries, Span<const Head> heads,
                        Span<const PublicKey> keys, const Verify& verify);

}  // namespace florin::govern
