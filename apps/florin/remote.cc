#include "remote.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "errors.h"
#include "files.h"
#include "florin/base/clock.h"
#include "florin/base/text.h"
#include "florin/identity/trust.h"
#include "florin/job/node.h"
#include "florin/transport/grpc/client.h"
#include "florin/transport/grpc/runtime.h"
#include "florin/transport/grpc/tls.h"

namespace florin::apps {
namespace {

constexpr size_t kShortHex = 12;  // digits

struct OperatorFolder {
  std::string name;
  std::string address;
  transport::TlsFiles tls;
  crypto::Ed25519Seed identity_key{};
  identity::Trust trust;
};

base::SystemClock& SystemTime() {
  static base::SystemClock clock;
  return clock;
}

Status NotAnOperator(const std::string& file, size_t line, const std::string& what) {
  return {Kind::kConfig, "OPERATOR-DIR",
          file + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + what +
              "; expected the folder that `florin operator join` made (--dir or FLORIN_DIR)."};
}

Result<std::string> TextOf(const job::Node& root, const std::string& file, const char* key) {
  const job::Node* node = root.Find(key);
  if (node != nullptr && node->kind == job::Node::Kind::kScalar && !node->text.empty()) {
    return node->text;
  }
  return NotAnOperator(file, node == nullptr ? 0 : node->mark.line,
                       std::string(key) + ": expected a text");
}

// A file with one certificate after the other.
std::vector<std::string> SplitPem(const std::string& text) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t end = text.find(kEnd); end != std::string::npos; end = text.find(kEnd, from)) {
    const size_t next = std::min(text.find('\n', end), text.size() - 1) + 1;
    parts.push_back(text.substr(from, next - from));
    from = next;
  }
  return parts;
}

Status ReadSettings(const std::string& folder, OperatorFolder& made) {
  const std::string file = folder + "/agent.yaml";
  const auto text = ReadFile(file);
  if (!text.ok()) return NotAnOperator(file, 0, std::string(text.status().message()));
  const job::YamlTree tree = job::ParseYaml(*text);
  if (!tree.faults.empty()) {
    return NotAnOperator(file, tree.faults[0].mark.line, tree.faults[0].message);
  }
  FLORIN_ASSIGN(const std::string role, TextOf(tree.root, file, "role"));
  if (role != "operator") {
    return NotAnOperator(file, tree.root.Find("role")->mark.line,
                         "role: expected operator, found " + role);
  }
  FLORIN_ASSIGN(made.name, TextOf(tree.root, file, "name"));
  FLORIN_ASSIGN(made.address, TextOf(tree.root, file, "address"));
  FLORIN_ASSIGN(made.trust.workspace, TextOf(tree.root, file, "workspace"));
  return {};
}

Result<OperatorFolder> LoadFolder(const std::string& folder) {
  OperatorFolder made;
  FLORIN_TRY(ReadSettings(folder, made));
  const std::string tls = folder + "/tls/current/";
  made.tls = {tls + "key.pem", tls + "certificate.pem", tls + "roots.pem"};
  for (const std::string& file : {made.tls.key, made.tls.certificate}) {
    FLORIN_TRY(ReadFile(file).status());
  }
  FLORIN_ASSIGN(const std::string roots, ReadFile(made.tls.roots));
  made.trust.roots = SplitPem(roots);
  const std::string key_file = folder + "/identity.key";
  FLORIN_ASSIGN(const std::string key, ReadFile(key_file));
  if (key.size() != made.identity_key.size()) {
    return NotAnOperator(key_file, 0, "expected 32 bytes, found " + std::to_string(key.size()));
  }
  std::copy(key.begin(), key.end(), made.identity_key.begin());
  return made;
}

Status CheckCoordinator(const identity::Trust& trust, std::string_view pem) {
  FLORIN_ASSIGN(
      const identity::Identified who,
      identity::Identify(trust, pem, crypto::CertificateUse::kServer, SystemTime().Now()));
  if (who.peer.role == identity::Role::kCoordinator) return {};
  return {Kind::kDenied, "PEER-ROLE", who.peer.ToString() + " is no coordinator."};
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
  FLORIN_ASSIGN(const OperatorFolder own, LoadFolder(folder));
  transport::PrepareGrpc();
  api::OperatorClient::Options options;
  options.address = own.address;
  options.credentials = transport::MakeChannelCredentials(
      own.tls, [trust = own.trust](std::string_view pem) { return CheckCoordinator(trust, pem); });
  options.workspace = own.trust.workspace;
  options.operator_name = own.name;
  options.identity_key = own.identity_key;
  options.explain = [address = own.address](int code, const std::string& message) {
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
    const bool is_meant =
        digits == "current" ? version.is_current() : HexOf(version.id()).starts_with(digits);
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
