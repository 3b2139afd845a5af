// Named places where a test makes the process or the disk fail. Set before the program starts:
//
//   FLORIN_FAILPOINT=blob.rename         killed (SIGKILL) where it first gets there
//   FLORIN_FAILPOINT=blob.rename:3       killed there the third time
//   FLORIN_FAILPOINT=blob.write:1:full   the disk is full there from the first time on
//
// The places of a store: blob.write, blob.sync, blob.rename, blob.folder, blob.remove,
// commit.begin, commit.end. Of a coordinator, what was saved and is not said yet: offer.send,
// receipt.send. Of an agent: contribution.keep (computed, not saved), contribution.send (saved, not
// sent), receipt.forget (the round is over, its contribution still kept). Of a key-encryption key
// that is rotated: keys.kek (the new one is written), keys.wrap (the data key is under it),
// keys.place. Where none is set, a place costs one comparison. Counting is not thread-safe: one
// thread of a test gets there.
#pragma once

#include <string>

namespace florin::store {

// 0: go on. Else the errno that the step is to fail with.
int AtFailpoint(const char* place);

// For tests in one process: as the variable; empty: none.
void SetFailpoint(const std::string& setting);

}  // namespace florin::store
