// Section: reading a node tree by the field table. Internal to the parsers of this room.
//
// Every getter answers the value or its fallback, and notes a fault where the file is wrong:
// parsers read straight through and look at the faults once, so all are reported together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "florin/base/time.h"
#include "florin/job/fields.h"
#include "florin/job/node.h"
#include "florin/job/parse.h"

namespace florin::job {

// What is wrong with one file. Codes are prefix + "-" + what: "JOB-RANGE", "VIEW-KEY".
class Faults {
 public:
  Faults(std::string file, std::string prefix)
      : file_(std::move(file)), prefix_(std::move(prefix)) {}

  // "path: message" at `mark`.
  void Add(Mark mark, std::string_view path, std::string_view message, std::string_view what);
  void AddWhole(Mark mark, std::string message, std::string code);
  bool empty() const { return faults_.empty(); }
  std::vector<Diagnostic> Take() && { return std::move(faults_); }  // in the file's order

 private:
  std::string file_;
  std::string prefix_;
  std::vector<Diagnostic> faults_;
};

class Section {
 public:
  // The whole file. Notes keys that the table does not have, and required ones that are missing.
  Section(const Node& root, Span<const Field> fields, Faults& faults);

  bool is_there() const { return node_ != nullptr; }
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  const Node* Find(std::string_view key) const;  // nullptr when absent or null
  Mark MarkOf(std::string_view key) const;       // of the key's value; of the section without it
  size_t LineOf(std::string_view key) const;     // of the key itself; of the section without it
  // key "" is the section itself.
  void Fault(std::string_view key, std::string_view message, std::string_view what) const;
  void FaultAt(Mark mark, std::string_view key, std::string_view message,
               std::string_view what) const;

  Section Child(std::string_view key) const;                  // without the key, an empty section
  const Node* List(std::string_view key) const;               // nullptr: none or no list
  Section Item(std::string_view key, size_t index) const;     // of a list
  std::vector<std::string> Keys(std::string_view key) const;  // of a kMapping, the file's order
  Section Value(std::string_view key, std::string_view own) const;  // of a kMapping

  std::string Text(std::string_view key, std::string fallback = {}) const;
  std::string Choice(std::string_view key, std::string fallback = {}) const;  // unknown: ""
  std::string Name(std::string_view key) const;
  double Number(std::string_view key, double fallback) const;
  uint64_t Whole(std::string_view key, uint64_t fallback) const;
  bool Flag(std::string_view key, bool fallback) const;
  double Share(std::string_view key, double fallback) const;
  Duration Period(std::string_view key, Duration fallback) const;
  int64_t Instant(std::string_view key) const;  // microseconds since 1970 UTC
  std::vector<std::string> Texts(std::string_view key) const;
  std::vector<std::string> Choices(std::string_view key) const;  // without the unknown ones
  std::vector<double> Numbers(std::string_view key) const;
  std::vector<size_t> Wholes(std::string_view key) const;

 private:
  Section(const Node* node, Mark mark, std::string path, std::string shown,
          Span<const Field> fields, Faults& faults);
  void CheckKeys() const;
  const Field& FieldOf(std::string_view key) const;
  std::string PathOf(std::string_view key) const;   // in the table
  std::string ShownOf(std::string_view key) const;  // in messages: with indices
  // The scalar at `key`, or nullptr (with a fault when there is something else).
  const Node* Scalar(std::string_view key) const;
  // Whether a scalar is one of the key's choices; notes a fault when not.
  bool IsChoice(const Node& node, std::string_view key) const;
  // The number a node holds, or a fault and the fallback.
  double NumberOf(const Node& node, std::string_view key, double fallback) const;
  void Expected(const Node& node, std::string_view key) const;

  const Node* node_;  // nullptr when the section is not there
  Mark mark_;
  std::string path_;
  std::string shown_;
  Span<const Field> fields_;
  Faults* faults_;
};

}  // namespace florin::job
