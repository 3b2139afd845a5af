// SiteKit: the working objects a site builds from a plan, once per plan, shared by every virtual
// site of a process. Immutable and thread-safe. (The coordinator's half is round_kit.h: a site
// never sees a strategy.)
#pragma once

#include <memory>

#include "florin/job/plan.h"
#include "florin/model/model.h"
#include "florin/task/task.h"

namespace florin::job {

struct SiteKit {
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<model::Model> model;
  std::unique_ptr<task::Task> update;      // train or sum
  std::unique_ptr<task::Task> evaluation;  // nullptr when the job evaluates nothing

  const task::Task* task(Work work) const {
    return work == Work::kUpdate ? update.get() : evaluation.get();
  }
  static Result<std::shared_ptr<const SiteKit>> Make(std::shared_ptr<const Plan> plan);
};

}  // namespace florin::job
