// The coordinator as an operator's folder (workspace.h) reaches it: what every command with --dir
// shares.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "florin/api/operator_client.h"
#include "florin/base/status.h"
#include "output.h"

namespace florin::apps {

// --dir; $FLORIN_DIR or ./operator without it.
void AddFolderOption(CLI::App& verb, std::string& folder);

// A client of the coordinator that the folder names; nothing is dialled yet. [OPERATOR-DIR] a
// site's folder; what LoadPeer says.
Result<std::unique_ptr<api::OperatorClient>> Connect(const std::string& folder);

// "90s", "30m", "24h", "7d". [USAGE]
Result<Duration> ParsePeriod(const std::string& option, const std::string& text);

// The one version of the list whose id starts with these hex digits. [VERSION-UNKNOWN], [USAGE]
// more than one does.
Result<VersionId> FindVersion(const v1::VersionList& versions, const std::string& text);

// Cells of the wire's words.
Cell ShortHex(const std::string& bytes);
Cell TimeCell(int64_t micros);  // nothing for 0
std::string MetricsText(const v1::Version& version);

}  // namespace florin::apps
