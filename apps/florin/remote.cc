#include "remote.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "enrol.h"
#include "errors.h"
#include "florin/base/clock.h"
#include "florin/base/text.h"
#include "florin/transport/grpc/client.h"
#include "florin/transport/grpc/runtime.h"
#include "florin/transport/grpc/tls.h"
#include "workspace.h"

namespace florin::apps {
namespace {

constexpr size_t kShortHex = 12;  // digits

base::SystemClock& SystemTime() {
  static base::SystemClock clock;
  return clock;
}

Result<PeerFolder> LoadOperator(const std::string& path) {
  FLORIN_ASSIGN(PeerFolder folder, LoadFreshPeer(path, SystemTime()));
  if (folder.settings.peer.role == identity::Role::kOperator) return folder;
  return Status(Kind::kUsage, "OPERATOR-DIR",
                path + ": the folder of " + folder.settings.peer.ToString() +
                    "; expected an operator's, as `florin operator join` makes it");
}

std::string HexOf(const std::string& bytes) { return base::Hex(base::AsBytes(bytes)); }

}  // namespace

void AddFolderOption(CLI::App& verb, std::string& folder) {
  const char* const variable = std::getenv("FLORIN_DIR");
  folder = variable != nullptr && *variable != '\0' ? variable : "operator";
  verb.add_option("--dir", folder, "The operator's folder; FLORIN_DIR or ./operator without it")
      ->option_text("DIR");
}

Result<std::unique_ptr<api::OperatorClient>> Connect(const std::string& folder) {
  FLORIN_ASSIGN(const PeerFolder own, LoadOperator(folder));
  const std::string& address = own.settings.address;
  transport::PrepareGrpc();
  api::OperatorClient::Options options;
  options.address = address;
  options.credentials = transport::MakeChannelCredentials(
      own.live->Mutual(), CheckCoordinatorOf(own.path, SystemTime()));
  options.workspace = own.settings.workspace;
  options.operator_name = own.settings.peer.name;
  options.identity_key = own.identity_key;
  options.explain = [address](int code, const std::string& message) {
    return transport::ExplainFailure(address, code, message);
  };
  return std::make_unique<api::OperatorClient>(std::move(options), SystemTime());
}

Result<Duration> ParsePeriod(const std::string& option, const std::string& text) {
  constexpr std::pair<char, int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  constexpr int64_t kDaysMax = 3650;
  for (const auto& [unit, seconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto count = base::ParseInt(std::string_view(text).substr(0, text.size() - 1));
    if (count && *count > 0 && *count <= kDaysMax * 86'400 / seconds) {
      return Duration::Seconds(*count * seconds);
    }
  }
  return UsageFault(option + ": expected a time like 90s, 30m, 24h or 7d, found \"" + text + "\"");
}

Result<VersionId> FindVersion(const v1::VersionList& versions, const std::string& text) {
  std::optional<std::string> found;
  const std::string digits = base::Lower(text);
  for (const v1::Version& version : versions.version()) {
    const bool is_meant = HexOf(version.id()).starts_with(digits);
    if (!is_meant || found == version.id()) continue;
    if (found)
      return UsageFault("more than one version starts with " + text + ": give more digits");
    found = version.id();
  }
  VersionId id;
  if (!found || digits.empty() || found->size() != id.bytes.size()) {
    return Status(Kind::kNotFound, "VERSION-UNKNOWN",
                  "the job has no version " + text + "; florin model list --from JOB lists them.");
  }
  std::copy(found->begin(), found->end(), id.bytes.begin());
  return id;
}

Cell ShortHex(const std::string& bytes) {
  return bytes.empty() ? Cell() : Cell(HexOf(bytes).substr(0, kShortHex));
}

Cell TimeCell(int64_t micros) { return micros == 0 ? Cell() : Cell(Time{micros}.ToString()); }

std::string MetricsText(const v1::Version& version) {
  std::string text;
  for (const v1::Figure& metric : version.metric()) {
    text += (text.empty() ? "" : " ") + metric.name() + "=" + base::Fixed(metric.value(), 4);
  }
  return text;
}

}  // namespace florin::apps
