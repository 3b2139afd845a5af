// AuditTrail: an audit chain as a file that its owner can read and verify without the program that
// writes it (docs/spec/files.md, "Audit file").
//
// Every entry is followed by a signed head and both are on the disk when Append returns, so a cut
// tail shows as soon as anybody remembers a head. One process at a time writes a trail; within it,
// thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "florin/crypto/ed25519.h"
#include "florin/govern/audit.h"

namespace florin::api {

class AuditTrail {
 public:
  // Goes on where the file ends; what a crash left of a last line is taken off. The whole chain is
  // verified first: [AUDIT-*] it is not what this key wrote; nothing is appended to such a file.
  // [AUDIT-FILE] it cannot be read or written.
  static Result<std::unique_ptr<AuditTrail>> Open(const std::string& path,
                                                  const crypto::Ed25519Seed& seed);
  ~AuditTrail();
  AuditTrail(const AuditTrail&) = delete;
  AuditTrail& operator=(const AuditTrail&) = delete;

  // [AUDIT-FORM], [AUDIT-FILE]
  Status Append(Time now, std::string actor, std::string event, govern::AuditFields fields);
  uint64_t size() const;  // entries

 private:
  AuditTrail(int fd, const crypto::Ed25519Seed& seed, govern::Chain chain);

  mutable std::mutex lock_;
  int fd_;
  crypto::Ed25519Seed seed_;
  govern::Chain chain_;
};

// Verifies a trail's file. keys: whose heads count; none takes the key of the first head, and the
// report's reader must compare it. [AUDIT-*], [AUDIT-FILE]
struct TrailReport {
  uint64_t entries = 0;    // good ones, up to the first fault
  uint64_t bad_index = 0;  // 0 = none
  std::vector<crypto::Ed25519PublicKey> keys;
  Status status;
};
TrailReport VerifyTrail(const std::string& path, std::vector<crypto::Ed25519PublicKey> keys);

}  // namespace florin::api
