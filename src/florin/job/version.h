// Model versions: immutable states with lineage.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "florin/base/ids.h"
#include "florin/base/time.h"
#include "florin/model/metrics/metrics.h"
#include "florin/model/state.h"

namespace florin::job {

// Where a version comes from: all of it but its state.
struct Lineage {
  VersionId id;      // SHA-256 of (parent, job, round, plan, metrics, model hash)
  VersionId parent;  // empty for a job's first state
  JobId job;
  RoundId round;  // 0 for the initial state
  PlanHash plan;
  ModelHash model_hash;
  std::vector<model::Figure> metrics;  // released figures only
  uint64_t contribution_count = 0;
  Time created;  // not hashed: the same lineage has the same id at any time
};

struct Version : Lineage {
  std::shared_ptr<const model::State> state;
};

ModelHash HashModel(const model::State& state);
// Fills model_hash and id from the other fields.
void SealVersion(Version& version);
// A lineage as bytes and back; Restore checks its id. [CODEC], [MODEL-HASH]
Bytes SaveLineage(const Lineage& lineage);
Result<Lineage> RestoreLineage(ByteView bytes);
// The version as one byte string (a model file) and back; Restore checks both hashes.
// [MODEL-FILE], [MODEL-HASH]
Bytes SaveVersion(const Version& version);
Result<Version> RestoreVersion(ByteView bytes);

}  // namespace florin::job
