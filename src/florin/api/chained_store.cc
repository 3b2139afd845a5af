#include "florin/api/chained_store.h"

#include <algorithm>

#include "florin/api/chain_log.h"
#include "florin/base/text.h"

namespace florin::api {
namespace {

// "2026-01-31T12:00:00.000000Z round.opening round 3: ..."
News Read(const JobId& job, std::string_view entry) {
  const size_t name = std::min(entry.find(' '), entry.size() - 1) + 1;
  const size_t text = std::min(entry.find(' ', name), entry.size());
  std::string event(entry.substr(name, text - name));
  std::replace(event.begin(), event.end(), '.', '-');
  std::replace(event.begin(), event.end(), '_', '-');
  std::string told(entry.substr(std::min(text + 1, entry.size())));
  // Whatever a text came from, it must not keep a round from being saved.
  if (!base::IsUtf8(told)) {
    std::replace_if(told.begin(), told.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  }
  told.resize(base::Cut(told, govern::Entry::kValueMax).size());
  return {"coordinator", std::move(event), {{"job", job.text()}, {"text", std::move(told)}}};
}

}  // namespace

Status ChainedStore::Save(const JobId& job, round::Commit commit) {
  if (commit.audit.empty()) return ForwardingStore::Save(job, std::move(commit));
  std::vector<News> news;
  news.reserve(commit.audit.size());
  for (const std::string& entry : commit.audit) news.push_back(Read(job, entry));
  FLORIN_ASSIGN(const auto change, records_.Begin());
  FLORIN_TRY(AppendNews(*change, kRoundsChain, clock_.Now(), std::move(news)));
  FLORIN_TRY(ForwardingStore::Save(job, std::move(commit)));
  return change->Commit();
}

}  // namespace florin::api
