#include "florin/api/membership.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "florin/api/chain_log.h"
#include "florin/base/codec.h"
#include "florin/crypto/sha256.h"

namespace florin::api {
namespace {

using identity::Peer;
using identity::Role;
using identity::TokenRecord;

// Records: one of each kind but "token", whose key is the hash of its secret.
constexpr std::string_view kAuthority = "authority";
constexpr std::string_view kRoster = "roster";
constexpr std::string_view kOperators = "operators";
constexpr std::string_view kToken = "token";
constexpr std::string_view kWorkspace = "workspace";
constexpr std::string_view kOnly = "1";

constexpr uint8_t kForm = 1;
constexpr size_t kAddressMax = 300;
// A token that was spent or ran out is remembered for so long, to tell its holder which.
constexpr Duration kTokenMemory = Duration::Seconds(30LL * 86'400);

std::string KeyOf(const crypto::Sha256Digest& secret_hash) { return base::Hex(secret_hash); }

// How the coordinator is reached, and what a token pins.
struct Place {
  Addresses addresses;
  crypto::Sha256Digest root{};  // signed the coordinator's present certificate
  bool operator==(const Place&) const = default;

  Bytes Save() const {
    base::Writer writer;
    writer.U8(kForm).Text(addresses.work).Text(addresses.enrol).Fixed(root);
    return std::move(writer).Take();
  }
  static Result<Place> Restore(ByteView bytes) {
    base::Reader reader(bytes);
    if (reader.U8() != kForm) reader.Fail("unknown version");
    Place place;
    place.addresses.work = reader.Text(kAddressMax);
    place.addresses.enrol = reader.Text(kAddressMax);
    std::ranges::copy(reader.Fixed(place.root.size()), place.root.begin());
    FLORIN_TRY(reader.Finish("workspace record"));
    return place;
  }
};

template <typename T>
Result<std::optional<T>> Read(store::Transaction& change, std::string_view kind) {
  FLORIN_ASSIGN(const std::optional<Bytes> bytes, change.Get(kind, kOnly));
  if (!bytes) return std::optional<T>();
  FLORIN_ASSIGN(T value, T::Restore(*bytes));
  return std::optional<T>(std::move(value));
}

Status Missing() {
  return Status(Kind::kNotFound, "WORKSPACE-MISSING",
                "the store holds no workspace; make one with florin init");
}

Status UnknownToken(const Peer& peer) {
  return Status(Kind::kDenied, "TOKEN-UNKNOWN",
                "enrolment token for " + peer.ToString() + ": no such token was given out");
}

Result<identity::Authority> CopyOf(const identity::Authority& authority) {
  return identity::Authority::Restore(authority.Save());
}

}  // namespace

struct Membership::Known {
  identity::Trust trust;
  identity::Roster roster;
  std::vector<identity::Operator> operators;
  Addresses addresses;
};

struct Membership::State {
  State(identity::Authority of, Place at) : authority(std::move(of)), place(std::move(at)) {}

  identity::Authority authority;
  Place place;
  identity::Roster roster;
  std::optional<identity::Operators> operators;  // none before the first one enrols
};

// One change: taken from the state, stored, then put back into it. What is not committed leaves
// everything as it was. Holds the change mutex.
class Membership::Change {
 public:
  static Result<Change> Begin(Membership& membership) {
    std::unique_lock lock(membership.change_mutex_);
    FLORIN_ASSIGN(auto transaction, membership.records_.Begin());
    return Change(membership, std::move(lock), std::move(transaction));
  }

  const identity::Authority& authority() const {
    return next_authority_ ? *next_authority_ : now_.authority;
  }
  identity::Roster& roster() { return roster_; }
  std::optional<identity::Operators>& operators() { return operators_; }
  void Replace(identity::Authority authority) { next_authority_ = std::move(authority); }
  Place& place() { return place_; }
  store::Transaction& transaction() { return *transaction_; }

  Status PutToken(const TokenRecord& record) {
    return transaction_->Put(kToken, KeyOf(record.secret_hash), record.Save());
  }
  Result<TokenRecord> FindToken(const identity::EnrolmentRequest& request) {
    const std::string key = KeyOf(crypto::HashSha256(request.secret));
    FLORIN_ASSIGN(const auto bytes, transaction_->Get(kToken, key));
    if (!bytes) return UnknownToken(request.peer);
    return TokenRecord::Restore(*bytes);
  }
  // The unused ones of `peer`, or all when it is nullptr, and those nobody needs to hear of.
  Status DropTokens(const Peer* peer, Time now) {
    FLORIN_ASSIGN(const auto records, transaction_->List(kToken));
    for (const store::Record& record : records) {
      FLORIN_ASSIGN(const TokenRecord token, TokenRecord::Restore(record.bytes));
      const bool is_ended = !token.used_at && (peer == nullptr || token.peer == *peer);
      if (!is_ended && now < token.expires_at + kTokenMemory) continue;
      FLORIN_TRY(transaction_->Delete(kToken, record.key).status());
    }
    return {};
  }

