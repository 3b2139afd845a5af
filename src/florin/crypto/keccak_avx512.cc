#if defined(__x86_64__)

#include "florin/crypto/keccak_impl.h"

namespace florin::crypto::keccak {

constinit const Path kAvx512Path = {"avx512", kLanes, HashChunks};

}  // namespace florin::crypto::keccak

#endif
