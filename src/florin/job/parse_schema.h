// The schema part of a job file. Internal to this room.
#pragma once

#include <string>

#include "florin/data/schema.h"
#include "florin/job/parse.h"
#include "florin/job/section.h"

namespace florin::job {

// Reads `schema` and `split` of a job. model_kind decides what the label means. Notes its faults in
// the section's; the schema of a faulty file is not to be used.
data::Schema ParseSchema(const Section& job, const std::string& model_kind, const FileReader& read);

// The first column of a CSV text, without the header line and empty cells.
std::vector<std::string> FirstColumn(std::string_view csv);

}  // namespace florin::job
