// florin job submit, list, show, watch, pause, resume, cancel: jobs at a coordinator.
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include "errors.h"
#include "files.h"
#include "florin/job/parse.h"
#include "florin/telemetry/progress.h"
#include "operator_verbs.h"
#include "remote.h"

namespace florin::apps {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::string folder;
  std::string job;  // a name; of submit: the file
  std::string reason;
  bool watches = false;
};

Table JobTable() {
  return Table({"job", "status", "phase", "round", "committed", "rounds", "version", "submitted_by",
                "reason"});
}

void AddJob(Table& table, const v1::Job& job) {
  table.Add({job.job(), job.status(), job.phase(), Cell::Count(job.round()),
             Cell::Count(job.committed()), Cell::Count(job.rounds()), ShortHex(job.version()),
             job.submitted_by(), job.reason().empty() ? Cell() : Cell(job.reason())});
}

Status PrintJob(const v1::Job& job, const Context& context) {
  Table table = JobTable();
  AddJob(table, job);
  table.Print(std::cout, context.format);
  return {};
}

job::Event EventOf(const v1::Event& from) {
  job::Event event;
  event.at = Time{from.at_micros()};
  event.name = from.name();
  event.job = JobId(from.job());
  event.round = RoundId{from.round()};
  event.site = SiteId(from.site());
  event.text = from.text();
  for (const v1::Figure& number : from.number_of()) {
    event.numbers.emplace_back(number.name(), number.value());
  }
  return event;
}

// How a job ended, with the released metrics of its last version.
Status PrintEnd(const v1::JobDetail& detail, const Context& context) {
  const v1::Job& job = detail.job();
  Table table({"job", "status", "committed", "rounds", "metric", "value", "version", "model hash"});
  const auto add = [&](Cell metric, Cell value) {
    table.Add({job.job(), job.status(), Cell::Count(job.committed()), Cell::Count(job.rounds()),
               std::move(metric), std::move(value), ShortHex(job.version()),
               ShortHex(job.model())});
  };
  for (const v1::Version& version : detail.version()) {
    if (!version.is_current()) continue;
    for (const v1::Figure& metric : version.metric()) {
      add(metric.name(), Cell::Number(metric.value(), 4));
    }
  }
  if (table.empty()) add("none released", Cell());
  table.Print(std::cout, context.format);
  if (job.status() == "done") return {};
  return {Kind::kFailed, job.status() == "cancelled" ? "JOB-CANCELLED" : "JOB-FAILED",
          "job \"" + job.job() + "\" is " + job.status() +
              (job.reason().empty() ? "" : ": " + job.reason())};
}

Status Watch(api::OperatorClient& client, const JobId& job, const Context& context) {
  std::optional<telemetry::Progress> progress;
  const api::OperatorClient::Watcher watcher{
      [&](const v1::Job& state) {
        if (!progress && !context.is_quiet) progress.emplace(std::cerr, state.rounds());
      },
      [&](const v1::Event& event) {
        if (!progress) return;
        if (event.is_gap()) std::cerr << "events were missed; florin job show has the state\n";
        progress->Emit(EventOf(event));
      }};
  FLORIN_TRY(client.FollowJob(job, watcher));
  FLORIN_ASSIGN(const v1::JobDetail detail, client.ShowJob(job));
  return PrintEnd(detail, context);
}

Result<api::JobFiles> ReadJobFiles(const std::string& path) {
  const fs::path file(path);
  api::JobFiles files;
  files.file = file.filename().string();
  FLORIN_ASSIGN(files.text, ReadFile(path));
  const auto read = [&](const std::string& named) -> Result<std::string> {
    FLORIN_ASSIGN(std::string text, ReadFile((file.parent_path() / named).string()));
    files.read[named] = text;
    return text;
  };
  // Only to learn which files it names; what is wrong with it is told by LoadPlan.
  static_cast<void>(job::ParseJob(files.text, path, read));
  return files;
}

Status Submit(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto plan, LoadPlan(asked.job));
  FLORIN_ASSIGN(const api::JobFiles files, ReadJobFiles(asked.job));
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::Job job, client->SubmitJob(files));
  if (!asked.watches) return PrintJob(job, context);
  return Watch(*client, plan->spec.id, context);
}

Status List(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::JobList jobs, client->ListJobs());
  Table table = JobTable();
  for (const v1::Job& job : jobs.job()) AddJob(table, job);
  table.Print(std::cout, context.format);
  return {};
}

void AddCounts(Table& table, const std::string& name, const v1::Counts& counts) {
  const std::pair<const char*, uint32_t> rows[] = {
      {"asked", counts.asked()},        {"goal", counts.goal()},
      {"accepted", counts.accepted()},  {"rejected", counts.rejected()},
      {"refused", counts.refused()},    {"left", counts.left()},
      {"discarded", counts.discarded()}};
  for (const auto& [key, value] : rows) table.Add({name + "." + key, Cell::Count(value)});
}

