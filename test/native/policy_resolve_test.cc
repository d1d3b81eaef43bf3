// SPDX-License-Identifier: Apache-2.0
// Against the real file system and the real mount table.
#include "lib/policy_resolve.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "lib/inode_generation.h"
#include "lib/mount_table.h"

using namespace aegis;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/aegis-resolve.XXXXXX";
    path = ::mkdtemp(name);
    file = path + "/file";
    if (FILE* made = std::fopen(file.c_str(), "w")) std::fclose(made);
  }
  ~Folder() {
    ::unlink((path + "/link").c_str());
    ::unlink(file.c_str());
    ::rmdir(path.c_str());
  }
  std::string path, file;
};

Result<ResolvedPolicy> resolve(const std::string& body) {
  auto policy = parse_policy("version=1\n" + body, "p");
  REQUIRE(policy);
  return resolve_policy(*policy, "p");
}

}  // namespace

TEST_CASE("a path and the link to it resolve to the same inode, and both names are hashed") {
  const Folder folder;
  REQUIRE(::symlink("file", (folder.path + "/link").c_str()) == 0);
  const auto resolved = resolve("[deny_path]\n" + folder.file + "\n" + folder.path + "/link\n");
  REQUIRE(resolved);
  struct stat info;
  REQUIRE(::stat(folder.file.c_str(), &info) == 0);
  REQUIRE(resolved->inodes.keys.size() == 2);
  CHECK(resolved->inodes.keys[0].ino == info.st_ino);
  CHECK(resolved->inodes.keys[1].ino == info.st_ino);
  CHECK(resolved->inodes.keys[0].dev == resolved->inodes.keys[1].dev);
  REQUIRE(resolved->paths.keys.size() == 3);  // the file, the link, and what the link leads to
  CHECK(resolved->paths.keys[0] == resolved->paths.keys[2]);
  CHECK(resolved->paths.keys[0] != resolved->paths.keys[1]);
}

TEST_CASE("names with dots, doubled slashes and a linked directory lead to the real path as well") {
  const Folder folder;
  const std::string link = folder.path + "-link";
  REQUIRE(::symlink(folder.path.c_str(), link.c_str()) == 0);
  const auto real = resolve("[deny_path]\n" + folder.file + "\n");
  REQUIRE(real);
  for (const std::string& name : {link + "/file", folder.path + "/./file", folder.path + "//file",
                                  folder.path + "/../" + folder.path.substr(5) + "/file"}) {
    CAPTURE(name);
    const auto resolved = resolve("[deny_path]\n" + name + "\n");
    REQUIRE(resolved);
    CHECK(resolved->inodes.keys[0].ino == real->inodes.keys[0].ino);
    REQUIRE(resolved->paths.keys.size() == 2);
    CHECK(resolved->paths.keys[1] == real->paths.keys[0]);
  }
  ::unlink(link.c_str());
}

TEST_CASE("of very many paths each gets the generation of its own file") {
  const Folder folder;
  const std::string many = folder.path + "/many";
  REQUIRE(::mkdir(many.c_str(), 0700) == 0);
  std::string body = "[deny_path]\n" + folder.file + "\n";
  for (int i = 0; i < 20000; i++) {
    const std::string path = many + "/" + std::to_string(i);
    if (FILE* made = std::fopen(path.c_str(), "w")) std::fclose(made);
    body += path + "\n";
  }
  const auto resolved = resolve(body);
  REQUIRE(resolved);
  REQUIRE(resolved->inodes.keys.size() == 20001);
  const auto generation_of_first = inode_generation(folder.file, resolved->inodes.keys[0].ino);
  bool are_right = resolved->inodes.rules[0].inode_generation == generation_of_first;
  std::set<uint64_t> numbers;
  for (int i = 0; i < 20000; i++) {
    const auto& key = resolved->inodes.keys[static_cast<size_t>(i) + 1];
    const auto& rule = resolved->inodes.rules[static_cast<size_t>(i) + 1];
    are_right = are_right && rule.inode_generation == inode_generation(many + "/" + std::to_string(i), key.ino);
    numbers.insert(key.ino);
  }
  std::filesystem::remove_all(many);
  CHECK(are_right);
  CHECK(numbers.size() == 20000);
}

