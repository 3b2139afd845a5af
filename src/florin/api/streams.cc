#include "florin/api/streams.h"

#include <algorithm>
#include <utility>

#include "florin/api/call.h"
#include "florin/api/read_model.h"
#include "florin/api/status_code.h"
#include "florin/base/check.h"

namespace florin::api {
namespace {

bool EndsJob(const job::Event& event) {
  return event.name == "job.done" || event.name == "job.failed" || event.name == "job.cancelled";
}

}  // namespace

void VersionStream::Begin(job::Version version) {
  version_ = std::move(version);
  StartSendInitialMetadata();
}

void VersionStream::End(const Status& status) { Finish(ToGrpc(status)); }

void VersionStream::OnSendInitialMetadataDone(bool ok) {
  FLORIN_CHECK(version_.has_value());
  bytes_ = job::SaveVersion(*version_);
  version_.reset();
  WriteOn(ok);
}

void VersionStream::OnWriteDone(bool ok) { WriteOn(ok); }

void VersionStream::WriteOn(bool ok) {
  if (!ok) return Finish(grpc::Status::CANCELLED);
  if (sent_ == bytes_.size()) return Finish(grpc::Status::OK);
  const size_t size = std::min(kPieceBytes, bytes_.size() - sent_);
  piece_.set_data(bytes_.data() + sent_, size);
  sent_ += size;
  StartWrite(&piece_);
}

std::shared_ptr<WatchStream> WatchStream::Make() {
  auto stream = std::make_shared<WatchStream>();
  stream->self_ = stream;
  return stream;
}

void WatchStream::Begin(EventHub& hub, v1::Job job, uint64_t after) {
  const std::lock_guard guard(lock_);
  if (is_closed_) return;
  watch_ = hub.Open(JobId(job.job()), after, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->WriteOn();
  });
  is_over_ = job.is_over();
  *item_.mutable_job() = std::move(job);
  is_writing_ = true;
  StartWrite(&item_);
}

void WatchStream::End(const Status& status) {
  const std::lock_guard guard(lock_);
  Close(ToGrpc(status));
}

void WatchStream::OnWriteDone(bool ok) {
  const std::lock_guard guard(lock_);
  is_writing_ = false;
  if (!ok) return Close(grpc::Status::CANCELLED);
  Step();
}

void WatchStream::OnCancel() {
  const std::lock_guard guard(lock_);
  Close(grpc::Status::CANCELLED);
}

void WatchStream::WriteOn() {
  const std::lock_guard guard(lock_);
  Step();
}

void WatchStream::Step() {
  if (is_writing_ || is_closed_) return;
  if (is_last_) return Close(grpc::Status::OK);
  const auto next = watch_->Next();
  if (!next.ok()) return Close(ToGrpc(next.status()));
  if (const auto& event = *next) return Write(*event);
  if (is_over_) Close(grpc::Status::OK);
}

void WatchStream::Write(const EventHub::Numbered& next) {
  *item_.mutable_event() = DescribeEvent(*next.event, next.number);
  item_.mutable_event()->set_is_gap(std::exchange(is_first_, false) && watch_->has_gap());
  is_last_ = !is_over_ && EndsJob(*next.event);
  is_writing_ = true;
  StartWrite(&item_);
}

void WatchStream::Close(const grpc::Status& status) {
  if (!std::exchange(is_closed_, true)) Finish(status);
}

}  // namespace florin::api
