#include "florin/crypto/hpke.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace florin::crypto {

using Json = nlohmann::json;

namespace {

Bytes FromHex(const std::string& text) { return base::FromHex(text).value(); }
Bytes Field(const Json& object, const char* name) {
  return object.contains(name) ? FromHex(object[name].get<std::string>()) : Bytes();
}
uint16_t Number(const Json& object, const char* name) {
  return static_cast<uint16_t>(std::stoul(object[name].get<std::string>()));
}

}  // namespace

// RFC 9180, appendix A, as ../shared/vectors has it: all but the suite on P-521.
class HpkeKnownAnswerTest : public testing::Test {
 protected:
  static constexpr int kSequencesMax = 257;

  void Check(const Json& test) {
    SCOPED_TRACE(test["suite"].get<std::string>() + " " + test["mode_name"].get<std::string>());
    const HpkeSuite suite = {HpkeKem(Number(test, "kem_id")), HpkeKdf(Number(test, "kdf_id")),
                             HpkeAead(Number(test, "aead_id"))};
    const EcdhKeyPair ephemeral = HpkeDeriveKeyPair(suite.kem, Field(test, "ikmE"));
    const EcdhKeyPair recipient = HpkeDeriveKeyPair(suite.kem, Field(test, "ikmR"));
    ExpectPair(test, "E", ephemeral);
    ExpectPair(test, "R", recipient);
    const bool authenticated = test.contains("ikmS");
    EcdhKeyPair identity;
    if (authenticated) {
      identity = HpkeDeriveKeyPair(suite.kem, Field(test, "ikmS"));
      ExpectPair(test, "S", identity);
    }
    const Bytes info = Field(test, "info");
    const Bytes psk = Field(test, "psk");
    const Bytes psk_id = Field(test, "psk_id");
    const HpkeBinding binding = {.info = info, .psk = psk, .psk_id = psk_id};
    auto sender = HpkeSender::MakeWith(ephemeral, suite, recipient.public_key, binding,
                                       authenticated ? &identity : nullptr);
    ASSERT_TRUE(sender.ok());
    EXPECT_EQ(sender->encapsulated(), Field(test, "enc"));
    auto receiver = HpkeRecipient::Make(suite, sender->encapsulated(), recipient, binding,
                                        authenticated ? &identity.public_key : nullptr);
    ASSERT_TRUE(receiver.ok());
    if (suite.aead != HpkeAead::kExportOnly) CheckBoxes(test, *sender, *receiver);
    for (const Json& item : test["exports"]) {
      const Bytes context = Field(item, "exporter_context");
      const Bytes expected = Field(item, "exported_value");
      EXPECT_EQ(base::Hex(sender->Export(context, expected.size()).view()), base::Hex(expected));
      EXPECT_EQ(base::Hex(receiver->Export(context, expected.size()).view()), base::Hex(expected));
    }
  }

 private:
  static void ExpectPair(const Json& test, const std::string& whose, const EcdhKeyPair& pair) {
    EXPECT_EQ(base::Hex(pair.secret.view()), test["sk" + whose + "m"].get<std::string>());
    EXPECT_EQ(base::Hex(pair.public_key), test["pk" + whose + "m"].get<std::string>());
  }

  // The answers name the sequence numbers 0, 1, 2, 4, 255, 256; those between are sealed too.
  static void CheckBoxes(const Json& test, HpkeSender& sender, HpkeRecipient& receiver) {
    int next = 0;
    for (const Json& item : test["encryptions"]) {
      const Bytes associated = Field(item, "aad");
      const Bytes message = Field(item, "pt");
      const int sequence = std::stoi(item["sequence_number"].get<std::string>());
      ASSERT_LT(sequence, kSequencesMax);
      for (; next < sequence; ++next) {
        const Bytes between = sender.Seal({}, {});
        EXPECT_TRUE(receiver.Open({}, between).ok());
      }
      const Bytes sealed = sender.Seal(associated, message);
      EXPECT_EQ(base::Hex(sealed), item["ct"].get<std::string>()) << sequence;
      const auto opened = receiver.Open(associated, sealed);
      ASSERT_TRUE(opened.ok());
      EXPECT_EQ(*opened, message);
      ++next;
    }
  }
};

// Appendix A.1.1, for where the others are not: what a site seals to a server goes this way.
constexpr char kBaseOnX25519[] = R"({
  "suite": "DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM",
  "mode_name": "Base",
  "kem_id": "32",
  "kdf_id": "1",
  "aead_id": "1",
  "info": "4f6465206f6e2061204772656369616e2055726e",
  "ikmE": "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
  "pkEm": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
  "skEm": "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
  "ikmR": "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
  "pkRm": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
  "skRm": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
  "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
  "encryptions": [
    {"sequence_number": "0", "aad": "436f756e742d30",
     "pt": "4265617574792069732074727574682c20747275746820626561757479",
     "ct":
     "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"},
    {"sequence_number": "1", "aad": "436f756e742d31",
     "pt": "4265617574792069732074727574682c20747275746820626561757479",
     "ct":
     "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84"},
    {"sequence_number": "256", "aad": "436f756e742d323536",
     "pt": "4265617574792069732074727574682c20747275746820626561757479",
     "ct":
     "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e0e1aba483a2df9f2"}],
  "exports": [
    {"exporter_context": "",
     "exported_value": "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee"},
    {"exporter_context": "00",
     "exported_value": "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5"},
    {"exporter_context": "54657374436f6e74657874",
     "exported_value": "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931"}]
})";

