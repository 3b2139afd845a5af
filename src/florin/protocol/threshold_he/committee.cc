#include "florin/protocol/threshold_he/committee.h"

#include <set>
#include <utility>

#include "florin/crypto/transcript.h"
#include "florin/protocol/checks.h"

namespace florin::protocol::threshold_he {
namespace {

namespace rlwe = crypto::rlwe;

constexpr uint8_t kVersion = 1;

Status Refused(const std::string& why) {
  return Status(Kind::kDenied, "PROTO-COMMITTEE", "threshold_he: the committee " + why);
}

Result<rlwe::Message> Parse(const Member& member) {
  return rlwe::Message::Parse(rlwe::MessageKind::kKeyShare, rlwe::kKeySharePolynomials,
                              member.share);
}

}  // namespace

std::vector<Participant> ParticipantsOf(const Committee& committee) {
  std::vector<Participant> participants;
  participants.reserve(committee.members.size());
  for (const Member& member : committee.members) {
    participants.push_back({PlaceOf(participants.size()), member.name, member.identity});
  }
  return participants;
}

crypto::Kt128Digest DigestOf(const Committee& committee, bool with_shares) {
  crypto::Transcript transcript(with_shares ? "florin/threshold_he/committee/1"
                                            : "florin/threshold_he/members/1");
  transcript.Add("epoch", ByteView(committee.epoch))
      .Add("threshold", committee.threshold)
      .Add("members", committee.members.size());
  for (const Member& member : committee.members) {
    transcript.Add("name", member.name).Add("identity", ByteView(member.identity));
    if (with_shares) transcript.Add("share", ByteView(member.share));
  }
  return transcript.Digest();
}

Status CheckMembers(const Committee& committee) {
  const size_t count = committee.members.size();
  if (count < kMembersMin || count > kMembersMax) {
    return Refused("has " + std::to_string(count) + " decryptors, expected " +
                   std::to_string(kMembersMin) + " to " + std::to_string(kMembersMax) + ".");
  }
  if (committee.threshold > count || size_t{2} * committee.threshold <= count) {
    return Refused("opens with " + std::to_string(committee.threshold) + " of " +
                   std::to_string(count) + " decryptors, expected more than half and at most all.");
  }
  std::set<std::string> names;
  std::set<crypto::Ed25519PublicKey> identities;
  for (const Member& member : committee.members) {
    if (member.name.size() > kNameMax || !names.insert(member.name).second ||
        !identities.insert(member.identity).second) {
      return Refused("has \"" + member.name + "\" twice, by its name or identity.");
    }
  }
  return {};
}

Status CheckCommittee(const Committee& committee) {
  FLORIN_TRY(CheckMembers(committee));
  const crypto::Kt128Digest digest = DigestOf(committee);
  std::set<Bytes> shares;
  for (const Member& member : committee.members) {
    if (const auto share = Parse(member); !share.ok()) {
      return Refused("has no key share of \"" + member.name +
                     "\": " + std::string(share.status().message()));
    }
    if (!shares.insert(member.share).second) {
      return Refused("has the key share of \"" + member.name + "\" twice.");
    }
    if (!crypto::VerifyEd25519(member.identity, digest, member.signature)) {
      return Refused("is not signed by \"" + member.name + "\", or not this one.");
    }
  }
  return {};
}

std::vector<rlwe::Message> SharesOf(const Committee& committee) {
  std::vector<rlwe::Message> shares;
  for (const Member& member : committee.members) {
    auto share = Parse(member);
    FLORIN_CHECK(share.ok());
    shares.push_back(*share);
  }
  return shares;
}

Bytes Write(const Committee& committee) {
  base::Writer writer;
  writer.U8(kVersion).Fixed(committee.epoch).Varint(committee.threshold);
  writer.Varint(committee.members.size());
  for (const Member& member : committee.members) {
    writer.Text(member.name).Fixed(member.identity).Fixed(member.share).Fixed(member.signature);
  }
  return std::move(writer).Take();
}

Result<Committee> ReadCommittee(ByteView bytes) {
  base::Reader reader(bytes);
  if (reader.U8() != kVersion) reader.Fail("unknown version");
  Committee committee;
  committee.epoch = ReadArray<32>(reader);
  const uint64_t threshold = reader.Varint();
  const uint64_t count = reader.Varint();
  if (threshold > kMembersMax || count > kMembersMax) reader.Fail("too many");
  committee.threshold = static_cast<uint32_t>(threshold);
  for (uint64_t i = 0; reader.ok() && i < count; ++i) {
    Member member;
    member.name = reader.Text(kNameMax);
    member.identity = ReadArray<32>(reader);
    const ByteView share = reader.Fixed(kKeyShareSize);
    member.share.assign(share.begin(), share.end());
    member.signature = ReadArray<64>(reader);
    committee.members.push_back(std::move(member));
  }
  const Status status = reader.Finish("committee");
  if (!status.ok()) return Refused("does not parse: " + std::string(status.message()) + ".");
  return committee;
}

}  // namespace florin::protocol::threshold_he
