// One factory a file; registry.cc gives each its name. Internal to the room.
#pragma once

#include <memory>

#include "florin/model/model.h"

namespace florin::model {

Result<std::unique_ptr<Model>> MakeLogistic(const ModelSpec& spec);
Result<std::unique_ptr<Model>> MakeMultinomial(const ModelSpec& spec);
Result<std::unique_ptr<Model>> MakeLinear(const ModelSpec& spec);
Result<std::unique_ptr<Model>> MakeMlp(const ModelSpec& spec);
Result<std::unique_ptr<Model>> MakeCounts(const ModelSpec& spec);

}  // namespace florin::model
