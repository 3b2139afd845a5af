// Operators: people who may tell the coordinator what to do, by signed commands.
//
// An operator's certificate opens the door; what counts is the signature under each command, which
// also stands in the audit log. A command holds once, within kClockLeeway of its signing, in one
// workspace. Who is an operator is itself changed by such commands, or by redeeming a token that an
// operator asked for; the last one cannot be removed. A value that a store keeps; one thread at a
// time. Byte forms: docs/spec/identity.md.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/time.h"
#include "florin/crypto/ed25519.h"

namespace florin::identity {

struct Operator {
  std::string name;  // by base::CheckName
  crypto::Ed25519PublicKey key{};
  bool operator==(const Operator&) const = default;
};

using CommandNonce = std::array<uint8_t, 16>;

inline constexpr size_t kCommandSizeMax = 1 << 20;

struct SignedCommand {
  std::string operator_name;
  Bytes command;  // opaque here; each kind starts with a label of its own
  Time issued_at;
  CommandNonce nonce{};
  crypto::Ed25519Signature signature{};
  bool operator==(const SignedCommand&) const = default;

  Bytes Save() const;
  static Result<SignedCommand> Restore(ByteView bytes);  // [CODEC]
};

// Draws the nonce. command: kCommandSizeMax bytes at most.
SignedCommand SignCommand(std::string_view workspace, std::string_view operator_name,
                          const crypto::Ed25519Seed& seed, Bytes command, Time now);

// Add or remove an operator: a command like any other.
struct OperatorChange {
  enum class What : uint8_t { kAdd = 0, kRemove = 1 };
  What what = What::kAdd;
  Operator subject;  // kRemove: the key must be the one that is removed

  Bytes ToCommand() const;
  static Result<OperatorChange> FromCommand(ByteView command);  // [CODEC]
};

class Operators {
 public:
  // The first operator is given at the coordinator's own terminal. [NAME]
  static Result<Operators> Make(std::string workspace, Operator first);

  const std::vector<Operator>& list() const { return operators_; }  // names ascending
  const Operator* Find(std::string_view name) const;                // nullptr when unknown

  // Ok once for a command that an operator signed for this workspace around `now`; its nonce is
  // then remembered. Kind::kDenied, and nothing changes:
  //   [OPERATOR-UNKNOWN] [COMMAND-SIGNATURE]
  //   [COMMAND-STALE]  signed more than kClockLeeway before or after `now`, or before nonces that
  //                    are already forgotten (the coordinator's clock went back)
  //   [COMMAND-REPLAY] seen before
  //   [COMMAND-FLOOD]  kNoncesMax commands within the window
  Status Accept(const SignedCommand& command, Time now);

  // Accept(), then the OperatorChange in it. A change that fails has used up its nonce.
  // [CODEC] no such change; [OPERATOR-EXISTS] the name or the key is taken; [OPERATOR-UNKNOWN] no
  // such name and key to remove; [OPERATOR-LAST] nobody would be left; [NAME].
  Status Change(const SignedCommand& command, Time now);

  // Whoever redeemed an operator's token. Ok, too, when this very operator is in already.
  // [OPERATOR-EXISTS] the name or the key is taken; [NAME]
  Status Admit(const Operator& admitted);
  // One whose membership is revoked. [OPERATOR-UNKNOWN] [OPERATOR-LAST]
  Status Dismiss(std::string_view name);

  Bytes Save() const;
  static Result<Operators> Restore(ByteView bytes);  // [CODEC] [NAME]

  bool operator==(const Operators&) const = default;

  static constexpr size_t kNoncesMax = 10'000;

 private:
  struct Seen {
    Time issued_at;
    CommandNonce nonce{};
    auto operator<=>(const Seen&) const = default;
  };
  Status Check(const SignedCommand& command, Time now) const;
  void Forget(Time now);
  Status Add(const Operator& added);
  Status Remove(const Operator& removed);

  std::string workspace_;
  std::vector<Operator> operators_;
  std::vector<Seen> seen_;  // ascending
  Time forgotten_until_;    // the newest command whose nonce was forgotten
};

}  // namespace florin::identity
