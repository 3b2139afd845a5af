// Secret files, and the certificates of one peer as they are renewed.
//
// A file appears under its name only when it is whole and durable. Secrets are sealed by the
// folder's vault, 0600 in folders that are 0700; one that others may read is refused, since it may
// have been read. [FILE-WRITE] names path and reason; [KEYS-*] as store/vault.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/store/files.h"
#include "florin/store/vault.h"
#include "florin/transport/grpc/tls.h"

namespace florin::apps {

// Creates it and its parents; 0700. One that is there is left as it is.
Status MakePrivateFolder(const std::string& path);

Status WriteSecret(const std::string& path, std::string_view content);
// [FILE-NOT-FOUND] [FILE-READ]; [SECRET-OPEN] others may read it: says how to close it
Result<std::string> ReadSecret(const std::string& path);

// What a secret file of a folder is sealed as, wherever its set lies.
inline constexpr const char* kIdentityKey = "identity.key";
inline constexpr const char* kSiteSecret = "site.secret";
inline constexpr const char* kTlsKey = "tls/key.pem";

Status WriteSealed(const store::Vault& vault, const std::string& path, std::string_view name,
                   std::string_view content);
// As ReadSecret; what is not sealed is read as it is.
Result<std::string> ReadSealed(const store::Vault& vault, const std::string& path,
                               std::string_view name);

struct SecretFile {
  std::string name;  // as it is sealed
  std::string path;
  std::string kind;  // in words
};
// The secret files that are in a coordinator's or a member's folder.
std::vector<SecretFile> SecretFilesIn(const std::string& folder);
// The folder's vault, its keys made where none are and nothing is sealed.
Result<store::Vault> MakeVault(const std::string& folder, Time now);
// The same, and every secret file sealed that is not.
Result<store::Vault> SealFolder(const std::string& folder, Time now);

// Two processes that write in one folder would mix its keys. Let go with the file. [FOLDER-LOCKED]
Result<store::File> LockFolder(const std::string& path);

// Removes a file durably; Ok when there is none.
Status RemoveFile(const std::string& path);

struct TlsParts {
  std::string key;  // as it lies on the disk: sealed
  std::string certificate_pem;
  std::string roots_pem;
  std::string chain_pem;  // what the enrolment listener shows; empty: no such file
};
// Into FOLDER/tls/N, then FOLDER/tls/current is made to point there in one step: a reader meets
// either all old files or all new ones. The set before stays until the next.
Status WriteTls(const std::string& folder, const TlsParts& parts);
std::string SealTlsKey(const store::Vault& vault, std::string_view key_pem);

// Where they lie; gRPC reads those of live_tls.h.
transport::TlsFiles MutualTls(const std::string& folder);
transport::TlsFiles EnrolmentTls(const std::string& folder);  // chain, no roots

}  // namespace florin::apps
