#include "florin/protocol/secagg/words.h"

#include <bit>
#include <string>
#include <utility>

#include "florin/base/codec.h"
#include "florin/protocol/checks.h"

namespace florin::protocol::secagg {
namespace {

using base::Reader;
using base::Writer;

Writer Begin(Step step) {
  Writer writer;
  writer.U8(step);
  return writer;
}

// A header of `step`, read by `read(reader)`.
template <typename Read>
auto Parse(Step step, ByteView header, const Read& read)
    -> Result<decltype(read(std::declval<Reader&>()))> {
  Reader reader(header);
  if (reader.U8() != step) reader.Fail("message of another step");
  auto word = read(reader);
  const Status status = reader.Finish("secagg");
  if (!status.ok()) return Fault("PROTO-MESSAGE", std::string(status.message()) + ".");
  return word;
}

// Items that begin with a place, ascending: of at most count_max places, `size` bytes each or more.
template <typename Item, typename ReadItem>
std::vector<Item> ReadPlaces(Reader& reader, uint32_t count_max, size_t size,
                             const ReadItem& read) {
  const uint64_t count = reader.Varint();
  if (count > count_max || count > reader.remaining() / size) reader.Fail("longer than its bytes");
  std::vector<Item> items;
  uint64_t last = 0;
  for (uint64_t i = 0; reader.ok() && i < count; ++i) {
    const uint64_t place = reader.Varint();
    if (place <= last || place > count_max) reader.Fail("places out of order");
    last = place;
    items.push_back(read(reader, PartyId{static_cast<uint32_t>(place)}));
  }
  return items;
}

}  // namespace

Bytes Write(const Advert& advert) {
  Writer writer = Begin(kAdvertise);
  writer.Fixed(advert.channel).Fixed(advert.mask).Fixed(advert.signature);
  return std::move(writer).Take();
}

Bytes Write(const Peers& peers) {
  Writer writer = Begin(kShares);
  writer.Varint(peers.neighbours.size());
  for (const Introduction& peer : peers.neighbours) {
    writer.Varint(peer.who.place.index).Text(peer.who.name).Fixed(peer.who.identity);
    writer.Fixed(peer.advert.channel).Fixed(peer.advert.mask).Fixed(peer.advert.signature);
  }
  return std::move(writer).Take();
}

Bytes Write(const Dealt& dealt) {
  Writer writer = Begin(kShares);
  writer.Fixed(dealt.commitment).Varint(dealt.boxes.size());
  for (const Box& box : dealt.boxes) writer.Fixed(box);
  return std::move(writer).Take();
}

Bytes Write(const Boxes& boxes) {
  Writer writer = Begin(kMaskedInput);
  writer.Varint(boxes.boxes.size());
  for (const Boxes::From& from : boxes.boxes) writer.Varint(from.place.index).Fixed(from.box);
  return std::move(writer).Take();
}

Bytes WriteSignature(Step step, const crypto::Ed25519Signature& signature) {
  Writer writer = Begin(step);
  writer.Fixed(signature);
  return std::move(writer).Take();
}

Bytes Write(const Survivors& survivors) {
  Writer writer = Begin(kConsistency);
  writer.Fixed(survivors.places);
  return std::move(writer).Take();
}

Bytes Write(const Agreement& agreement) {
  Writer writer = Begin(kUnmask);
  writer.Varint(agreement.signatures.size());
  for (const Agreement::By& by : agreement.signatures) {
    writer.Varint(by.place.index).Fixed(by.signature);
  }
  return std::move(writer).Take();
}

Bytes Write(const Opened& opened) {
  Writer writer = Begin(kUnmask);
  writer.Varint(opened.shares.size());
  for (const Opened::Share& share : opened.shares) {
    writer.Varint(share.of.index).Fixed(share.share);
  }
  return std::move(writer).Take();
}

Result<Advert> ReadAdvert(ByteView header) {
  return Parse(kAdvertise, header, [](Reader& reader) {
    Advert advert;
    advert.channel = ReadArray<32>(reader);
    advert.mask = ReadArray<32>(reader);
    advert.signature = ReadArray<64>(reader);
    return advert;
  });
}

Result<Peers> ReadPeers(ByteView header, uint32_t count_max) {
  return Parse(kShares, header, [&](Reader& reader) {
    return Peers{
        ReadPlaces<Introduction>(reader, count_max, 2 + 32 + 128, [](Reader& from, PartyId place) {
          Introduction peer;
          peer.who.place = place;
          peer.who.name = from.Text(kNameMax);
          peer.who.identity = ReadArray<32>(from);
          peer.advert.channel = ReadArray<32>(from);
          peer.advert.mask = ReadArray<32>(from);
          peer.advert.signature = ReadArray<64>(from);
          return peer;
        })};
  });
}

Result<Dealt> ReadDealt(ByteView header, uint32_t count_max) {
  return Parse(kShares, header, [&](Reader& reader) {
    Dealt dealt;
    dealt.commitment = ReadArray<32>(reader);
    const uint64_t count = reader.Varint();
    if (count > count_max || count > reader.remaining() / kBoxSize) reader.Fail("too many boxes");
    for (uint64_t i = 0; reader.ok() && i < count; ++i) {
      dealt.boxes.push_back(ReadArray<kBoxSize>(reader));
    }
    return dealt;
  });
}

Result<Boxes> ReadBoxes(ByteView header, uint32_t count_max) {
  return Parse(kMaskedInput, header, [&](Reader& reader) {
    return Boxes{ReadPlaces<Boxes::From>(
        reader, count_max, 1 + kBoxSize,
        [](Reader& from, PartyId place) { return Boxes::From{place, ReadArray<kBoxSize>(from)}; })};
  });
}

Result<crypto::Ed25519Signature> ReadSignature(Step step, ByteView header) {
  return Parse(step, header, [](Reader& reader) { return ReadArray<64>(reader); });
}

Result<Survivors> ReadSurvivors(ByteView header, uint32_t count_max) {
  return Parse(kConsistency, header, [&](Reader& reader) {
    const ByteView bytes = reader.Fixed((size_t{count_max} + 7) / 8);
    Survivors survivors{Bytes(bytes.begin(), bytes.end())};
    const uint32_t used = count_max % 8;
    if (used != 0 && !bytes.empty() && bytes.back() >> used != 0) reader.Fail("spare bits are set");
    return survivors;
  });
}

Result<Agreement> ReadAgreement(ByteView header, uint32_t count_max) {
  return Parse(kUnmask, header, [&](Reader& reader) {
    return Agreement{ReadPlaces<Agreement::By>(
        reader, count_max, 1 + 64,
        [](Reader& from, PartyId place) { return Agreement::By{place, ReadArray<64>(from)}; })};
  });
}

Result<Opened> ReadOpened(ByteView header, uint32_t count_max) {
  return Parse(kUnmask, header, [&](Reader& reader) {
    return Opened{ReadPlaces<Opened::Share>(
        reader, count_max, 1 + crypto::kShareSize, [](Reader& from, PartyId place) {
          return Opened::Share{place, ReadArray<crypto::kShareSize>(from)};
        })};
  });
}

bool IsIn(const Bytes& places, PartyId place) {
  const uint32_t bit = place.index - 1;
  return bit / 8 < places.size() && (places[bit / 8] >> (bit % 8) & 1) != 0;
}

void PutIn(Bytes& places, PartyId place) {
  const uint32_t bit = place.index - 1;
  places[bit / 8] |= static_cast<uint8_t>(1U << (bit % 8));
}

uint32_t CountOf(const Bytes& places) {
  uint32_t count = 0;
  for (const uint8_t byte : places) count += static_cast<uint32_t>(std::popcount(byte));
  return count;
}

}  // namespace florin::protocol::secagg
