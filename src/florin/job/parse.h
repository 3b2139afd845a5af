// Job and view files: YAML in, specs out, every fault with file:line:column, a stable code and what
// to do. All faults of a file are reported at once. yaml.cc alone knows the YAML library; the field
// table (fields.h) is the one list of keys, types, units, defaults, bounds and help that the
// parser, `florin job explain` and the docs read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/status.h"
#include "florin/data/view.h"
#include "florin/job/spec.h"

namespace florin::job {

struct Diagnostic {
  std::string file;
  size_t line = 0;               // 1-based; 0 when the whole file is meant
  size_t column = 0;             // 1-based
  std::string message;           // "privacy.clipping_norm: expected a number > 0, found -1."
  std::string code;              // "JOB-RANGE"
  std::string ToString() const;  // file:line:column: message [CODE]
};

// kConfig with the first fault's code; the message lists them all, one a line.
Status FaultStatus(const std::vector<Diagnostic>& faults);

template <typename T>
struct Parsed {
  T value;
  std::vector<Diagnostic> faults;  // empty: value is good
  bool ok() const { return faults.empty(); }
  Status ToStatus() const { return FaultStatus(faults); }
};

// Reads a file named in a job (vocabularies), relative to the job file. Supplied by the program:
// this room does no I/O.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// Parses, checks bounds, resolves vocabularies and the model's shape; of a file that is right part
// by part, also applies the compatibility rules.
Parsed<JobSpec> ParseJob(std::string_view yaml, const std::string& file, const FileReader& read);
Parsed<data::View> ParseView(std::string_view yaml, const std::string& file);

}  // namespace florin::job
