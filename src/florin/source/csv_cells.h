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
// until Clear(), which keeps the memory; eight bytes before it are readable.
class Arena {
 public:
  Arena() { Clear(); }
  char* Take(size_t size);
  void Clear();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;  // of that block
};

// The inside of a cell that starts with `quote`, doubled quotes made single. A cell that does not
// end with its closing quote comes back with a null data().
std::string_view Unquote(std::string_view cell, char quote, Arena& arena);

// The number `cell` spells in up to eight digits with or without a sign and a point, a word at a
// time (after Lemire 2018, "Quickly parsing eight digits"); else what data::ParseNumber says. The
// eight bytes before the cell's end must be readable, as they are in a RowWindow.
double ParseNumberInPlace(std::string_view cell, char decimal_point);

// Latin-1 as UTF-8, borrowed when it is ASCII. 0x80 to 0x9f, which Latin-1 leaves to control
// characters, are read as Windows-1252 has them, since that is what writes such files.
std::string_view FromLatin1(std::string_view text, Arena& arena);

bool IsAscii(std::string_view text);

}  // namespace florin::source
