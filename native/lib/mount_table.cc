// SPDX-License-Identifier: Apache-2.0
#include "lib/mount_table.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/text.h"

namespace aegis {
namespace {

// The kernel writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

}  // namespace

Result<MountTable> MountTable::read() {
  auto text = read_file("/proc/self/mountinfo", 16u << 20);
  if (!text) return text.error();
  MountTable table;
  for (const auto line : split(*text, '\n')) {
    // 36 35 98:0 / /mnt rw - ext3 /dev/root rw
    const auto fields = split(line, ' ');
    if (fields.size() < 5) continue;
    table.parents_.insert(parent_of(unescape(fields[4])));
    const auto device = split(fields[2], ':');
    const auto mount = parse_decimal(fields[0], UINT32_MAX);
    if (!mount || device.size() != 2) continue;
    const auto major = parse_decimal(device[0], 0xfff);
    const auto minor = parse_decimal(device[1], 0xfffff);
    if (major && minor)
      table.device_of_mount_[*mount] = kernel_device(static_cast<unsigned>(*major), static_cast<unsigned>(*minor));
  }
  return table;
}

MountTable::Found MountTable::find(const std::string& path, Links links) const {
  Found found;
  struct statx info;
  const int flags = AT_STATX_SYNC_AS_STAT | (links == Links::keep ? AT_SYMLINK_NOFOLLOW : 0);
  if (::statx(AT_FDCWD, path.c_str(), flags, STATX_TYPE | STATX_INO | STATX_MNT_ID, &info) != 0) {
    found.error = errno;
    return found;
  }
  found.inode.ino = info.stx_ino;
  found.inode.dev = kernel_device(info.stx_dev_major, info.stx_dev_minor);
  if (info.stx_mask & STATX_MNT_ID) {
    const auto mount = device_of_mount_.find(info.stx_mnt_id);
    if (mount != device_of_mount_.end()) found.inode.dev = mount->second;
  }
  found.is_directory = S_ISDIR(info.stx_mode);
  found.is_link = S_ISLNK(info.stx_mode);
  return found;
}

}  // namespace aegis
