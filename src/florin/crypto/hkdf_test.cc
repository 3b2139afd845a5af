#include "florin/crypto/hkdf.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace florin::crypto {
namespace {

Bytes Counting(uint8_t first, size_t size) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = first++;
  return bytes;
}

struct Case {
  Bytes key_material;
  Bytes salt;
  Bytes info;
  size_t size;
};
// The inputs of RFC 5869, appendix A.1 to A.3 (A.4 to A.7 are of SHA-1).
std::vector<Case> Cases() {
  return {{Bytes(22, 0x0b), Counting(0, 13), Counting(0xf0, 10), 42},
          {Counting(0, 80), Counting(0x60, 80), Counting(0xb0, 80), 82},
          {Bytes(22, 0x0b), {}, {}, 42}};
}

struct Answer {
  std::string pseudorandom_key;
  std::string output;
};
void ExpectAnswers(HkdfHash hash, const std::array<Answer, 3>& answers) {
  const std::vector<Case> cases = Cases();
  for (size_t i = 0; i < answers.size(); ++i) {
    const Case& c = cases[i];
    const SecretBytes key = HkdfExtract(hash, c.salt, c.key_material);
    EXPECT_EQ(base::Hex(key.view()), answers[i].pseudorandom_key) << i;
    EXPECT_EQ(base::Hex(HkdfExpand(hash, key.view(), c.info, c.size).view()), answers[i].output)
        << i;
    EXPECT_EQ(base::Hex(Hkdf(hash, c.salt, c.key_material, c.info, c.size).view()),
              answers[i].output)
        << i;
  }
}

// RFC 5869, appendix A.1 to A.3.
TEST(HkdfTest, KnownAnswersOfSha256) {
  ExpectAnswers(
      HkdfHash::kSha256,
      {{{"077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {"06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65"
         "e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {"19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"}}});
}

// The same inputs; answers by the hmac and hashlib modules of Python.
TEST(HkdfTest, KnownAnswersOfSha384) {
  ExpectAnswers(
      HkdfHash::kSha384,
      {{{"704b39990779ce1dc548052c7dc39f303570dd13fb39f7acc564680bef80e8dec70ee9a7e1f3e293ef68eceb0"
         "72a5ade",
         "9b5097a86038b805309076a44b3a9f38063e25b516dcbf369f394cfab43685f748b6457763e4f0204fc5"},
        {"b319f6831dff9314efb643baa29263b30e4a8d779fe31e9c901efd7de737c85b62e676d4dc87b0895c6a7dc97"
         "b52cebb",
         "484ca052b8cc724fd1c4ec64d57b4e818c7e25a8e0f4569ed72a6a05fe0649eebf69f8d5c832856bf4e4fbc17"
         "967d54975324a94987f7f41835817d8994fdbd6f4c09c5500dca24a56222fea53d8967a8b2e"},
        {"10e40cf072a4c5626e43dd22c1cf727d4bb140975c9ad0cbc8e45b40068f8f0ba57cdb598af9dfa6963a96899"
         "af047e5",
         "c8c96e710f89b0d7990bca68bcdec8cf854062e54c73a7abc743fade9b242daacc1cea5670415b52849c"}}});
}
TEST(HkdfTest, KnownAnswersOfSha512) {
  ExpectAnswers(
      HkdfHash::kSha512,
      {{{"665799823737ded04a88e47e54a5890bb2c3d247c7a4254a8e61350723590a26c36238127d8661b88cf80ef80"
         "2d57e2f7cebcf1e00e083848be19929c61b4237",
         "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb"},
        {"35672542907d4e142c00e84499e74e1de08be86535f924e022804ad775dde27ec86cd1e5b7d178c74489bdbeb"
         "30712beb82d4f97416c5a94ea81ebdf3e629e4a",
         "ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1b695b48cbd1c8388441137b3c"
         "e28f16aa64ba33ba466b24df6cfcb021ecff235f6a2056ce3af1de44d572097a8505d9e7a93"},
        {"fd200c4987ac491313bd4a2a13287121247239e11c9ef82802044b66ef357e5b194498d0682611382348572a7"
         "b1611de54764094286320578a863f36562b0df6",
         "f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90fff22d04836d0e2343bac"}}});
}

TEST(HkdfTest, ALongerOutputBeginsWithAShorterOne) {
  for (const HkdfHash hash : {HkdfHash::kSha256, HkdfHash::kSha384, HkdfHash::kSha512}) {
    const size_t most = 255 * HkdfHashSize(hash);
    const std::string longest = base::Hex(HkdfExpand(hash, Bytes(32, 1), {}, most).view());
    EXPECT_EQ(longest.size(), 2 * most);
    for (const size_t size : {size_t{0}, size_t{1}, HkdfHashSize(hash), HkdfHashSize(hash) + 1}) {
      EXPECT_EQ(base::Hex(HkdfExpand(hash, Bytes(32, 1), {}, size).view()),
                longest.substr(0, 2 * size));
    }
  }
}

TEST(HkdfDeathTest, NoLongerOutputAndNoOtherHash) {
  for (const HkdfHash hash : {HkdfHash::kSha256, HkdfHash::kSha384, HkdfHash::kSha512}) {
    EXPECT_DEATH(HkdfExpand(hash, Bytes(64, 1), {}, 255 * HkdfHashSize(hash) + 1), "255");
  }
  EXPECT_DEATH(HkdfHashSize(HkdfHash{3}), "kAlgorithms");
}

// A salt longer than a block of the hash is hashed, one of a block is not (RFC 2104, section 2).
TEST(HkdfTest, SaltsAroundOneBlock) {
  for (const HkdfHash hash : {HkdfHash::kSha256, HkdfHash::kSha384, HkdfHash::kSha512}) {
    const size_t block = hash == HkdfHash::kSha256 ? 64 : 128;
    Bytes salt(block, 7);
    const SecretBytes of_block = HkdfExtract(hash, salt, {});
    salt.pop_back();
    EXPECT_FALSE(of_block == HkdfExtract(hash, salt, {}));
    salt.push_back(0);  // padded with zeros
    EXPECT_TRUE(HkdfExtract(hash, salt, {}) ==
                HkdfExtract(hash, ByteView(salt).first(block - 1), {}));
    salt.push_back(0);
    EXPECT_FALSE(HkdfExtract(hash, salt, {}) == HkdfExtract(hash, ByteView(salt).first(block), {}));
  }
}

}  // namespace
}  // namespace florin::crypto
