#if defined(__x86_64__)

#include "florin/crypto/mask_impl.h"

namespace florin::crypto::mask {

constinit const Path kAvx2Path = {"avx2", Expand, Apply};

}  // namespace florin::crypto::mask

#endif
