// Frames from anywhere, at both ends: no crash, no memory beyond what was granted, and after an
// error nothing more is taken.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "florin/transport/grpc/agent_end.h"
#include "florin/transport/grpc/coordinator_end.h"
#include "florin/transport/grpc/parcel_testing.h"

namespace {

class Coordinator final : public florin::transport::CoordinatorEvents {
 public:
  void Arrived(const florin::v1::Hello&) override {}
  void Contributed(florin::job::Contribution) override {}
  void Refused(florin::job::Refusal) override {}
};
class Agent final : public florin::transport::AgentEvents {
 public:
  void Welcomed(const florin::v1::Hello&) override {}
  void Offered(florin::job::Offer) override {}
  void Received(florin::job::Receipt) override {}
};

}  // namespace

// data: frames, each after its length in two bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Coordinator coordinator_events;
  Agent agent_events;
  florin::transport::Assembler bulk;
  florin::transport::AgentMemory memory(uint64_t{1} << 20);
  const florin::SiteId site("eu");
  florin::transport::CoordinatorEnd coordinator(site, bulk, coordinator_events);
  florin::transport::AgentEnd agent(site, memory, agent_events, {});
  bool is_open_up = true;
  bool is_open_down = true;
  florin::v1::Frame frame;
  while (size >= 2 && (is_open_up || is_open_down)) {
    const size_t length = std::min<size_t>(size - 2, data[0] + size_t{256} * data[1]);
    if (frame.ParseFromArray(data + 2, static_cast<int>(length))) {
      if (is_open_up) is_open_up = coordinator.Receive(frame, {}).ok();
      if (is_open_down) is_open_down = agent.Receive(frame).ok();
    }
    data += 2 + length;
    size -= 2 + length;
  }
  while (NextFrame(coordinator.outbox(), frame)) {
  }
  while (NextFrame(agent.outbox(), frame)) {
  }
  return 0;
}
