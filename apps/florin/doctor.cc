// florin doctor: whether this machine is fit, and what to do where it is not.
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "doctor_member.h"
#include "errors.h"
#include "files.h"
#include "florin/base/clock.h"
#include "florin/base/text.h"
#include "florin/base/time.h"
#include "florin/num/kernels.h"

namespace florin::apps {
namespace {

const char* HealthName(Health health) {
  switch (health) {
    case Health::kOk:
      return "OK";
    case Health::kWarn:
      return "WARN";
    case Health::kFail:
      return "FAIL";
  }
  return "?";
}

Finding CheckKernels() {
  const std::string active = num::Active().name;
  std::string all;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    if (num::Find(name) != nullptr) all += (all.empty() ? "" : ", ") + std::string(name);
  }
  const bool is_slow = active == "baseline";
  return {"processor", is_slow ? Health::kWarn : Health::kOk, "kernels " + active + " of " + all,
          is_slow ? "training is several times faster on a processor with AVX2" : ""};
}

Finding CheckCores() {
  const unsigned cores = std::thread::hardware_concurrency();
  return {"cores", cores < 2 ? Health::kWarn : Health::kOk, std::to_string(cores),
          cores < 2 ? "give the machine a second core" : ""};
}

Finding CheckMemory() {
  const auto pages = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto page_size = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PAGE_SIZE)));
  const uint64_t bytes = pages * page_size;
  constexpr uint64_t kEnough = 2'000'000'000;
  return {"memory", bytes < kEnough ? Health::kWarn : Health::kOk, base::HumanBytes(bytes),
          bytes < kEnough ? "count on 2 GB and more" : ""};
}

Finding CheckOpenSsl() {
  const std::string version = OpenSSL_version(OPENSSL_VERSION);
  const bool is_old = OpenSSL_version_num() < 0x30000000UL;
  return {"OpenSSL", is_old ? Health::kFail : Health::kOk, version,
          is_old ? "install OpenSSL 3" : ""};
}

Finding CheckDisk(const std::string& folder) {
  const std::string probe = folder + "/.florin-doctor";
  constexpr int kRepeats = 5;
  double slowest = 0;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const Status status = WriteFile(probe, std::string_view("florin doctor\n"));
    if (!status.ok()) {
      return {"disk", Health::kFail, std::string(status.message()),
              "make the folder writable, or name another with --dir"};
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    slowest = std::max(slowest, took.count());
  }
  std::error_code error;
  std::filesystem::remove(probe, error);
  constexpr double kSlowMs = 100;
  return {"disk", slowest > kSlowMs ? Health::kWarn : Health::kOk,
          folder + ": writable, a synced write takes up to " + base::Fixed(slowest, 1) + " ms",
          slowest > kSlowMs ? "use a local disk for the coordinator's store" : ""};
}

Finding CheckSpace(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  constexpr uint64_t kEnough = 1'000'000'000;
  const bool is_short = error || space.available < kEnough;
  return {"space", is_short ? Health::kWarn : Health::kOk,
          error ? "unknown" : base::HumanBytes(space.available) + " free in " + folder,
          is_short ? "keep 1 GB free for models and logs" : ""};
}

Finding CheckTime() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const Time now{std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
  const bool is_wrong = now.micros < base::DaysFromCivil(2025, 1, 1) * 86'400'000'000;
  return {"time", is_wrong ? Health::kFail : Health::kOk, now.ToString(),
          is_wrong ? "set the clock; certificates and deadlines depend on it" : ""};
}

Status Examine(const std::string& folder, const Context& context) {
  std::vector<Finding> findings = {CheckKernels(), CheckCores(),      CheckMemory(),
                                   CheckOpenSsl(), CheckDisk(folder), CheckSpace(folder),
                                   CheckTime()};
  if (IsMemberFolder(folder)) {
    static base::SystemClock clock;
    std::ranges::move(CheckMember(folder, clock), std::back_inserter(findings));
  }
  Table table({"check", "health", "found", "fix"});
  std::string failed;
  for (const Finding& finding : findings) {
    table.Add({finding.check, HealthName(finding.health), finding.found, finding.fix});
    if (finding.health == Health::kFail) failed += (failed.empty() ? "" : ", ") + finding.check;
  }
  table.Print(std::cout, context.format);
  if (failed.empty()) return {};
  return Status(Kind::kFailed, "DOCTOR", "not fit yet: " + failed);
}

}  // namespace

void SetupDoctor(CLI::App& app, Context& context) {
  SetExamples(app,
              "  florin doctor\n"
              "  florin doctor --dir /var/lib/florin/acme      a member's folder: its way to the "
              "coordinator too");
  auto folder = std::make_shared<std::string>(".");
  app.add_option("--dir", *folder, "The folder that will hold models and state, or a member's");
  OnChosen(app, context, [&context, folder] { return Examine(*folder, context); });
}

}  // namespace florin::apps