Status Show(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  FLORIN_ASSIGN(const v1::JobDetail detail, client->ShowJob(JobId(asked.job)));
  const v1::Job& job = detail.job();
  Table table({"item", "value"});
  table.Add({"job", job.job()});
  table.Add({"description", job.description()});
  table.Add({"status", job.status()});
  table.Add({"phase", job.phase()});
  table.Add({"round", Cell::Count(job.round())});
  table.Add({"committed", Cell::Count(job.committed())});
  table.Add({"rounds", Cell::Count(job.rounds())});
  table.Add({"deadline", TimeCell(detail.deadline_micros())});
  table.Add({"reason", job.reason()});
  table.Add({"submitted_by", job.submitted_by()});
  table.Add({"submitted_at", TimeCell(job.submitted_at_micros())});
  table.Add({"plan", base::Hex(base::AsBytes(job.plan()))});
  table.Add({"version", base::Hex(base::AsBytes(job.version()))});
  table.Add({"model", base::Hex(base::AsBytes(job.model()))});
  AddCounts(table, "updates", detail.updates());
  AddCounts(table, "evaluations", detail.evaluations());
  for (const v1::Turn& turn : detail.cohort()) {
    table.Add({"cohort." + turn.site() + ".update", turn.update()});
    table.Add({"cohort." + turn.site() + ".evaluation", turn.evaluation()});
  }
  for (const std::string& site : detail.present()) table.Add({"present." + site, "connected"});
  for (const std::string& site : detail.undecided()) {
    table.Add({"waiting." + site, "its owner has said neither yes nor no"});
  }
  for (const v1::Version& version : detail.version()) {
    table.Add({"version." + base::Hex(base::AsBytes(version.id())).substr(0, 12),
               "round " + std::to_string(version.round()) +
                   (version.is_current() ? ", current" : "") +
                   (version.is_dropped() ? ", model dropped" : "") +
                   (version.metric().empty() ? "" : ", " + MetricsText(version))});
  }
  table.Add({"text", context.format == Format::kTable ? "(with --output json)" : detail.text()});
  table.Print(std::cout, context.format);
  return {};
}

using Change = std::function<Result<v1::Job>(api::OperatorClient&, const Asked&)>;

void AddChange(CLI::App& app, Context& context, const char* name, const char* help,
               const char* example, const Change& change) {
  auto asked = std::make_shared<Asked>();
  CLI::App& verb = AddVerb(app, name, help, example);
  verb.add_option("JOB", asked->job, "The job's name")->required();
  AddFolderOption(verb, asked->folder);
  if (std::string_view(name) == "cancel") {
    verb.add_option("--reason", asked->reason, "Stands in the job and in the audit")
        ->option_text("TEXT");
  }
  OnChosen(verb, context, [asked, change, &context]() -> Status {
    FLORIN_ASSIGN(const auto client, Connect(asked->folder));
    FLORIN_ASSIGN(const v1::Job job, change(*client, *asked));
    return PrintJob(job, context);
  });
}

}  // namespace

void AddRemoteJobVerbs(CLI::App& app, Context& context) {
  auto asked = std::make_shared<Asked>();
  CLI::App& submit = AddVerb(app, "submit", "give a job to the coordinator",
                             "  florin job submit job.yaml --dir operator --watch");
  submit.add_option("FILE", asked->job, "The job file")->required();
  submit.add_flag("--watch", asked->watches, "Wait for its end, with a line a round");
  AddFolderOption(submit, asked->folder);
  OnChosen(submit, context, [asked, &context] { return Submit(*asked, context); });

  CLI::App& list = AddVerb(app, "list", "the jobs of the coordinator", "  florin job list");
  AddFolderOption(list, asked->folder);
  OnChosen(list, context, [asked, &context] { return List(*asked, context); });

  CLI::App& show = AddVerb(app, "show", "one job: state, round, cohort, versions",
                           "  florin job show mailing-response\n"
                           "  florin job show mailing-response --output json");
  show.add_option("JOB", asked->job, "The job's name")->required();
  AddFolderOption(show, asked->folder);
  OnChosen(show, context, [asked, &context] { return Show(*asked, context); });

  CLI::App& watch = AddVerb(app, "watch", "a line a round until the job is over",
                            "  florin job watch mailing-response");
  watch.add_option("JOB", asked->job, "The job's name")->required();
  AddFolderOption(watch, asked->folder);
  OnChosen(watch, context, [asked, &context]() -> Status {
    FLORIN_ASSIGN(const auto client, Connect(asked->folder));
    return Watch(*client, JobId(asked->job), context);
  });

  AddChange(app, context, "pause", "pause a job at the end of its round",
            "  florin job pause mailing-response", [](api::OperatorClient& client, const Asked& a) {
              return client.PauseJob(JobId(a.job));
            });
  AddChange(
      app, context, "resume", "let a paused job go on", "  florin job resume mailing-response",
      [](api::OperatorClient& client, const Asked& a) { return client.ResumeJob(JobId(a.job)); });
  AddChange(app, context, "cancel", "end a job for good; its versions stay",
            "  florin job cancel mailing-response --reason \"wrong view\"",
            [](api::OperatorClient& client, const Asked& a) {
              return client.CancelJob(JobId(a.job), a.reason);
            });
}

}  // namespace florin::apps
