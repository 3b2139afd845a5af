// The honest table: floor, local-only, one-shot average, federated, pooled, per market.
//
// Every column is the same job run by the same engines over other federations: local-only is a
// federation of one site, pooled a federation of one site that holds everybody's rows. Both need
// all rows in one process: they are only possible because this is a demonstration.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "florin/base/status.h"
#include "florin/job/event.h"
#include "florin/job/spec.h"
#include "florin/sim/bootstrap.h"
#include "florin/sim/simulator.h"
#include "florin/sim/sites.h"

namespace florin::sim {

struct Federation {
  std::string name;  // "3 sites"
  std::vector<SiteId> members;
};

// The rows of a federation's members, in the order of `sites`. Copies: tables are values.
std::vector<SiteRows> Members(const std::vector<SiteRows>& sites, const Federation& federation);

enum class ColumnKind : uint8_t { kFloor, kLocal, kOneShot, kFederated, kPersonalised, kPooled };
const char* ColumnKindName(ColumnKind kind);

struct Cell {
  ColumnKind column = ColumnKind::kFloor;
  std::string federation;              // of one-shot, federated, personalised and pooled
  std::vector<model::Figure> figures;  // headline first
  std::optional<Difference> gain;      // over local-only, in the headline metric
};

struct Market {
  SiteId site;
  uint64_t train_rows = 0;
  uint64_t test_rows = 0;
  uint64_t test_positives = 0;  // binary labels
  std::vector<Cell> cells;      // in column order; federations it is not a member of are absent
};

struct FederationRun {
  Federation federation;
  SimulationResult result;
  std::optional<SimulationResult> open = std::nullopt;  // of a sealed job: the same under plain
};

struct Comparison {
  std::string headline;  // name of the metric the gains are in
  bool is_binary = false;
  std::vector<Market> markets;
  std::vector<FederationRun> runs;  // one per federation asked for, in order
};

// Runs everything. `spec` must name evaluation metrics. The last federation is the one whose
// one-shot, personalised and pooled columns are shown. [COMPARE-METRICS]; errors of Simulate.
Result<Comparison> Compare(const job::JobSpec& spec, const std::vector<SiteRows>& sites,
                           const std::vector<Federation>& federations,
                           const SimulationOptions& options, const BootstrapOptions& bootstrap,
                           job::EventSink& events);

}  // namespace florin::sim
