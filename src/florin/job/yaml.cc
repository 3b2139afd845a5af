#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <sstream>
#include <utility>

#include "florin/base/text.h"
#include "florin/job/node.h"

namespace florin::job {
namespace {

Mark Place(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<size_t>(mark.line) + 1, static_cast<size_t>(mark.column) + 1};
}

// Builds the tree from the library's events rather than from its own node graph: events carry a
// place for every value, and an alias cannot blow up into a copy of what it names.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlTree Take() && { return std::move(tree_); }
  void Fault(Mark mark, std::string message, std::string code) {
    tree_.faults.push_back({mark, std::move(message), std::move(code)});
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, anchor, {.mark = Place(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    RefuseAlias(Place(mark));
    Put({.mark = Place(mark)});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    Add(mark, anchor,
        {.kind = Node::Kind::kScalar, .mark = Place(mark), .text = value, .is_quoted = tag == "!"});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(mark, anchor, Node::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(mark, anchor, Node::Kind::kMapping);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    Node node;
    bool has_key = false;  // kMapping: the next value belongs to the last key
  };

  void Add(const YAML::Mark& mark, YAML::anchor_t anchor, Node node) {
    if (anchor != 0) RefuseAlias(Place(mark));
    Put(std::move(node));
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (anchor != 0) RefuseAlias(Place(mark));
    if (stack_.size() == kYamlDepthMax) {
      Fault(Place(mark), "nested deeper than " + std::to_string(kYamlDepthMax) + " levels.",
            "YAML-DEPTH");
    }
    stack_.push_back({.node = {.kind = kind, .mark = Place(mark)}});
  }

  void Close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    // What is nested too deep is reported and dropped, so that no tree is deeper than its bound.
    if (stack_.size() >= kYamlDepthMax) node = {.mark = node.mark};
    Put(std::move(node));
  }

  void Put(Node node) {
    if (stack_.empty()) {
      tree_.root = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == Node::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.has_key) {
      Node& value = frame.node.items.back();
      node.key = std::move(value.key);
      node.key_mark = value.key_mark;
      value = std::move(node);
      frame.has_key = false;
    } else {
      PutKey(frame, std::move(node));
    }
  }

  void PutKey(Frame& frame, Node node) {
    if (frame.node.items.size() == kYamlEntriesMax) {
      Fault(node.mark, "more than " + std::to_string(kYamlEntriesMax) + " keys in one mapping.",
            "YAML-SIZE");
    }
    // Past the bound each key replaces the last, so that a hostile file costs no more to read.
    if (frame.node.items.size() > kYamlEntriesMax) frame.node.items.pop_back();
    if (node.kind != Node::Kind::kScalar || node.text.empty()) {
      Fault(node.mark, "a key must be a word.", "YAML-KEY");
    } else if (const Node* first = frame.node.Find(node.text)) {
      Fault(node.mark,
            "key " + base::JsonQuote(node.text) + " is given twice, first in line " +
                std::to_string(first->key_mark.line) + ".",
            "YAML-KEY");
    }
    frame.node.items.push_back(
        {.mark = node.mark, .key = std::move(node.text), .key_mark = node.mark});
    frame.has_key = true;
  }

  void RefuseAlias(Mark mark) {
    Fault(mark, "anchors and aliases (& and *) are not used here; write the value out.",
          "YAML-ALIAS");
  }

  // "?" is a plain scalar or collection, "!" a quoted one; anything else was written by hand.
  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    Fault(Place(mark), "tags (!) are not used here; write the plain value.", "YAML-SYNTAX");
  }

  YamlTree tree_;
  std::vector<Frame> stack_;
};

}  // namespace

const Node* Node::Find(std::string_view name) const {
  if (kind != Kind::kMapping) return nullptr;
  const auto at = std::find_if(items.begin(), items.end(),
                               [&](const Node& value) { return value.key == name; });
  return at == items.end() ? nullptr : &*at;
}

YamlTree ParseYaml(std::string_view text) {
  TreeBuilder builder;
  if (text.size() > kYamlSizeMax) {
    builder.Fault({},
                  "the file has " + base::HumanBytes(text.size()) + "; at most " +
                      base::HumanBytes(kYamlSizeMax) + " are read. Move long vocabularies " +
                      "into files of their own.",
                  "YAML-SIZE");
    return std::move(builder).Take();
  }
  if (!base::IsUtf8(text)) {
    builder.Fault({}, "the file is not UTF-8 text.", "YAML-SYNTAX");
    return std::move(builder).Take();
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    TreeBuilder rest;
    if (parser.HandleNextDocument(rest)) {
      builder.Fault(std::move(rest).Take().root.mark, "only one document a file is read.",
                    "YAML-SYNTAX");
    }
  } catch (const YAML::Exception& error) {
    std::string message = error.msg.empty() ? "not readable as YAML" : error.msg;
    if (message.back() != '.') message += '.';
    builder.Fault(Place(error.mark), std::move(message), "YAML-SYNTAX");
  } catch (const std::exception&) {
    builder.Fault({}, "not readable as YAML.", "YAML-SYNTAX");
  }
  return std::move(builder).Take();
}

}  // namespace florin::job
