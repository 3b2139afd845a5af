// View: how one site's table answers to a schema's fields. Written by the site's owner, never sent.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "florin/base/status.h"
#include "florin/data/source.h"

namespace florin::data {

struct CsvFormat {
  std::string path;  // relative paths are relative to the view file
  char delimiter = ',';
  char quote = '"';
  bool decimal_comma = false;
  bool latin1 = false;
};

// A field of the view: the column that feeds it, and the owner's spelling of its values.
struct ViewField {
  std::string column;
  std::map<std::string, std::string> values;  // exact text -> text, before parsing; "" = missing
};

struct View {
  std::string name;
  CsvFormat csv;
  std::map<std::string, ViewField> fields;  // field -> column; a field not named maps to itself
  double reject_share_max = 0;
};

}  // namespace florin::data