TEST_F(HpkeKnownAnswerTest, BaseOnX25519) { Check(Json::parse(kBaseOnX25519)); }

TEST_F(HpkeKnownAnswerTest, Rfc9180) {
  const std::filesystem::path path =
      std::filesystem::path(FLORIN_VECTORS) / "hpke" / "rfc9180.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  std::ifstream file(path);
  int checked = 0;
  for (const Json& test : Json::parse(file)) {
    if (Number(test, "kem_id") == 0x0012) continue;  // P-521
    Check(test);
    ++checked;
  }
  EXPECT_EQ(checked, 24);
}

namespace {

constexpr std::array<uint8_t, 5> kInfo = {1, 1, 1, 1, 1};

class HpkeTest : public testing::TestWithParam<HpkeKem> {
 protected:
  struct Ends {
    HpkeSender sender;
    HpkeRecipient recipient;
  };
  Ends Connect() {
    HpkeSender sender = HpkeSender::Make(suite_, keys_.public_key, {.info = kInfo}).value();
    HpkeRecipient recipient =
        HpkeRecipient::Make(suite_, sender.encapsulated(), keys_, {.info = kInfo}).value();
    return {std::move(sender), std::move(recipient)};
  }
  // The code with which a box for somebody else does not open.
  std::string CodeAt(const HpkeSuite& suite, ByteView encapsulated, const EcdhKeyPair& recipient,
                     const HpkeBinding& binding, const Bytes* sender_public, const Bytes& sealed) {
    auto end = HpkeRecipient::Make(suite, encapsulated, recipient, binding, sender_public);
    if (!end.ok()) return std::string(end.status().code());
    return std::string(end->Open({}, sealed).status().code());
  }
  HpkeSuite suite_{GetParam(), HpkeKdf::kSha256, HpkeAead::kChaCha20Poly1305};
  EcdhKeyPair keys_ = NewEcdhKeyPair(HpkeCurve(GetParam()));
};
INSTANTIATE_TEST_SUITE_P(Kems, HpkeTest,
                         testing::Values(HpkeKem::kX25519Sha256, HpkeKem::kP256Sha256));

TEST_P(HpkeTest, BoxesOpenInTheirOrderAndOnce) {
  Ends ends = Connect();
  const Bytes first = ends.sender.Seal({}, Bytes(3, 1));
  const Bytes second = ends.sender.Seal({}, Bytes(3, 2));
  EXPECT_EQ(ends.recipient.Open({}, second).status().code(), "HPKE-OPEN");
  EXPECT_EQ(*ends.recipient.Open({}, first), Bytes(3, 1));
  EXPECT_EQ(ends.recipient.Open({}, first).status().code(), "HPKE-OPEN");
  EXPECT_EQ(*ends.recipient.Open({}, second), Bytes(3, 2));
}

TEST_P(HpkeTest, ChangedBoxesDoNotOpen) {
  Ends ends = Connect();
  const Bytes associated(4, 9);
  const Bytes sealed = ends.sender.Seal(associated, Bytes(20, 7));
  for (size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 0x20;
    EXPECT_EQ(ends.recipient.Open(associated, changed).status().code(), "HPKE-OPEN");
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(ends.recipient.Open(associated, ByteView(sealed).first(size)).ok());
  }
  EXPECT_FALSE(ends.recipient.Open({}, sealed).ok());
  EXPECT_EQ(*ends.recipient.Open(associated, sealed), Bytes(20, 7));  // none of it cost the box
}

TEST_P(HpkeTest, BothEndsMustAgreeOnEverything) {
  const EcdhKeyPair other = NewEcdhKeyPair(HpkeCurve(GetParam()));
  const Bytes psk(32, 1);
  const Bytes id(1, 1);
  const HpkeBinding binding = {.info = kInfo, .psk = psk, .psk_id = id};
  HpkeSender sender = HpkeSender::Make(suite_, keys_.public_key, binding, &other).value();
  const Bytes sealed = sender.Seal({}, Bytes(1, 1));
  const Bytes& enc = sender.encapsulated();
  EXPECT_EQ(CodeAt(suite_, enc, keys_, binding, &other.public_key, sealed), "");
  EXPECT_EQ(CodeAt(suite_, enc, other, binding, &other.public_key, sealed), "HPKE-OPEN");
  EXPECT_EQ(CodeAt(suite_, enc, keys_, binding, &keys_.public_key, sealed), "HPKE-OPEN");
  EXPECT_EQ(CodeAt(suite_, enc, keys_, binding, nullptr, sealed), "HPKE-OPEN");
  EXPECT_EQ(CodeAt(suite_, enc, keys_, {.info = kInfo}, &other.public_key, sealed), "HPKE-OPEN");
  EXPECT_EQ(
      CodeAt(suite_, enc, keys_, {.info = {}, .psk = psk, .psk_id = id}, &other.public_key, sealed),
      "HPKE-OPEN");
  EXPECT_EQ(CodeAt(suite_, other.public_key, keys_, binding, &other.public_key, sealed),
            "HPKE-OPEN");
  HpkeSuite suite = suite_;
  suite.kdf = HpkeKdf::kSha384;
  EXPECT_EQ(CodeAt(suite, enc, keys_, binding, &other.public_key, sealed), "HPKE-OPEN");
  suite = suite_;
  suite.aead = HpkeAead::kAes256Gcm;
  EXPECT_EQ(CodeAt(suite, enc, keys_, binding, &other.public_key, sealed), "HPKE-OPEN");
}

TEST_P(HpkeTest, WhatIsNoKeyIsRefused) {
  const Bytes nothing;  // a key that is missing is none: it does not fall back to mode base
  EXPECT_EQ(HpkeSender::Make(suite_, {}).status().code(), "ECDH-PUBLIC");
  EXPECT_EQ(HpkeSender::Make(suite_, Bytes(keys_.public_key.size())).status().code(),
            "ECDH-PUBLIC");
  EXPECT_EQ(HpkeRecipient::Make(suite_, {}, keys_).status().code(), "ECDH-PUBLIC");
  EXPECT_EQ(HpkeRecipient::Make(suite_, keys_.public_key, keys_, {}, &nothing).status().code(),
            "ECDH-PUBLIC");
  EXPECT_EQ(HpkeRecipient::Make(suite_, keys_.public_key, EcdhKeyPair()).status().code(),
            "ECDH-SECRET");
  const EcdhKeyPair none;
  EXPECT_EQ(HpkeSender::Make(suite_, keys_.public_key, {}, &none).status().code(), "ECDH-SECRET");
}

TEST_P(HpkeTest, AnExportOnlySuiteHasSecretsAndNoBoxes) {
  suite_.aead = HpkeAead::kExportOnly;
  Ends ends = Connect();
  constexpr size_t kMax = size_t{255} * 32;
  EXPECT_TRUE(ends.sender.Export(kInfo, kMax) == ends.recipient.Export(kInfo, kMax));
  EXPECT_DEATH(ends.sender.Export(kInfo, kMax + 1), "255");
  EXPECT_DEATH(ends.sender.Seal({}, {}), "has_value");
  EXPECT_DEATH(static_cast<void>(ends.recipient.Open({}, {})), "has_value");
}

TEST_P(HpkeTest, WhatNoCallerMayAskEndsTheProgram) {
  const Bytes psk(32, 1);
  const auto make = [&](const HpkeSuite& suite, const HpkeBinding& binding) {
    static_cast<void>(HpkeSender::Make(suite, keys_.public_key, binding));
  };
  EXPECT_DEATH(make(suite_, {.psk = psk}), "psk_id");
  EXPECT_DEATH(make(suite_, {.psk_id = psk}), "psk_id");
  EXPECT_DEATH(make(suite_, {.psk = ByteView(psk).first(31), .psk_id = psk}), "psk.size");
  HpkeSuite suite = suite_;
  suite.kem = HpkeKem{0x0012};
  EXPECT_DEATH(make(suite, {}), "kem");
  suite = suite_;
  suite.kdf = HpkeKdf{4};
  EXPECT_DEATH(make(suite, {}), "broken invariant");
  suite = suite_;
  suite.aead = HpkeAead{4};
  EXPECT_DEATH(make(suite, {}), "kCiphers");
  EXPECT_DEATH(HpkeDeriveKeyPair(GetParam(), ByteView(psk).first(31)), "seed.size");
  EXPECT_DEATH(HpkeDeriveKeyPair(HpkeKem{0x0012}, psk), "kem");
}

TEST_P(HpkeTest, EachContextIsItsOwn) {
  Ends a = Connect();
  Ends b = Connect();
  EXPECT_NE(a.sender.encapsulated(), b.sender.encapsulated());
  EXPECT_NE(a.sender.Seal({}, Bytes(8)), b.sender.Seal({}, Bytes(8)));
  EXPECT_FALSE(a.sender.Export({}, 32) == b.sender.Export({}, 32));
  EXPECT_TRUE(a.sender.Export(kInfo, 32) == a.recipient.Export(kInfo, 32));
  EXPECT_FALSE(a.sender.Export(kInfo, 32) == a.sender.Export({}, 32));
}

}  // namespace
}  // namespace florin::crypto
