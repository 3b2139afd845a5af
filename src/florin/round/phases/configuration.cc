// Configuration: setup messages of the protocol. One-message protocols have none and pass at once.
#include "florin/round/table.h"

namespace florin::round {

void EnterConfiguration(Step& step) { step.Next(); }

}  // namespace florin::round
