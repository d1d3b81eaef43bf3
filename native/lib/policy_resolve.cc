// SPDX-License-Identifier: Apache-2.0
#include "lib/policy_resolve.h"

#include <stdlib.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>

#include "lib/cgroup.h"
#include "lib/directory_listing.h"
#include "lib/inode_generation.h"
#include "lib/mechanism.h"
#include "lib/mount_table.h"
#include "lib/parallel.h"
#include "lib/policy_network.h"
#include "lib/text.h"

namespace aegis {
namespace {

constexpr const char* standard_path[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

// Where a rule on a file goes: what is denied of it depends on the section.
struct FileTables {
  RuleTable<aegis_inode>& inodes;
  RuleTable<__u64>& paths;
};

void add_path_hash(ResolvedPolicy& resolved, RuleTable<__u64>& paths, std::string_view path, uint32_t offset) {
  if (const uint64_t hash = hash_path(path))
    paths.add(hash, offset);
  else
    resolved.pathless++;
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), ::free);
  return real ? real.get() : std::string();
}

constexpr size_t listing_worth_it = 64;  // paths in one directory
constexpr size_t listing_excess = 64;    // entries of it for each of them

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Resolves many paths with one system call each or less: directories are looked
// at once, those of many paths are listed, and only a path that ends in a link
// is followed to its end.
class PathResolver {
 public:
  explicit PathResolver(const MountTable& mounts) : mounts_(mounts) {}

  // Says beforehand which paths there will be.
  void expect(const std::vector<Entry>& entries) {
    for (const auto& entry : entries) parents_[parent_of(entry.text)].expected++;
  }

  struct Resolved {
    MountTable::Found found;
    std::string real;  // "" when it cannot be told
  };

  Resolved resolve(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string base = path.substr(slash + 1);
    const Parent& parent = look_at(path.substr(0, slash));
    MountTable::Found found;
    if (const auto listed = parent.listing ? parent.listing->find(base) : std::nullopt)
      found.inode = *listed;
    else
      found = mounts_.find(path, MountTable::Links::keep);
    if (found.error != 0) return {found, ""};
    if (found.is_link || base.empty() || base == "." || base == "..") return {mounts_.find(path), real_path(path)};
    return {found, parent.real == "/" ? parent.real + base : parent.real + "/" + base};
  }

 private:
  struct Parent {
    size_t expected = 0;  // paths in it
    bool is_known = false;
    std::string real;
    std::optional<DirectoryListing> listing;
  };

  const Parent& look_at(const std::string& path) {
    Parent& parent = parents_[path];
    if (parent.is_known) return parent;
    parent.is_known = true;
    parent.real = real_path(path.empty() ? "/" : path);
    if (parent.expected >= listing_worth_it && !parent.real.empty())
      parent.listing = DirectoryListing::read(parent.real, mounts_, parent.expected * listing_excess);
    return parent;
  }

  const MountTable& mounts_;
  std::unordered_map<std::string, Parent> parents_;
};

// Rules on inodes whose generation is still to be asked for: a system call
// each, which for many of them is best made on all processors.
class PendingGenerations {
 public:
  // Of the rule that was added last; `path` must live until all are asked.
  void add(RuleTable<aegis_inode>& table, const std::string& path) {
    pending_.push_back({table, table.rules.size() - 1, path});
  }

  void ask() {
    in_shares(pending_.size(), [this](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) {
        const auto& [table, index, path] = pending_[i];
        table.rules[index].inode_generation = inode_generation(path, table.keys[index].ino);
      }
    });
  }

 private:
  struct Pending {
    RuleTable<aegis_inode>& table;
    size_t index;
    const std::string& path;
  };
  std::vector<Pending> pending_;
};

Status resolve_path(const Entry& entry, const std::string& file, PathResolver& resolver, ResolvedPolicy& resolved,
                    const FileTables& tables, PendingGenerations& generations) {
  const auto [found, real] = resolver.resolve(entry.text);
  if (found.error != 0)
    return policy_error(file, entry.line, entry.column, "cannot find " + entry.text + ": " + std::strerror(found.error),
                        "Create the file first, or remove the line");
  if (found.is_directory)
    return policy_error(file, entry.line, entry.column, entry.text + " is a directory",
                        "Rules name files; name each file to be denied");
  tables.inodes.add(found.inode, entry.offset);
  generations.add(tables.inodes, entry.text);
  add_path_hash(resolved, tables.paths, entry.text, entry.offset);
  if (!real.empty() && entry.text != real) add_path_hash(resolved, tables.paths, real, entry.offset);
  return Done{};
}

