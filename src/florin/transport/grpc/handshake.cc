#include "florin/transport/grpc/handshake.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace florin::transport {
namespace {

// Optional features of this end. None so far: an entry is added with the code that has it.
constexpr std::array<std::string_view, 0> kFeatures = {};

}  // namespace

v1::Hello MakeHello(Time now) {
  v1::Hello hello;
  hello.set_version(kWireVersion);
  hello.set_program("florin");
  for (const std::string_view feature : kFeatures) hello.add_features(std::string(feature));
  hello.set_clock_micros(now.micros);
  return hello;
}

Status CheckHello(const v1::Hello& hello) {
  if (hello.version() != kWireVersion) {
    return {Kind::kConflict, "WIRE-VERSION",
            "the peer speaks version " + std::to_string(hello.version()) +
                " of the protocol, this end version " + std::to_string(kWireVersion) +
                ": bring both to the same release."};
  }
  std::string missing;
  for (const std::string& feature : hello.critical()) {
    if (std::ranges::find(kFeatures, std::string_view(feature)) != kFeatures.end()) continue;
    missing += (missing.empty() ? "" : ", ") + feature.substr(0, 64);
    if (missing.size() > 256) break;
  }
  if (missing.empty()) return {};
  return {Kind::kConflict, "WIRE-CRITICAL",
          "the peer needs features that this end does not have: " + missing +
              ". Update this end, or switch them off at the peer."};
}

std::map<ParcelDigest, uint64_t> ProgressOf(const v1::Hello& hello) {
  std::map<ParcelDigest, uint64_t> progress;
  for (const v1::Progress& entry : hello.partial()) {
    if (const auto digest = FromField(entry.digest())) progress[*digest] = entry.offset();
  }
  return progress;
}

v1::Frame Goodbye(const Status& why) {
  v1::Frame frame;
  frame.mutable_goodbye()->set_code(std::string(why.code()));
  frame.mutable_goodbye()->set_message(std::string(why.message()));
  return frame;
}

}  // namespace florin::transport
