#include "florin/store/job_book.h"

namespace florin::store {
namespace {

constexpr const char* kKind = "job";

}  // namespace

Status RecordedJobBook::Add(const round::JobEntry& entry) {
  FLORIN_ASSIGN(const auto change, records_.Begin());
  FLORIN_ASSIGN(const auto there, change->Get(kKind, entry.id.text()));
  if (there.has_value()) {
    return {Kind::kConflict, "JOB-EXISTS",
            "there is a job \"" + entry.id.text() + "\" already: give the new one another name."};
  }
  FLORIN_TRY(change->Put(kKind, entry.id.text(), entry.Save()));
  return change->Commit();
}

Result<std::vector<round::JobEntry>> RecordedJobBook::Jobs() {
  FLORIN_ASSIGN(const auto reading, records_.Begin());
  FLORIN_ASSIGN(const std::vector<Record> records, reading->List(kKind));
  std::vector<round::JobEntry> jobs;
  for (const Record& record : records) {
    FLORIN_ASSIGN(round::JobEntry entry, round::JobEntry::Restore(record.bytes));
    jobs.push_back(std::move(entry));
  }
  return jobs;
}

}  // namespace florin::store