// The name itself, and each file it stands for in the standard PATH now, so
// that another name of the same file is no way round. A program of many names
// (busybox) is denied under all of them.
void resolve_command(const Entry& entry, PathResolver& resolver, ResolvedPolicy& resolved) {
  aegis_name name{};
  std::memcpy(&name, entry.text.data(), entry.text.size());
  resolved.exec_names.add(name, entry.offset);
  for (const char* directory : standard_path) {
    const std::string path = std::string(directory) + "/" + entry.text;
    const auto [found, real] = resolver.resolve(path);
    if (found.error != 0 || found.is_directory) continue;
    resolved.exec_inodes.add(found.inode, entry.offset, inode_generation(path, found.inode.ino));
    add_path_hash(resolved, resolved.exec_paths, path, entry.offset);
    if (!real.empty() && path != real) add_path_hash(resolved, resolved.exec_paths, real, entry.offset);
  }
}

// A flag section is its own entry.
void count_rules(const Policy& policy, ResolvedPolicy& resolved) {
  for (size_t i = 0; i < section_count; i++) {
    const auto& entries = policy.sections[i];
    const auto rule_class = class_of(static_cast<Section>(i));
    if (!rule_class || entries.empty()) continue;
    resolved.classes |= 1u << *rule_class;
    resolved.rules[*rule_class] += static_cast<uint32_t>(entries.size());
    resolved.flags[*rule_class] = {entries.front().offset, 0};
  }
}

void resolve_inode(const Entry& entry, ResolvedPolicy& resolved) {
  const auto colon = entry.text.find(':');
  const std::string_view text = entry.text;
  const auto device = static_cast<dev_t>(*parse_decimal(text.substr(0, colon), UINT64_MAX));
  const auto ino = *parse_decimal(text.substr(colon + 1), UINT64_MAX);
  resolved.inodes.add({ino, kernel_device(major(device), minor(device)), 0}, entry.offset);
  resolved.pathless++;
}

Status resolve_exemption(const Entry& entry, const std::string& file, const std::string& mount,
                         ResolvedPolicy& resolved) {
  if (resolved.cgroups.size() >= AEGIS_EXEMPT_MAX)
    return policy_error(file, entry.line, entry.column,
                        "more than " + std::to_string(AEGIS_EXEMPT_MAX) + " exempt cgroups",
                        "Exempt a common parent instead");
  const std::string_view text = entry.text;
  auto cgroup = text.starts_with("cgid:") ? open_cgroup_by_id(mount, *parse_decimal(text.substr(5), UINT64_MAX))
                                          : resolve_cgroup(mount, entry.text);
  if (!cgroup) return policy_error(file, entry.line, entry.column, cgroup.error().what, cgroup.error().way_out);
  resolved.cgroups.push_back(std::move(*cgroup));
  return Done{};
}

}  // namespace

std::string ResolvedPolicy::summary() const {
  std::string text;
  for (size_t i = 0; i < rules.size(); i++) {
    if (rules[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(rules[i]) + " " + class_names[i] + " rule" +
            (rules[i] == 1 ? "" : "s");
  }
  if (!cgroups.empty()) text += (text.empty() ? "" : ", ") + std::to_string(cgroups.size()) + " exempt cgroups";
  return text.empty() ? "no rules" : text;
}

uint64_t hash_path(std::string_view path) {
  if (path.size() + 1 >= AEGIS_PATH_BYTES) return 0;
  __u64 words[AEGIS_PATH_BYTES / 8] = {};
  std::memcpy(words, path.data(), path.size());
  return aegis_path_hash(words);
}

Result<ResolvedPolicy> resolve_policy(const Policy& policy, const std::string& file) {
  const auto mounts = MountTable::read();
  if (!mounts) return mounts.error();
  ResolvedPolicy resolved;
  PathResolver resolver(*mounts);
  resolver.expect(policy.entries(Section::deny_path));
  resolver.expect(policy.entries(Section::deny_exec_path));
  PendingGenerations generations;
  for (const auto& entry : policy.entries(Section::deny_path))
    if (auto status = resolve_path(entry, file, resolver, resolved, {resolved.inodes, resolved.paths}, generations);
        !status)
      return status.error();
  for (const auto& entry : policy.entries(Section::deny_inode)) resolve_inode(entry, resolved);
  for (const auto& entry : policy.entries(Section::deny_exec_path))
    if (auto status = resolve_path(entry, file, resolver, resolved, {resolved.exec_inodes, resolved.exec_paths},
                                   generations);
        !status)
      return status.error();
  generations.ask();
  for (const auto& entry : policy.entries(Section::deny_comm)) resolve_command(entry, resolver, resolved);
  resolve_network(policy, resolved);
  count_rules(policy, resolved);
  if (policy.entries(Section::allow_cgroup).empty()) return resolved;
  const auto mount = find_cgroup_mount();
  if (!mount) return mount.error();
  for (const auto& entry : policy.entries(Section::allow_cgroup))
    if (auto status = resolve_exemption(entry, file, *mount, resolved); !status) return status.error();
  return resolved;
}

}  // namespace aegis
