// SPDX-License-Identifier: Apache-2.0
#include "lib/policy.h"

#include <doctest/doctest.h>

#include <string>

#include "aegis.h"

using namespace aegis;

namespace {

struct Bad {
  const char* about;
  std::string text;
  uint32_t line, column;
  const char* cause;
  const char* way_out;
};

const std::string nul_byte("version=1\n[deny_path]\n/a\0b\n", 27);

const Bad bad_policies[] = {
    {"empty", "", 1, 1, "no version header", "Begin the file with version=1"},
    {"only comments", "# nothing\n", 1, 1, "no version header", "Begin"},
    {"header not first", "[deny_path]\n", 1, 1, "version header is not first", "Begin"},
    {"unknown version", "version=7\n", 1, 9, "unknown version", "1 to 6"},
    {"version zero", "version=0\n", 1, 9, "unknown version", "1 to 6"},
    {"version not a number", "version=one\n", 1, 9, "unknown version", "1 to 6"},
    {"version with a sign", "version=+1\n", 1, 9, "unknown version", "1 to 6"},
    {"two headers", "version=1\nversion=1\n", 2, 1, "second version header", "Keep the first"},
    {"unknown section", "version=1\n[deny_paht]\n", 2, 2, "unknown section [deny_paht]", "Did you mean [deny_path]?"},
    {"section not closed", "version=1\n[deny_path\n", 2, 11, "not closed", "Add ]"},
    {"section twice", "version=1\n[deny_path]\n[deny_path]\n", 3, 2, "begins twice", "Join"},
    {"entry before a section", "version=1\n/etc/shadow\n", 2, 1, "before any section", "[deny_path]"},
    {"relative path", "version=1\n[deny_path]\n  etc/shadow\n", 3, 3, "not absolute", "/..."},
    {"NUL", nul_byte, 3, 3, "NUL", "UTF-8"},
    {"bad UTF-8", "version=1\n[deny_path]\n/a\xff\n", 3, 3, "not valid UTF-8", "UTF-8"},
    {"overlong UTF-8", "version=1\n[deny_path]\n/\xc0\xaf\n", 3, 2, "not valid UTF-8", "UTF-8"},
    {"long line", "version=1\n[deny_path]\n/" + std::string(4096, 'a') + "\n", 3, 4097, "longer than 4096", "Shorten"},
    {"inode without colon", "version=1\n[deny_inode]\n12\n", 3, 1, "dev:ino", "stat -c"},
    {"inode zero", "version=1\n[deny_inode]\n12:0\n", 3, 4, "inode", "stat -c"},
    {"device not decimal", "version=1\n[deny_inode]\n0x12:1\n", 3, 1, "device", "stat -c"},
    {"inode too large", "version=1\n[deny_inode]\n1:18446744073709551616\n", 3, 3, "inode", "stat -c"},
    {"comm with a slash", "version=1\n[deny_comm]\n/bin/sh\n", 3, 1, "no slash", "[deny_exec_path]"},
    {"comm too long", "version=1\n[deny_comm]\nabcdefghijklmnop\n", 3, 16, "longer than 15", "[deny_exec_path]"},
    {"exec path relative", "version=1\n[deny_exec_path]\nsh\n", 3, 1, "not absolute", "/..."},
    {"not an address", "version=1\n[deny_ip]\n300.1.1.1\n", 3, 1, "not an IPv4 or IPv6", "192.0.2.1"},
    {"no prefix", "version=1\n[deny_cidr]\n10.0.0.0\n", 3, 9, "no prefix length", "[deny_ip]"},
    {"prefix too long", "version=1\n[deny_cidr]\n10.0.0.0/33\n", 3, 10, "0 to 32", "Correct"},
    {"bits beyond the prefix", "version=1\n[deny_cidr]\n10.0.0.1/8\n", 3, 1, "beyond the prefix", "first address"},
    {"port zero", "version=1\n[deny_port]\n0\n", 3, 1, "1 to 65535", "Correct"},
    {"unknown protocol", "version=1\n[deny_port]\n80:icmp\n", 3, 4, "unknown protocol", "tcp"},
    {"unknown direction", "version=1\n[deny_port]\n80:tcp:up\n", 3, 8, "unknown direction", "egress"},
    {"bare IPv6 with port", "version=1\n[deny_ip_port]\n2001:db8::1:443\n", 3, 1, "not an address",
     "[2001:db8::1]:443"},
    {"no port", "version=1\n[deny_ip_port]\n192.0.2.1\n", 3, 1, "no port", "443"},
    {"no colon after the bracket", "version=1\n[deny_ip_port]\n[::1]443\n", 3, 6, "no port", "443"},
    {"empty port", "version=1\n[deny_ip_port]\n[::1]:\n", 3, 7, "1 to 65535", "Correct"},
    {"flag with an entry", "version=1\n[deny_ptrace]\nyes\n", 3, 1, "takes no entries", "Remove"},
    {"cgroup id zero", "version=1\n[allow_cgroup]\ncgid:0\n", 3, 6, "cgroup id", "cgid:NUMBER"},
    {"cgroup relative", "version=1\n[allow_cgroup]\nsystem.slice\n", 3, 1, "not absolute", "/..."},
};

}  // namespace

