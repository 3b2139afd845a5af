// Secrets under a data key under a KEK: what is refused, and a rotation that is killed anywhere.
#include "florin/store/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "florin/store/failpoint.h"
#include "florin/store/sealed_records.h"
#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

namespace fs = std::filesystem;

const Bytes kSecret = Pattern(32, 7);
constexpr Time kNow{1'000'000};
constexpr Time kLater{9'000'000};

template <typename T>
std::string CodeOf(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.status().code());
}

void Write(const std::string& path, const Bytes& bytes) {
  ASSERT_TRUE(ReplaceFile(path, bytes).ok());
}

Bytes Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class VaultTest : public testing::Test {
 protected:
  Vault MustMake() {
    auto vault = Vault::Make(folder_.path(), kNow);
    EXPECT_TRUE(vault.ok()) << vault.status().ToString();
    return vault.ok() ? std::move(*vault) : Vault();
  }
  // The secret that was sealed at first still opens.
  void ExpectReadable(const Bytes& sealed) {
    const auto vault = Vault::Load(folder_.path());
    ASSERT_TRUE(vault.ok()) << vault.status().ToString();
    EXPECT_EQ(vault->Open("a", sealed).value(), kSecret);
  }
  TempFolder folder_;
};

TEST_F(VaultTest, SealsUnderAKeyThatStays) {
  const Bytes sealed = MustMake().Seal("a", kSecret);
  EXPECT_TRUE(IsSealed(sealed));
  ExpectReadable(sealed);
  EXPECT_EQ(MustMake().Open("a", sealed).value(), kSecret);  // nothing is made anew
  EXPECT_EQ(CodeOf(MustMake().Open("b", sealed)), "KEYS-OPEN");
  EXPECT_EQ(CodeOf(Vault().Open("a", sealed)), "KEYS-MISSING");
  EXPECT_EQ(Vault().Open("a", kSecret).value(), kSecret);
  struct stat facts{};
  ASSERT_EQ(stat(folder_.At("kek").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(VaultTest, NeitherFileHasASecretInIt) {
  const Vault vault = MustMake();
  const Bytes kek = Read(folder_.At("kek"));
  const Bytes data_key = Read(folder_.At("data.key"));
  EXPECT_EQ(kek.size(), 32U);
  EXPECT_EQ(std::search(data_key.begin(), data_key.end(), kek.begin(), kek.end()), data_key.end());
  const Bytes sealed = vault.Seal("a", kSecret);
  EXPECT_EQ(std::search(sealed.begin(), sealed.end(), kSecret.begin(), kSecret.end()),
            sealed.end());
}

TEST_F(VaultTest, AKekThatIsNoneIsNamed) {
  const Bytes sealed = MustMake().Seal("a", kSecret);
  const Bytes kek = Read(folder_.At("kek"));
  const auto code = [this] { return CodeOf(Vault::Load(folder_.path())); };
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(chmod(folder_.At("kek").c_str(), mode), 0);
    EXPECT_EQ(code(), "KEYS-FILE") << mode;
    EXPECT_EQ(CodeOf(Vault::Make(folder_.path(), kNow)), "KEYS-FILE");
  }
  ASSERT_EQ(chmod(folder_.At("kek").c_str(), 0400), 0);
  EXPECT_EQ(code(), "");
  Write(folder_.At("kek"), Pattern(31, 1));
  EXPECT_EQ(code(), "KEYS-FILE");
  Write(folder_.At("kek"), Pattern(32, 1));
  EXPECT_EQ(code(), "KEYS-WRONG");
  EXPECT_EQ(CodeOf(Vault::Make(folder_.path(), kNow)), "KEYS-WRONG");
  fs::remove(folder_.At("kek"));
  EXPECT_EQ(code(), "KEYS-MISSING");
  EXPECT_EQ(CodeOf(Vault::Make(folder_.path(), kNow)), "KEYS-MISSING");
  EXPECT_FALSE(fs::exists(folder_.At("kek")));  // no new key over what is there
  Write(folder_.At("kek"), kek);
  ExpectReadable(sealed);
}

TEST_F(VaultTest, AKekOfSomebodyElseIsRefused) {
  MustMake();
  if (chown(folder_.At("kek").c_str(), 12345, 12345) != 0) GTEST_SKIP() << "not root";
  EXPECT_EQ(CodeOf(Vault::Load(folder_.path())), "KEYS-FILE");
}

TEST_F(VaultTest, EveryChangedByteOfTheDataKeyIsFound) {
  MustMake();
  const Bytes whole = Read(folder_.At("data.key"));
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes changed = whole;
    changed[i] ^= 1;
    Write(folder_.At("data.key"), changed);
    const std::string code = CodeOf(Vault::Load(folder_.path()));
    EXPECT_TRUE(code == "KEYS-DAMAGED" || code == "KEYS-WRONG") << i << " " << code;
  }
  Write(folder_.At("data.key"), Bytes(whole.begin(), whole.end() - 1));
  EXPECT_EQ(CodeOf(Vault::Load(folder_.path())), "KEYS-DAMAGED");
}

TEST_F(VaultTest, AKekElsewhereIsNeverMade) {
  TempFolder elsewhere;
  ASSERT_EQ(setenv(kKekVariable, elsewhere.At("mine").c_str(), 1), 0);
  EXPECT_EQ(CodeOf(Vault::Make(folder_.path(), kNow)), "KEYS-MISSING");
  Write(elsewhere.At("mine"), Pattern(32, 3));
  const Bytes sealed = MustMake().Seal("a", kSecret);
  EXPECT_FALSE(fs::exists(folder_.At("kek")));
  ExpectReadable(sealed);
  unsetenv(kKekVariable);
  EXPECT_EQ(CodeOf(Vault::Load(folder_.path())), "KEYS-MISSING");
}

TEST_F(VaultTest, RotationLeavesSecretsAndForgetsTheOldKek) {
  const Vault before = MustMake();
  const Bytes sealed = before.Seal("a", kSecret);
  const Bytes old_kek = Read(folder_.At("kek"));
  const auto facts = RotateKek(folder_.path(), "", kLater);
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_NE(facts->kek_fingerprint, before.facts().kek_fingerprint);
  EXPECT_EQ(facts->made, kNow);
  EXPECT_EQ(facts->rotated, kLater);
  ExpectReadable(sealed);
  Write(folder_.At("kek"), old_kek);
  EXPECT_EQ(CodeOf(Vault::Load(folder_.path())), "KEYS-WRONG");
}

TEST_F(VaultTest, RotationMovesTheKekElsewhereAndBack) {
  const Bytes sealed = MustMake().Seal("a", kSecret);
  TempFolder elsewhere;
  const std::string away = elsewhere.At("mine");
  ASSERT_TRUE(RotateKek(folder_.path(), away, kLater).ok());
  EXPECT_FALSE(fs::exists(folder_.At("kek")));
  EXPECT_EQ(CodeOf(Vault::Load(folder_.path())), "KEYS-MISSING");
  ASSERT_EQ(setenv(kKekVariable, away.c_str(), 1), 0);
  ExpectReadable(sealed);
  ASSERT_TRUE(RotateKek(folder_.path(), folder_.At("kek"), kLater).ok());
  unsetenv(kKekVariable);
  EXPECT_TRUE(fs::exists(away));  // other folders may be under it
  ExpectReadable(sealed);
}

// At each place, in the folder and to another file: readable, and finished by the next rotation.
TEST_F(VaultTest, ARotationThatIsKilledAnywhereIsFinishedByTheNext) {
  testing::FLAGS_gtest_death_test_style = "fast";
  const Bytes sealed = MustMake().Seal("a", kSecret);
  for (const char* place : {"keys.kek", "keys.wrap", "keys.place"}) {
    const auto killed = [&](const std::string& file) {
      SetFailpoint(place);
      static_cast<void>(RotateKek(folder_.path(), file, kLater));
    };
    EXPECT_EXIT(killed(""), testing::KilledBySignal(SIGKILL), "") << place;
    ExpectReadable(sealed);
    EXPECT_EXIT(killed(""), testing::KilledBySignal(SIGKILL), "") << place;
    ExpectReadable(sealed);
    ASSERT_TRUE(RotateKek(folder_.path(), "", kLater).ok()) << place;
    EXPECT_FALSE(fs::exists(folder_.At("kek.new")));
    ExpectReadable(sealed);

    TempFolder elsewhere;
    const std::string away = elsewhere.At("mine");
    EXPECT_EXIT(killed(away), testing::KilledBySignal(SIGKILL), "") << place;
    const auto moved = RotateKek(folder_.path(), away, kLater);
    ASSERT_TRUE(moved.ok()) << place << moved.status().ToString();
    EXPECT_FALSE(fs::exists(folder_.At("kek")));
    ASSERT_EQ(setenv(kKekVariable, away.c_str(), 1), 0);
    ExpectReadable(sealed);
    ASSERT_TRUE(RotateKek(folder_.path(), folder_.At("kek"), kLater).ok());
    unsetenv(kKekVariable);
    ExpectReadable(sealed);
  }
}

TEST_F(VaultTest, RecordsOfSecretKindsAreSealedAndOthersAreNot) {
  const Vault vault = MustMake();
  const Bytes roster = Pattern(40, 9);
  const auto directory = MustOpen(folder_.At("data"));
  SqliteRecords plain(*directory);
  {
    const auto change = std::move(*plain.Begin());
    ASSERT_TRUE(change->Put("authority", "1", kSecret).ok());  // of an earlier program
    ASSERT_TRUE(change->Put("roster", "1", roster).ok());
    ASSERT_TRUE(change->Commit().ok());
  }
  SealedRecords sealed(plain, vault);
  const auto kept = [&](const char* kind, Records& records) {
    return (*records.Begin())->Get(kind, "1").value().value();
  };
  EXPECT_EQ(kept("authority", sealed), kSecret);
  ASSERT_TRUE(sealed.SealAll().ok());
  EXPECT_TRUE(IsSealed(kept("authority", plain)));
  EXPECT_EQ(kept("authority", sealed), kSecret);
  EXPECT_EQ(kept("roster", plain), roster);
  {
    const auto change = std::move(*sealed.Begin());
    ASSERT_TRUE(change->Put("secret", "1", kSecret).ok());
    // One record in another's place does not open.
    ASSERT_TRUE(change->Commit().ok());
    const auto swap = std::move(*plain.Begin());
    ASSERT_TRUE(swap->Put("secret", "1", kept("authority", plain)).ok());
    ASSERT_TRUE(swap->Commit().ok());
  }
  EXPECT_EQ(CodeOf((*sealed.Begin())->Get("secret", "1")), "KEYS-OPEN");
}

TEST_F(VaultTest, APartysStateIsSealed) {
  const Vault vault = MustMake();
  const auto directory = MustOpen(folder_.At("data"));
  const site::SavedParty party{1, kSecret};
  job::Contribution contribution;
  contribution.job = JobId("job");
  contribution.round = RoundId{3};
  SqliteSiteStore store(*directory, &vault);
  ASSERT_TRUE(store.KeepContribution(contribution, nullptr, &party).ok());
  const auto find = [&](SqliteSiteStore& from) {
    return from.FindParty(contribution.job, contribution.round, contribution.work).value()->bytes;
  };
  EXPECT_EQ(find(store), kSecret);
  SqliteSiteStore plain(*directory);
  EXPECT_TRUE(IsSealed(find(plain)));
  ASSERT_TRUE(plain.KeepContribution(contribution, nullptr, &party).ok());
  EXPECT_EQ(find(store), kSecret);  // of an earlier program
}

}  // namespace
}  // namespace florin::store
