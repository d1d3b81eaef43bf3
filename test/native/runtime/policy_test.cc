// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "../../../native/runtime/glob.h"
#include "../../../native/runtime/tool_policy.h"

using namespace aegis::runtime;
using nlohmann::json;

namespace {

ToolPolicy policy_of_text(const std::string& text) {
  auto policy = parse_tool_policy(text, "p");
  REQUIRE_MESSAGE(policy, policy.error().text());
  return *policy;
}

ToolPolicy policy_of(const std::string& rules) { return policy_of_text("version=6\n[tool]\ndefault deny\n" + rules); }

std::string word(const ToolPolicy& policy, const char* tool, const json& args = json::object()) {
  return std::string(word_of(policy.decide(tool, args).action));
}

// Whether the policy is refused, with these words in the reason.
bool is_refused(std::string_view text, std::string_view with) {
  const auto policy = parse_tool_policy(text, "p");
  if (policy) return false;
  INFO(policy.error().text());
  const bool says_so = policy.error().text().find(with) != std::string::npos;
  CHECK(says_so);
  return says_so;
}

}  // namespace

TEST_CASE("name globs") {
  CHECK(matches_name("*", ""));
  CHECK(matches_name("fs.*", "fs.read"));
  CHECK(matches_name("*.read", "fs.a/b.read"));
  CHECK(matches_name("a*b*c", "aXbYbZc"));
  CHECK(matches_name("?", "x"));
  CHECK_FALSE(matches_name("fs.*", "xfs.read"));
  CHECK_FALSE(matches_name("fs", "FS"));
  CHECK_FALSE(matches_name("", "x"));
  CHECK_FALSE(matches_name("a*b", "acbd"));
  CHECK_FALSE(matches_name("?", ""));
}

TEST_CASE("value globs: one star stays within a segment, two cross it") {
  CHECK(matches_value("/srv/*", "/srv/a"));
  CHECK_FALSE(matches_value("/srv/*", "/srv/a/b"));
  CHECK(matches_value("/srv/**", "/srv/a/b"));
  CHECK(matches_value("/srv/**/x", "/srv/a/b/x"));
  CHECK(matches_value("**", ""));
  CHECK(matches_value("*.txt", "a.txt"));
  CHECK_FALSE(matches_value("*.txt", "a.txt.sh"));
  CHECK_FALSE(matches_value("a?c", "a/c"));
  CHECK(matches_value("a**", "a"));
}