  // Tokens pin the root that signs now; those that pin another end.
  Status PinRoot(const identity::Authority& authority, Time now) {
    const crypto::Sha256Digest root = authority.RootFingerprint();
    if (root == place_.root) return {};
    place_.root = root;
    return DropTokens(nullptr, now);
  }
  // An empty event is no news: nothing is added to the log.
  Status Commit(Time now, const std::string& event, govern::AuditFields fields) {
    if (next_authority_) FLORIN_TRY(transaction_->Put(kAuthority, kOnly, next_authority_->Save()));
    if (place_ != now_.place) FLORIN_TRY(transaction_->Put(kWorkspace, kOnly, place_.Save()));
    if (roster_ != now_.roster) FLORIN_TRY(transaction_->Put(kRoster, kOnly, roster_.Save()));
    if (operators_ && operators_ != now_.operators) {
      FLORIN_TRY(transaction_->Put(kOperators, kOnly, operators_->Save()));
    }
    if (!event.empty()) {
      FLORIN_TRY(AppendNews(*transaction_, kMembersChain, now,
                            {{"coordinator", event, std::move(fields)}}));
    }
    FLORIN_TRY(transaction_->Commit());
    if (next_authority_) now_.authority = std::move(*next_authority_);
    now_.place = std::move(place_);
    now_.roster = std::move(roster_);
    now_.operators = std::move(operators_);
    Publish();
    return {};
  }

 private:
  Change(Membership& membership, std::unique_lock<std::mutex> lock,
         std::unique_ptr<store::Transaction> transaction)
      : membership_(membership),
        now_(*membership.state_),
        lock_(std::move(lock)),
        transaction_(std::move(transaction)),
        place_(now_.place),
        roster_(now_.roster),
        operators_(now_.operators) {}

  void Publish() {
    auto known = std::make_shared<Known>();
    known->trust = now_.authority.trust();
    known->roster = now_.roster;
    if (now_.operators) known->operators = now_.operators->list();
    known->addresses = now_.place.addresses;
    const std::lock_guard guard(membership_.known_mutex_);
    membership_.known_ = std::move(known);
  }

