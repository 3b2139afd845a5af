// Every store runs every suite of its port.
#include "florin/store/store_conformance.h"

#include "florin/store/memory.h"
#include "florin/store/memory_records.h"
#include "florin/store/records_conformance.h"
#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

template <typename Port, typename Implementation>
std::unique_ptr<Port> Make() {
  return std::make_unique<Implementation>();
}

template <typename Implementation>
std::unique_ptr<round::Store> MakeKeepingThree() {
  return std::make_unique<Implementation>(uint32_t{3});
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance,
                         testing::Values(Make<round::Store, MemoryStore>));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         testing::Values(Make<round::Store, Temp<SqliteStore>>));
INSTANTIATE_TEST_SUITE_P(Memory, KeptVersions, testing::Values(MakeKeepingThree<MemoryStore>));
INSTANTIATE_TEST_SUITE_P(Sqlite, KeptVersions,
                         testing::Values(MakeKeepingThree<Temp<SqliteStore>>));
INSTANTIATE_TEST_SUITE_P(Memory, SiteStoreConformance,
                         testing::Values(Make<site::SiteStore, MemorySiteStore>));
INSTANTIATE_TEST_SUITE_P(Sqlite, SiteStoreConformance,
                         testing::Values(Make<site::SiteStore, Temp<SqliteSiteStore>>));
INSTANTIATE_TEST_SUITE_P(Memory, RecordsConformance, testing::Values(Make<Records, MemoryRecords>));
INSTANTIATE_TEST_SUITE_P(Sqlite, RecordsConformance,
                         testing::Values(Make<Records, Temp<SqliteRecords>>));

}  // namespace
}  // namespace florin::store
