#include "live_tls.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "files.h"
#include "florin/crypto/secret.h"
#include "secrets.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;

Status Fault(const std::string& what, int error) {
  return {Kind::kFailed, "TLS-MEMORY",
          "TLS key: expected a file in memory, the system says: " + what + ": " +
              std::generic_category().message(error) + "; is /proc there, and memory left?"};
}

std::string PathOf(const store::File& file) {
  return "/proc/self/fd/" + std::to_string(file.descriptor());
}

// What `file` names becomes one with this content, in one step.
Status Fill(store::File& file, const crypto::SecretBytes& content) {
  const int made = memfd_create("florin-tls", MFD_CLOEXEC);
  if (made < 0) return Fault("memfd_create", errno);
  auto fresh = store::File::Open("/proc/self/fd/" + std::to_string(made), O_RDWR);
  close(made);
  if (!fresh.ok()) return Fault("open", ENOENT);
  FLORIN_TRY(fresh->Write(content.view()));
  if (!file.is_open()) {
    file = std::move(*fresh);
  } else if (dup3(fresh->descriptor(), file.descriptor(), O_CLOEXEC) < 0) {
    return Fault("dup3", errno);
  }
  return {};
}

}  // namespace

Result<LiveTls*> LiveTls::Of(const std::string& folder) {
  static std::mutex lock;
  static auto* const all = new std::map<std::string, std::unique_ptr<LiveTls>>;  // never dropped
  LiveTls* tls = nullptr;
  {
    const std::lock_guard guard(lock);
    std::unique_ptr<LiveTls>& one = (*all)[fs::absolute(folder).lexically_normal().string()];
    if (one == nullptr) one.reset(new LiveTls(folder));
    tls = one.get();
  }
  FLORIN_TRY(tls->Refresh());
  return tls;
}

transport::TlsFiles LiveTls::Mutual() const {
  return {PathOf(pair_), PathOf(pair_), MutualTls(folder_).roots};
}

transport::TlsFiles LiveTls::Enrolment() const { return {PathOf(chain_), PathOf(chain_), ""}; }

Status LiveTls::Refresh() {
  const std::lock_guard guard(lock_);
  std::error_code error;
  const std::string set = fs::canonical(folder_ + "/tls/current", error).string();
  if (error) {
    return {Kind::kNotFound, "FILE-NOT-FOUND", "there is no file " + folder_ + "/tls/current"};
  }
  struct stat facts{};
  stat((set + "/certificate.pem").c_str(), &facts);
  const std::string present = set + " " + std::to_string(facts.st_ino) + " " +
                              std::to_string(facts.st_mtim.tv_sec) + " " +
                              std::to_string(facts.st_mtim.tv_nsec);
  if (present == taken_) return {};
  FLORIN_TRY(Take(set));
  taken_ = present;
  return {};
}

Status LiveTls::Take(const std::string& set) {
  FLORIN_ASSIGN(const store::Vault vault, store::Vault::Load(folder_));
  FLORIN_ASSIGN(std::string key, ReadSealed(vault, set + "/key.pem", kTlsKey));
  const crypto::SecretBytes secret = crypto::SecretBytes::Take(std::move(key));
  const auto fill = [&secret](store::File& file, const std::string& certificates) {
    std::string both(secret.text());
    if (!both.ends_with('\n')) both += '\n';
    both += certificates;
    return Fill(file, crypto::SecretBytes::Take(std::move(both)));
  };
  FLORIN_ASSIGN(const std::string certificate, ReadFile(set + "/certificate.pem"));
  FLORIN_TRY(fill(pair_, certificate));
  std::error_code error;
  if (!fs::exists(set + "/chain.pem", error)) return {};
  FLORIN_ASSIGN(const std::string chain, ReadFile(set + "/chain.pem"));
  return fill(chain_, chain);
}

}  // namespace florin::apps
