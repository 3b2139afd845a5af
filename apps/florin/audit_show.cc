// florin audit show: what happened at the coordinator, and who asked for it.
#include <iostream>
#include <memory>
#include <variant>

#include "florin/base/text.h"
#include "florin/govern/audit_file.h"
#include "operator_verbs.h"
#include "remote.h"

namespace florin::apps {
namespace {

struct Asked {
  std::string folder;
  std::string job;
  std::string chain = "calls";
  bool is_raw = false;
  uint64_t first = 0;
};

Result<v1::AuditPage> ReadPage(api::OperatorClient& client, const Asked& asked, uint64_t first) {
  if (!asked.job.empty()) return client.ReadJobAudit(JobId(asked.job), first);
  return client.ReadAudit(asked.chain, first);
}

std::string FieldsText(const govern::AuditFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  }
  return text;
}

// A line of a chain, or of a job's trail: "time event text".
void AddLine(Table& table, uint64_t index, const std::string& line) {
  if (const auto parsed = govern::ParseLine(line); parsed.ok()) {
    if (const auto* entry = std::get_if<govern::Entry>(&*parsed)) {
      table.Add({Cell::Count(index), entry->time.ToString(), entry->actor, entry->event,
                 FieldsText(entry->fields)});
    } else {
      table.Add({Cell::Count(index), std::get<govern::Head>(*parsed).time.ToString(), Cell(),
                 "head", "signed"});
    }
    return;
  }
  const auto words = base::Split(line, ' ');
  if (words.size() < 3) return table.Add({Cell::Count(index), Cell(), Cell(), Cell(), line});
  table.Add({Cell::Count(index), words[0], "coordinator", words[1],
             line.substr(words[0].size() + words[1].size() + 2)});
}

Status Show(const Asked& asked, const Context& context) {
  FLORIN_ASSIGN(const auto client, Connect(asked.folder));
  Table table({"index", "time", "actor", "event", "what"});
  for (uint64_t first = asked.first;;) {
    FLORIN_ASSIGN(const v1::AuditPage page, ReadPage(*client, asked, first));
    if (page.line().empty()) {
      if (asked.is_raw && !page.head().empty()) std::cout << page.head() << "\n";
      break;
    }
    for (const std::string& line : page.line()) {
      if (asked.is_raw) {
        std::cout << line << "\n";
      } else {
        AddLine(table, first, line);
      }
      ++first;
    }
  }
  if (!asked.is_raw) table.Print(std::cout, context.format);
  return {};
}

}  // namespace

void AddAuditShow(CLI::App& app, Context& context) {
  auto asked = std::make_shared<Asked>();
  CLI::App& show = AddVerb(app, "show", "the audit entries of the coordinator, old first",
                           "  florin audit show\n  florin audit show --job mailing-response\n"
                           "  florin audit show --raw > coordinator.audit.jsonl");
  show.add_option("--job", asked->job, "The trail of one job: every change of phase and status")
      ->option_text("JOB");
  show.add_option("--chain", asked->chain, "calls (of operators), members or rounds")
      ->check(CLI::IsMember({"calls", "members", "rounds"}))
      ->option_text("CHAIN");
  show.add_flag("--raw", asked->is_raw,
                "The lines as they are kept, and the signed head: florin audit verify reads them");
  show.add_option("--first", asked->first, "From this entry on, counted from 0")->option_text("N");
  AddFolderOption(show, asked->folder);
  OnChosen(show, context, [asked, &context] { return Show(*asked, context); });
}

}  // namespace florin::apps