  friend class Membership;
  Membership& membership_;
  State& now_;
  std::unique_lock<std::mutex> lock_;
  std::unique_ptr<store::Transaction> transaction_;
  std::optional<identity::Authority> next_authority_;
  Place place_;
  identity::Roster roster_;
  std::optional<identity::Operators> operators_;
};

Membership::Membership(store::Records& records, std::unique_ptr<State> state)
    : records_(records), state_(std::move(state)) {}
Membership::~Membership() = default;

Result<std::unique_ptr<Membership>> Membership::Create(store::Records& records,
                                                       const std::string& workspace,
                                                       const std::string& address,
                                                       const std::string& enrol_address, Time now) {
  FLORIN_TRY(identity::CheckAddress(address));
  FLORIN_TRY(identity::CheckAddress(enrol_address));
  FLORIN_ASSIGN(auto authority, identity::Authority::Make(workspace, now));
  {
    FLORIN_ASSIGN(auto change, records.Begin());
    FLORIN_ASSIGN(const auto there, change->Get(kAuthority, kOnly));
    if (there) {
      return Status(Kind::kConflict, "WORKSPACE-EXISTS", "the store holds a workspace already");
    }
    FLORIN_TRY(change->Put(kAuthority, kOnly, authority.Save()));
    FLORIN_TRY(change->Put(kRoster, kOnly, identity::Roster().Save()));
    FLORIN_TRY(change->Put(kWorkspace, kOnly,
                           Place{{address, enrol_address}, authority.RootFingerprint()}.Save()));
    FLORIN_TRY(AppendNews(
        *change, kMembersChain, now,
        {{"coordinator",
          "workspace-created",
          {{"workspace", workspace}, {"root", base::Hex(authority.RootFingerprint())}}}}));
    FLORIN_TRY(change->Commit());
  }
  return Load(records);
}

Result<std::unique_ptr<Membership>> Membership::Load(store::Records& records) {
  FLORIN_ASSIGN(auto change, records.Begin());
  FLORIN_ASSIGN(auto authority, Read<identity::Authority>(*change, kAuthority));
  FLORIN_ASSIGN(auto place, Read<Place>(*change, kWorkspace));
  if (!authority || !place) return Missing();
  auto state = std::make_unique<State>(std::move(*authority), std::move(*place));
  FLORIN_ASSIGN(auto roster, Read<identity::Roster>(*change, kRoster));
  if (!roster) return Missing();
  state->roster = std::move(*roster);
  FLORIN_ASSIGN(state->operators, Read<identity::Operators>(*change, kOperators));
  change.reset();
  std::unique_ptr<Membership> made(new Membership(records, std::move(state)));
  FLORIN_ASSIGN(Change first, Change::Begin(*made));
  first.Publish();
  return made;
}

std::shared_ptr<const Membership::Known> Membership::known() const {
  const std::lock_guard guard(known_mutex_);
  return known_;
}

std::string Membership::workspace() const { return known()->trust.workspace; }
Addresses Membership::addresses() const { return known()->addresses; }
identity::Trust Membership::trust() const { return known()->trust; }
std::vector<identity::RosterEntry> Membership::members() const { return known()->roster.entries(); }
std::vector<identity::Operator> Membership::operators() const { return known()->operators; }

bool Membership::RotationDue(Time now) const {
  const auto root = crypto::ParseCertificate(known()->trust.roots.front());
  return root.ok() &&
         now > Time{root->validity.not_after.micros - Duration::Seconds(365LL * 86'400).micros};
}

Status Membership::MoveTo(const Addresses& addresses, Time now) {
  FLORIN_TRY(identity::CheckAddress(addresses.work));
  FLORIN_TRY(identity::CheckAddress(addresses.enrol));
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  if (addresses == change.place().addresses) return {};
  change.place().addresses = addresses;
  return change.Commit(now, "coordinator-moved",
                       {{"address", addresses.work}, {"enrol-address", addresses.enrol}});
}

Result<std::string> Membership::AddSite(const SiteId& site, Duration ttl, Time now) {
  return AddMember(Peer::Site(site), ttl, now);
}

Result<std::string> Membership::AddOperator(const std::string& name, Duration ttl, Time now) {
  return AddMember({Role::kOperator, name}, ttl, now);
}

Result<std::string> Membership::AddMember(const Peer& peer, Duration ttl, Time now) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  const identity::RosterEntry* entry = change.roster().Find(peer);
  if (entry != nullptr && !entry->revoked_at) {
    return Status(Kind::kConflict, "ROSTER-EXISTS",
                  peer.ToString() + ": enrolled at " + entry->enrolled_at.ToString() +
                      "; revoke it first to enrol another of that name");
  }
  FLORIN_ASSIGN(
      const identity::NewToken made,
      identity::MakeToken(change.place().addresses.enrol, change.place().root, peer, ttl, now));
  FLORIN_TRY(change.DropTokens(&peer, now));
  FLORIN_TRY(change.PutToken(made.record));
  FLORIN_TRY(
      change.Commit(now, "token-made",
                    {{"member", peer.ToString()}, {"expires", made.record.expires_at.ToString()}}));
  return made.token.ToText();
}

Result<identity::Enrolment> Membership::Enrol(const identity::EnrolmentRequest& request, Time now) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  FLORIN_ASSIGN(const TokenRecord record, change.FindToken(request));
  FLORIN_ASSIGN(identity::Enrolment enrolment,
                identity::Enrol(change.authority(), record, request, now));
  FLORIN_TRY(change.roster().Add(enrolment.entry));
  if (request.peer.role == Role::kOperator) {
    const identity::Operator admitted{request.peer.name, request.identity_key};
    auto& operators = change.operators();
    if (operators) {
      FLORIN_TRY(operators->Admit(admitted));
    } else {
      FLORIN_ASSIGN(operators, identity::Operators::Make(workspace(), admitted));
    }
  }
  FLORIN_TRY(change.PutToken(enrolment.used));
  FLORIN_TRY(change.Commit(now, record.used_at ? "enrolment-repeated" : "member-enrolled",
                           {{"member", request.peer.ToString()},
                            {"identity-key", base::Hex(request.identity_key)},
                            {"serial", crypto::SerialHex(enrolment.entry.serial)}}));
  return enrolment;
}

Result<identity::Issued> Membership::Renew(const identity::RenewalRequest& request, Time now) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  const identity::RosterEntry* entry = change.roster().Find(request.peer);
  if (entry == nullptr) {
    return Status(Kind::kDenied, "PEER-UNKNOWN", request.peer.ToString() + ": not in the roster");
  }
  FLORIN_ASSIGN(identity::Issued issued, identity::Renew(change.authority(), *entry, request, now));
  FLORIN_TRY(change.roster().Renew(request.peer, issued.certificate));
  FLORIN_TRY(change.Commit(now, "certificate-renewed",
                           {{"member", request.peer.ToString()},
                            {"serial", crypto::SerialHex(issued.certificate.serial)}}));
  return issued;
}

Status Membership::Revoke(const Peer& peer, Time now) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  FLORIN_TRY(change.roster().Revoke(peer, now));
  FLORIN_TRY(change.DropTokens(&peer, now));
  auto& operators = change.operators();
  if (peer.role == Role::kOperator && operators && operators->Find(peer.name) != nullptr) {
    FLORIN_TRY(operators->Dismiss(peer.name));
  }
  return change.Commit(now, "member-revoked", {{"member", peer.ToString()}});
}

