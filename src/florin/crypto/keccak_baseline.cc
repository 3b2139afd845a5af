#include "florin/crypto/keccak_impl.h"

namespace florin::crypto::keccak {

void Permute(uint64_t* state) { PermuteLanes(state); }

constinit const Path kBaselinePath = {"baseline", kLanes, HashChunks};

}  // namespace florin::crypto::keccak
