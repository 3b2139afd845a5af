#include "florin/identity/operators.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/random.h"
#include "florin/identity/forms.h"
#include "florin/identity/trust.h"

namespace florin::identity {
namespace {

constexpr std::string_view kChangeLabel = "florin operator change 1";

Status Denied(std::string_view code, std::string_view name, const std::string& why) {
  return Status(Kind::kDenied, code, "operator \"" + std::string(name) + "\": " + why);
}

Bytes Transcript(std::string_view workspace, const SignedCommand& command) {
  base::Writer writer;
  writer.Text("florin command 1").Text(workspace).Text(command.operator_name);
  writer.Blob(command.command).I64(command.issued_at.micros).Fixed(command.nonce);
  return std::move(writer).Take();
}

void WriteOperator(base::Writer& writer, const Operator& one) {
  writer.Text(one.name).Fixed(one.key);
}

Operator ReadOperator(base::Reader& reader) {
  Operator one;
  one.name = reader.Text(kNameSizeMax);
  one.key = ReadFixed<32>(reader);
  return one;
}

bool HasKey(const std::vector<Operator>& operators, const crypto::Ed25519PublicKey& key) {
  return std::any_of(operators.begin(), operators.end(),
                     [&](const Operator& one) { return one.key == key; });
}

bool NameIsBelow(const Operator& one, std::string_view name) { return one.name < name; }

}  // namespace

Bytes SignedCommand::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion).Text(operator_name).Blob(command).I64(issued_at.micros);
  writer.Fixed(nonce).Fixed(signature);
  return std::move(writer).Take();
}

Result<SignedCommand> SignedCommand::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  SignedCommand command;
  command.operator_name = reader.Text(kNameSizeMax);
  const ByteView opaque = reader.Blob(kCommandSizeMax);
  command.command.assign(opaque.begin(), opaque.end());
  command.issued_at = ReadTime(reader);
  command.nonce = ReadFixed<16>(reader);
  command.signature = ReadFixed<64>(reader);
  FLORIN_TRY(reader.Finish("signed command"));
  return command;
}

SignedCommand SignCommand(std::string_view workspace, std::string_view operator_name,
                          const crypto::Ed25519Seed& seed, Bytes command, Time now) {
  FLORIN_CHECK(command.size() <= kCommandSizeMax);
  SignedCommand made{
      .operator_name = std::string(operator_name), .command = std::move(command), .issued_at = now};
  const crypto::SecretKey random = crypto::NewSecretKey();
  std::copy_n(random.begin(), made.nonce.size(), made.nonce.begin());
  made.signature = crypto::SignEd25519(seed, Transcript(workspace, made));
  return made;
}

Bytes OperatorChange::ToCommand() const {
  base::Writer writer;
  writer.Text(kChangeLabel).U8(static_cast<uint8_t>(what));
  WriteOperator(writer, subject);
  return std::move(writer).Take();
}

Result<OperatorChange> OperatorChange::FromCommand(ByteView command) {
  base::Reader reader(command);
  if (reader.Text(kChangeLabel.size()) != kChangeLabel) reader.Fail("another kind of command");
  OperatorChange change;
  change.what = reader.Bool() ? What::kRemove : What::kAdd;
  change.subject = ReadOperator(reader);
  FLORIN_TRY(reader.Finish("operator change"));
  return change;
}

Result<Operators> Operators::Make(std::string workspace, Operator first) {
  FLORIN_TRY(base::CheckName("workspace", workspace));
  FLORIN_TRY(base::CheckName("operator", first.name));
  Operators made;
  made.workspace_ = std::move(workspace);
  made.operators_.push_back(std::move(first));
  made.forgotten_until_ = {std::numeric_limits<int64_t>::min()};
  return made;
}

const Operator* Operators::Find(std::string_view name) const {
  const auto at = std::lower_bound(operators_.begin(), operators_.end(), name, NameIsBelow);
  return at != operators_.end() && at->name == name ? &*at : nullptr;
}

Status Operators::Check(const SignedCommand& command, Time now) const {
  const std::string& name = command.operator_name;
  const Operator* signer = Find(name);
  if (signer == nullptr) return Denied("OPERATOR-UNKNOWN", name, "no operator of that name");
  if (!crypto::VerifyEd25519(signer->key, Transcript(workspace_, command), command.signature)) {
    return Denied("COMMAND-SIGNATURE", name,
                  "the command is not signed by its key for workspace \"" + workspace_ + "\"");
  }
  if (!IsWithinLeeway(command.issued_at, now) || command.issued_at <= forgotten_until_) {
    return Denied("COMMAND-STALE", name,
                  "signed at " + command.issued_at.ToString() + ", it is " + now.ToString() +
                      " here; 5 minutes are allowed. Set the clock or sign again");
  }
  if (std::binary_search(seen_.begin(), seen_.end(), Seen{command.issued_at, command.nonce})) {
    return Denied("COMMAND-REPLAY", name, "this very command was already taken");
  }
  return {};
}

