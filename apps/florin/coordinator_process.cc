#include "coordinator_process.h"

#include <algorithm>

namespace florin::apps {
namespace {

constexpr Duration kWaitMax = Duration::Millis(500);

}  // namespace

Result<std::unique_ptr<CoordinatorProcess>> CoordinatorProcess::Open(
    store::Directory& directory, const store::Vault& vault, uint32_t kept_versions,
    job::EventSink& events, round::Identities& identities) {
  std::unique_ptr<CoordinatorProcess> process(
      new CoordinatorProcess(directory, vault, kept_versions));
  FLORIN_ASSIGN(process->scheduler_,
                round::Scheduler::Make(
                    {process->chained_, process->book_, process->sender_, events, identities}));
  return process;
}

Status CoordinatorProcess::Listen(transport::ServerOptions options) {
  FLORIN_ASSIGN(auto server, transport::Server::Start(std::move(options), inbox_, clock_));
  const std::lock_guard lock(lock_);
  server_ = std::move(server);
  sender_.server = server_.get();
  return {};
}

Status CoordinatorProcess::Run() {
  Status status = scheduler_->Start(Now());
  while (status.ok() && !is_stopping_) {
    const int64_t until = scheduler_->NextDeadline().micros - Now().micros;
    const Duration wait{std::clamp<int64_t>(until, 0, kWaitMax.micros)};
    if (auto arrival = inbox_.Pop(wait)) status = Dispatch(std::move(*arrival));
    if (status.ok()) status = scheduler_->Tick(Now());
    if (server_ != nullptr) server_->Flush();
  }
  Close();
  return status;
}

void CoordinatorProcess::Post(std::function<void()> work) {
  const std::lock_guard lock(lock_);
  if (!is_closed_) inbox_.Push(transport::Posted{std::move(work)});
}

size_t CoordinatorProcess::connection_count() const {
  const std::lock_guard lock(lock_);
  return server_ == nullptr ? 0 : server_->connection_count();
}

// The server waits for every call to end, so those that wait for this thread are dropped first.
void CoordinatorProcess::Close() {
  std::unique_ptr<transport::Server> server;
  {
    const std::lock_guard lock(lock_);
    is_closed_ = true;
    sender_.server = nullptr;
    server = std::move(server_);
  }
  while (inbox_.Pop({})) {
  }
}

void CoordinatorProcess::Stop() {
  is_stopping_ = true;
  inbox_.Wake();
}

Status CoordinatorProcess::Dispatch(transport::Arrival arrival) {
  const Time now = Now();
  if (auto* contribution = std::get_if<job::Contribution>(&arrival)) {
    return scheduler_->Handle(std::move(*contribution), now);
  }
  if (auto* refusal = std::get_if<job::Refusal>(&arrival)) return scheduler_->Handle(*refusal, now);
  if (auto* site = std::get_if<round::SiteArrived>(&arrival)) {
    return scheduler_->SiteArrived(site->site, now);
  }
  if (auto* site = std::get_if<round::SiteLeft>(&arrival)) {
    return scheduler_->SiteLeft(site->site, now);
  }
  std::get<transport::Posted>(arrival).run();
  return {};
}

}  // namespace florin::apps
