// The byte form of effects, for the outbox: docs/spec/store.md, "Outbox".
#pragma once

#include <vector>

#include "florin/base/codec.h"
#include "florin/base/status.h"
#include "florin/round/event.h"

namespace florin::round {

void SaveEffect(const Effect& effect, base::Writer& writer);
// Fails the reader on bytes that SaveEffect cannot have written.
Effect RestoreEffect(base::Reader& reader);

Bytes SaveOutbox(const std::vector<Effect>& outbox);
// [CODEC]
Result<std::vector<Effect>> RestoreOutbox(ByteView bytes);

}  // namespace florin::round
