#include "florin/job/section.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "florin/base/ids.h"
#include "florin/base/text.h"
#include "florin/data/parse.h"

namespace florin::job {
namespace {

constexpr size_t kShownMax = 60;  // characters of a wrong value that a message repeats

std::string Found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
    case Node::Kind::kScalar:
      break;
  }
  if (node.text.size() > kShownMax)
    return "a text of " + std::to_string(node.text.size()) + " bytes";
  return node.is_quoted || !base::ParseDouble(node.text) ? base::JsonQuote(node.text) : node.text;
}

bool IsNumber(const Node& node) {
  return node.kind == Node::Kind::kScalar && !node.is_quoted &&
         base::ParseDouble(node.text).has_value();
}

std::string Joined(std::string_view parent, std::string_view key) {
  return parent.empty() ? std::string(key) : std::string(parent) + "." + std::string(key);
}

// Seconds of "500ms", "60s", "10m", "2h", "14d"; negative when it is none of them.
double ParseSeconds(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    double seconds;
  };
  constexpr Unit kUnits[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const auto value = base::ParseDouble(text.substr(0, text.size() - unit.suffix.size()));
    if (value) return *value * unit.seconds;
  }
  return -1;
}

}  // namespace

void Faults::Add(Mark mark, std::string_view path, std::string_view message,
                 std::string_view what) {
  AddWhole(mark, std::string(path) + ": " + std::string(message),
           prefix_ + "-" + std::string(what));
}

void Faults::AddWhole(Mark mark, std::string message, std::string code) {
  // Kept in the file's order; of one place, the first said stays first.
  const auto after = [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  };
  Diagnostic fault{file_, mark.line, mark.column, std::move(message), std::move(code)};
  faults_.insert(std::upper_bound(faults_.begin(), faults_.end(), fault, after), std::move(fault));
}

Section::Section(const Node& root, Span<const Field> fields, Faults& faults)
    : Section(&root, {1, 1}, {}, {}, fields, faults) {}

Section::Section(const Node* node, Mark mark, std::string path, std::string shown,
                 Span<const Field> fields, Faults& faults)
    : node_(node),
      mark_(mark),
      path_(std::move(path)),
      shown_(std::move(shown)),
      fields_(fields),
      faults_(&faults) {
  CheckKeys();
}

void Section::CheckKeys() const {
  if (node_ == nullptr) return;
  const std::string subject = shown_.empty() ? "the file" : shown_;
  if (node_->kind == Node::Kind::kScalar || node_->kind == Node::Kind::kList) {
    faults_->Add(node_->mark, subject, "expected keys and values, found " + Found(*node_) + ".",
                 "TYPE");
    return;
  }
  const std::vector<std::string> known = ChildKeys(fields_, path_);
  for (const Node& value : node_->items) {
    if (std::find(known.begin(), known.end(), value.key) != known.end()) continue;
    faults_->Add(value.key_mark, Joined(shown_, value.key),
                 "there is no such key." + base::DidYouMean(value.key, known), "KEY");
  }
  for (const Field& field : fields_) {
    if (!field.is_required || field.parent() != path_ || Has(field.key())) continue;
    faults_->Add(mark_, ShownOf(field.key()), "is missing; expected " + field.TypeText() + ".",
                 "MISSING");
  }
}

const Node* Section::Find(std::string_view key) const {
  if (node_ == nullptr) return nullptr;
  const Node* value = node_->Find(key);
  return value == nullptr || value->kind == Node::Kind::kNull ? nullptr : value;
}

Mark Section::MarkOf(std::string_view key) const {
  const Node* value = Find(key);
  return value == nullptr ? mark_ : value->mark;
}

size_t Section::LineOf(std::string_view key) const {
  const Node* value = Find(key);
  return value == nullptr ? mark_.line : value->key_mark.line;
}

void Section::Fault(std::string_view key, std::string_view message, std::string_view what) const {
  FaultAt(MarkOf(key), key, message, what);
}

void Section::FaultAt(Mark mark, std::string_view key, std::string_view message,
                      std::string_view what) const {
  faults_->Add(mark, ShownOf(key), message, what);
}

Section Section::Child(std::string_view key) const {
  return {Find(key), MarkOf(key), PathOf(key), ShownOf(key), fields_, *faults_};
}

const Node* Section::List(std::string_view key) const {
  const Node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (node->kind != Node::Kind::kList) {
    Expected(*node, key);
    return nullptr;
  }
  if (node->items.empty()) Fault(key, "is empty; leave the key out instead.", "TYPE");
  return node;
}

Section Section::Item(std::string_view key, size_t index) const {
  const Node& item = Find(key)->items[index];
  return {&item,   item.mark, PathOf(key) + "[]", ShownOf(key) + "[" + std::to_string(index) + "]",
          fields_, *faults_};
}

std::vector<std::string> Section::Keys(std::string_view key) const {
  std::vector<std::string> keys;
  const Node* node = Find(key);
  if (node == nullptr) return keys;
  if (node->kind != Node::Kind::kMapping) {
    Expected(*node, key);
    return keys;
  }
  for (const Node& value : node->items) keys.push_back(value.key);
  return keys;
}

Section Section::Value(std::string_view key, std::string_view own) const {
  const Node* value = Find(key)->Find(own);
  return {value, value->mark, PathOf(key) + ".*", Joined(ShownOf(key), own), fields_, *faults_};
}

std::string Section::Text(std::string_view key, std::string fallback) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return fallback;
  if (node->text.empty()) Fault(key, "is empty; leave the key out instead.", "TYPE");
  return node->text;
}

