// SPDX-License-Identifier: Apache-2.0
#include "lib/instance.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "lib/text.h"

namespace aegis {
namespace {

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Makes <parent>/<name>, and checks that it is a directory of ours that only
// we can write to. Opened without following links, so nothing can be swapped in.
Result<UniqueFd> make_directory(const UniqueFd& parent, const std::string& name, const std::string& whole,
                                mode_t mode) {
  if (::mkdirat(parent.get(), name.c_str(), mode) != 0 && errno != EEXIST)
    return system_error("create " + whole, errno, "Run as root, with the file system writable");
  UniqueFd made(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return system_error("open directory " + whole, errno, "Remove what is in its place");
  struct stat info;
  if (::fstat(made.get(), &info) != 0) return system_error("stat " + whole, errno);
  if (info.st_uid != ::geteuid() || (info.st_mode & 022) != 0)
    return Error{"cannot use " + whole + ": another user owns it or can write to it",
                 "Remove it, or give it to root with mode 0755"};
  return made;
}

Status make_below(const std::string& base, const std::string& name, mode_t mode) {
  UniqueFd root(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_error("open " + base, errno);
  auto room = make_directory(root, "aegis", base + "/aegis", 0755);
  if (!room) return room.error();
  const auto made = make_directory(*room, name, base + "/aegis/" + name, mode);
  if (!made) return made.error();
  return Done{};
}

std::string lock_path(const Instance& instance, const std::string& what) {
  return instance.run_dir + "/" + what + ".lock";
}

}  // namespace

Result<Instance> name_instance(const std::string& name, const Seams& seams) {
  if (!is_name(name))
    return Error{"cannot use instance name \"" + name + "\"", "Use 1 to 64 letters, digits, - and _", "", true};
  Instance instance;
  instance.name = name;
  instance.run_dir = "/run/aegis/" + name;
  instance.state_dir = "/var/lib/aegis/" + name;
  instance.report_path = seams.report_path.empty() ? instance.state_dir + "/capabilities.json" : seams.report_path;
  instance.pin_root = seams.pin_root.empty() ? seams.bpffs_path + "/aegis/" + name : seams.pin_root;
  return instance;
}

Status make_directories(const Instance& instance) {
  if (auto made = make_below("/run", instance.name, 0700); !made) return made;
  return make_below("/var/lib", instance.name, 0755);
}

Result<UniqueFd> lock_instance(const Instance& instance, const std::string& what) {
  const auto path = lock_path(instance, what);
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return system_error("open " + path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock " + path, errno);
    return Error{"cannot take instance " + instance.name + ": process " + std::to_string(lock_owner(instance, what)) +
                     " owns it",
                 what == "apply" ? "Try again when that one is done applying its policy"
                                 : "Stop that one first, or choose another --instance"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0)
    return system_error("write " + path, errno);
  return file;
}

pid_t lock_owner(const Instance& instance, const std::string& what) {
  const auto path = lock_path(instance, what);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return 0;
  const auto text = read_file(path, 64);
  if (!text) return 0;
  const auto pid = parse_decimal(trim(split(*text, '\n').front()), INT_MAX);
  return pid ? static_cast<pid_t>(*pid) : 0;
}

}  // namespace aegis
