// Cells of CSV as values: quotes taken off, Latin-1 made UTF-8, the common numbers and times read
// without a branch a character.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "florin/data/source.h"

namespace florin::source {

// Room for the texts that cannot be borrowed from the file's bytes. What it gives stays in place
// until Clear(), which keeps the memory.
class Arena {
 public:
  char* Take(size_t size);
  void Clear();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

// The inside of a cell that starts with `quote`, doubled quotes made single. A cell that does not
// end with its closing quote comes back with a null data().
std::string_view Unquote(std::string_view cell, char quote, Arena& arena);

// Latin-1 as UTF-8, borrowed when it is ASCII. 0x80 to 0x9f, which Latin-1 leaves to control
// characters, are read as Windows-1252 has them, since that is what writes such files.
std::string_view FromLatin1(std::string_view text, Arena& arena);

bool IsAscii(std::string_view text);

}  // namespace florin::source
