#include "florin/store/memory.h"

#include "florin/store/store_conformance.h"

namespace florin::store {
namespace {

std::unique_ptr<round::Store> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }
std::unique_ptr<site::SiteStore> MakeMemorySiteStore() {
  return std::make_unique<MemorySiteStore>();
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(MakeMemoryStore));
INSTANTIATE_TEST_SUITE_P(Memory, SiteStoreConformance, testing::Values(MakeMemorySiteStore));

}  // namespace
}  // namespace florin::store