TEST_CASE("a missing path refuses the policy and names the line") {
  const Folder folder;
  const auto resolved = resolve("[deny_path]\n" + folder.file + "\n" + folder.path + "/absent\n");
  REQUIRE_FALSE(resolved);
  CHECK(resolved.error().what.find("line 4, column 1: cannot find " + folder.path + "/absent") != std::string::npos);
  CHECK(resolved.error().way_out.find("Create the file") != std::string::npos);
}

TEST_CASE("a directory is refused, because rules name files") {
  const auto resolved = resolve("[deny_path]\n/tmp\n");
  REQUIRE_FALSE(resolved);
  CHECK(resolved.error().what.find("is a directory") != std::string::npos);
}

TEST_CASE("an inode given by number is encoded as the kernel does") {
  const auto device = ::makedev(259, 3);
  const auto resolved = resolve("[deny_inode]\n" + std::to_string(device) + ":77\n");
  REQUIRE(resolved);
  CHECK(resolved->inodes.keys[0].dev == (259u << 20 | 3u));
  CHECK(resolved->inodes.keys[0].ino == 77);
}

TEST_CASE("rules that no path string expresses are counted, for the rung that sees nothing else") {
  const Folder folder;
  CHECK(resolve("[deny_path]\n" + folder.file + "\n")->pathless == 0);
  CHECK(resolve("[deny_path]\n" + folder.file + "\n[deny_inode]\n1:2\n")->pathless == 1);
}

TEST_CASE("paths too long for the tracepoint rung are counted, not hashed") {
  CHECK(hash_path(std::string(254, 'a')) != 0);
  CHECK(hash_path(std::string(255, 'a')) == 0);
}

TEST_CASE("path hashes tell prefixes and padding apart") {
  CHECK(hash_path("/a") == hash_path("/a"));
  CHECK(hash_path("/a") != hash_path("/a/"));
  CHECK(hash_path("/a") != hash_path("/b"));
  CHECK(hash_path("") != 0);
}

TEST_CASE("a program to deny goes into the tables of its class and no other") {
  const Folder folder;
  const auto resolved = resolve("[deny_exec_path]\n" + folder.file + "\n");
  REQUIRE(resolved);
  CHECK(resolved->inodes.keys.empty());
  CHECK(resolved->paths.keys.empty());
  REQUIRE(resolved->exec_inodes.keys.size() == 1);
  REQUIRE(resolved->exec_paths.keys.size() == 1);
  CHECK(resolved->exec_paths.keys[0] == hash_path(folder.file));
  CHECK(resolved->classes == 1u << AEGIS_CLASS_EXEC);
}

TEST_CASE("a command name is a key of its own, and denies the files it stands for now") {
  const auto resolved = resolve("[deny_comm]\nsh\nno-such-command\n");
  REQUIRE(resolved);
  REQUIRE(resolved->exec_names.keys.size() == 2);
  CHECK(std::string(reinterpret_cast<const char*>(&resolved->exec_names.keys[0])) == "sh");
  struct stat info;
  REQUIRE(::stat("/bin/sh", &info) == 0);
  REQUIRE_FALSE(resolved->exec_inodes.keys.empty());
  for (const auto& key : resolved->exec_inodes.keys) CHECK(key.ino == info.st_ino);
  CHECK(resolved->rules[AEGIS_CLASS_EXEC] == 2);
}

TEST_CASE("flags carry the line they stand in, and rules are counted by class") {
  const std::string body = "[deny_ptrace]\n[deny_ip]\n192.0.2.1\n[deny_port]\n22\n";
  const auto resolved = resolve(body);
  REQUIRE(resolved);
  CHECK(resolved->classes == (1u << AEGIS_CLASS_PTRACE | 1u << AEGIS_CLASS_NETWORK));
  CHECK(resolved->flags[AEGIS_CLASS_PTRACE].offset == std::strlen("version=1\n"));
  CHECK(resolved->rules[AEGIS_CLASS_NETWORK] == 2);
  CHECK(resolved->summary() == "2 network rules, 1 ptrace rule");
  CHECK(resolve("")->summary() == "no rules");
}
