// Secret files, and the certificates of one peer as gRPC reads them while they are renewed.
//
// A file appears under its name only when it is whole and durable. Secrets are 0600 in folders that
// are 0700; one that others may read is refused, since it may have been read. [FILE-WRITE] names
// path and reason.
#pragma once

#include <string>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/transport/grpc/tls.h"

namespace florin::apps {

// Creates it and its parents; 0700. One that is there is left as it is.
Status MakePrivateFolder(const std::string& path);

Status WriteSecret(const std::string& path, std::string_view content);
// [FILE-NOT-FOUND] [FILE-READ]; [SECRET-OPEN] others may read it: says how to close it
Result<std::string> ReadSecret(const std::string& path);
// Removes a file durably; Ok when there is none.
Status RemoveFile(const std::string& path);

struct TlsParts {
  std::string key_pem;
  std::string certificate_pem;
  std::string roots_pem;
  std::string chain_pem;  // what the enrolment listener shows; empty: no such file
};
// Into FOLDER/tls/N, then FOLDER/tls/current is made to point there in one step: a reader meets
// either all old files or all new ones. The set before stays until the next.
Status WriteTls(const std::string& folder, const TlsParts& parts);

// Where they are read.
transport::TlsFiles MutualTls(const std::string& folder);
transport::TlsFiles EnrolmentTls(const std::string& folder);  // chain, no roots

}  // namespace florin::apps
