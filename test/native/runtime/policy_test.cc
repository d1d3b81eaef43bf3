// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "../../../native/runtime/glob.h"
#include "../../../native/runtime/tool_policy.h"

using namespace aegis::runtime;
using nlohmann::json;

namespace {

ToolPolicy policy_of(const std::string& rules) {
  ToolPolicy policy;
  const auto error = parse_tool_policy("version=6\n[tool]\ndefault deny\n" + rules, policy);
  REQUIRE_MESSAGE(!error, (error ? error->text() : ""));
  return policy;
}

std::string word(const ToolPolicy& policy, const char* tool, const json& args = json::object()) {
  return std::string(word_of(policy.decide(tool, args).action));
}

PolicyError error_of(std::string_view text) {
  ToolPolicy policy;
  const auto error = parse_tool_policy(text, policy);
  REQUIRE(error);
  CHECK(policy.rule_count() == 0);
  return *error;
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
  ToolPolicy open;
  REQUIRE_FALSE(parse_tool_policy("version=1\n[tool]\ndefault pending\n", open));
  CHECK(word(open, "anything") == "pending");
}

TEST_CASE("an allow needs every value to match, a deny any one") {
  const auto policy = policy_of("allow cp /files/*=/srv/**\n");
  CHECK(word(policy, "cp", {{"files", {"/srv/a", "/srv/b"}}}) == "allow");
  CHECK(word(policy, "cp", {{"files", {"/srv/a", "/etc/b"}}}) == "deny");
  CHECK(word(policy, "cp", {{"files", json::array()}}) == "deny");
  CHECK(word(policy, "cp") == "deny");
  ToolPolicy deny;
  REQUIRE_FALSE(parse_tool_policy("version=1\n[tool]\ndefault allow\ndeny cp /files/*=/etc/**\n", deny));
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

TEST_CASE("each mistake in a policy is refused with its line") {
  CHECK(error_of("").message.find("version=N") != std::string::npos);
  CHECK(error_of("[tool]\n").line == 1);
  CHECK(error_of("version=7\n[tool]\ndefault deny\n").column == 9);
  CHECK(error_of("version=1\nversion=1\n").line == 2);
  CHECK(error_of("version=1\n").message.find("no [tool] section") != std::string::npos);
  CHECK(error_of("version=1\n[tool]\nallow x\n").message.find("no default") != std::string::npos);
  CHECK(error_of("version=1\n[tools]\n").line == 2);
  CHECK(error_of("version=1\n[tool\n").line == 2);
  const auto line = [](const std::string& text) { return error_of("version=1\n[tool]\ndefault deny\n" + text); };
  CHECK(line("permit x\n").line == 4);
  CHECK(line("allow\n").message.find("name") != std::string::npos);
  CHECK(line("default allow\n").message.find("second default") != std::string::npos);
  CHECK(line("allow x path=/y\n").column == 9);
  CHECK(line("allow x /path\n").column == 9);
  CHECK(line("allow x mask /a\n").message.find("only a redact") != std::string::npos);
  CHECK(line("redact x\n").message.find("mask") != std::string::npos);
  CHECK(line("redact x mask a\n").column == 15);
  CHECK(line("redact x mask /a mask /b\n").message.find("second") != std::string::npos);
  CHECK(line("allow x /a~2=1\n").line == 4);
  CHECK(line("allow \xff\n").message == "not UTF-8");
  CHECK(line("allow " + std::string(5000, 'x') + "\n").message.find("4096") != std::string::npos);
  CHECK(line(std::string("allow x\0y\n", 10)).message == "a NUL byte");
  CHECK(error_of("version=1\n[tool]\ndefault redact\n").line == 3);
}

TEST_CASE("a refused policy leaves the one in force") {
  ToolPolicy policy = policy_of("allow x\n");
  CHECK(parse_tool_policy("version=1\n[tool]\nnonsense\n", policy));
  CHECK(word(policy, "x") == "allow");
}

TEST_CASE("the other sections are not the runtime's business") {
  ToolPolicy policy;
  CHECK_FALSE(parse_tool_policy("version=2\n[deny_path]\n/etc/shadow\n[tool]\ndefault allow\n[deny_bpf]\n", policy));
}
