// SPDX-License-Identifier: Apache-2.0
#include "lib/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace aegis {

Status keep_capabilities(const std::vector<int>& kept) {
  // Without CAP_SETPCAP (a unit may withhold it) the set stays; no_new_privs keeps it from being used.
  for (unsigned long cap = 0; ::prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EPERM)
      return system_error("empty the capability bounding set", errno);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("set no_new_privs", errno);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[2] = {}, next[2] = {};
  if (::syscall(SYS_capget, &header, held) != 0) return system_error("read capabilities", errno);
  for (const int cap : kept) {
    const auto word = static_cast<size_t>(CAP_TO_INDEX(cap));
    const __u32 bit = held[word].permitted & CAP_TO_MASK(cap);
    next[word].permitted |= bit;
    next[word].effective |= bit;
  }
  if (::syscall(SYS_capset, &header, next) != 0) return system_error("drop capabilities", errno);
  return Done{};
}

}  // namespace aegis
