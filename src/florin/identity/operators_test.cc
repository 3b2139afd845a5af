#include "florin/identity/operators.h"

#include <gtest/gtest.h>

#include "florin/base/codec.h"
#include "florin/identity/testing.h"

namespace florin::identity {
namespace {

using What = OperatorChange::What;

struct OperatorsTest : testing::Test {
  crypto::Ed25519Seed ada_seed = crypto::NewSecretKey();
  crypto::Ed25519Seed bob_seed = crypto::NewSecretKey();
  Operator ada{"ada", crypto::PublicKeyOf(ada_seed)};
  Operator bob{"bob", crypto::PublicKeyOf(bob_seed)};
  Operators operators = Operators::Make("retail", ada).value();

  SignedCommand Sign(Time now = kNow, const std::string& words = "start job 1") const {
    const ByteView bytes = base::AsBytes(words);
    return SignCommand("retail", "ada", ada_seed, Bytes(bytes.begin(), bytes.end()), now);
  }
  std::string Change(What what, const Operator& subject, Time now = kNow) {
    const OperatorChange change{what, subject};
    return CodeOf(
        operators.Change(SignCommand("retail", "ada", ada_seed, change.ToCommand(), now), now));
  }
};

TEST_F(OperatorsTest, ACommandHoldsOnce) {
  const SignedCommand command = Sign();
  EXPECT_EQ(CodeOf(operators.Accept(command, kNow)), "");
  EXPECT_EQ(CodeOf(operators.Accept(command, kNow)), "COMMAND-REPLAY");
  EXPECT_EQ(CodeOf(operators.Accept(command, Later(300))), "COMMAND-REPLAY");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), kNow)), "");  // the same words signed again
}

TEST_F(OperatorsTest, FiveMinutesBothWays) {
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), Later(300))), "");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), Later(-300))), "");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), Later(300) + Duration{1})), "COMMAND-STALE");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), Later(-300) + Duration{-1})), "COMMAND-STALE");
}

TEST_F(OperatorsTest, EveryPartIsSigned) {
  const SignedCommand good = Sign();
  SignedCommand changed = good;
  changed.command.push_back('!');
  EXPECT_EQ(CodeOf(operators.Accept(changed, kNow)), "COMMAND-SIGNATURE");
  changed = good;
  changed.issued_at = Later(1);
  EXPECT_EQ(CodeOf(operators.Accept(changed, kNow)), "COMMAND-SIGNATURE");
  changed = good;
  changed.nonce[0] ^= 1;
  EXPECT_EQ(CodeOf(operators.Accept(changed, kNow)), "COMMAND-SIGNATURE");
  changed = good;
  changed.signature[0] ^= 1;
  EXPECT_EQ(CodeOf(operators.Accept(changed, kNow)), "COMMAND-SIGNATURE");
  changed = good;
  changed.operator_name = "bob";
  EXPECT_EQ(CodeOf(operators.Accept(changed, kNow)), "OPERATOR-UNKNOWN");
  ASSERT_EQ(Change(What::kAdd, bob), "");
  EXPECT_EQ(CodeOf(operators.Accept(changed, kNow)), "COMMAND-SIGNATURE");
  EXPECT_EQ(CodeOf(operators.Accept(good, kNow)), "");  // none of these used it up
}

// Signed by hand: the transcript is that of the document.
TEST_F(OperatorsTest, TheTranscriptIsTheDocuments) {
  SignedCommand command{.operator_name = "ada", .command = {1, 2}, .issued_at = kNow, .nonce = {7}};
  base::Writer writer;
  writer.Text("florin command 1").Text("retail").Text("ada").Blob(command.command);
  writer.I64(kNow.micros).Fixed(command.nonce);
  command.signature = crypto::SignEd25519(ada_seed, writer.view());
  EXPECT_EQ(CodeOf(operators.Accept(command, kNow)), "");
}

TEST_F(OperatorsTest, ACommandForAnotherWorkspaceIsRefused) {
  const SignedCommand command = SignCommand("wholesale", "ada", ada_seed, {1}, kNow);
  EXPECT_EQ(CodeOf(operators.Accept(command, kNow)), "COMMAND-SIGNATURE");
}

// After a nonce is forgotten its time speaks: also when the clock goes back to it.
TEST_F(OperatorsTest, AClockThatGoesBackLetsNothingInTwice) {
  const SignedCommand command = Sign();
  ASSERT_TRUE(operators.Accept(command, kNow).ok());
  ASSERT_TRUE(operators.Accept(Sign(Later(1000)), Later(1000)).ok());
  EXPECT_EQ(CodeOf(operators.Accept(command, kNow)), "COMMAND-STALE");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(Later(1)), Later(1))), "");  // not one of the forgotten
}

TEST_F(OperatorsTest, AFloodIsStopped) {
  base::Writer writer;  // a saved state that is one command short of full
  writer.U8(1).Text("retail").Varint(1).Text("ada").Fixed(ada.key).I64(0);
  writer.Varint(Operators::kNoncesMax - 1);
  for (uint64_t i = 1; i < Operators::kNoncesMax; ++i) {
    writer.I64(kNow.micros + static_cast<int64_t>(i)).U64(0).U64(0);
  }
  operators = Operators::Restore(writer.view()).value();
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), kNow)), "");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), kNow)), "COMMAND-FLOOD");
  EXPECT_EQ(CodeOf(operators.Accept(Sign(Later(301)), Later(301))), "");
}

