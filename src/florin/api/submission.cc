#include "florin/api/submission.h"

#include <algorithm>
#include <utility>

#include "florin/base/codec.h"
#include "florin/job/parse.h"
#include "florin/job/plan.h"

namespace florin::api {
namespace {

// All faults, then one line that counts them when there are several.
Status Faulty(const JobFiles& files, const job::Parsed<job::JobSpec>& parsed) {
  const size_t count = parsed.faults.size();
  if (count == 1) return parsed.ToStatus();
  std::string text;
  for (const job::Diagnostic& fault : parsed.faults) text += fault.ToString() + "\n";
  text += files.file + ": " + std::to_string(count) + " faults, listed above";
  return Status(Kind::kConfig, parsed.faults.front().code, std::move(text));
}

}  // namespace

Result<job::JobSpec> ResolveJob(const JobFiles& files) {
  const auto read = [&](const std::string& path) -> Result<std::string> {
    const auto found = files.read.find(path);
    if (found != files.read.end()) return found->second;
    return Status(Kind::kNotFound, "SUBMIT-FILE",
                  "the job names the file " + path + ", which was not sent with it");
  };
  auto parsed = job::ParseJob(files.text, files.file, read);
  if (!parsed.ok()) return Faulty(files, parsed);
  auto plan = job::MakePlan(parsed.value);
  if (!plan.ok()) return std::move(plan).status().Prefixed(files.file);
  return std::move(parsed.value);
}

Result<round::JobEntry> CheckSubmission(const JobFiles& files, ByteView spec,
                                        const std::string& operator_name, Time now) {
  FLORIN_ASSIGN(const job::JobSpec resolved, ResolveJob(files));
  base::Writer writer;
  resolved.Save(writer);
  const ByteView own = writer.view();
  if (!std::equal(own.begin(), own.end(), spec.begin(), spec.end())) {
    return Status(Kind::kConflict, "SUBMIT-SPEC",
                  files.file +
                      ": the coordinator resolves this job to another plan than your program "
                      "did; use the coordinator's version of florin.");
  }
  return round::JobEntry{resolved.id, std::move(writer).Take(), files.text, operator_name, now};
}

}  // namespace florin::api
