// Stream: what both sides of a held stream do alike with gRPC's callback interface.
//
// One read and one write are under way at a time; frames are handled on gRPC's threads, under the
// stream's lock. Reactor is grpc::ServerBidiReactor or grpc::ClientBidiReactor of byte buffers:
// batch.h.
#pragma once

#include <chrono>
#include <mutex>
#include <utility>

#include "florin/base/status.h"
#include "florin/base/time.h"
#include "florin/transport/grpc/batch.h"
#include "florin/transport/grpc/handshake.h"

namespace florin::transport {

template <typename Reactor>
class Stream : public Reactor {
 protected:
  // -- for the side that derives: called under lock_
  virtual Status Take(const v1::Frame& frame) = 0;  // an error ends the stream
  virtual Outbox& outbox() = 0;
  virtual bool MayRead() { return true; }  // false: the side calls ReadOn() later
  virtual void Close() = 0;                // no more frames will be taken or sent

  // Whatever was put into the outbox goes out. Under lock_.
  void WriteOn() {
    if (is_writing_ || is_closed_) return;
    Batch batch;
    while (batch.size() < kBatchBytes) {
      auto piece = outbox().Next();
      if (!piece) break;
      batch.Add(std::move(*piece));
    }
    if (!batch.empty()) {
      out_ = batch.Take();
      is_writing_ = true;
      write_began_ = std::chrono::steady_clock::now();
      this->StartWrite(&out_);
    } else if (is_ending_) {
      End();
    }
  }
  void ReadOn() {
    if (!is_ending_) this->StartRead(&in_);
  }
  // After what is in the outbox. Under lock_.
  void EndAfterWrites() {
    is_ending_ = true;
    WriteOn();
  }
  void End() {
    if (is_closed_) return;
    is_closed_ = true;
    is_ending_ = true;
    Close();
  }

  std::mutex lock_;

 public:
  void OnReadDone(bool ok) final {
    const std::lock_guard guard(lock_);
    if (!ok) return End();  // the peer has gone, or has nothing more to say
    if (is_ending_) return;
    last_ = TakeBatch();
    if (!last_.ok()) return EndAfterWrites();
    WriteOn();
    if (MayRead()) ReadOn();
  }
  void OnWriteDone(bool ok) final {
    const std::lock_guard guard(lock_);
    is_writing_ = false;
    if (!ok) return End();
    out_.Clear();
    WriteOn();
  }

 protected:
  bool is_closed() const { return is_closed_; }
  // The peer has taken nothing for so long. Under lock_.
  bool IsStalled(Duration idle) const {
    return is_writing_ &&
           std::chrono::steady_clock::now() - write_began_ > std::chrono::microseconds(idle.micros);
  }
  const Status& last() const { return last_; }  // why this side ended the stream, if it did
  void EndWith(Status why) {
    last_ = std::move(why);
    End();
  }

 private:
  Status TakeBatch() {
    const auto frames = ReadBatch(std::exchange(in_, {}));
    if (!frames.ok()) {
      outbox().Push(Goodbye(frames.status()));
      return frames.status();
    }
    for (const v1::Frame& frame : frames->frame()) FLORIN_TRY(Take(frame));
    return {};
  }

  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;
  bool is_writing_ = false;
  std::chrono::steady_clock::time_point write_began_;
  bool is_ending_ = false;
  bool is_closed_ = false;
  Status last_;
};

}  // namespace florin::transport