TEST_F(OperatorsTest, OperatorsAreChangedByCommand) {
  EXPECT_EQ(Change(What::kAdd, bob), "");
  ASSERT_NE(operators.Find("bob"), nullptr);
  const SignedCommand by_bob = SignCommand("retail", "bob", bob_seed, {1}, kNow);
  EXPECT_EQ(CodeOf(operators.Accept(by_bob, kNow)), "");

  const OperatorChange removal{What::kRemove, ada};
  const SignedCommand command =
      SignCommand("retail", "bob", bob_seed, removal.ToCommand(), Later(1));
  EXPECT_EQ(CodeOf(operators.Change(command, Later(1))), "");
  EXPECT_EQ(operators.Find("ada"), nullptr);
  EXPECT_EQ(CodeOf(operators.Accept(Sign(), kNow)), "OPERATOR-UNKNOWN");
}

TEST_F(OperatorsTest, TheLastOneStays) {
  EXPECT_EQ(Change(What::kRemove, ada), "OPERATOR-LAST");
  EXPECT_EQ(operators.list(), (std::vector<Operator>{ada}));
}

TEST_F(OperatorsTest, ATokenAdmitsOnceOrMoreAndRevocationDismisses) {
  EXPECT_EQ(CodeOf(operators.Admit(bob)), "");
  EXPECT_EQ(CodeOf(operators.Admit(bob)), "");  // the same answer fetched again
  EXPECT_EQ(operators.list().size(), 2U);
  EXPECT_EQ(CodeOf(operators.Admit({"bob", ada.key})), "OPERATOR-EXISTS");
  EXPECT_EQ(CodeOf(operators.Admit({"eve", ada.key})), "OPERATOR-EXISTS");
  EXPECT_EQ(CodeOf(operators.Admit({"Eve", bob.key})), "NAME");
  EXPECT_EQ(CodeOf(operators.Dismiss("eve")), "OPERATOR-UNKNOWN");
  EXPECT_EQ(CodeOf(operators.Dismiss("ada")), "");
  EXPECT_EQ(CodeOf(operators.Dismiss("bob")), "OPERATOR-LAST");
}

TEST_F(OperatorsTest, OddChangesAreRefused) {
  EXPECT_EQ(Change(What::kAdd, ada), "OPERATOR-EXISTS");
  EXPECT_EQ(Change(What::kAdd, {"ada2", ada.key}), "OPERATOR-EXISTS");
  EXPECT_EQ(Change(What::kAdd, {"Bob", bob.key}), "NAME");
  EXPECT_EQ(Change(What::kRemove, bob), "OPERATOR-UNKNOWN");
  ASSERT_EQ(Change(What::kAdd, bob), "");
  EXPECT_EQ(Change(What::kRemove, {"bob", ada.key}), "OPERATOR-UNKNOWN");
  EXPECT_EQ(CodeOf(operators.Change(Sign(), kNow)), "CODEC");  // another kind of command
  EXPECT_EQ(operators.list(), (std::vector<Operator>{ada, bob}));
}

TEST_F(OperatorsTest, AChangeBySomebodyElseIsRefused) {
  const OperatorChange change{What::kAdd, bob};
  const SignedCommand command = SignCommand("retail", "ada", bob_seed, change.ToCommand(), kNow);
  EXPECT_EQ(CodeOf(operators.Change(command, kNow)), "COMMAND-SIGNATURE");
  EXPECT_EQ(operators.list().size(), 1U);
}

TEST_F(OperatorsTest, MadeWithGoodNamesOnly) {
  EXPECT_EQ(CodeOf(Operators::Make("Retail", ada)), "NAME");
  EXPECT_EQ(CodeOf(Operators::Make("retail", {"", ada.key})), "NAME");
}

TEST_F(OperatorsTest, StatesThatCannotBeAreRefused) {
  const auto code = [&](const Operator& second, Time forgotten, Time seen) {
    base::Writer writer;
    writer.U8(1).Text("retail").Varint(2).Text("ada").Fixed(ada.key);
    writer.Text(second.name).Fixed(second.key).I64(forgotten.micros);
    writer.Varint(1).I64(seen.micros).U64(0).U64(0);
    return CodeOf(Operators::Restore(writer.view()));
  };
  EXPECT_EQ(code(bob, kNow, Later(1)), "");
  EXPECT_EQ(code(bob, kNow, kNow), "CODEC");
  EXPECT_EQ(code({"bob", ada.key}, kNow, Later(1)), "CODEC");
  EXPECT_EQ(code({"ada", bob.key}, kNow, Later(1)), "CODEC");
  EXPECT_EQ(code({"Bob", bob.key}, kNow, Later(1)), "CODEC");
}

TEST_F(OperatorsTest, AreReadStrictlyAndRememberNonces) {
  const SignedCommand command = Sign();
  ASSERT_TRUE(operators.Accept(command, kNow).ok());
  ASSERT_EQ(Change(What::kAdd, bob), "");
  ExpectStrict(operators);
  ExpectStrict(command);
  Operators restored = Operators::Restore(operators.Save()).value();
  EXPECT_EQ(restored, operators);
  EXPECT_EQ(CodeOf(restored.Accept(command, kNow)), "COMMAND-REPLAY");
  EXPECT_EQ(SignedCommand::Restore(command.Save()).value(), command);
}

}  // namespace
}  // namespace florin::identity
