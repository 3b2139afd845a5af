// Node: a YAML file as a plain tree, each value with the place it was written at.
//
// The files people write need scalars, lists and mappings, nothing else: anchors, aliases, tags,
// several documents, mappings with one key twice, deep nesting and huge files are refused, so what
// is read is what a reader of the file sees.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/status.h"

namespace florin::job {

struct Mark {
  size_t line = 0;    // 1-based; 0 = the whole file
  size_t column = 0;  // 1-based
};

struct Node {
  enum class Kind { kNull, kScalar, kList, kMapping };
  Kind kind = Kind::kNull;
  Mark mark;
  std::string text = {};         // kScalar
  bool is_quoted = false;        // kScalar: in quotes, so a text even when it is all digits
  std::vector<Node> items = {};  // of a list, or the values of a mapping in the file's order
  std::string key = {};          // of a mapping's value: distinct in its mapping
  Mark key_mark = {};

  const Node* Find(std::string_view name) const;  // nullptr when absent or no mapping
};

constexpr size_t kYamlSizeMax = size_t{1} << 20;  // bytes of one file
constexpr size_t kYamlDepthMax = 32;              // lists and mappings inside each other
constexpr size_t kYamlEntriesMax = 10'000;        // keys of one mapping

// Why a file is no such tree.
struct YamlFault {
  Mark mark;
  std::string message;
  std::string code;  // "YAML-SYNTAX", "YAML-KEY", "YAML-ALIAS", "YAML-DEPTH", "YAML-SIZE"
};

struct YamlTree {
  Node root;                      // kNull for an empty file
  std::vector<YamlFault> faults;  // empty: root is the whole file
};

// The only door to the YAML library (yaml.cc); it throws nothing.
YamlTree ParseYaml(std::string_view text);

}  // namespace florin::job
