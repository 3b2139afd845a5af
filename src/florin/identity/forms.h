// Byte forms that the saved records of this room share (docs/spec/identity.md). For its sources.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "florin/base/codec.h"
#include "florin/base/time.h"
#include "florin/identity/peer.h"

namespace florin::identity {

inline constexpr size_t kNameSizeMax = 64;
inline constexpr size_t kPemSizeMax = 16 << 10;
inline constexpr uint8_t kFormVersion = 1;

inline void CheckVersion(base::Reader& reader) {
  if (reader.U8() != kFormVersion) reader.Fail("unknown version");
}

template <size_t n>
std::array<uint8_t, n> ReadFixed(base::Reader& reader) {
  std::array<uint8_t, n> bytes{};
  const ByteView read = reader.Fixed(n);
  std::copy(read.begin(), read.end(), bytes.begin());
  return bytes;
}

inline Time ReadTime(base::Reader& reader) { return {reader.I64()}; }

inline void WriteMaybe(base::Writer& writer, const std::optional<Time>& time) {
  writer.Bool(time.has_value());
  if (time) writer.I64(time->micros);
}

inline std::optional<Time> ReadMaybe(base::Reader& reader) {
  if (!reader.Bool()) return std::nullopt;
  return ReadTime(reader);
}

inline void WritePeer(base::Writer& writer, const Peer& peer) {
  writer.U8(static_cast<uint8_t>(peer.role)).Text(peer.name);
}

inline Peer ReadPeer(base::Reader& reader) {
  Peer peer;
  const uint8_t role = reader.U8();
  if (role > static_cast<uint8_t>(Role::kCoordinator)) reader.Fail("unknown role");
  peer.role = static_cast<Role>(std::min(role, static_cast<uint8_t>(Role::kCoordinator)));
  peer.name = reader.Text(kNameSizeMax);
  if (reader.ok() && !CheckPeer(peer).ok()) reader.Fail("name of other characters");
  return peer;
}

}  // namespace florin::identity
