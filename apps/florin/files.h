// Files of the program: whole reads, writes that are complete or not there, and the kinds of file
// that people write or keep: jobs, views, policies, models.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "florin/base/bytes.h"
#include "florin/base/status.h"
#include "florin/data/source.h"
#include "florin/data/view.h"
#include "florin/govern/policy.h"
#include "florin/job/plan.h"
#include "florin/job/spec.h"
#include "florin/job/version.h"
#include "florin/model/state.h"

namespace florin::apps {

// [FILE-NOT-FOUND], [FILE-READ]
Result<std::string> ReadFile(const std::string& path);

// A file that appears under its name only when it is whole: written beside it, synced, renamed.
// Without Commit() nothing is left behind. [FILE-WRITE] names the path and the system's reason.
class AtomicFile {
 public:
  static Result<AtomicFile> Create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Status Append(std::string_view text);
  Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int fd);
  Status Flush();
  Status Fault(std::string_view what) const;

  std::string path_;
  std::string temporary_;
  std::string buffer_;
  int fd_ = -1;
};

// The whole of it at once. [FILE-WRITE]
Status WriteFile(const std::string& path, std::string_view content);
Status WriteFile(const std::string& path, ByteView content);

// Makes `path` and the folders above it. [FILE-WRITE]
Status MakeFolder(const std::string& path);

// A job file, with the files it names read relative to it. Faults come as one status whose last
// line counts them. [JOB-*], [YAML-*]
Result<job::JobSpec> LoadJob(const std::string& path);
// LoadJob, then MakePlan.
Result<std::shared_ptr<const job::Plan>> LoadPlan(const std::string& path);

// A view file, with the path of its rows made relative to the working folder. [VIEW-*], [YAML-*]
Result<data::View> LoadView(const std::string& path);
// The policy of a site's owner. [POLICY-*], [YAML-*]
Result<govern::SitePolicy> LoadPolicy(const std::string& path);
// The rows of a view. [CSV-*]
Result<std::unique_ptr<data::Source>> OpenRows(const data::View& view);

// [MODEL-FILE], [MODEL-HASH]
Result<job::Version> LoadVersion(const std::string& path);

// A site's private state: docs/spec/files.md, "Private file". It is not to leave the site.
Result<model::PrivateState> LoadPrivate(const std::string& path);
Status SavePrivate(const std::string& path, const model::PrivateState& own);

}  // namespace florin::apps
