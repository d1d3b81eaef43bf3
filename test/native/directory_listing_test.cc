// SPDX-License-Identifier: Apache-2.0
// Against the real file systems of this machine: a listing answers what stat
// answers, or nothing.
#include "lib/directory_listing.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "lib/policy_resolve.h"

using namespace aegis;

namespace {

constexpr int count = 200;

struct Folder {
  Folder() {
    char name[] = "/tmp/aegis-listing.XXXXXX";
    path = ::mkdtemp(name);
    for (int i = 0; i < count; i++)
      if (FILE* made = std::fopen(file(i).c_str(), "w")) std::fclose(made);
  }
  ~Folder() {
    for (int i = 0; i < count; i++) ::unlink(file(i).c_str());
    ::unlink((path + "/link").c_str());
    ::rmdir((path + "/folder").c_str());
    ::rmdir(path.c_str());
  }
  std::string file(int i) const { return path + "/" + std::to_string(i); }
  std::string path;
};

}  // namespace

TEST_CASE("a listing tells regular files as stat does, and nothing else") {
  const Folder folder;
  REQUIRE(::symlink("0", (folder.path + "/link").c_str()) == 0);
  REQUIRE(::mkdir((folder.path + "/folder").c_str(), 0700) == 0);
  const auto mounts = MountTable::read();
  REQUIRE(mounts);
  const auto listing = DirectoryListing::read(folder.path, *mounts, 1000);
  if (!listing) {
    MESSAGE("not tried: /tmp is on a file system that is not known to list what it stats");
    return;
  }
  for (int i = 0; i < count; i++) {
    const auto stated = mounts->find(folder.file(i));
    const auto listed = listing->find(std::to_string(i));
    REQUIRE(listed);
    CHECK(listed->ino == stated.inode.ino);
    CHECK(listed->dev == stated.inode.dev);
  }
  CHECK_FALSE(listing->find("link"));
  CHECK_FALSE(listing->find("folder"));
  CHECK_FALSE(listing->find("absent"));
}

TEST_CASE("a directory that is too large, absent, or has mounts in it is not listed") {
  const Folder folder;
  const auto mounts = MountTable::read();
  REQUIRE(mounts);
  CHECK_FALSE(DirectoryListing::read(folder.path, *mounts, 10));
  CHECK_FALSE(DirectoryListing::read(folder.path + "/absent", *mounts, 1000));
  CHECK(mounts->has_mount_in("/"));  // /proc
  CHECK_FALSE(DirectoryListing::read("/", *mounts, 100000));
  CHECK_FALSE(DirectoryListing::read("/proc/self/fd", *mounts, 1000));
}

TEST_CASE("a policy of many paths in one directory resolves as each alone, and names the line that is missing") {
  const Folder folder;
  std::string text = "version=1\n[deny_path]\n";
  for (int i = 0; i < count; i++) text += folder.file(i) + "\n";
  const auto policy = parse_policy(text, "p");
  REQUIRE(policy);
  const auto together = resolve_policy(*policy, "p");
  REQUIRE(together);
  REQUIRE(together->inodes.keys.size() == count);
  for (int i = 0; i < count; i++) {
    const auto alone = parse_policy("version=1\n[deny_path]\n" + folder.file(i) + "\n", "p");
    const auto resolved = resolve_policy(*alone, "p");
    REQUIRE(resolved);
    CHECK(resolved->inodes.keys[0].ino == together->inodes.keys[static_cast<size_t>(i)].ino);
    CHECK(resolved->inodes.keys[0].dev == together->inodes.keys[static_cast<size_t>(i)].dev);
    CHECK(resolved->paths.keys == std::vector<__u64>{together->paths.keys[static_cast<size_t>(i)]});
  }
  const auto missing = parse_policy(text + folder.path + "/absent\n", "p");
  const auto refused = resolve_policy(*missing, "p");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("line 203") != std::string::npos);
}