// A nonce is of no use once its command is too old to be taken. What was forgotten is refused by
// its time for good, so that a clock that goes back lets nothing in twice.
void Operators::Forget(Time now) {
  const auto first_kept = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& seen) {
    return seen.issued_at > now || IsWithinLeeway(seen.issued_at, now);
  });
  if (first_kept == seen_.begin()) return;
  forgotten_until_ = std::max(forgotten_until_, std::prev(first_kept)->issued_at);
  seen_.erase(seen_.begin(), first_kept);
}

Status Operators::Accept(const SignedCommand& command, Time now) {
  FLORIN_TRY(Check(command, now));
  Forget(now);
  if (seen_.size() >= kNoncesMax) {
    return Denied("COMMAND-FLOOD", command.operator_name,
                  std::to_string(kNoncesMax) + " commands within ten minutes; wait");
  }
  const Seen seen{command.issued_at, command.nonce};
  seen_.insert(std::upper_bound(seen_.begin(), seen_.end(), seen), seen);
  return {};
}

Status Operators::Change(const SignedCommand& command, Time now) {
  FLORIN_TRY(Accept(command, now));
  FLORIN_ASSIGN(const OperatorChange change, OperatorChange::FromCommand(command.command));
  FLORIN_TRY(base::CheckName("operator", change.subject.name));
  return change.what == OperatorChange::What::kAdd ? Add(change.subject) : Remove(change.subject);
}

Status Operators::Admit(const Operator& admitted) {
  FLORIN_TRY(base::CheckName("operator", admitted.name));
  const Operator* known = Find(admitted.name);
  return known != nullptr && *known == admitted ? Status() : Add(admitted);
}

Status Operators::Dismiss(std::string_view name) {
  const Operator* known = Find(name);
  return Remove(known == nullptr ? Operator{.name = std::string(name)} : Operator(*known));
}

// One key, one name: four eyes must not be one pair under two names.
Status Operators::Add(const Operator& added) {
  if (Find(added.name) != nullptr || HasKey(operators_, added.key)) {
    return Status(Kind::kConflict, "OPERATOR-EXISTS",
                  "operator \"" + added.name + "\": an operator already has this name or key");
  }
  operators_.insert(std::lower_bound(operators_.begin(), operators_.end(), added.name, NameIsBelow),
                    added);
  return {};
}

Status Operators::Remove(const Operator& removed) {
  const auto at = std::find(operators_.begin(), operators_.end(), removed);
  if (at == operators_.end()) {
    return Status(Kind::kNotFound, "OPERATOR-UNKNOWN",
                  "operator \"" + removed.name + "\": no operator of that name and key");
  }
  if (operators_.size() == 1) {
    return Status(
        Kind::kConflict, "OPERATOR-LAST",
        "operator \"" + removed.name + "\" is the last one; add another before removing it");
  }
  operators_.erase(at);
  return {};
}

Bytes Operators::Save() const {
  base::Writer writer;
  writer.U8(kFormVersion).Text(workspace_).Varint(operators_.size());
  for (const Operator& one : operators_) WriteOperator(writer, one);
  writer.I64(forgotten_until_.micros).Varint(seen_.size());
  for (const Seen& seen : seen_) writer.I64(seen.issued_at.micros).Fixed(seen.nonce);
  return std::move(writer).Take();
}

Result<Operators> Operators::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  CheckVersion(reader);
  Operators made;
  made.workspace_ = reader.Text(kNameSizeMax);
  const uint64_t count = reader.Varint();
  if (count == 0) reader.Fail("no operator");
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Operator one = ReadOperator(reader);
    if (reader.ok() && !base::CheckName("operator", one.name).ok()) reader.Fail("odd name");
    if (i > 0 && made.operators_.back().name >= one.name) reader.Fail("operators out of order");
    if (HasKey(made.operators_, one.key)) reader.Fail("one key under two names");
    made.operators_.push_back(std::move(one));
  }
  made.forgotten_until_ = ReadTime(reader);
  const uint64_t seen_count = reader.Varint();
  if (seen_count > kNoncesMax) reader.Fail("more nonces than fit");
  for (uint64_t i = 0; i < seen_count && reader.ok(); ++i) {
    const Time issued_at = ReadTime(reader);
    const Seen seen{issued_at, ReadFixed<16>(reader)};
    if (i > 0 && made.seen_.back() >= seen) reader.Fail("nonces out of order");
    if (issued_at <= made.forgotten_until_) reader.Fail("nonce both seen and forgotten");
    made.seen_.push_back(seen);
  }
  FLORIN_TRY(reader.Finish("operators"));
  FLORIN_TRY(base::CheckName("workspace", made.workspace_));
  return made;
}

}  // namespace florin::identity
