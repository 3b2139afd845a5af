// Round scripts: stories of a job as data. tests/conformance/README.md has the format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/job/plan.h"
#include "florin/round/decide.h"

namespace florin::round {

// A plan for Decide alone: its vectors are empty.
job::Plan ScriptPlan(std::string_view job_line);

// One input line. Names stand for ids: the bytes of a digest are those of its name.
struct ScriptInput {
  Time at;
  std::vector<Input> inputs;  // "counted a b" is several
  bool ok = false;
};
ScriptInput ParseInput(std::string_view line, const RoundState& state);

// The lines the format gives to effects and to a state, without their marks.
std::vector<std::string> DescribeEffects(const Decision& decision);
std::string DescribeState(const RoundState& state);

Bytes SaveState(const RoundState& state);
RoundState SavedAndRestored(const RoundState& state);

// Plays `script` and answers it with the effects and states that Decide gave.
std::string PlayScript(const std::string& script);

}  // namespace florin::round
