#include <gtest/gtest.h>

#include "florin/job/node.h"

namespace florin::job {
namespace {

TEST(Yaml, ValuesKnowTheirPlace) {
  const YamlTree tree = ParseYaml("a: 1\nb:\n  - x\n  - {c: \"2\"}\n");
  ASSERT_TRUE(tree.faults.empty());
  const Node* b = tree.root.Find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->key_mark.line, 2U);
  ASSERT_EQ(b->items.size(), 2U);
  EXPECT_EQ(b->items[0].mark.line, 3U);
  EXPECT_EQ(b->items[0].mark.column, 5U);
  const Node* c = b->items[1].Find("c");
  ASSERT_NE(c, nullptr);
  EXPECT_TRUE(c->is_quoted);
  EXPECT_FALSE(tree.root.Find("a")->is_quoted);
  EXPECT_EQ(tree.root.Find("nothing"), nullptr);
}

TEST(Yaml, NothingIsNull) {
  EXPECT_EQ(ParseYaml("").root.kind, Node::Kind::kNull);
  EXPECT_EQ(ParseYaml("a:\n").root.Find("a")->kind, Node::Kind::kNull);
  EXPECT_EQ(ParseYaml("a: ~\n").root.Find("a")->kind, Node::Kind::kNull);
}

std::string CodeOf(std::string_view text) {
  const YamlTree tree = ParseYaml(text);
  return tree.faults.empty() ? "" : tree.faults[0].code;
}

TEST(Yaml, WhatReadersWouldNotSeeIsRefused) {
  EXPECT_EQ(CodeOf("a: 1\na: 2\n"), "YAML-KEY");
  EXPECT_EQ(CodeOf("? [a]\n: 1\n"), "YAML-KEY");
  EXPECT_EQ(CodeOf("a: &x 1\n"), "YAML-ALIAS");
  EXPECT_EQ(CodeOf("a: &x [1]\nb: *x\n"), "YAML-ALIAS");
  EXPECT_EQ(CodeOf("a: !!binary aGk=\n"), "YAML-SYNTAX");
  EXPECT_EQ(CodeOf("a: 1\n---\nb: 2\n"), "YAML-SYNTAX");
  EXPECT_EQ(CodeOf("a: [1\n"), "YAML-SYNTAX");
  EXPECT_EQ(CodeOf("a: \xff\n"), "YAML-SYNTAX");
}

TEST(Yaml, DepthAndSizeAreBounded) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(CodeOf(nested(kYamlDepthMax)), "");
  EXPECT_EQ(CodeOf(nested(kYamlDepthMax + 1)), "YAML-DEPTH");
  EXPECT_NE(CodeOf(nested(100'000)), "");
  EXPECT_EQ(CodeOf(std::string(kYamlSizeMax + 1, ' ')), "YAML-SIZE");
  std::string wide;
  for (size_t i = 0; i <= kYamlEntriesMax; ++i) wide += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(CodeOf(wide), "YAML-SIZE");
}

}  // namespace
}  // namespace florin::job
