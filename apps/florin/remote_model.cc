#include "remote_model.h"

#include <iostream>
#include <memory>

#include "operator_verbs.h"
#include "remote.h"

namespace florin::apps {

Status ListRemoteModels(const std::string& folder, const std::string& job, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(folder));
  FLORIN_ASSIGN(const v1::VersionList versions, client->ListVersions(JobId(job)));
  Table table({"job", "round", "contributions", "model", "version", "parent", "created", "current",
               "kept", "metrics"});
  for (const v1::Version& version : versions.version()) {
    table.Add({job, Cell::Count(version.round()), Cell::Count(version.contributions()),
               ShortHex(version.model()), ShortHex(version.id()), ShortHex(version.parent()),
               TimeCell(version.created_micros()), Cell::Flag(version.is_current()),
               Cell::Flag(!version.is_dropped()), MetricsText(version)});
  }
  table.Print(std::cout, context.format);
  return {};
}

Result<job::Version> FetchModel(const std::string& folder, const std::string& job,
                                const std::string& version) {
  FLORIN_ASSIGN(const auto client, Connect(folder));
  VersionId id;  // empty: the current one
  if (version != "current") {
    FLORIN_ASSIGN(const v1::VersionList versions, client->ListVersions(JobId(job)));
    FLORIN_ASSIGN(id, FindVersion(versions, version));
  }
  FLORIN_ASSIGN(const Bytes bytes, client->GetVersion(JobId(job), id));
  return job::RestoreVersion(bytes);
}

void AddRollbackVerb(CLI::App& app, Context& context) {
  struct Asked {
    std::string folder;
    std::string job;
    std::string version;
  };
  auto asked = std::make_shared<Asked>();
  CLI::App& verb = AddVerb(app, "rollback", "make an earlier version a job's current one",
                           "  florin model list --from mailing-response\n"
                           "  florin model rollback mailing-response 3f02aa");
  verb.add_option("JOB", asked->job, "The job's name; it is paused or over")->required();
  verb.add_option("VERSION", asked->version, "The first hex digits of its id")->required();
  AddFolderOption(verb, asked->folder);
  OnChosen(verb, context, [asked, &context]() -> Status {
    FLORIN_ASSIGN(const auto client, Connect(asked->folder));
    FLORIN_ASSIGN(const v1::VersionList versions, client->ListVersions(JobId(asked->job)));
    FLORIN_ASSIGN(const VersionId id, FindVersion(versions, asked->version));
    FLORIN_ASSIGN(const v1::Job job, client->RollBack(JobId(asked->job), id));
    Table table({"job", "status", "version", "model hash"});
    table.Add({job.job(), job.status(), ShortHex(job.version()), ShortHex(job.model())});
    table.Print(std::cout, context.format);
    return {};
  });
}

}  // namespace florin::apps
