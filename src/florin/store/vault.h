// The secrets of one folder at rest. Each is sealed (crypto/sealing.h) under the folder's data key,
// which never changes and lies in `data.key`, sealed itself under a key-encryption key, the KEK: 32
// bytes in the folder's `kek`, or in the file that FLORIN_KEK_FILE names. docs/spec/files.md.
//
// What is not sealed is read as it is: a secret that an owner put there by hand, until the next
// start seals it.
//
//   [KEYS-FILE]     the KEK's file is open to others, somebody else's, or no key
//   [KEYS-MISSING]  no KEK, or no data.key beside what is sealed
//   [KEYS-WRONG]    another KEK than the one that data.key is under: both fingerprints are told
//   [KEYS-DAMAGED]  data.key was changed or cut
//   [KEYS-OPEN]     a secret was changed, or is of another folder or name
//   [STORE-IO]      the disk
#pragma once

#include <string>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/crypto/secret.h"

namespace florin::store {

inline constexpr const char* kKekFile = "kek";
inline constexpr const char* kDataKeyFile = "data.key";
inline constexpr const char* kKekVariable = "FLORIN_KEK_FILE";

// Where a folder's KEK is looked for: what FLORIN_KEK_FILE names, else FOLDER/kek.
std::string KekPath(const std::string& folder);
bool IsKekElsewhere();

struct KeyFacts {
  std::string kek_file;         // the one that fits
  std::string kek_fingerprint;  // 16 hex digits
  Time made;                    // the data key
  Time rotated;                 // the KEK; `made` until it first was
};

// Values of const methods may be used by many threads.
class Vault {
 public:
  Vault() = default;  // no key: opens what is not sealed
  // Without data.key one without a key.
  static Result<Vault> Load(const std::string& folder);
  // Makes data.key where there is none, and before it the folder's own KEK; never one elsewhere.
  // The caller knows that nothing in the folder is sealed yet.
  static Result<Vault> Make(const std::string& folder, Time now);

  bool has_key() const { return !facts_.kek_fingerprint.empty(); }
  const KeyFacts& facts() const { return facts_; }  // with a key

  // name: what the secret is, bound to it. Needs a key (FLORIN_CHECK).
  Bytes Seal(std::string_view name, ByteView secret) const;
  Result<Bytes> Open(std::string_view name, ByteView bytes) const;

 private:
  friend Result<KeyFacts> RotateKek(const std::string& folder, const std::string& file, Time now);
  static Result<Vault> LoadWith(const std::string& folder, const std::string& more);
  crypto::SecretBytes data_key_;
  KeyFacts facts_;
};

bool IsSealed(ByteView bytes);

// Puts the data key under a new KEK. file: where it is to lie from now on, made when there is none;
// empty: in the folder in place of the old one. A process that is killed anywhere leaves a folder
// whose secrets can be read; rotating again finishes. One at a time in a folder.
Result<KeyFacts> RotateKek(const std::string& folder, const std::string& file, Time now);

// A data.key as bytes (of a backup): the fingerprint of the KEK it is under. [KEYS-DAMAGED]
Result<std::string> FingerprintOf(ByteView data_key_file, const std::string& path);
// The KEK in a file, and its fingerprint.
Result<crypto::SecretBytes> ReadKek(const std::string& path);
std::string FingerprintOf(const crypto::SecretBytes& kek);

}  // namespace florin::store