TEST_CASE("each kind of error is refused with its line, its column and a way out") {
  for (const auto& bad : bad_policies) {
    CAPTURE(bad.about);
    const auto policy = parse_policy(bad.text, "p");
    REQUIRE_FALSE(policy);
    const std::string place =
        "cannot apply p: line " + std::to_string(bad.line) + ", column " + std::to_string(bad.column) + ": ";
    CHECK(policy.error().what.substr(0, place.size()) == place);
    CHECK(policy.error().what.find(bad.cause) != std::string::npos);
    CHECK(policy.error().way_out.find(bad.way_out) != std::string::npos);
  }
}

TEST_CASE("every section of the grammar parses") {
  const auto policy = parse_policy(
      "# a comment\r\n"
      "version=6\r\n"
      "\n"
      "[deny_path]\n/etc/shadow\n\t/with space  \n"
      "[deny_inode]\n2049:77\n"
      "[deny_comm]\nfifteen-bytes-x\n"
      "[deny_exec_path]\n/bin/nc\n"
      "[deny_ip]\n192.0.2.1\n2001:db8::1\n"
      "[deny_cidr]\n10.0.0.0/8\n2001:db8::/32\n0.0.0.0/0\n"
      "[deny_port]\n22\n53:udp\n443:tcp:egress\n"
      "[deny_ip_port]\n192.0.2.1:443\n[2001:db8::1]:443:tcp\n"
      "[deny_ptrace]\n[deny_module_load]\n[deny_bpf]\n"
      "[allow_cgroup]\n/system.slice\ncgid:42\n"
      "[tool]\nanything goes here",
      "p");
  REQUIRE(policy);
  CHECK(policy->version == 6);
  const size_t counts[section_count] = {2, 1, 1, 1, 2, 3, 3, 2, 1, 1, 1, 2, 1};
  for (size_t i = 0; i < section_count; i++) {
    CAPTURE(section_name(static_cast<Section>(i)));
    CHECK(policy->sections[i].size() == counts[i]);
  }
  const auto& spaced = policy->entries(Section::deny_path)[1];
  CHECK(spaced.text == "/with space");
  CHECK(spaced.line == 6);
  CHECK(spaced.column == 2);
  CHECK(policy->source.substr(spaced.offset, 5) == "/with");
}

TEST_CASE("every section but the tools and the exemptions belongs to a class") {
  size_t without = 0;
  for (size_t i = 0; i < section_count; i++)
    if (!class_of(static_cast<Section>(i))) without++;
  CHECK(without == 2);
  CHECK(class_of(Section::deny_inode) == AEGIS_CLASS_FILE);
  CHECK(class_of(Section::deny_comm) == AEGIS_CLASS_EXEC);
  CHECK(class_of(Section::deny_cidr) == AEGIS_CLASS_NETWORK);
  CHECK(class_of(Section::deny_bpf) == AEGIS_CLASS_BPF);
}

TEST_CASE("100,000 entries in a section are within the limits") {
  std::string text = "version=1\n[deny_path]\n";
  for (int i = 0; i < 100'000; i++) text += "/data/file-" + std::to_string(i) + "\n";
  const auto policy = parse_policy(text, "p");
  REQUIRE(policy);
  CHECK(policy->entries(Section::deny_path).size() == 100'000);
  CHECK(policy->entries(Section::deny_path).back().line == 100'002);
}

TEST_CASE("entries beyond the limit are refused with their line") {
  std::string text = "version=1\n[deny_port]\n";
  for (size_t i = 0; i <= max_entries_per_section; i++) text += "1\n";
  const auto policy = parse_policy(text, "p");
  REQUIRE_FALSE(policy);
  CHECK(policy.error().what.find("line 1000003, column 1: more than 1,000,000 entries") != std::string::npos);
}

TEST_CASE("a file beyond the size limit is refused before it is read") {
  const auto policy = parse_policy(std::string(max_policy_bytes + 1, '#'), "p");
  REQUIRE_FALSE(policy);
  CHECK(policy.error().what.find("larger than") != std::string::npos);
}
