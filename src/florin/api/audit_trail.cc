#include "florin/api/audit_trail.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <vector>

#include "florin/govern/audit_file.h"

namespace florin::api {
namespace {

Status FileFault(const std::string& path, const char* what) {
  return {Kind::kFailed, "AUDIT-FILE",
          path + ": the audit file cannot be " + what + ": " + std::strerror(errno) + "."};
}

// What a file holds: its chain's end and the size of its whole lines.
struct Scan {
  govern::Chain chain;
  std::optional<govern::Entry> last;
  uint64_t whole_bytes = 0;
};

// Gives every whole line to `check`; a last line without its end is left out.
Status ReadLines(const std::string& path, govern::ChainCheck& check, Scan& scan) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return FileFault(path, "read");
  std::string line;
  while (std::getline(file, line) && !file.eof()) {
    FLORIN_TRY(govern::TakeLine(check, line));
    scan.whole_bytes += line.size() + 1;
    auto parsed = govern::ParseLine(line);
    if (parsed.ok() && std::holds_alternative<govern::Entry>(*parsed)) {
      scan.last = std::get<govern::Entry>(std::move(*parsed));
    }
  }
  return {};
}

std::vector<crypto::Ed25519PublicKey> FirstKey(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    const auto parsed = govern::ParseLine(line);
    if (!parsed.ok()) return {};
    if (const auto* head = std::get_if<govern::Head>(&*parsed)) return {head->key};
  }
  return {};
}

govern::ChainCheck CheckWith(std::vector<crypto::Ed25519PublicKey> keys) {
  govern::ChainCheck::Options options;
  options.keys = std::move(keys);
  options.verify = crypto::VerifyEd25519;
  return govern::ChainCheck(std::move(options));
}

}  // namespace

Result<std::unique_ptr<AuditTrail>> AuditTrail::Open(const std::string& path,
                                                     const crypto::Ed25519Seed& seed) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return FileFault(path, "opened");
  std::unique_ptr<AuditTrail> trail(new AuditTrail(fd, seed, {}));
  govern::ChainCheck check = CheckWith({crypto::PublicKeyOf(seed)});
  Scan scan;
  Status status = ReadLines(path, check, scan);
  if (status.ok()) status = check.Finish();
  if (!status.ok()) return std::move(status).Prefixed(path);
  if (ftruncate(fd, static_cast<off_t>(scan.whole_bytes)) != 0) return FileFault(path, "written");
  if (scan.last) trail->chain_ = govern::Chain(*scan.last);
  return trail;
}

AuditTrail::AuditTrail(int fd, const crypto::Ed25519Seed& seed, govern::Chain chain)
    : fd_(fd), seed_(seed), chain_(chain) {}

AuditTrail::~AuditTrail() { close(fd_); }

Status AuditTrail::Append(Time now, std::string actor, std::string event,
                          govern::AuditFields fields) {
  const std::lock_guard guard(lock_);
  govern::Chain next = chain_;
  FLORIN_ASSIGN(const govern::Entry entry,
                next.Append(now, std::move(actor), std::move(event), std::move(fields)));
  FLORIN_ASSIGN(const govern::Head head,
                next.SignHead(now, crypto::PublicKeyOf(seed_), [this](ByteView message) {
                  return crypto::SignEd25519(seed_, message);
                }));
  const std::string lines = ToLine(entry) + "\n" + ToLine(head) + "\n";
  const off_t before = lseek(fd_, 0, SEEK_END);
  if (write(fd_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size()) ||
      fdatasync(fd_) != 0) {
    const Status fault = FileFault("audit", "written");
    if (before < 0 || ftruncate(fd_, before) != 0) return fault;  // the next start takes it off
    return fault;
  }
  chain_ = next;
  return {};
}

uint64_t AuditTrail::size() const {
  const std::lock_guard guard(lock_);
  return chain_.index();
}

TrailReport VerifyTrail(const std::string& path, std::vector<crypto::Ed25519PublicKey> keys) {
  TrailReport report;
  report.keys = keys.empty() ? FirstKey(path) : std::move(keys);
  govern::ChainCheck check = CheckWith(report.keys);
  Scan scan;
  report.status = ReadLines(path, check, scan);
  if (report.status.ok()) report.status = check.Finish();
  report.entries = check.index();
  report.bad_index = check.bad_index();
  return report;
}

}  // namespace florin::api