TEST_CASE("a hostile value does not make a glob slow") {
  const std::string value(16'384, 'a');
  CHECK_FALSE(matches_value("a**a**a**a**a**a**b", value));
  CHECK_FALSE(matches_name("*a*a*a*a*a*a*a*b", value));
}

TEST_CASE("dot segments") {
  for (const char* text : {"..", ".", "/srv/../etc", "/srv/./x", "../x", "/srv/.."}) CHECK(has_dot_segment(text));
  for (const char* text : {"", "/srv/..x", "/srv/x..", "a.b", "/...", "/"}) CHECK_FALSE(has_dot_segment(text));
}

TEST_CASE("the first rule that matches decides, exact names and globs in file order") {
  const auto policy = policy_of("deny fs.read /path=/srv/secret\nallow fs.*\ndeny fs.write\nallow net.get\ndeny net.*\n");
  CHECK(word(policy, "fs.read") == "allow");
  CHECK(word(policy, "fs.read", {{"path", "/srv/secret"}}) == "deny");
  CHECK(word(policy, "fs.write") == "allow");
  CHECK(word(policy, "net.get") == "allow");
  CHECK(word(policy, "net.put") == "deny");
  CHECK(policy.decide("net.put", json::object()).line == 8);
}

TEST_CASE("the default decides the rest") {
  CHECK(word(policy_of(""), "anything") == "deny");
  const ToolPolicy open = policy_of_text("version=1\n[tool]\ndefault pending\n");
  CHECK(word(open, "anything") == "pending");
}

TEST_CASE("an allow needs every value to match, a deny any one") {
  const auto policy = policy_of("allow cp /files/*=/srv/**\n");
  CHECK(word(policy, "cp", {{"files", {"/srv/a", "/srv/b"}}}) == "allow");
  CHECK(word(policy, "cp", {{"files", {"/srv/a", "/etc/b"}}}) == "deny");
  CHECK(word(policy, "cp", {{"files", json::array()}}) == "deny");
  CHECK(word(policy, "cp") == "deny");
  const ToolPolicy deny = policy_of_text("version=1\n[tool]\ndefault allow\ndeny cp /files/*=/etc/**\n");
  CHECK(word(deny, "cp", {{"files", {"/srv/a", "/etc/b"}}}) == "deny");
  CHECK(word(deny, "cp", {{"files", {"/srv/a"}}}) == "allow");
}

TEST_CASE("a path cannot be talked out of its folder") {
  const auto policy = policy_of("allow fs.read /path=/srv/data/**\n");
  CHECK(word(policy, "fs.read", {{"path", "/srv/data/a"}}) == "allow");
  CHECK(word(policy, "fs.read", {{"path", "/srv/data/../../etc/shadow"}}) == "deny");
  CHECK(word(policy, "fs.read", {{"path", "/srv/data/./a"}}) == "deny");
}

TEST_CASE("values that are no text are compared as JSON") {
  const auto policy = policy_of("allow pay /amount=5\nallow flag /on=true\n");
  CHECK(word(policy, "pay", {{"amount", 5}}) == "allow");
  CHECK(word(policy, "pay", {{"amount", "5"}}) == "allow");
  CHECK(word(policy, "pay", {{"amount", 50}}) == "deny");
  CHECK(word(policy, "flag", {{"on", true}}) == "allow");
}

TEST_CASE("redaction names the places that are there") {
  const auto policy = policy_of("redact mail mask /headers/authorization /parts/*/se~1cret\n");
  const json args = {{"headers", {{"authorization", "x"}}}, {"parts", {{{"se/cret", 1}}, json::object()}}};
  const Decision decision = policy.decide("mail", args);
  CHECK(decision.action == Action::redact);
  CHECK(decision.redact == std::vector<std::string>{"/headers/authorization", "/parts/0/se~1cret"});
  CHECK(policy.decide("mail", json::object()).action == Action::allow);
}

TEST_CASE("arguments beyond what can be judged in bounded time are not judged") {
  const auto policy = policy_of("allow big /list/*=**x**\n");
  json args;
  for (int i = 0; i < 5000; ++i) args["list"].push_back("x");
  const Decision many = policy.decide("big", args);
  CHECK(many.undecided);
  CHECK(many.action == Action::deny);
  CHECK(policy.decide("big", {{"list", {std::string(1 << 20, 'x')}}}).undecided);
}

TEST_CASE("arguments may be any JSON value") {
  const auto policy = policy_of("allow x /a=1\n");
  for (const json& args : {json(nullptr), json(1), json("text"), json::array({1})}) CHECK(word(policy, "x", args) == "deny");
}

TEST_CASE("reasons and comments") {
  const auto policy = policy_of("# a comment\n\n  deny x : because: of this  \nallow y # why not\r\n");
  CHECK(policy.decide("x", json::object()).reason == "because: of this");
  CHECK(word(policy, "y") == "allow");
}

TEST_CASE("each mistake in a policy is refused with its place") {
  CHECK(is_refused("", "no version header"));
  CHECK(is_refused("[tool]\n", "line 1"));
  CHECK(is_refused("version=7\n[tool]\ndefault deny\n", "line 1, column 9"));
  CHECK(is_refused("version=1\nversion=1\n", "line 2"));
  CHECK(is_refused("version=1\n", "no [tool] section"));
  CHECK(is_refused("version=1\n[tool]\n", "no [tool] section"));
  CHECK(is_refused("version=1\n[tool]\nallow x\n", "no default"));
  CHECK(is_refused("version=1\n[tools]\n", "Did you mean [tool]?"));
  CHECK(is_refused("version=1\n[tool\n", "line 2"));
  CHECK(is_refused("version=1\n[tool]\ndefault redact\n", "line 3"));
  CHECK(is_refused("version=1\n[tool]\ndefault deny\n[deny_path]\nrelative\n", "line 5"));
  const auto line = [](const std::string& text, std::string_view with) {
    return is_refused("version=1\n[tool]\ndefault deny\n" + text, with);
  };
  CHECK(line("permit x\n", "line 4, column 1"));
  CHECK(line("  permit x\n", "line 4, column 3"));
  CHECK(line("allow\n", "name"));
  CHECK(line(": why\n", "the action is missing"));
  CHECK(line("default allow\n", "second default"));
  CHECK(line("allow x path=/y\n", "column 9"));
  CHECK(line("allow x /path\n", "column 9"));
  CHECK(line("allow x mask /a\n", "only a redact"));
  CHECK(line("redact x\n", "mask"));
  CHECK(line("redact x mask a\n", "column 15"));
  CHECK(line("redact x mask /a mask /b\n", "second"));
  CHECK(line("allow x /a~2=1\n", "line 4"));
  CHECK(line("allow \xff\n", "not valid UTF-8"));
  CHECK(line("allow " + std::string(5000, 'x') + "\n", "4096"));
  CHECK(line(std::string("allow x\0y\n", 10), "a NUL byte"));
}

TEST_CASE("the other sections are read by the same grammar and change no tool") {
  const auto policy = policy_of_text("version=2\n[deny_path]\n/etc/shadow\n[tool]\ndefault allow\n[deny_bpf]\n");
  CHECK(policy.rule_count() == 0);
}
