// What the tests of this room share: a day, an authority, a member who enrolled.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "florin/crypto/random.h"
#include "florin/identity/enrolment.h"

namespace florin::identity {

inline constexpr Time kNow{1'800'000'000'000'000};  // 2027-01-15T08:00:00Z

inline Time Later(int64_t seconds) { return kNow + Duration::Seconds(seconds); }
inline Time Days(int64_t days) { return Later(days * 86'400); }

template <typename T>
std::string CodeOf(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.status().code());
}
inline std::string CodeOf(const Status& status) { return std::string(status.code()); }

inline std::string SourceFile(const std::string& path) {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Authority NewAuthority(const std::string& workspace = "retail") {
  return Authority::Make(workspace, kNow).value();
}

inline Bytes PublicKey(const std::string& tls_key_pem) {
  return crypto::ParseCsr(crypto::MakeCsr(tls_key_pem, "any").value()).value().public_key;
}

inline Peer Site(const std::string& name) { return {Role::kSite, name}; }

inline NewToken TokenFor(const Authority& authority, const Peer& peer, Time now = kNow) {
  return MakeToken("coordinator.example:7443", authority.RootFingerprint(), peer,
                   Duration::Seconds(86'400), now)
      .value();
}

// A peer's own half: its keys.
struct Keys {
  std::string tls = crypto::NewTlsKey();
  crypto::Ed25519Seed identity = crypto::NewSecretKey();
};

inline Enrolment EnrolNow(const Authority& authority, const Peer& peer, const Keys& keys,
                          Time now = kNow) {
  const NewToken made = TokenFor(authority, peer, now);
  const auto request = RequestEnrolment(made.token, peer, keys.tls, keys.identity).value();
  return Enrol(authority, made.record, request, now).value();
}

// No shorter bytes, no longer ones, and the same bytes again from what was read.
template <typename T>
void ExpectStrict(const T& value) {
  const Bytes bytes = value.Save();
  const auto restored = T::Restore(bytes);
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(restored->Save(), bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(CodeOf(T::Restore(ByteView(bytes).first(size))), "CODEC") << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(CodeOf(T::Restore(longer)), "CODEC");
}

}  // namespace florin::identity
