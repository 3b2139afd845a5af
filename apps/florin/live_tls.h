// A folder's key and certificates as gRPC reads them: the key is sealed on the disk, and opened
// into memory alone. gRPC 1.51 renews nothing but files, so each pair is an anonymous file (memfd)
// that it reads through /proc/self/fd; key and certificates are one file, so they always fit.
//
// Refresh() takes what was renewed on the disk, by whichever process. Thread-safe. There is one for
// each folder, for the life of the process: gRPC reads on after credentials are dropped, by a
// number that must not come to name another file.
#pragma once

#include <mutex>
#include <string>

#include "florin/base/status.h"
#include "florin/store/files.h"
#include "florin/transport/grpc/tls.h"

namespace florin::apps {

class LiveTls {
 public:
  // [FILE-*] [SECRET-OPEN] [KEYS-*]; [TLS-MEMORY] the system gives no such file
  static Result<LiveTls*> Of(const std::string& folder);
  transport::TlsFiles Mutual() const;     // of members
  transport::TlsFiles Enrolment() const;  // of the enrolment listener: with the root, no roots
  // Costs the reading of a link while nothing is new.
  Status Refresh();

 private:
  explicit LiveTls(std::string folder) : folder_(std::move(folder)) {}
  Status Take(const std::string& set);

  const std::string folder_;
  std::mutex lock_;
  std::string taken_;  // which set
  store::File pair_;
  store::File chain_;
};

}  // namespace florin::apps