Status Membership::Deny(const crypto::CertificateSerial& serial, Time now) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  FLORIN_ASSIGN(identity::Authority next, CopyOf(change.authority()));
  next.Deny(serial);
  change.Replace(std::move(next));
  return change.Commit(now, "certificate-denied", {{"serial", crypto::SerialHex(serial)}});
}

Result<identity::Issued> Membership::RenewCoordinator(const std::string& tls_key_pem,
                                                      std::vector<std::string> dns,
                                                      std::vector<std::string> ips, Time now) {
  FLORIN_ASSIGN(const std::string csr_pem, crypto::MakeCsr(tls_key_pem, "coordinator"));
  FLORIN_ASSIGN(const crypto::Csr csr, crypto::ParseCsr(csr_pem));
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  FLORIN_ASSIGN(identity::Issued issued, change.authority().IssueCoordinator(
                                             csr.public_key, std::move(dns), std::move(ips), now));
  FLORIN_TRY(change.PinRoot(change.authority(), now));
  FLORIN_TRY(change.Commit(now, "coordinator-renewed",
                           {{"serial", crypto::SerialHex(issued.certificate.serial)}}));
  return issued;
}

Result<Peer> Membership::Authorise(std::string_view certificate_pem, Time now) const {
  const auto judged_by = known();
  return judged_by->roster.Authorise(judged_by->trust, certificate_pem, now);
}

std::optional<crypto::Ed25519PublicKey> Membership::IdentityOf(const SiteId& site) {
  const auto judged_by = known();
  const identity::RosterEntry* entry = judged_by->roster.Find(Peer::Site(site));
  if (entry == nullptr || entry->revoked_at) return std::nullopt;
  return entry->identity_key;
}

Result<Bytes> Membership::AcceptCommand(const identity::SignedCommand& command, Time now) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  auto& operators = change.operators();
  if (!operators) {
    return Status(Kind::kDenied, "OPERATOR-UNKNOWN",
                  "operator \"" + command.operator_name + "\": no operator has enrolled yet");
  }
  FLORIN_TRY(operators->Accept(command, now));
  FLORIN_TRY(change.Commit(now, "", {}));
  return command.command;
}

template <typename Body>
Status Membership::Rotate(const char* event, Time now, Body body) {
  FLORIN_ASSIGN(Change change, Change::Begin(*this));
  FLORIN_ASSIGN(identity::Authority next, CopyOf(change.authority()));
  FLORIN_TRY(body(next));
  if (!next.is_rotating()) FLORIN_TRY(change.PinRoot(next, now));  // the old root is gone
  const std::string root = base::Hex(next.RootFingerprint());
  change.Replace(std::move(next));
  return change.Commit(now, event, {{"root", root}});
}

Status Membership::BeginRotation(Time now) {
  return Rotate("root-rotated", now,
                [&](identity::Authority& next) { return next.BeginRotation(now); });
}

Status Membership::FinishRotation(Time now) {
  return Rotate("old-root-ended", now,
                [&](identity::Authority& next) { return next.FinishRotation(now); });
}

Status Membership::DropOldRoot(Time now) {
  return Rotate("old-root-ended", now,
                [&](identity::Authority& next) { return next.DropOldRoot(); });
}

}  // namespace florin::api