std::string Section::Choice(std::string_view key, std::string fallback) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return fallback;
  return IsChoice(*node, key) ? node->text : std::string();
}

std::string Section::Name(std::string_view key) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return {};
  const Status status = base::CheckName(ShownOf(key), node->text);
  if (!status.ok()) {
    faults_->AddWhole(node->mark, std::string(status.message()), std::string(status.code()));
    return {};
  }
  return node->text;
}

double Section::Number(std::string_view key, double fallback) const {
  const Node* node = Find(key);
  return node == nullptr ? fallback : NumberOf(*node, key, fallback);
}

uint64_t Section::Whole(std::string_view key, uint64_t fallback) const {
  const Node* node = Find(key);
  if (node == nullptr) return fallback;
  return static_cast<uint64_t>(NumberOf(*node, key, static_cast<double>(fallback)));
}

bool Section::Flag(std::string_view key, bool fallback) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return fallback;
  const bool is_flag = !node->is_quoted && (node->text == "true" || node->text == "false");
  if (!is_flag) Expected(*node, key);
  return is_flag ? node->text == "true" : fallback;
}

double Section::Share(std::string_view key, double fallback) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return fallback;
  const bool is_percent = node->text.ends_with('%');
  const auto value = base::ParseDouble(
      is_percent ? std::string_view(node->text).substr(0, node->text.size() - 1) : node->text);
  if (!value || !FieldOf(key).bound.Holds(is_percent ? *value / 100 : *value)) {
    Expected(*node, key);
    return fallback;
  }
  return is_percent ? *value / 100 : *value;
}

Duration Section::Period(std::string_view key, Duration fallback) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return fallback;
  const double seconds = ParseSeconds(node->text);
  if (seconds < 0 || !FieldOf(key).bound.Holds(seconds)) {
    Expected(*node, key);
    return fallback;
  }
  return {static_cast<int64_t>(std::llround(seconds * 1e6))};
}

int64_t Section::Instant(std::string_view key) const {
  const Node* node = Scalar(key);
  if (node == nullptr) return 0;
  // Sources also read bare numbers as times; in a file for people a date has its dashes.
  const bool has_dashes = node->text.find('-', 1) != std::string::npos;
  const int64_t time = has_dashes ? data::ParseTime(node->text) : data::kMissingTime;
  if (time == data::kMissingTime) Expected(*node, key);
  return time == data::kMissingTime ? 0 : time;
}

std::vector<std::string> Section::Texts(std::string_view key) const {
  std::vector<std::string> texts;
  const Node* list = List(key);
  if (list == nullptr) return texts;
  for (const Node& item : list->items) {
    if (item.kind == Node::Kind::kScalar && !item.text.empty()) {
      texts.push_back(item.text);
    } else {
      Expected(item, key);
    }
  }
  return texts;
}

std::vector<std::string> Section::Choices(std::string_view key) const {
  std::vector<std::string> texts;
  const Node* list = List(key);
  if (list == nullptr) return texts;
  for (const Node& item : list->items) {
    if (item.kind != Node::Kind::kScalar) {
      Expected(item, key);
    } else if (IsChoice(item, key)) {
      texts.push_back(item.text);
    }
  }
  return texts;
}

std::vector<double> Section::Numbers(std::string_view key) const {
  std::vector<double> numbers;
  const Node* list = List(key);
  if (list == nullptr) return numbers;
  for (const Node& item : list->items) numbers.push_back(NumberOf(item, key, 1));
  return numbers;
}

std::vector<size_t> Section::Wholes(std::string_view key) const {
  std::vector<size_t> numbers;
  for (const double number : Numbers(key)) numbers.push_back(static_cast<size_t>(number));
  return numbers;
}

const Field& Section::FieldOf(std::string_view key) const {
  const Field* field = FindField(fields_, PathOf(key));
  FLORIN_CHECK(field != nullptr);
  return *field;
}

std::string Section::PathOf(std::string_view key) const { return Joined(path_, key); }

std::string Section::ShownOf(std::string_view key) const {
  return key.empty() ? shown_ : Joined(shown_, key);
}

const Node* Section::Scalar(std::string_view key) const {
  const Node* node = Find(key);
  if (node == nullptr || node->kind == Node::Kind::kScalar) return node;
  Expected(*node, key);
  return nullptr;
}

bool Section::IsChoice(const Node& node, std::string_view key) const {
  const std::vector<std::string> choices = FieldOf(key).choices();
  if (std::find(choices.begin(), choices.end(), node.text) != choices.end()) return true;
  FaultAt(node.mark, key,
          base::JsonQuote(node.text) + " is not known." + base::DidYouMean(node.text, choices),
          "CHOICE");
  return false;
}

double Section::NumberOf(const Node& node, std::string_view key, double fallback) const {
  const Field& field = FieldOf(key);
  const bool is_whole = field.type == FieldType::kWhole || field.type == FieldType::kWholes;
  if (!IsNumber(node)) {
    Expected(node, key);
    return fallback;
  }
  const double value = base::ParseDouble(node.text).value_or(fallback);
  if (!field.bound.Holds(value) || (is_whole && value != std::floor(value))) {
    Expected(node, key);
    return fallback;
  }
  return value;
}

void Section::Expected(const Node& node, std::string_view key) const {
  const Field& field = FieldOf(key);
  const bool is_number = IsNumber(node) && !field.bound.ToString().empty();
  faults_->Add(node.mark, ShownOf(key),
               "expected " + field.TypeText() + ", found " + Found(node) + ".",
               is_number ? "RANGE" : "TYPE");
}

}  // namespace florin::job
